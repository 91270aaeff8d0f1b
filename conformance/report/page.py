"""The report as one HTML file: no network, no script, readable by eye, ear and on paper."""

from __future__ import annotations

from collections import Counter
from importlib import resources

from conformance.outcome import Outcome
from conformance.report import rows
from conformance.report.html import Html, el, joined
from conformance.report.text import conclusion
from conformance.report.whole import Comparison, Report
from conformance.verdict import BAD, Verdict

MARKS = {
    "good": "M4 12.5l5 5L20 6.5",
    "bad": "M6 6l12 12M18 6L6 18",
    "unsure": "M12 5v9M12 18.2v.6",
}
"""Strokes of the three signs, in a box of 24."""

MOST_OPEN_CHANGES = 12
"""A longer list of changes is folded, so that the verdict stays in sight."""

TITLE = "Green Button conformance report"


def as_html(report: Report) -> str:
    """The report as a whole HTML document."""
    names = ", ".join(one.subject for one in report.verdicts)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{names}: {TITLE}"),
        el("style", Html(style())),
    )
    page = el(
        "body",
        el("a", "Skip to the content", class_="jump", href="#main"),
        el(
            "header",
            el("p", "Green Button (ESPI)", class_="eyebrow"),
            el("h1", "Conformance report"),
            el("p", f"Made at {report.made_at} by version {report.version} of the kit", class_="soft"),
        ),
        el("main", fragment(report), id="main", tabindex="-1"),
        el("footer", el("p", "Made without a network or a script: the file can be kept, mailed and printed as it is.")),
        class_="kit whole",
    )
    return f'<!doctype html>\n<html lang="en">{head}{page}</html>\n'


def style() -> str:
    """The style sheet; every rule is about `.kit`, so that another page can take a report in."""
    return (resources.files(__package__) / "page.css").read_text("utf-8")


def fragment(report: Report) -> Html:
    """What stands within `main`: the verdicts. It belongs in an element of class `kit`, below a heading of level 1."""
    alone = len(report.verdicts) == 1
    subjects = [_subject(verdict, f"s{number}-", alone=alone) for number, verdict in enumerate(report.verdicts, 1)]
    return joined(None if alone else _contents(report), _comparison(report.comparison), subjects, _legend())


def _contents(report: Report) -> Html:
    links = [
        el(
            "li",
            rows.badge(verdict.outcome),
            el("a", verdict.subject, href=f"#s{number}-"),
            el("span", conclusion(verdict), class_="soft"),
        )
        for number, verdict in enumerate(report.verdicts, 1)
    ]
    return el("nav", el("ul", links), aria_label="What was judged", class_="card subjects")


def _subject(verdict: Verdict, prefix: str, *, alone: bool) -> Html:
    every = rows.requirements_by_block(verdict, prefix)
    if not alone and not any(one.outcome in BAD for one in verdict.results):
        title = f"All {len(verdict.results)} requirements"
        every = el("details", el("summary", title), every, class_="card folded")
    return el(
        "section",
        _conclusion(verdict, prefix),
        _tallies(verdict),
        rows.standings(verdict, prefix),
        rows.failures(verdict, prefix),
        every,
        rows.not_judged(verdict),
        rows.requests(verdict, prefix),
        class_="subject",
        aria_labelledby=prefix,
    )


def _conclusion(verdict: Verdict, prefix: str) -> Html:
    failed = any(one.outcome is Outcome.FAIL for one in verdict.required)
    kind = "bad" if failed else "good" if verdict.outcome is Outcome.PASS else "unsure"
    facts = [el("div", el("dt", name), el("dd", value)) for name, value in verdict.facts.items()]
    return el(
        "div",
        _mark(kind),
        el(
            "div",
            el("h2", verdict.subject, id=prefix),
            el("p", conclusion(verdict), class_="conclusion"),
            el("dl", facts, class_="facts") if facts else None,
        ),
        class_=f"card verdict {kind}",
    )


def _mark(kind: str) -> Html:
    sign = el("path", d=MARKS[kind])
    return el("svg", sign, class_="mark", viewBox="0 0 24 24", width="24", height="24", aria_hidden="true")


def _tallies(verdict: Verdict) -> Html:
    return el(
        "div",
        rows.tally("Required", "what conformance depends on (SHALL)", verdict.required),
        rows.tally("Optional", "what should or may be (SHOULD, MAY)", verdict.optional),
        class_="tallies",
    )


def _comparison(comparison: Comparison | None) -> Html | None:
    if comparison is None:
        return None
    several = len({one.subject for one in comparison.changes}) > 1
    lines = [
        el(
            "tr",
            el("td", el("span", one.word, class_=f"change {one.word}")),
            el("td", one.subject) if several else None,
            el("th", el("code", one.id), " ", one.text, scope="row"),
            el("td", one.before or "not judged"),
            el("td", one.after or "not judged"),
        )
        for one in comparison.changes
    ]
    names = ("Change", *(("File",) if several else ()), "Requirement", "Before", "Now")
    words = Counter(one.word for one in comparison.changes)
    told = ", ".join(f"{count} {word}" for word, count in words.most_common()) or "nothing"
    return rows.folded(
        f"Changed since {comparison.made_at}: {told}", names, lines, open_=len(lines) <= MOST_OPEN_CHANGES
    )


def _legend() -> Html:
    meanings = (
        (Outcome.PASS, "The requirement holds."),
        (Outcome.FAIL, "It does not hold: the findings say where."),
        (Outcome.SKIP, "Something that it needs did not hold, so it could not be asked."),
        (Outcome.WAIT, "A person or an event was waited for, and did not come in time."),
        (Outcome.ERROR, "The kit could not judge: its own fault, or the network's."),
        (Outcome.OMIT, "It does not apply: the function block is not claimed, or there is no such data."),
    )
    told = [el("div", el("dt", rows.badge(outcome)), el("dd", text)) for outcome, text in meanings]
    return el(
        "section",
        el("h2", "How to read the outcomes", id="legend"),
        el("dl", told, class_="legend"),
        aria_labelledby="legend",
    )
