"""Local time as `LocalTimeParameters` tells it: two daylight-saving rules of eight hexadecimal digits, and two offsets.

ESPI keeps every time as seconds since 1970 in UTC; these four values say which local day a reading belongs to, and
that a day has 23 or 25 hours when the clocks change.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

DAY_S = 86_400
HOUR_S = 3_600
DISABLED = "FFFFFFFF"
"""The rule of a place whose clocks never change."""
EARLIEST_S, LATEST_S = -2_208_988_800, 7_258_118_400
"""From 1900 to 2200: outside, no local time is worked out."""

ON_THE_DAY, ON_OR_AFTER, LAST = 0, 1, 7
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_WHICH = {2: "first", 3: "second", 4: "third", 5: "fourth", 6: "fifth", 7: "last"}


class NoRule(ValueError):
    """The digits do not make a rule; the text says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When the clocks change: on which day, and at which wall-clock time before the change.

    `operator`: 0 on `day`, 1 the first `weekday` on or after `day`, 2 to 6 the first to fifth `weekday`, 7 the last.
    `weekday` is 1 for Monday to 7 for Sunday.
    """

    month: int
    operator: int
    day: int
    weekday: int
    hour: int
    second: int

    def __str__(self) -> str:
        at = f"at {self.hour:02d}:{self.second // 60:02d}"
        month = _MONTHS[self.month - 1]
        if self.operator == ON_THE_DAY:
            return f"{self.day} {month} {at}"
        weekday = _WEEKDAYS[self.weekday - 1]
        if self.operator == ON_OR_AFTER:
            return f"first {weekday} on or after {self.day} {month} {at}"
        return f"{_WHICH[self.operator]} {weekday} of {month} {at}"

    def wall_s(self, year: int) -> int:
        """The wall-clock time of the change in a year, as if it were UTC (seconds since 1970)."""
        midnight = datetime(year, self.month, self._day_in(year), tzinfo=UTC)
        return int(midnight.timestamp()) + self.hour * HOUR_S + self.second

    def _day_in(self, year: int) -> int:
        first_weekday, length = monthrange(year, self.month)
        if self.operator == ON_THE_DAY:
            return min(self.day, length)
        first = 1 + (self.weekday - 1 - first_weekday) % 7
        if self.operator == ON_OR_AFTER:
            return min(first + 7 * max(0, -(-(self.day - first) // 7)), length)
        days = range(first, length + 1, 7)
        return days[-1] if self.operator == LAST else days[min(self.operator - 2, len(days) - 1)]


def rule(digits: str) -> Rule | None:
    """The rule that eight hexadecimal digits stand for; None where they switch daylight saving off.

    Raises:
        NoRule: the digits do not make a rule (bits: month 4, operator 3, day 5, weekday 3, hour 5, seconds 12).
    """
    if digits.upper() == DISABLED:
        return None
    if len(digits) != 8:
        raise NoRule(f"it has {len(digits)} digits, not 8")
    try:
        bits = int(digits, 16)
    except ValueError:
        raise NoRule("it is not hexadecimal") from None
    found = Rule(
        month=bits >> 28,
        operator=bits >> 25 & 0x7,
        day=bits >> 20 & 0x1F,
        weekday=bits >> 17 & 0x7,
        hour=bits >> 12 & 0x1F,
        second=bits & 0xFFF,
    )
    for wrong in _faults(found):
        raise NoRule(wrong)
    return found


def _faults(found: Rule) -> Iterator[str]:
    if not 1 <= found.month <= 12:
        yield f"its month is {found.month}"
    if found.operator in {ON_THE_DAY, ON_OR_AFTER} and not found.day:
        yield f"operator {found.operator} needs a day of the month, and there is none"
    if found.operator != ON_THE_DAY and not found.weekday:
        yield f"operator {found.operator} needs a day of the week, and there is none"
    if found.hour > 23:
        yield f"its hour is {found.hour}"
    if found.second > 3599:
        yield f"its seconds within the hour are {found.second}"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the clocks: the instant in UTC, and by how many seconds the wall clock is put on (back: negative)."""

    at_s: int
    by_s: int
    wall_s: int
    """The wall-clock time before the change, as if it were UTC."""


@dataclass(frozen=True, slots=True)
class Day:
    """A local calendar day and its bounds in UTC seconds."""

    date: date
    start_s: int
    end_s: int

    @property
    def length_s(self) -> int:
        """82800, 86400 or 90000 where the clocks change by an hour."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class LocalTime:
    """The local time of a usage point: standard offset (west is negative), what summer adds, and when."""

    tz_offset_s: int
    dst_offset_s: int = 0
    start: Rule | None = None
    end: Rule | None = None

    def changes(self, year: int) -> tuple[Change, ...]:
        """The two changes of a year in the order of time, or none."""
        return _changes(self, year)

    def offset_s(self, epoch_s: int) -> int:
        """What is added to UTC at this instant."""
        changes = self.changes(datetime.fromtimestamp(epoch_s + self.tz_offset_s, UTC).year)
        if not changes:
            return self.tz_offset_s
        first, second = changes
        summer_between = first.by_s > 0
        between = first.at_s <= epoch_s < second.at_s
        return self.tz_offset_s + (self.dst_offset_s if between == summer_between else 0)

    def wall(self, epoch_s: int) -> datetime:
        """The wall-clock time of an instant (its zone is marked UTC, for want of another)."""
        return datetime.fromtimestamp(epoch_s + self.offset_s(epoch_s), UTC)

    def text(self, epoch_s: int) -> str:
        """The wall-clock time of an instant, for a person."""
        return f"{self.wall(epoch_s):%Y-%m-%d %H:%M}"

    def midnight_s(self, day: date) -> int:
        """The instant at which a local day begins."""
        wall_s = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        candidates = (wall_s - self.tz_offset_s - self.dst_offset_s, wall_s - self.tz_offset_s)
        for epoch_s in candidates:
            if epoch_s + self.offset_s(epoch_s) == wall_s:
                return epoch_s
        return candidates[0]

    def day(self, epoch_s: int) -> Day:
        """The local day that holds an instant."""
        held = self.wall(epoch_s).date()
        return Day(held, self.midnight_s(held), self.midnight_s(held + timedelta(days=1)))

    def is_midnight(self, epoch_s: int) -> bool:
        """Whether a local day begins at this instant."""
        return self.midnight_s(self.wall(epoch_s).date()) == epoch_s


@lru_cache(maxsize=256)
def _changes(local: LocalTime, year: int) -> tuple[Change, ...]:
    if local.start is None or local.end is None or not local.dst_offset_s:
        return ()
    on, back = local.start.wall_s(year), local.end.wall_s(year)
    start = Change(on - local.tz_offset_s, local.dst_offset_s, on)
    end = Change(back - local.tz_offset_s - local.dst_offset_s, -local.dst_offset_s, back)
    return tuple(sorted((start, end), key=lambda change: change.at_s))


def is_sane(epoch_s: int) -> bool:
    """Whether local time can be worked out for this instant: 1900 to 2200."""
    return EARLIEST_S <= epoch_s <= LATEST_S
