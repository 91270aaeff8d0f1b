"""The report as JUnit XML, for build servers: a suite for each function block of each subject."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

from conformance.outcome import Outcome
from conformance.report.whole import Report
from conformance.run import Result
from conformance.suite import Evidence
from conformance.verdict import BlockStanding, Verdict

ELEMENT = {
    Outcome.FAIL: "failure",
    Outcome.ERROR: "error",
    Outcome.WAIT: "error",
    Outcome.SKIP: "skipped",
    Outcome.OMIT: "skipped",
}
_UNFIT = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report) -> str:
    """The report as JUnit XML.

    A violated SHOULD or MAY is shown as skipped: build servers know of no other way to tell it without failing.
    """
    root = etree.Element("testsuites", name="Green Button conformance", timestamp=report.made_at)
    for verdict in report.verdicts:
        for block in verdict.blocks:
            if block.results:
                root.append(_suite(verdict, block))
    return etree.tostring(root, encoding="unicode", pretty_print=True)


def _suite(verdict: Verdict, block: BlockStanding) -> etree._Element:
    suite = etree.Element("testsuite", name=_fit(f"{verdict.subject}: {block.title}"))
    counted = block.claimed is not False
    cases = [_case(verdict, one, counted=counted) for one in block.results]
    suite.set("tests", str(len(cases)))
    for count, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(element) is not None for case in cases)))
    suite.set("time", f"{sum(one.seconds for one in block.results):.3f}")
    suite.extend(cases)
    return suite


def _case(verdict: Verdict, result: Result, *, counted: bool) -> etree._Element:
    demand = result.requirement
    case = etree.Element("testcase", name=_fit(f"{demand.id} {demand.text}"), classname=_fit(verdict.subject))
    case.set("time", f"{result.seconds:.3f}")
    name = ELEMENT.get(result.outcome)
    if name is None:
        return case
    if not (demand.required and counted):
        name = "skipped"
    messages = [one.message for one in result.findings]
    shown = etree.SubElement(case, name, message=_fit(messages[0] if messages else result.why), type=result.outcome)
    shown.text = _fit("\n".join(_lines(result)))
    return case


def _lines(result: Result) -> Iterable[str]:
    if result.why:
        yield result.why
    for found in result.findings:
        yield found.message
        yield from (f"  {place(piece)}" for piece in found.evidence)
    if result.finding_count > len(result.findings):
        yield f"and {result.finding_count - len(result.findings):,} more"


def place(piece: Evidence) -> str:
    """A piece of evidence in one line: where, and what."""
    where = [
        f"line {piece.line}" if piece.line is not None else "",
        piece.path,
        f"exchange {piece.exchange}" if piece.exchange is not None else "",
    ]
    told = ", ".join(filter(None, where)) or piece.title
    return ": ".join(filter(None, (told, piece.text)))


def _fit(text: str) -> str:
    """The text without what XML cannot hold."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)
