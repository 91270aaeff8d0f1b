"""Readings that are made of others: days and months from intervals, days from registers; and the blocks they come in.

A reading that nothing is known of is left out, never zero. What is made of estimates says so (ESPI QualityOfReading):
all estimates, 8; some, 13 (mixed); and where readings are missing below it, 10 (questionable), for then the sum is less
than the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from espi.clock import Zone, month_start, next_month
from espi.day import ESTIMATED_QUALITIES, ESTIMATED_QUALITY, DayTotal
from espi.resources.codes import Quality

if TYPE_CHECKING:
    from espi.store.summaries import RegisterRead

DERIVED_QUALITY = Quality.DERIVED
MIXED_QUALITY = Quality.MIXED
QUESTIONABLE_QUALITY = Quality.QUESTIONABLE


@dataclass(frozen=True)
class Made:
    """One derived reading, of local day `day` or from it on. quality: None is the reading type's default."""

    day: int
    start_s: int
    duration_s: int
    value: int
    quality: int | None
    published_s: int
    updated_s: int


@dataclass(frozen=True)
class MonthBlock:
    """The derived readings of one calendar month, which are one IntervalBlock."""

    first_day: int
    readings: tuple[Made, ...]

    @property
    def published_s(self) -> int:
        """When the first of its readings was published."""
        return min(each.published_s for each in self.readings)

    @property
    def updated_s(self) -> int:
        """When one of its readings last changed."""
        return max(each.updated_s for each in self.readings)

    @property
    def bounds(self) -> tuple[int, int]:
        """Where it begins and ends."""
        return self.readings[0].start_s, max(each.start_s + each.duration_s for each in self.readings)

    def row(self) -> dict[str, Any]:
        """The ESPI IntervalBlock."""
        start_s, end_s = self.bounds
        return {
            "interval": {"duration": end_s - start_s, "start": start_s},
            "IntervalReading": [_reading_row(each) for each in self.readings],
        }


def daily(totals: Iterable[DayTotal]) -> Iterator[Made]:
    """A reading a day: the sum of the intervals that are known. Days wholly unknown are left out."""
    for each in totals:
        if each.absent < each.count:
            quality = _quality(each.count - each.absent, each.estimated, missing=each.absent > 0)
            yield Made(each.day, each.start_s, each.length_s, each.total, quality, each.published_s, each.updated_s)


def monthly(totals: Iterable[DayTotal]) -> Iterator[Made]:
    """A reading a calendar month, from the first to the last day that is known of it."""
    for first, group in groupby(
        (each for each in totals if each.absent < each.count), lambda each: month_start(each.day)
    ):
        days = list(group)
        start_s, end_s = days[0].start_s, days[-1].start_s + days[-1].length_s
        known = sum(each.count - each.absent for each in days)
        missing = any(each.absent for each in days) or len(days) < days[-1].day + 1 - days[0].day
        quality = _quality(known, sum(each.estimated for each in days), missing=missing)
        total = sum(each.total for each in days)
        published_s, updated_s = min(each.published_s for each in days), max(each.updated_s for each in days)
        yield Made(first, start_s, end_s - start_s, total, quality, published_s, updated_s)


def registers(reads: Iterable[RegisterRead], default_quality: int | None) -> Iterator[Made]:
    """A reading a register read: the dial at an instant, so of no duration."""
    for each in reads:
        quality = None if each.quality == default_quality else each.quality
        yield Made(each.day, each.read_s, 0, each.value, quality, each.published_s, each.updated_s)


def register_days(reads: Iterable[RegisterRead], zone: Zone, exponent: int = 0) -> Iterator[Made]:
    """What the dial moved on by from each local midnight to the next, times ten to `exponent`: quality 11 (derived).

    Reads that do not stand at a midnight, or whose next midnight is missing, or that go back (a new meter, a dial
    that has rolled over) give no day.
    """
    for before, after in pairwise(_at_midnights(reads, zone)):
        if after.read_s == zone.day_start_s(zone.day_of(before.read_s) + 1) and after.value >= before.value:
            estimated = bool({before.quality, after.quality} & ESTIMATED_QUALITIES)
            yield Made(
                zone.day_of(before.read_s),
                before.read_s,
                after.read_s - before.read_s,
                _scaled(after.value - before.value, exponent),
                ESTIMATED_QUALITY if estimated else DERIVED_QUALITY,
                max(before.published_s, after.published_s),
                max(before.updated_s, after.updated_s),
            )


def differs(from_registers: Iterable[Made], from_intervals: Iterable[Made], exponent: int = 0) -> bool:
    """Whether some day's register difference is a whole unit of the register, or more, away from the day's intervals.

    Both are in the intervals' unit and ascend by day; exponent: the register's power of ten less the intervals'. Days
    that are in one only, or not wholly known as actuals, are passed over.
    """
    unit = 10 ** max(exponent, 0)
    intervals = iter(from_intervals)
    sums = next(intervals, None)
    for each in from_registers:
        while sums is not None and sums.day < each.day:
            sums = next(intervals, None)
        if sums is None:
            return False
        if sums.day == each.day and sums.quality is None and abs(each.value - sums.value) >= unit:
            return True
    return False


def month_blocks(made: Iterable[Made]) -> Iterator[MonthBlock]:
    """Derived readings, in order, gathered by calendar month."""
    for first, group in groupby(made, lambda each: month_start(each.day)):
        yield MonthBlock(first, tuple(group))


def whole_months(from_day: int, until_day: int) -> tuple[int, int]:
    """The span widened to whole months, so that a month's block is the same whichever days were asked for."""
    return month_start(from_day), next_month(until_day - 1)


def _at_midnights(reads: Iterable[RegisterRead], zone: Zone) -> Iterator[RegisterRead]:
    return (each for each in reads if each.read_s == zone.day_start_s(zone.day_of(each.read_s)))


def _scaled(value: int, exponent: int) -> int:
    return int(Decimal(value).scaleb(exponent).to_integral_value())


def _quality(known: int, estimated: int, *, missing: bool) -> int | None:
    if missing:
        return QUESTIONABLE_QUALITY
    if estimated:
        return ESTIMATED_QUALITY if estimated == known else MIXED_QUALITY
    return None


def _reading_row(made: Made) -> dict[str, Any]:
    row: dict[str, Any] = {"timePeriod": {"duration": made.duration_s, "start": made.start_s}, "value": made.value}
    if made.quality is not None:
        row["ReadingQuality"] = [{"quality": made.quality}]
    return row
