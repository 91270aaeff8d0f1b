"""The chain from a usage point to its readings: what each series of blocks measures, where, and in which local time.

The chain is followed by its links as they should be, and where one is amiss (which rules of its own report) by the
nesting of the addresses, so that the readings are judged all the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from conformance.document.names import ESPI
from conformance.local_time import LocalTime, NoRule, Rule, is_sane, rule
from conformance.naming import thing, whole

if TYPE_CHECKING:
    from conformance.document import BlockFacts, Document, Entry

DELTA = "4"
"""accumulationBehaviour of a load profile: each value belongs to its interval alone."""


Span = tuple[int, int]
"""Start and end, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A block with times that can be worked with, and the entry it is in. Times are seconds since 1970."""

    entry: Entry
    block: BlockFacts
    start_s: int
    """When its first reading starts."""
    end_s: int
    """When its last reading ends."""

    cover: Span
    """What it says it covers; where it says nothing sensible, what its readings cover."""


@dataclass(frozen=True)
class Series:
    """The readings of one MeterReading."""

    meter_reading: Entry | None
    reading_type: Entry | None
    usage_point: Entry | None
    local: LocalTime | None
    blocks: tuple[tuple[Entry, BlockFacts], ...]
    """In the order of the document."""
    worked_out: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """What one check worked out of it and others use, by its name."""

    def __str__(self) -> str:
        known = self.meter_reading or (self.blocks[0][0] if self.blocks else None)
        return f"{thing(known)} (line {known.line})" if known else "a MeterReading"

    def fact(self, path: str) -> str:
        """A fact of the reading type; empty where there is none."""
        return self.reading_type.facts.get(path, "").strip() if self.reading_type else ""

    def number(self, path: str) -> int | None:
        """A whole number of the reading type."""
        return whole(self.fact(path))

    @cached_property
    def interval_s(self) -> int | None:
        """Seconds of one interval: as the reading type says, or as most readings have it."""
        declared = self.number("intervalLength")
        if declared:
            return declared
        seen = Counter[int]()
        for _, block in self.blocks:
            seen.update(block.durations)
        common = next((duration for duration, _ in seen.most_common(1)), 0)
        return common or None

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """The blocks whose readings have times that make sense, by start."""
        found = [
            Placed(entry, block, block.first_start_s, block.end_s, _cover(block, block.first_start_s, block.end_s))
            for entry, block in self.blocks
            if block.first_start_s is not None
            and block.end_s is not None
            and is_sane(block.first_start_s)
            and is_sane(block.end_s)
        ]
        return tuple(sorted(found, key=lambda one: (one.start_s, one.end_s)))

    @cached_property
    def gaps(self) -> tuple[tuple[Span, Placed], ...]:
        """Time between two blocks that none covers, with the block after it."""
        found: list[tuple[Span, Placed]] = []
        end_s: int | None = None
        for one in sorted(self.placed, key=lambda placed: placed.cover):
            start_s = one.cover[0]
            if end_s is not None and start_s > end_s:
                found.append(((end_s, start_s), one))
            end_s = one.cover[1] if end_s is None else max(end_s, one.cover[1])
        return tuple(found)

    @property
    def is_profile(self) -> bool:
        """Whether each reading stands for a span of time (a load profile), so that a hole means something."""
        return self.fact("accumulationBehaviour") in {DELTA, ""}

    def when(self, epoch_s: int) -> str:
        """An instant for a person: in local time where it is known."""
        if not is_sane(epoch_s):
            return str(epoch_s)
        if self.local is None:
            return f"{LocalTime(0).text(epoch_s)} UTC"
        return f"{self.local.text(epoch_s)} local time"


def _cover(block: BlockFacts, first_s: int, last_s: int) -> Span:
    start_s, duration_s = block.start_s, block.duration_s
    if start_s is None or duration_s is None or not (is_sane(start_s) and is_sane(start_s + duration_s)):
        return first_s, last_s
    return start_s, start_s + duration_s


def all_series(document: Document) -> list[Series]:
    """Every series: one for each MeterReading, and one for each collection of blocks whose MeterReading is missing."""
    if "series" not in document.worked_out:
        document.worked_out["series"] = _all_series(document)
    found: list[Series] = document.worked_out["series"]
    return found


def _all_series(document: Document) -> list[Series]:
    blocks: dict[str, list[tuple[Entry, BlockFacts]]] = defaultdict(list)
    for entry, block in document.blocks():
        blocks[entry.up or ""].append((entry, block))
    places = _Places(document)
    found = []
    for reading in document.of("MeterReading", namespace=ESPI):
        own = [pair for href in _collections(reading) for pair in blocks.pop(href, ())]
        point = places.usage_point_of(reading)
        found.append(Series(reading, places.reading_type_of(reading), point, places.local_time_of(point), tuple(own)))
    for own in blocks.values():
        point = places.nesting(own[0][0])
        found.append(Series(None, None, point, places.local_time_of(point), tuple(own)))
    return found


def profiles(document: Document) -> Iterable[Series]:
    """The series of which every reading stands for a span of time."""
    return (series for series in all_series(document) if series.is_profile and series.blocks)


def _collections(reading: Entry) -> Sequence[str]:
    nested = f"{reading.self}/IntervalBlock"
    linked = [href for href in reading.related if href.rstrip("/").endswith("/IntervalBlock")]
    return list(dict.fromkeys([*reading.related, *linked, nested]))


class _Places:
    """What the links of a document lead to."""

    def __init__(self, document: Document) -> None:
        self.points = document.of("UsagePoint", namespace=ESPI)
        self.types = {entry.self: entry for entry in document.of("ReadingType", namespace=ESPI)}
        self.times = {entry.self: entry for entry in document.of("LocalTimeParameters", namespace=ESPI)}

    def usage_point_of(self, reading: Entry) -> Entry | None:
        linked = [point for point in self.points if reading.up is not None and reading.up in point.related]
        return linked[0] if linked else self.nesting(reading)

    def nesting(self, entry: Entry) -> Entry | None:
        """The usage point in whose address that of the entry lies."""
        for point in self.points:
            if point.self and (entry.self or "").startswith(point.self.rstrip("/") + "/"):
                return point
        return self.points[0] if len(self.points) == 1 else None

    def reading_type_of(self, reading: Entry) -> Entry | None:
        linked = [self.types[href] for href in reading.related if href in self.types]
        return linked[0] if linked else None

    def local_time_of(self, point: Entry | None) -> LocalTime | None:
        linked = [self.times[href] for href in point.related if href in self.times] if point else []
        if not linked and len(self.times) == 1:
            linked = list(self.times.values())
        return local_time(linked[0]) if linked else None


def local_time(entry: Entry) -> LocalTime | None:
    """The local time that a LocalTimeParameters entry tells; None where it tells nonsense."""
    facts = entry.facts
    offset_s = whole(facts.get("tzOffset"))
    if offset_s is None or abs(offset_s) > 50_400:
        return None
    start, end = _rule(facts.get("dstStartRule")), _rule(facts.get("dstEndRule"))
    added_s = whole(facts.get("dstOffset")) or 0
    if start is None or end is None or not 0 < added_s <= 7200:
        return LocalTime(offset_s)
    return LocalTime(offset_s, added_s, start, end)


def _rule(digits: str | None) -> Rule | None:
    try:
        return rule((digits or "").strip())
    except NoRule:
        return None
