"""Summing up an interval block while its readings pass by.

Readings are taken in batches: a batch in which each begins where the one before ends, the common case, is seen to be so
by a few comparisons of whole lists.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from conformance.document.block_facts import NO_TROUBLE, BlockFacts, Trouble

BATCH = 4096
"""Readings that are taken together."""

MOST_SHOWN = 32
"""How many duplicates, overlaps and holes of a block are kept; all are counted."""

MOST_SORTED = 200_000
"""Readings out of order that are sorted, to see what overlaps and what is missing."""

MOST_KINDS = 50
"""Different durations and qualities that are told apart."""

_PART = 500_000
_WHOLE = re.compile(r"[ \t\r\n]*[+-]?[0-9]{1,18}[ \t\r\n]*").fullmatch


def number(text: str | None) -> int | None:
    """The whole number a text stands for, as XML Schema writes it; None for anything else, or of 19 digits and more."""
    return int(text) if text is not None and _WHOLE(text) else None


def numbers(texts: Sequence[str | None]) -> Sequence[int | None]:
    """The whole numbers that texts stand for; None in place of any that stands for none."""
    try:
        together = "".join(texts)  # type: ignore[arg-type]
    except TypeError:
        return [number(text) for text in texts]
    if together.isascii() and together.isdigit() and all(texts) and max(map(len, texts)) <= 18:  # type: ignore[arg-type]
        return list(map(int, texts))  # type: ignore[arg-type]
    return [number(text) for text in texts]


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

    def readings(self, starts: Sequence[str | None]) -> None:
        """Readings start at `starts`."""
        if self.match:
            return
        if not self._blocks.isdisjoint(starts):
            self.match = True
            self._readings.clear()
        elif len(self._readings) < MOST_SORTED:
            self._readings.update(start for start in starts if start is not None)


class BlockSummary:
    """What is known so far of one block: set `facts.start_s` and `facts.duration_s` when they are read, `add` readings.

    `starts` is told when its readings start.
    """

    def __init__(self, line: int, starts: Starts) -> None:
        self.facts = BlockFacts(line)
        self._trouble = Trouble()
        self._told = starts
        self._start_texts: list[str | None] = []
        self._duration_texts: list[str | None] = []
        self._value_texts: list[str | None] = []
        self._starts = array("q")
        self._durations = array("q")
        self._odd: set[str] = set()
        self._seen: Counter[int] = Counter()
        self._qualities: Counter[str] = Counter()
        self._last: int | None = None
        self._walk = _Walk()

    def add(self, start: str | None, duration: str | None, value: str | None) -> None:
        """One reading, by the texts of its elements; None where one is absent."""
        self._start_texts.append(start)
        self._duration_texts.append(duration)
        self._value_texts.append(value)
        if len(self._start_texts) == BATCH:
            self._take()

    def quality(self, code: str) -> None:
        """A reading has this quality."""
        if code in self._qualities or len(self._qualities) < MOST_KINDS:
            self._qualities[code] += 1

    def done(self) -> BlockFacts:
        """The facts, once the last reading was added."""
        self._take()
        facts = self.facts
        walk = self._walk if facts.rising else self._again()
        trouble = self._trouble
        if trouble.order_known and self._starts:
            walk.bounds(facts)
            trouble.holes, trouble.hole_count, trouble.hole_s = walk.holes.first, walk.holes.count, walk.holes.seconds
            trouble.overlaps, trouble.overlap_count = walk.overlaps.first, walk.overlaps.count
        if trouble != NO_TROUBLE:
            facts.trouble = trouble
        self._share()
        facts.durations = dict(self._seen)
        facts.qualities = dict(self._qualities)
        return facts

    def _share(self) -> None:
        """Let equal numbers be one object: there may be very many blocks."""
        facts = self.facts
        if facts.first_start_s == facts.start_s:
            facts.first_start_s = facts.start_s
        if facts.last_start_s == facts.first_start_s:
            facts.last_start_s = facts.first_start_s
        if facts.value_count == 1 and facts.least is not None:
            facts.total = facts.most = facts.first_value = facts.last_value = facts.least

    # ------------------------------------------------------------ a batch

    def _take(self) -> None:
        count = len(self._start_texts)
        if not count:
            return
        self.facts.reading_count += count
        self._told.readings(self._start_texts)
        durations = numbers(self._duration_texts)
        self._count_absent()
        self._take_durations(durations)
        self._take_times(numbers(self._start_texts), durations)
        self._take_values([value for value in numbers(self._value_texts) if value is not None])
        self._start_texts.clear()
        self._duration_texts.clear()
        self._value_texts.clear()

    def _count_absent(self) -> None:
        self.facts.without_start += self._start_texts.count(None)
        self.facts.without_duration += self._duration_texts.count(None)
        self.facts.without_value += self._value_texts.count(None)

    def _take_durations(self, durations: Sequence[int | None]) -> None:
        for duration_s, count in Counter(durations).items():
            if duration_s is not None and (duration_s in self._seen or len(self._seen) < MOST_KINDS):
                self._seen[duration_s] += count

    def _take_values(self, values: Sequence[int]) -> None:
        if not values:
            return
        facts = self.facts
        least, most = min(values), max(values)
        facts.value_count += len(values)
        facts.total += sum(values)
        facts.zero_count += values.count(0)
        if least < 0:
            facts.negative_count += sum(value < 0 for value in values)
        facts.least = least if facts.least is None else min(facts.least, least)
        facts.most = most if facts.most is None else max(facts.most, most)
        self._take_falls(values)

    def _take_falls(self, values: Sequence[int]) -> None:
        facts = self.facts
        if facts.last_value is None:
            facts.first_value = facts.last_value = values[0]
        falls = [one - two for one, two in pairwise((facts.last_value, *values)) if two < one]
        if falls:
            facts.fall_count += len(falls)
            facts.least_fall = min(falls) if facts.least_fall is None else min(facts.least_fall, *falls)
        facts.last_value = values[-1]

    def _take_times(self, starts: Sequence[int | None], durations: Sequence[int | None]) -> None:
        first, step = starts[0], durations[0]
        if first is not None and step and self._regular(starts, durations, first, step):
            return
        for start_s, duration_s, text in zip(starts, durations, self._start_texts, strict=True):
            if start_s is not None:
                self._time(start_s, duration_s or 0)
            elif text is not None:
                self._strange(text)

    def _regular(self, starts: Sequence[int | None], durations: Sequence[int | None], first: int, step: int) -> bool:
        """Take a batch in which every reading follows on the one before, within the block; False if it is none."""
        count = len(starts)
        end_s = first + count * step
        facts = self.facts
        if durations.count(step) != count or starts != list(range(first, end_s, step)):
            return False
        within = facts.start_s is None or (
            first >= facts.start_s and (facts.duration_s is None or end_s <= facts.start_s + facts.duration_s)
        )
        later = self._last is None or (first > self._last and self._walk.free_at(first))
        if not (within and later and facts.rising):
            return False
        self._time(first, step)
        if count > 1:
            self._starts.extend(range(first + step, end_s, step))
            self._durations.extend([step] * min(count - 1, max(0, MOST_SORTED - len(self._durations))))
            self._last = facts.last_start_s = end_s - step
            facts.end_s = max(facts.end_s or end_s, end_s)
            self._walk.on(end_s - step, end_s)
        return True

    # ------------------------------------------------------------ a reading

    def _strange(self, start: str) -> None:
        """A start that is no number: at least it can be told whether it comes again."""
        if start in self._odd:
            self._trouble.duplicate_count += 1
        elif len(self._odd) < MOST_SORTED:
            self._odd.add(start)

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
        if facts.start_s is not None:
            self._within(start_s, end_s, facts.start_s)

    def _within(self, start_s: int, end_s: int, block_start_s: int) -> None:
        facts = self.facts
        if start_s == block_start_s:
            facts.starts_at_block = True
        if start_s < block_start_s or (facts.duration_s is not None and end_s > block_start_s + facts.duration_s):
            trouble = self._trouble
            trouble.outside_count += 1
            if len(trouble.outside) < MOST_SHOWN:
                trouble.outside += (start_s,)

    def _again(self) -> _Walk:
        """Look at readings out of order: what repeats a start, and, where they can be sorted, gaps and overlaps."""
        trouble = self._trouble
        walk = _Walk()
        repeated: Iterator[int]
        if len(self._starts) <= MOST_SORTED:
            pairs = sorted(zip(self._starts, self._durations, strict=True))
            for start_s, duration_s in pairs:
                walk.step(start_s, duration_s)
            repeated = (one for (one, _), (two, _) in pairwise(pairs) if one == two)
        else:
            trouble.order_known = False
            repeated = _repeated(self._starts)
        for start_s in repeated:
            trouble.duplicate_count += 1
            if len(trouble.duplicates) < MOST_SHOWN:
                trouble.duplicates += (start_s,)
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

    def free_at(self, start_s: int) -> bool:
        """Whether no reading so far lasts beyond `start_s`."""
        return start_s >= self._end

    def on(self, last_s: int, end_s: int) -> None:
        """Readings went on without a gap until `end_s`; the last started at `last_s`."""
        self._last, self._end = last_s, max(self._end, end_s)

    def bounds(self, facts: BlockFacts) -> None:
        """Add what is missing at the ends of the block."""
        if facts.start_s is None or self._first is None:
            return
        if self._first > facts.start_s:
            self.holes.add(facts.start_s, self._first)
        if facts.duration_s is not None and facts.start_s + facts.duration_s > self._end:
            self.holes.add(self._end, facts.start_s + facts.duration_s)
