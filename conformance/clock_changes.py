"""What readings look like around a change of the clocks when somebody got it wrong.

Each fault has its print: wall-clock time written as if it were UTC leaves an hour out in spring and doubles one in
autumn; a converter that knows each hour of the wall clock once loses the repeated one; who gives every day 24 hours
makes blocks of the two days too long or too short.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from conformance.local_time import DAY_S, Change, Day, LocalTime, is_sane
from conformance.series import Placed, Series, Span
from conformance.suite import Evidence, Finding, at


@dataclass(frozen=True, slots=True)
class ClockFaults:
    """What was found around changes of the clocks.

    `explained` are the holes, gaps and overlaps that these faults account for; `changes` counts the changes of the
    clocks within the readings.
    """

    findings: tuple[Finding, ...] = ()
    explained: frozenset[Span] = frozenset()
    changes: int = 0


def clock_faults(series: Series) -> ClockFaults:
    """Every fault of a series that a change of the clocks explains."""
    if "clock" not in series.worked_out:
        series.worked_out["clock"] = _clock_faults(series)
    found: ClockFaults = series.worked_out["clock"]
    return found


def _clock_faults(series: Series) -> ClockFaults:
    local = series.local
    if local is None or not series.placed:
        return ClockFaults()
    findings: list[Finding] = []
    explained: set[Span] = set()
    changes = 0
    for change in _changes(series, local):
        changes += 1
        for finding, spans in _Around(series, local, change).faults():
            findings.append(finding)
            explained.update(spans)
    return ClockFaults(tuple(dict.fromkeys(findings)), frozenset(explained), changes)


def _changes(series: Series, local: LocalTime) -> Iterator[Change]:
    first_s, last_s = series.placed[0].start_s, max(one.end_s for one in series.placed)
    for year in range(local.wall(first_s).year, local.wall(last_s).year + 1):
        for change in local.changes(year):
            if first_s < change.at_s < last_s:
                yield change


Fault = tuple[Finding, tuple[Span, ...]]


@dataclass(frozen=True)
class _Around:
    """A series around one change of the clocks."""

    series: Series
    local: LocalTime
    change: Change

    @cached_property
    def spring(self) -> bool:
        return self.change.by_s > 0

    @cached_property
    def shift_s(self) -> int:
        return abs(self.change.by_s)

    @cached_property
    def day(self) -> Day:
        return self.local.day(self.change.at_s)

    @cached_property
    def near(self) -> tuple[Placed, ...]:
        """Blocks that come within two days of the change."""
        low_s, high_s = self.change.at_s - 2 * DAY_S, self.change.at_s + 2 * DAY_S
        return tuple(one for one in self.series.placed if one.cover[0] < high_s and one.cover[1] > low_s)

    @cached_property
    def holes(self) -> dict[Span, Placed]:
        """Time without readings near the change, within blocks and between them."""
        found = {span: one for one in self.near for span in one.block.holes}
        return found | {span: one for span, one in self.series.gaps if self._is_near(span)}

    def _is_near(self, span: Span) -> bool:
        return abs(span[0] - self.change.at_s) < 2 * DAY_S

    def faults(self) -> Iterator[Fault]:
        """The faults and the spans that they account for; blocks of a wrong length only where no hour is wrong."""
        hours = list(self._hours())
        lengths = list(self._length_of_blocks())
        yield from hours
        for finding, spans in lengths:
            yield (hours[0][0] if hours else finding), spans

    def _hours(self) -> Iterator[Fault]:
        if self.series.interval_s and self.series.interval_s >= DAY_S:
            return self._daily_readings()
        return self._in_spring() if self.spring else self._in_autumn()

    def _length_of_blocks(self) -> Iterator[Fault]:
        for one in self.near:
            start_s, end_s = one.cover
            true_end_s = end_s - self.change.by_s
            if not start_s < self.change.at_s < max(end_s, true_end_s) or not is_sane(end_s):
                continue
            if (
                self.local.is_midnight(start_s)
                and not self.local.is_midnight(end_s)
                and self.local.is_midnight(true_end_s)
            ):
                message = (
                    f"The block of {self.series} that begins on {self.local.text(start_s)} local time lasts"
                    f" {end_s - start_s} s; the clocks change on {self._said()}, so it should last"
                    f" {true_end_s - start_s} s (that day has {self.day.length_s // 3600} hours)."
                )
                spans = ((min(end_s, true_end_s), max(end_s, true_end_s)),)
                yield Finding(message, (at(one.block.line),)), spans

    def _daily_readings(self) -> Iterator[Fault]:
        late = (self.day.end_s, self.day.end_s + self.shift_s)
        early = (self.day.end_s - self.shift_s, self.day.end_s)
        overlapping = {span: one for one in self.near for span in one.block.overlaps}
        found = overlapping.get(late) if self.spring else self.holes.get(early)
        if found:
            message = (
                f"The reading of {self.series} for {self.day.date} lasts 24 hours; the clocks change on {self._said()},"
                f" so that day has {self.day.length_s // 3600}: its duration is {self.day.length_s}."
            )
            yield Finding(message, (at(found.block.line),)), (late, early)

    def _in_spring(self) -> Iterator[Fault]:
        wall = (self.change.wall_s, self.change.wall_s + self.shift_s)
        skipped = (self.change.at_s, self.change.at_s + self.shift_s)
        if wall in self.holes:
            message = (
                f"{self.series} has no readings for the hour of {wall[0]} to {wall[1]}: {self._wall_text()} on the wall"
                " clock, read as UTC. That hour does not exist on the day in spring: the starts are local time, and"
                " must be UTC."
            )
            yield self._found(message, wall)
        elif skipped in self.holes:
            message = (
                f"{self.series} leaves out an hour, {skipped[0]} to {skipped[1]}, just when the clocks go forward on"
                f" {self._said()}. No time passes then: the day has 23 hours in a row without a hole."
            )
            yield self._found(message, skipped)

    def _in_autumn(self) -> Iterator[Fault]:
        wall = (self.change.wall_s - self.shift_s, self.change.wall_s)
        first = (self.change.at_s - self.shift_s, self.change.at_s)
        second = (self.change.at_s, self.change.at_s + self.shift_s)
        doubled = next((span for span in (first, second, wall) if self._all_duplicates_in(span)), None)
        missing = next((span for span in (first, second) if span in self.holes), None)
        if doubled:
            cause = (
                "the starts are local time, and must be UTC"
                if doubled == wall
                else "both are written as the same hour of UTC"
            )
            message = (
                f"{self.series} has two readings for each start from {doubled[0]} to {doubled[1]}: the hour that the"
                f" wall clock shows twice when the clocks go back on {self._said()}; {cause}."
            )
            where = next(one for one in self.near if one.block.duplicates)
            yield Finding(message, (at(where.block.line),)), (missing,) if missing else ()
        elif missing:
            message = (
                f"{self.series} lacks one of the two hours that the wall clock shows as {self._wall_text()} when the"
                f" clocks go back on {self._said()}: {missing[0]} to {missing[1]}. That day has 25 hours; 24 are there."
            )
            yield self._found(message, missing)

    def _all_duplicates_in(self, span: Span) -> bool:
        starts = [start_s for one in self.near for start_s in one.block.duplicates]
        return bool(starts) and all(span[0] <= start_s < span[1] for start_s in starts)

    def _found(self, message: str, span: Span) -> Fault:
        return Finding(message, (self._evidence(self.holes[span]),)), (span,)

    @staticmethod
    def _evidence(one: Placed) -> Evidence:
        return at(one.block.line)

    def _said(self) -> str:
        wall = LocalTime(0).wall(self.change.wall_s)
        return f"{wall:%Y-%m-%d} at {wall:%H:%M}"

    def _wall_text(self) -> str:
        """The hour of the wall clock that does not exist in spring, or exists twice in autumn."""
        start_s = self.change.wall_s if self.spring else self.change.wall_s - self.shift_s
        clock = LocalTime(0)
        return f"{clock.wall(start_s):%H:%M} to {clock.wall(start_s + self.shift_s):%H:%M}"
