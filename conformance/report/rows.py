"""Parts of the HTML report: tallies, function blocks, requirements with their evidence, requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.outcome import WORST_FIRST, Outcome
from conformance.report.exchanges import requests
from conformance.report.html import Html, el, joined
from conformance.report.whole import untested
from conformance.run import Result
from conformance.suite import Evidence, Finding
from conformance.verdict import BAD, BlockStanding, Standing, Verdict, counts

__all__ = [
    "badge", "failures", "not_judged", "requests", "requirements_by_block", "scrolling", "standings", "tally",
]  # fmt: skip

WORDS = {
    Outcome.PASS: "Pass",
    Outcome.FAIL: "Fail",
    Outcome.SKIP: "Skipped",
    Outcome.OMIT: "Not applicable",
    Outcome.ERROR: "Error",
    Outcome.WAIT: "Timed out",
}
STANDING_OUTCOMES = {
    Standing.SATISFIED: Outcome.PASS,
    Standing.NOT_SATISFIED: Outcome.FAIL,
    Standing.UNPROVED: Outcome.SKIP,
    Standing.NOT_TRIED: Outcome.OMIT,
}
BAR_ORDER = (Outcome.PASS, Outcome.FAIL, Outcome.ERROR, Outcome.WAIT, Outcome.SKIP)
OPEN_FINDINGS = 3
"""Findings that stand open; the others are folded."""
SHORT_TEXT = 160


def badge(outcome: Outcome, word: str = "") -> Html:
    """An outcome as a word on its colour."""
    return el("span", word or WORDS[outcome], class_=f"badge {outcome}")


def scrolling(label: str, table: Html) -> Html:
    """A table that scrolls by itself where the page is narrow, by keyboard too."""
    return el("div", table, class_="scrolls", role="region", aria_label=label, tabindex="0")


def bar(results: Iterable[Result]) -> Html:
    """The shares of the outcomes as a bar; the figures are told in words elsewhere."""
    found = counts(results)
    total = sum(found[outcome] for outcome in BAR_ORDER) or 1
    pieces, x = [], 0
    for outcome in BAR_ORDER:
        if found[outcome]:
            width = found[outcome]
            pieces.append(el("rect", x=str(x), y="0", width=str(width), height="1", class_=outcome))
            x += width
    return el(
        "svg", pieces, class_="bar", viewBox=f"0 0 {total} 1", preserveAspectRatio="none", aria_hidden="true"
    )  # fmt: skip


def tally(name: str, meaning: str, results: Sequence[Result]) -> Html:
    """How many results had which outcome."""
    found = counts(results)
    figures = [
        el("li", el("b", f"{found[outcome]:,}"), " ", badge(outcome))
        for outcome in (*BAR_ORDER, Outcome.OMIT)
        if found[outcome]
    ]
    return el(
        "div",
        el("p", el("strong", name), " ", el("span", meaning, class_="soft")),
        bar(results),
        el("ul", figures, class_="figures") if figures else el("p", "Nothing was judged.", class_="soft"),
        class_="card tally",
    )


def standings(verdict: Verdict, prefix: str) -> Html:
    """Where each function block stands, its claim beside it."""
    shown = [block for block in verdict.blocks if block.applies or block.claimed]
    claims = any(block.claimed is not None for block in shown)
    names = ("Function block", *(("Claimed",) if claims else ()), "Standing", "Shares", "Pass", "Fail", "Open")
    heads = [
        el("th", name, scope="col", class_="number" if name in {"Pass", "Fail", "Open"} else None) for name in names
    ]
    lines = [_standing(block, prefix, claims=claims) for block in shown]
    table = el("table", el("thead", el("tr", heads)), el("tbody", lines), class_="standings")
    return joined(
        el("h3", "Function blocks"),
        el("div", scrolling(f"Function blocks of {verdict.subject}", table), class_="card flush"),
    )


def _standing(block: BlockStanding, prefix: str, *, claims: bool) -> Html:
    found = counts(block.results)
    name = el("a", block.title, href=f"#{prefix}{_anchor(block)}") if block.results else block.title
    claimed = {True: "yes", False: "no", None: "always"}[block.claimed]
    unsure = sum(found[outcome] for outcome in BAD if outcome is not Outcome.FAIL)
    return el(
        "tr",
        el("th", name, scope="row"),
        el("td", claimed) if claims else None,
        el("td", badge(STANDING_OUTCOMES[block.standing], block.standing.capitalize())),
        el("td", bar(block.results)),
        [el("td", f"{count:,}", class_="number") for count in (found[Outcome.PASS], found[Outcome.FAIL], unsure)],
    )


def _anchor(block: BlockStanding) -> str:
    return "common" if block.block is None else f"fb{block.block:02d}"


def failures(verdict: Verdict, prefix: str) -> Html | None:
    """What does not hold or could not be judged: one line each, leading to the evidence."""
    wrong = [one for one in verdict.results if one.outcome in BAD]
    if not wrong:
        return None
    wrong.sort(key=lambda one: (not one.requirement.required, WORST_FIRST.index(one.outcome)))
    lines = [
        el(
            "li",
            badge(one.outcome),
            " ",
            el("a", one.requirement.id, href=f"#{prefix}{one.requirement.id}"),
            " ",
            el("span", _strength(one), class_="soft") if not one.requirement.required else None,
            el("span", one.findings[0].message if one.findings else one.why),
        )
        for one in wrong
    ]
    return joined(el("h3", "What to look at"), el("div", el("ul", lines, class_="wrong"), class_="card"))


def _strength(result: Result) -> str:
    return f"({result.requirement.strength}) "


def requirements_by_block(verdict: Verdict, prefix: str) -> Html:
    """Every requirement that applied, by function block, and after them those that did not."""
    filter_id = f"{prefix}only"
    chooser = el(
        "p",
        el("input", type="checkbox", id=filter_id, class_="only"),
        " ",
        el("label", "Show only what does not hold or could not be judged", for_=filter_id),
        class_="chooser",
    )
    blocks = [_block(block, prefix) for block in verdict.blocks if block.applies]
    return el("div", el("h3", "Requirements"), chooser, blocks, _omitted(verdict), class_="requirements")


def _block(block: BlockStanding, prefix: str) -> Html:
    judged = [one for one in block.results if one.outcome is not Outcome.OMIT]
    note = (
        "Its data were found, and it is not claimed: what fails here does not count." if block.claimed is False else ""
    )
    return el(
        "section",
        el("h4", block.title, id=f"{prefix}{_anchor(block)}"),
        el("p", note, class_="soft") if note else None,
        [_requirement(one, prefix) for one in judged],
        class_="block" if any(one.outcome in BAD for one in judged) else "block fine",
    )


def _requirement(result: Result, prefix: str) -> Html:
    demand = result.requirement
    count = f"{result.finding_count:,} findings" if result.finding_count > 1 else ""
    about = el(
        "p",
        f"{demand.strength}, {demand.source}",
        f"; also known as {', '.join(demand.also)}" if demand.also else "",
        class_="soft",
    )
    return el(
        "details",
        el(
            "summary",
            badge(result.outcome),
            el("code", demand.id),
            el("span", demand.text, class_="text"),
            el("span", count, class_="soft") if count else None,
        ),
        el(
            "div",
            about,
            el("p", result.why) if result.why else None,
            _findings(result, prefix),
            _evidence(result.evidence, prefix),
            _requests_of(result, prefix),
            class_="inside",
            id=f"{prefix}{demand.id}",
        ),
        class_=f"requirement {result.outcome}",
        open=result.outcome in {Outcome.FAIL, Outcome.ERROR},
    )


def _findings(result: Result, prefix: str) -> Html | None:
    if not result.findings:
        return None
    first, rest = result.findings[:OPEN_FINDINGS], result.findings[OPEN_FINDINGS:]
    left = result.finding_count - len(result.findings)
    more = el(
        "details",
        el("summary", f"{result.finding_count - len(first):,} more"),
        el("ol", [_finding(one, prefix) for one in rest], start=str(len(first) + 1)),
        el("p", f"Another {left:,} were counted, and are not listed.", class_="soft") if left else None,
        class_="more",
    )
    return joined(el("ol", [_finding(one, prefix) for one in first]), more if rest else None)


def _finding(found: Finding, prefix: str) -> Html:
    return el("li", found.message, _evidence(found.evidence, prefix))


def _evidence(pieces: Sequence[Evidence], prefix: str) -> Html | None:
    return el("ul", [_piece(one, prefix) for one in pieces], class_="evidence") if pieces else None


def _piece(piece: Evidence, prefix: str) -> Html:
    where = [
        piece.title if piece.line is None and piece.exchange is None else None,
        f"Line {piece.line:,}" if piece.line is not None else None,
        el("code", piece.path) if piece.path else None,
        _exchange_link(piece.exchange, prefix) if piece.exchange is not None else None,
    ]
    told: list[str] = []
    for part in where:
        if part is not None:
            told += [Html(" · ") if told else Html(""), part]
    if not piece.text:
        return el("li", told)
    if len(piece.text) <= SHORT_TEXT and "\n" not in piece.text:
        return el("li", told, ": ", el("code", piece.text))
    return el("li", el("details", el("summary", told), el("pre", piece.text, tabindex="0")))


def _exchange_link(number: int, prefix: str) -> Html:
    return el("a", f"Request {number}", href=f"#{prefix}x{number}")


def _requests_of(result: Result, prefix: str) -> Html | None:
    if not result.exchanges:
        return None
    links = [el("li", _exchange_link(one.number, prefix), ": ", el("code", one.line)) for one in result.exchanges]
    return el("details", el("summary", f"Requests made for it ({len(links)})"), el("ul", links), class_="more")


def _omitted(verdict: Verdict) -> Html | None:
    left = [one for block in verdict.blocks for one in block.results if one.outcome is Outcome.OMIT]
    if not left:
        return None
    lines = [
        el(
            "tr",
            el("th", el("code", one.requirement.id), scope="row"),
            el("td", one.requirement.text),
            el("td", one.why),
        )
        for one in left
    ]
    return folded(f"Not applicable ({len(left)})", ("Id", "Requirement", "Why not"), lines, of=verdict.subject)


def not_judged(verdict: Verdict) -> Html | None:
    """What no kit, or not this one, can judge: for a person to look at."""
    left = untested(verdict)
    if not left:
        return None
    lines = [
        el("tr", el("th", el("code", one.id), scope="row"), el("td", one.text), el("td", one.untested)) for one in left
    ]
    return folded(f"Not judged by this kit ({len(left)})", ("Id", "Requirement", "Why not"), lines, of=verdict.subject)


def folded(
    title: str, names: Sequence[str], lines: Sequence[Html], *, of: str = "the run", open_: bool = False
) -> Html:
    """A table behind its title; `of` says whose it is where several stand on a page."""
    if not lines:
        return el("p", title, class_="card folded")
    heads = el("thead", el("tr", [el("th", name, scope="col") for name in names]))
    table = el("table", heads, el("tbody", lines))
    return el("details", el("summary", title), scrolling(f"{title} of {of}", table), class_="card folded", open=open_)
