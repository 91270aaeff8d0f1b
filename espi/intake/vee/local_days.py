"""Which quarter hour of the wall clock each interval of a local day is, and which days are like which."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from espi.clock import QUARTER_HOUR_S, Zone, day_date
from espi.day import Values

SLOTS = 96


@lru_cache(maxsize=1024)
def slots(zone: Zone, day: int) -> Values:
    """For each interval of a day its quarter hour on the wall clock, 0 to 95; four lack in spring, or come twice."""
    count = zone.quarter_hours(day)
    if count == SLOTS:
        found = np.arange(SLOTS)
    else:
        start_s = zone.day_start_s(day)
        times = [zone.local(start_s + at * QUARTER_HOUR_S) for at in range(count)]
        found = np.array([time.hour * 4 + time.minute // 15 for time in times])
    found.flags.writeable = False
    return found


def kind_of(day: int, holidays: frozenset[int]) -> int:
    """0 weekday, 1 Saturday, 2 Sunday or holiday: days of one kind are like each other."""
    weekday = day_date(day).isoweekday()
    return 2 if weekday == 7 or day in holidays else int(weekday == 6)


def like_days(day: int, weeks: int, holidays: frozenset[int]) -> list[int]:
    """The days of the weeks before that are like a day, the latest first."""
    kind = kind_of(day, holidays)
    return [other for other in range(day - 1, day - 7 * weeks - 1, -1) if kind_of(other, holidays) == kind]
