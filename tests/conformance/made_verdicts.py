"""Runs over checks that are written here, so that what a run and a report do is seen without any real file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from conformance.client.exchange import Exchange
from conformance.run import Progress, Result, Run, silent
from conformance.suite import Check, Evidence, Finding, Findings, Omit, Skip, Wait, at, shown
from conformance.verdict import Verdict

MADE_S = 1_800_000_000
SUBJECT = "GreenButton <July> & August.xml"


def no_id() -> Iterator[Finding]:
    yield Finding("The feed has no id.", (at(3, "<feed xmlns='…'>", path="/feed"),))


def many() -> Iterator[Finding]:
    for number in range(1, 26):
        yield Finding(f"Usage point {number} has no title.", (at(number * 10), Evidence("The entry", "<entry>\n" * 60)))


def nothing() -> Findings:
    return ()


def not_now() -> Findings:
    raise Skip("The server gave no document.", shown(1))


def no_such_data() -> Findings:
    raise Omit("There is no MeterReading.")


def nobody_came() -> Findings:
    raise Wait("No customer consented within 600 s.")


def breaks() -> Findings:
    raise ZeroDivisionError("division by zero")


def breaks_after_a_finding() -> Iterator[Finding]:
    yield Finding("Something is wrong.")
    raise LookupError("and then the kit broke")


CHECKS: Mapping[str, Check] = {
    one.id: one
    for one in (
        Check("D000", nothing),
        Check("D001", no_id),
        Check("D002", nothing),
        Check("D012", many, needs=("D000",)),
        Check("D009", nothing, needs=("D001",)),
        Check("D018", no_such_data),
        Check("D020", nobody_came),
        Check("D023", breaks),
        Check("D024", not_now),
        Check("D047", no_id),
        Check("D057", nothing),
        Check("D078", nothing),
    )
}

EXCHANGE = Exchange(
    number=1,
    step="D024",
    method="GET",
    url="https://dc.example/DataCustodian/espi/1_1/resource/Batch/Subscription/9b6c7066e2f1",
    request_headers=(("Authorization", "Bearer ***f00d"), ("Accept", "application/atom+xml")),
    status=503,
    reason="Service Unavailable",
    response_headers=(("Retry-After", "120"),),
    response_body="<html>Come back later</html>",
    size_bytes=28,
    sha256="0" * 64,
    seconds=0.25,
)


def run(
    checks: Mapping[str, Check] = CHECKS, *, only: Collection[str] | None = None, progress: Progress = silent
) -> list[Result]:
    """The results of checks that look at nothing."""
    return Run(checks, lambda _check: "", lambda _check: (), progress).all(only)


def verdict(checks: Mapping[str, Check] = CHECKS, *, claimed: frozenset[int] | None = None) -> Verdict:
    """A verdict with every outcome there is."""
    return Verdict(
        subject=SUBJECT,
        kind="file",
        results=tuple(run(checks)),
        claimed=claimed,
        profiles=frozenset({"DMD"}),
        facts={"Size": "84,127 bytes", "Entries": "5 IntervalBlock, 1 UsagePoint"},
        exchanges=(EXCHANGE,),
    )
