"""The report as text for a terminal or a mail: function block by function block, required and optional apart."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from conformance.outcome import Outcome
from conformance.report.junit import place
from conformance.report.whole import Report, untested
from conformance.run import Result
from conformance.verdict import BlockStanding, Standing, Verdict, counts

WIDTH = 100
SHOWN_FINDINGS = 5
"""Findings of one requirement that are printed; the other forms have more."""
SHOWN_EVIDENCE = 3

WORDS = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "FAIL",
    Outcome.SKIP: "skip",
    Outcome.OMIT: "omit",
    Outcome.ERROR: "ERROR",
    Outcome.WAIT: "WAIT",
}
COLOURS = {
    Outcome.PASS: "32",
    Outcome.FAIL: "1;31",
    Outcome.SKIP: "33",
    Outcome.OMIT: "2",
    Outcome.ERROR: "1;35",
    Outcome.WAIT: "36",
}
COLOUR_OF = {
    Standing.SATISFIED: "32",
    Standing.NOT_SATISFIED: "1;31",
    Standing.UNPROVED: "33",
    Standing.NOT_TRIED: "2",
}


def as_text(report: Report, *, colour: bool = False) -> str:
    """The report as text; with `colour`, for a terminal that knows them."""
    paint = _Paint(colour)
    lines: list[str] = []
    for verdict in report.verdicts:
        lines += _verdict(verdict, paint)
    lines += _changes(report)
    return "\n".join(lines) + "\n"


class _Paint:
    """Colours a text, or does not."""

    def __init__(self, wanted: bool) -> None:  # noqa: FBT001  its only question
        self._wanted = wanted

    def __call__(self, text: str, colour: str) -> str:
        return f"\033[{colour}m{text}\033[0m" if self._wanted else text


def _verdict(verdict: Verdict, paint: _Paint) -> Iterator[str]:
    yield paint(verdict.subject, "1")
    yield from (f"  {name}: {value}" for name, value in verdict.facts.items())
    yield ""
    for block in verdict.blocks:
        if block.applies or block.claimed:
            yield from _block(block, paint)
    yield f"  Required: {told(verdict.required)}"
    yield f"  Optional: {told(verdict.optional)}"
    if verdict.satisfied:
        yield f"  Function blocks satisfied: {', '.join(map(str, sorted(verdict.satisfied)))}"
    if left := untested(verdict):
        yield f"  Not judged by this kit: {len(left)} (the other forms of the report say which, and why)"
    yield paint(f"  {conclusion(verdict)}", _colour(verdict))
    yield ""


def _colour(verdict: Verdict) -> str:
    failed = any(one.outcome is Outcome.FAIL for one in verdict.required)
    return COLOURS[Outcome.FAIL if failed else verdict.outcome]


def _block(block: BlockStanding, paint: _Paint) -> Iterator[str]:
    claim = " (found, not claimed)" if block.claimed is False else ""
    yield f"  {paint(block.title, '1')}{claim}: {paint(block.standing, COLOUR_OF[block.standing])}"
    for result in block.results:
        if result.outcome not in {Outcome.PASS, Outcome.OMIT}:
            yield from _result(result, paint)
    hidden = counts(one for one in block.results if one.outcome in {Outcome.PASS, Outcome.OMIT})
    yield "    " + (", ".join(f"{count} {WORDS[outcome]}" for outcome, count in hidden.items()) or "nothing else")
    yield ""


def _result(result: Result, paint: _Paint) -> Iterator[str]:
    demand = result.requirement
    strength = "" if demand.required else f" ({demand.strength})"
    also = f" [{', '.join(demand.also)}]" if demand.also else ""
    yield f"    {paint(f'{WORDS[result.outcome]:5}', COLOURS[result.outcome])} {demand.id}{also}{strength}"
    yield from _wrapped(demand.text, "          ")
    if result.why:
        yield from _wrapped(result.why, "          ", "        > ")
    for found in result.findings[:SHOWN_FINDINGS]:
        yield from _wrapped(found.message, "          ", "        - ")
        for piece in found.evidence[:SHOWN_EVIDENCE]:
            yield f"            {_short(place(piece))}"
    if result.finding_count > SHOWN_FINDINGS:
        yield f"        - and {result.finding_count - SHOWN_FINDINGS:,} more"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 2]} …"


def _wrapped(text: str, indent: str, first: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first or indent, subsequent_indent=indent, break_on_hyphens=False, max_lines=6
    )


def told(results: Iterable[Result]) -> str:
    """The outcomes of some results in words: `12 pass, 1 fail, 3 omit`."""
    found = counts(results)
    return ", ".join(f"{found[outcome]} {outcome}" for outcome in Outcome if found[outcome]) or "nothing"


def conclusion(verdict: Verdict) -> str:
    """The verdict in a sentence."""
    found = counts(verdict.required)
    failed, unproved = found[Outcome.FAIL], sum(found[one] for one in (Outcome.ERROR, Outcome.WAIT, Outcome.SKIP))
    left = f"{unproved} could not be judged"
    if failed:
        told = "1 requirement does not hold" if failed == 1 else f"{failed} requirements do not hold"
        return f"{told}, and {left}." if unproved else f"{told}."
    if unproved:
        return f"No requirement failed, and {left}."
    return "All that is required and applies holds." if found[Outcome.PASS] else "Nothing was judged."


def _changes(report: Report) -> Iterator[str]:
    if report.comparison is None:
        return
    yield f"Changed since {report.comparison.made_at}:"
    for change in report.comparison.changes:
        yield f"  {change.word:8} {change.id}: {change.before or 'not judged'} -> {change.after or 'not judged'}"
    if not report.comparison.changes:
        yield "  nothing"
