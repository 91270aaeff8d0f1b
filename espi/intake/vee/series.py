"""One channel of one meter over days that follow each other: what the estimators fill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from espi.clock import QUARTER_HOUR_S, Zone
from espi.day import ABSENT, Codes, DayBlock, Values
from espi.intake.vee.grid import Places


@dataclass(slots=True, eq=False)
class Series:
    """Intervals of a quarter hour from the first day's midnight on, gaps and days that lack included.

    values: Wh. qualities: ESPI codes, `ABSENT` for a gap. starts: where in them each day begins, and the last ends.
    """

    esiid: str
    channel: int
    zone: Zone
    first_day: int
    values: Values
    qualities: Codes
    starts: Values
    days: range = field(init=False)

    def __post_init__(self) -> None:
        self.days = range(self.first_day, self.first_day + len(self.starts) - 1)

    def span(self, day: int) -> slice:
        """Where a day lies."""
        at = day - self.first_day
        return slice(int(self.starts[at]), int(self.starts[at + 1]))

    def start_of(self, day: int) -> int:
        """Where a day begins, or the last one ends."""
        return int(self.starts[day - self.first_day])

    def day_at(self, place: int) -> int:
        """The day that an interval is in."""
        return self.first_day + int(np.searchsorted(self.starts, place, "right")) - 1

    def second_at(self, place: int) -> int:
        """When an interval begins, UTC."""
        day = self.day_at(place)
        return self.zone.day_start_s(day) + (place - self.start_of(day)) * QUARTER_HOUR_S

    def places_between(self, from_s: int, until_s: int) -> Places:
        """The intervals that have a part in a span of time."""
        first_s = self.zone.day_start_s(self.first_day)
        found = np.zeros(self.values.size, bool)
        start, stop = (from_s - first_s) // QUARTER_HOUR_S, -(-(until_s - first_s) // QUARTER_HOUR_S)
        found[max(start, 0) : max(stop, 0)] = True
        return found

    def block(self, day: int, *, usage_point_id: int = 0) -> DayBlock:
        """A day of it."""
        span = self.span(day)
        return DayBlock(
            usage_point_id=usage_point_id,
            channel=self.channel,
            day=day,
            start_s=self.zone.day_start_s(day),
            interval_s=QUARTER_HOUR_S,
            values=self.values[span],
            qualities=self.qualities[span],
        )

    def blocks(self, days: Iterable[int]) -> Iterator[DayBlock]:
        """Some of its days."""
        return (self.block(day) for day in days)


Day = tuple[Values, Codes]
"""A day's values and qualities."""


def series_of(esiid: str, channel: int, zone: Zone, days: Mapping[int, Day], first_day: int, until_day: int) -> Series:
    """The days from the first until one, not included; those that are not given, or of a wrong length, are gaps."""
    counts = [zone.quarter_hours(day) for day in range(first_day, until_day)]
    starts = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    values = np.zeros(int(starts[-1]), np.int64)
    qualities = np.full(values.size, ABSENT, np.uint8)
    made = Series(esiid, channel, zone, first_day, values, qualities, starts)
    for day, (given, codes) in days.items():
        if day in made.days and given.size == counts[day - first_day]:
            values[made.span(day)] = np.where(codes == ABSENT, 0, given)
            qualities[made.span(day)] = codes
    return made
