"""The verdict on one file or one server: its results, and where each function block stands."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from conformance import blocks as function_blocks
from conformance import served
from conformance.outcome import Outcome, worst
from conformance.run import Progress, Result, judge_file, judge_server, silent

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server
    from conformance.document import Document

BAD = (Outcome.ERROR, Outcome.FAIL, Outcome.WAIT, Outcome.SKIP)
"""Outcomes that leave a requirement unproved."""


class Standing(StrEnum):
    """Where a function block stands, its claim and its results compared."""

    SATISFIED = "satisfied"
    """All that it requires holds."""
    NOT_SATISFIED = "not satisfied"
    """Something that it requires does not hold."""
    UNPROVED = "not proved"
    """Nothing failed, and something could not be judged."""
    NOT_TRIED = "not tried"
    """It is claimed, and nothing of it could be judged at all."""


@dataclass(frozen=True, slots=True)
class BlockStanding:
    """One function block (None: what is common to all) with its results.

    `claimed` is None where nothing was claimed; False means that its data were found though it was not claimed: its
    failures are then told and do not count.
    """

    block: int | None
    claimed: bool | None
    results: tuple[Result, ...]

    @property
    def title(self) -> str:
        """Its number and name."""
        return function_blocks.title(self.block)

    @property
    def standing(self) -> Standing:
        """Whether what it requires holds, or where it requires nothing, what should or may be."""
        required = [one for one in self.results if one.requirement.required]
        tried = {one.outcome for one in required or self.results} - {Outcome.OMIT}
        if not tried:
            return Standing.NOT_TRIED
        if Outcome.FAIL in tried:
            return Standing.NOT_SATISFIED
        return Standing.SATISFIED if tried == {Outcome.PASS} else Standing.UNPROVED

    @property
    def applies(self) -> bool:
        """Whether anything of it was judged."""
        return any(one.outcome is not Outcome.OMIT for one in self.results)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of judging one subject.

    `kind` is `file` or `server`; `facts` are shown at the head of reports; `claimed` are the function blocks that the
    subject was said to have, or None where nothing was said; `beyond` are results of blocks that were found and not
    claimed, which do not count.
    """

    subject: str
    kind: str
    results: tuple[Result, ...]
    claimed: frozenset[int] | None = None
    beyond: tuple[Result, ...] = ()
    profiles: frozenset[str] = frozenset()
    facts: Mapping[str, str] = field(default_factory=dict)
    exchanges: tuple[Exchange, ...] = ()
    seconds: float = 0.0

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of what is required."""
        return worst(one.outcome for one in self.required)

    @property
    def required(self) -> tuple[Result, ...]:
        """The results that conformance depends on."""
        return tuple(one for one in self.results if one.requirement.required)

    @property
    def optional(self) -> tuple[Result, ...]:
        """The results of what should or may be."""
        return tuple(one for one in self.results if not one.requirement.required)

    @property
    def blocks(self) -> tuple[BlockStanding, ...]:
        """All function blocks that were judged or claimed, common rules first, then by number."""
        grouped: dict[int | None, list[Result]] = {}
        for one in self.results:
            grouped.setdefault(one.requirement.block, []).append(one)
        extra: dict[int | None, list[Result]] = {}
        for one in self.beyond:
            extra.setdefault(one.requirement.block, []).append(one)
        for block in (self.claimed or frozenset()) - grouped.keys():
            grouped[block] = []
        found = [self._standing(block, results) for block, results in grouped.items() if block not in extra]
        found += [BlockStanding(block, claimed=False, results=tuple(results)) for block, results in extra.items()]
        return tuple(sorted(found, key=lambda one: (one.block is not None, one.block or 0)))

    @property
    def satisfied(self) -> frozenset[int]:
        """The subject's profile: the function blocks of which all that is required holds."""
        return frozenset(one.block for one in self.blocks if one.block and one.standing is Standing.SATISFIED)

    def _standing(self, block: int | None, results: Iterable[Result]) -> BlockStanding:
        claimed = None if self.claimed is None or block is None else block in self.claimed
        return BlockStanding(block, claimed, tuple(results))


def counts(results: Iterable[Result]) -> Counter[Outcome]:
    """How many results had each outcome."""
    return Counter(one.outcome for one in results)


def file_verdict(
    document: Document,
    *,
    blocks: Collection[int] | None = None,
    previous: Document | None = None,
    only: Collection[str] | None = None,
    progress: Progress = silent,
) -> Verdict:
    """The verdict on a document; the arguments are those of `judge_file`.

    Where blocks are claimed, others whose data are found are judged as well, apart: they do not count.
    """
    begun = time.monotonic()
    common = function_blocks.common(document)
    found = function_blocks.derived(document)
    claimed = None if blocks is None else frozenset(blocks) | common
    judged = None if claimed is None else claimed | found
    results = judge_file(document, blocks=judged, previous=previous, only=only, progress=progress)
    unclaimed = frozenset[int]() if claimed is None else found - claimed
    return Verdict(
        subject=document.name,
        kind="file",
        results=tuple(one for one in results if one.requirement.block not in unclaimed),
        beyond=tuple(one for one in results if one.requirement.block in unclaimed),
        claimed=claimed,
        profiles=frozenset({"DMD", "PII"} if common & function_blocks.CUSTOMER_COMMON else {"DMD"}),
        facts=_file_facts(document),
        seconds=time.monotonic() - begun,
    )


def profile(document: Document) -> frozenset[int]:
    """The function blocks that a document satisfies: its data are there, and all rules hold."""
    return file_verdict(document).satisfied


def _file_facts(document: Document) -> dict[str, str]:
    kinds = Counter(entry.kind or "(nothing)" for entry in document.entries)
    readings = sum(block.reading_count for entry in document.entries for block in entry.blocks)
    return {
        "Size": f"{document.size_bytes:,} bytes",
        "Root element": _plain(document.root),
        "Entries": ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common()) or "none",
        "Interval readings": f"{readings:,}",
    }


def _plain(name: str) -> str:
    """`{namespace}name` as people read it."""
    space, _, local = name.removeprefix("{").rpartition("}")
    return f"{local} ({space})" if space else local or "none"


def server_verdict(
    server: Server,
    *,
    blocks: Collection[int] | None = None,
    only: Collection[str] | None = None,
    progress: Progress = silent,
) -> Verdict:
    """The verdict on a server, by `blocks`, or those that its settings claim, or all if they claim none.

    What its customers' feeds show of the data blocks belongs to it.
    """
    begun = time.monotonic()
    claimed = frozenset(server.settings.claims.blocks if blocks is None else blocks) or None
    results = judge_server(server, blocks=claimed, only=only, progress=progress)
    results += served.results_of(server.memo.get(served.FEEDS, ()), only)
    return Verdict(
        subject=server.settings.name or server.settings.resource_endpoint,
        kind="server",
        results=tuple(results),
        claimed=claimed,
        profiles=frozenset(server.settings.claims.profiles),
        facts={"Resource endpoint": server.settings.resource_endpoint, "Requests": f"{len(server.exchanges):,}"},
        exchanges=tuple(server.exchanges),
        seconds=time.monotonic() - begun,
    )
