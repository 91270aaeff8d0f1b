"""Judging: every check that applies is run once, after those it needs, and whatever happens becomes a result."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance import blocks as function_blocks
from conformance import checks
from conformance.outcome import Outcome
from conformance.requirements import Requirement, requirement, requirements
from conformance.suite import FILE_CHECKS, SERVER_CHECKS, Check, Evidence, Finding, Omit, Skip, Unjudged, Wait

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server
    from conformance.document import Document

WELL_FORMED = "XSD001"
"""The requirement that tells whether a document can be read at all; where it cannot, nothing else is judged."""

MOST_FINDINGS = 20
"""Findings of one requirement that are kept; all are counted."""

OUTCOMES: tuple[tuple[type[Unjudged], Outcome], ...] = (
    (Skip, Outcome.SKIP),
    (Omit, Outcome.OMIT),
    (Wait, Outcome.WAIT),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one requirement.

    `why` says what kept the kit from judging; `finding_count` counts all violations, of which `findings` are the first
    `MOST_FINDINGS`; `exchanges` are the requests made for it with their answers; `seconds` how long it took.
    """

    requirement: Requirement
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    finding_count: int = 0
    why: str = ""
    evidence: tuple[Evidence, ...] = ()
    seconds: float = 0.0
    exchanges: tuple[Exchange, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Where a run stands: the `number`-th of `total` requirements begins, or has its `result`."""

    number: int
    total: int
    requirement: Requirement
    result: Result | None = None


Progress = Callable[[Step], None]


def silent(step: Step) -> None:
    """Shows nothing."""


def judge_file(
    document: Document,
    *,
    blocks: Collection[int] | None = None,
    previous: Document | None = None,
    only: Collection[str] | None = None,
    progress: Progress = silent,
) -> list[Result]:
    """Judge a document by every rule for files, in the order of the table of requirements.

    `blocks` are the function blocks it is said to have; without them those whose data it carries are judged. The common
    rules are judged in any case. `previous` is an earlier file of the same data, for rules that compare; `only` limits
    the results to these requirements.
    """
    checks.load()
    common = function_blocks.common(document)
    active = common | (function_blocks.derived(document) if blocks is None else frozenset(blocks))
    reason = "in the file" if blocks is None else "claimed"

    def applies(check: Check) -> str:
        block = requirement(check.id).block
        if check.compares and previous is None:
            return "No earlier file was given to compare with (--previous)."
        if block is None or block in active:
            return ""
        return f"Nothing of block {block} is {reason}."

    def subjects(check: Check) -> tuple[Any, ...]:
        return (document, previous) if check.compares else (document,)

    run = Run(FILE_CHECKS, applies, subjects, progress, broken=document.broken)
    return run.all(only)


def judge_server(
    server: Server,
    *,
    blocks: Collection[int] | None = None,
    only: Collection[str] | None = None,
    progress: Progress = silent,
) -> list[Result]:
    """Judge a server by every case for servers, in the order of the table of requirements.

    `blocks` are the function blocks it claims; without them every case of the profiles it claims is tried.
    """
    checks.load()
    claimed = None if blocks is None else function_blocks.with_twins(blocks)

    def applies(check: Check) -> str:
        demand = requirement(check.id)
        if demand.profile not in {"both", *server.settings.claims.profiles}:
            return f"The profile {demand.profile} is not claimed."
        if claimed is None or demand.block is None or demand.block in claimed:
            return ""
        return f"Block {demand.block} is not claimed."

    def begin(step: Step) -> None:
        server.recorder.step = step.requirement.id
        progress(step)

    run = Run(SERVER_CHECKS, applies, lambda _: (server,), begin, exchanges=lambda: server.exchanges)
    try:
        return run.all(only)
    finally:
        _put_back(server)


def _put_back(server: Server) -> None:
    """What checks left for the end: the last first, and none keeps another from its turn."""
    while server.later:
        try:
            server.later.pop()()
        except Exception as fault:  # noqa: BLE001  the run is over: it is told, and changes no verdict
            server.say(f"At the end, something could not be put back: {type(fault).__name__}: {fault}")


@dataclass
class Run:
    """One run over a registry of checks."""

    registry: Mapping[str, Check]
    applies: Callable[[Check], str]
    subjects: Callable[[Check], tuple[Any, ...]]
    progress: Progress
    broken: str = ""
    exchanges: Callable[[], Collection[Exchange]] = tuple
    results: dict[str, Result] = field(default_factory=dict)
    total: int = 0

    def all(self, only: Collection[str] | None) -> list[Result]:
        """The results of all checks, or of those in `only` (what they need is judged too, and not shown)."""
        order = [name for name in requirements() if name in self.registry and (only is None or name in only)]
        self.total = len(order)
        return [self._one(name, number) for number, name in enumerate(order, 1)]

    def _one(self, name: str, number: int) -> Result:
        if name not in self.results:
            check = self.registry[name]
            missing = [need for need in check.needs if self._one(need, number).outcome is not Outcome.PASS]
            self.progress(Step(number, self.total, requirement(name)))
            self.results[name] = self._judged(check, missing)
            self.progress(Step(number, self.total, requirement(name), self.results[name]))
        return self.results[name]

    def _judged(self, check: Check, missing: list[str]) -> Result:
        demand = requirement(check.id)
        if why := self.applies(check):
            return Result(demand, Outcome.OMIT, why=why)
        if self.broken and demand.id != WELL_FORMED:
            return Result(demand, Outcome.SKIP, why=f"The file cannot be read as XML: {self.broken}")
        if missing:
            return Result(demand, Outcome.SKIP, why=f"It needs {', '.join(missing)}, which did not pass.")
        return self._timed(check, demand)

    def _timed(self, check: Check, demand: Requirement) -> Result:
        before = len(self.exchanges())
        begun = time.monotonic()
        kept: list[Finding] = []
        count = 0
        outcome, why, evidence = Outcome.PASS, "", tuple[Evidence, ...]()
        try:
            for count, found in enumerate(check.findings(*self.subjects(check)), 1):  # noqa: B007  the count is the result
                if len(kept) < MOST_FINDINGS:
                    kept.append(found)
        except Unjudged as unjudged:
            outcome, why, evidence = _outcome(unjudged), unjudged.why, unjudged.evidence
        except Exception as fault:  # noqa: BLE001  a broken check is a result like others, and must not stop the rest
            outcome, why, evidence = Outcome.ERROR, f"{type(fault).__name__}: {fault}", (_trace(fault),)
        if kept and outcome is not Outcome.ERROR:
            outcome = Outcome.FAIL
        return Result(
            requirement=demand,
            outcome=outcome,
            findings=tuple(kept),
            finding_count=count,
            why=why,
            evidence=evidence,
            seconds=time.monotonic() - begun,
            exchanges=tuple(self.exchanges())[before:],
        )


def _outcome(unjudged: Unjudged) -> Outcome:
    return next(outcome for kind, outcome in OUTCOMES if isinstance(unjudged, kind))


def _trace(fault: BaseException) -> Evidence:
    """Where the kit broke: modules and lines, no folders of the machine it ran on."""
    frames = traceback.extract_tb(fault.__traceback__)
    lines = [f"{_module(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
    return Evidence("Where the kit broke", "\n".join(lines))


def _module(path: str) -> str:
    _, found, rest = path.replace("\\", "/").rpartition("conformance/")
    return found + rest if found else path.replace("\\", "/").rpartition("/")[2]
