"""Summing up an interval block while its readings pass by."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import TypeVar

from conformance.document.records import BlockFacts

MOST_SHOWN = 32
"""How many duplicates, overlaps and holes of a block are kept; all are counted."""

MOST_SORTED = 200_000
"""Readings out of order that are sorted, to see what overlaps and what is missing."""

MOST_KINDS = 50
"""Different durations and qualities that are told apart."""

_PART = 500_000
_Key = TypeVar("_Key", int, str)
_WHOLE = re.compile(r"[ \t\r\n]*[+-]?[0-9]{1,18}[ \t\r\n]*").fullmatch


def number(text: str) -> int | None:
    """The whole number a text stands for, as XML Schema writes it; None for anything else, or of 19 digits and more."""
    return int(text) if _WHOLE(text) else None


class Starts:
    """Whether any block of an entry starts when any of its readings does, by the texts as they stand.

    Texts of readings are only remembered as long as none has matched, and at most `MOST_SORTED` of them.
    """

    def __init__(self) -> None:
        self.match = False
        self._blocks: set[str] = set()
        self._readings: set[str] = set()

    def block(self, start: str) -> None:
        """A block starts at `start`."""
        self._blocks.add(start)
        self.match = self.match or start in self._readings

    def reading(self, start: str) -> None:
        """A reading starts at `start`."""
        if start in self._blocks:
            self.match = True
            self._readings.clear()
        elif len(self._readings) < MOST_SORTED:
            self._readings.add(start)


class BlockSummary:
    """What is known so far of one block. Set `start_s` and `duration_s` when they are read, `add` every reading."""

    def __init__(self, line: int) -> None:
        self.facts = BlockFacts(line)
        self._starts = array("q")
        self._durations = array("q")
        self._odd: set[str] = set()
        self._odd_again = 0
        self._seen: Counter[int] = Counter()
        self._qualities: Counter[str] = Counter()
        self._last: int | None = None
        self._end: int | None = None
        self._walk = _Walk()

    def add(self, start: str | None, duration: str | None, value: str | None, qualities: Iterable[str] = ()) -> None:
        """One reading, by the texts of its elements; None where one is absent."""
        facts = self.facts
        facts.reading_count += 1
        duration_s = self._duration(duration)
        if start is None:
            facts.without_start += 1
        else:
            start_s = number(start)
            if start_s is None:
                self._strange(start)
            else:
                self._time(start_s, duration_s or 0)
        if value is None:
            facts.without_value += 1
        else:
            amount = number(value)
            if amount is not None:
                self._value(amount)
        for quality in qualities:
            if quality in self._qualities or len(self._qualities) < MOST_KINDS:
                self._qualities[quality] += 1

    def _strange(self, start: str) -> None:
        if start in self._odd:
            self._odd_again += 1
        elif len(self._odd) < MOST_SORTED:
            self._odd.add(start)

    def _duration(self, text: str | None) -> int | None:
        if text is None:
            self.facts.without_duration += 1
            return None
        duration_s = number(text)
        if duration_s is not None and (duration_s in self._seen or len(self._seen) < MOST_KINDS):
            self._seen[duration_s] += 1
        return duration_s

    def _value(self, amount: int) -> None:
        facts = self.facts
        facts.value_count += 1
        facts.total += amount
        if amount == 0:
            facts.zero_count += 1
        elif amount < 0:
            facts.negative_count += 1
        if facts.least is None or amount < facts.least:
            facts.least = amount
        if facts.most is None or amount > facts.most:
            facts.most = amount
        before = facts.last_value
        if before is None:
            facts.first_value = amount
        elif amount < before:
            facts.fall_count += 1
            if facts.least_fall is None or before - amount < facts.least_fall:
                facts.least_fall = before - amount
        facts.last_value = amount

    def _time(self, start_s: int, duration_s: int) -> None:
        facts = self.facts
        if self._last is not None and start_s <= self._last:
            facts.rising = False
        self._last = start_s
        self._starts.append(start_s)
        if len(self._durations) < MOST_SORTED:
            self._durations.append(duration_s)
        if facts.rising:
            self._walk.step(start_s, duration_s)
        end_s = start_s + duration_s
        if facts.first_start_s is None or start_s < facts.first_start_s:
            facts.first_start_s = start_s
        if facts.last_start_s is None or start_s > facts.last_start_s:
            facts.last_start_s = start_s
        if facts.end_s is None or end_s > facts.end_s:
            facts.end_s = end_s
        self._within(start_s, end_s)

    def _within(self, start_s: int, end_s: int) -> None:
        facts = self.facts
        if facts.start_s is None:
            return
        if start_s == facts.start_s:
            facts.starts_at_block = True
        if start_s < facts.start_s or (facts.duration_s is not None and end_s > facts.start_s + facts.duration_s):
            facts.outside_count += 1
            if len(facts.outside) < MOST_SHOWN:
                facts.outside += (start_s,)

    def done(self) -> BlockFacts:
        """The facts, once the last reading was added."""
        facts = self.facts
        walk = self._walk
        if not facts.rising:
            walk = self._again()
        if facts.order_known and self._starts:
            walk.bounds(facts)
            facts.holes, facts.hole_count, facts.hole_s = walk.holes.first, walk.holes.count, walk.holes.seconds
            facts.overlaps, facts.overlap_count = walk.overlaps.first, walk.overlaps.count
        facts.duplicate_count += self._odd_again
        facts.durations = _shared(*self._seen.items())
        facts.qualities = _shared(*self._qualities.items())
        return facts

    def _again(self) -> _Walk:
        """Look at readings out of order: what repeats a start, and, where they can be sorted, gaps and overlaps."""
        facts = self.facts
        walk = _Walk()
        repeated: Iterator[int]
        if len(self._starts) <= MOST_SORTED:
            pairs = sorted(zip(self._starts, self._durations, strict=True))
            for start_s, duration_s in pairs:
                walk.step(start_s, duration_s)
            repeated = (one for (one, _), (two, _) in pairwise(pairs) if one == two)
        else:
            facts.order_known = False
            repeated = _repeated(self._starts)
        for start_s in repeated:
            facts.duplicate_count += 1
            if len(facts.duplicates) < MOST_SHOWN:
                facts.duplicates += (start_s,)
        return walk


def _repeated(starts: array[int]) -> Iterator[int]:
    """Every start that an equal one precedes, with sets of a bounded size: one pass for each part of the numbers."""
    parts = len(starts) // _PART + 1
    for part in range(parts):
        known: set[int] = set()
        for start_s in starts:
            if start_s // 60 % parts == part:
                if start_s in known:
                    yield start_s
                known.add(start_s)


class _Spans:
    """Spans of time: the first few, how many, how long together."""

    def __init__(self) -> None:
        self.first: tuple[tuple[int, int], ...] = ()
        self.count = 0
        self.seconds = 0

    def add(self, start_s: int, end_s: int) -> None:
        self.count += 1
        self.seconds += end_s - start_s
        if len(self.first) < MOST_SHOWN:
            self.first += ((start_s, end_s),)


class _Walk:
    """Goes through readings by time, and notes what overlaps and what is missing."""

    def __init__(self) -> None:
        self.holes = _Spans()
        self.overlaps = _Spans()
        self._first: int | None = None
        self._last: int | None = None
        self._end = 0

    def step(self, start_s: int, duration_s: int) -> None:
        if self._last is None:
            self._first, self._end = start_s, start_s
        elif start_s > self._end:
            self.holes.add(self._end, start_s)
        elif start_s < self._end and start_s != self._last:
            self.overlaps.add(start_s, min(self._end, start_s + duration_s))
        self._last = start_s
        self._end = max(self._end, start_s + duration_s)

    def bounds(self, facts: BlockFacts) -> None:
        """Add what is missing at the ends of the block."""
        if facts.start_s is None or self._first is None:
            return
        if self._first > facts.start_s:
            self.holes.add(facts.start_s, self._first)
        if facts.duration_s is not None and facts.start_s + facts.duration_s > self._end:
            self.holes.add(self._end, facts.start_s + facts.duration_s)


@lru_cache(maxsize=1024)
def _shared(*counts: tuple[_Key, int]) -> Mapping[_Key, int]:
    """The same counts as one object for all blocks that have them."""
    return MappingProxyType(dict(counts))
