"""The language checks are written in.

A check is a function that yields a `Finding` for every violation it sees; yielding none is a pass. It may instead raise
`Skip`, `Omit` or `Wait`; any other exception is an error of the kit, and is kept as evidence.

    @file_check("D012")
    def usage_point_has_title(document: Document) -> Iterator[Finding]:
        for entry in document.of("UsagePoint"):
            if entry.title is None:
                yield Finding("The entry of a UsagePoint has no title.", (at(entry.line),))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.client.server import Server
    from conformance.document import Document

LONGEST_EVIDENCE = 4000
"""Characters of one piece of evidence that are kept."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What can be shown for a finding.

    `line` and `path` say where in a document; `exchange` is the number of a request and its answer (`Exchange.number`).
    """

    title: str
    text: str = ""
    line: int | None = None
    path: str = ""
    exchange: int | None = None

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST_EVIDENCE:
            object.__setattr__(self, "text", self.text[:LONGEST_EVIDENCE] + " …")


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation: what was found and what was expected, for the engineer who has to mend it."""

    message: str
    evidence: tuple[Evidence, ...] = ()


class Unjudged(Exception):
    """Why a requirement was not judged."""

    def __init__(self, why: str, *evidence: Evidence) -> None:
        self.why = why
        self.evidence = evidence
        super().__init__(why)


class Skip(Unjudged):
    """A prerequisite did not hold."""


class Omit(Unjudged):
    """The requirement does not apply here."""


class Wait(Unjudged):
    """A person or an event was waited for, and the time limit passed."""


Findings = Iterable[Finding]
FileFunction = Callable[["Document"], Findings]
PairFunction = Callable[["Document", "Document"], Findings]
ServerFunction = Callable[["Server"], Findings]


@dataclass(frozen=True, slots=True)
class Check:
    """A function that judges one requirement.

    `needs` are requirements that must have passed before (they are judged first); a check that `compares` gets an
    earlier file as its second argument, and is omitted where none is given.
    """

    id: str
    function: Callable[..., Findings]
    needs: tuple[str, ...] = ()
    compares: bool = False

    def findings(self, *subjects: Any) -> Iterator[Finding]:
        """What the function finds; nothing is a pass."""
        yield from self.function(*subjects) or ()


FILE_CHECKS: dict[str, Check] = {}
SERVER_CHECKS: dict[str, Check] = {}


def file_check(name: str, *, needs: tuple[str, ...] = ()) -> Callable[[FileFunction], FileFunction]:
    """Register the check of requirement `name` on a document.

    Raises:
        ValueError: the requirement has a check already.
    """

    def register(function: FileFunction) -> FileFunction:
        _register(FILE_CHECKS, Check(name, function, needs))
        return function

    return register


def pair_check(name: str, *, needs: tuple[str, ...] = ()) -> Callable[[PairFunction], PairFunction]:
    """Register the check of requirement `name` on a document and an earlier one, in this order.

    Raises:
        ValueError: the requirement has a check already.
    """

    def register(function: PairFunction) -> PairFunction:
        _register(FILE_CHECKS, Check(name, function, needs, compares=True))
        return function

    return register


def server_check(name: str, *, needs: tuple[str, ...] = ()) -> Callable[[ServerFunction], ServerFunction]:
    """Register the check of requirement `name` on a server.

    Raises:
        ValueError: the requirement has a check already.
    """

    def register(function: ServerFunction) -> ServerFunction:
        _register(SERVER_CHECKS, Check(name, function, needs))
        return function

    return register


def _register(registry: dict[str, Check], check: Check) -> None:
    if check.id in FILE_CHECKS or check.id in SERVER_CHECKS:
        raise ValueError(f"{check.id} has a check already.")
    registry[check.id] = check


def at(line: int | None, text: str = "", *, path: str = "") -> Evidence:
    """Evidence that points into a document."""
    return Evidence("In the document", text, line=line, path=path)


def shown(exchange: int, text: str = "") -> Evidence:
    """Evidence that points at a request and its answer, by their number."""
    return Evidence("Request and answer", text, exchange=exchange)
