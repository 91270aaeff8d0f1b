"""Time: now, instants, and local days of 92, 96 or 100 quarter hours.

The only reader of the clock. Instants are whole epoch seconds in UTC (`..._s`). A local day is a number: days since
1970-01-01 on the calendar of the utility's time zone (`day`). Local time exists only in this module and at the edges.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from dataclasses import dataclass
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from espi.errors import BadInput

QUARTER_HOUR_S = 900
DAY_S = 86_400
FOREVER = 2_932_896  # day number of 9999-12-31: the end of a span that has no end
EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Clock:
    """What time it is: the machine's clock, moved by `shift_s` seconds, or standing still at `fixed_s`."""

    shift_s: int = 0
    fixed_s: int | None = None

    @classmethod
    def parse(cls, text: str) -> Clock:
        """Read the `ESPI_CLOCK` setting: empty, an instant (`2014-02-01T12:00:00Z`) or a shift (`-86400` seconds)."""
        if not text:
            return cls()
        if re.fullmatch(r"[+-]\d{1,12}", text):
            return cls(shift_s=int(text))
        return cls(fixed_s=instant_s(text))

    @property
    def is_real(self) -> bool:
        """Whether this is the machine's own clock."""
        return self.shift_s == 0 and self.fixed_s is None

    def now_s(self) -> int:
        """The present instant."""
        if self.fixed_s is not None:
            return self.fixed_s
        return int(time.time()) + self.shift_s


def machine_s() -> int:
    """The machine's own instant, for limits that must end in real time even where the clock stands still."""
    return int(time.time())


def instant_s(text: str) -> int:
    """The epoch seconds of an ISO 8601 instant with `Z` or an offset; a fraction of a second is dropped."""
    if not _INSTANT.fullmatch(text):
        raise BadInput(f"{text!r} is not an instant such as 2014-02-01T12:00:00Z.")
    try:
        return int(dt.datetime.fromisoformat(text).timestamp())
    except ValueError as err:
        raise BadInput(f"{text!r} names no instant: {err}.") from err


def instant_text(instant: int) -> str:
    """An instant as Atom writes it: `2014-02-01T12:00:00Z` (RFC 4287, section 3.3)."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(instant))


def day_number(date: dt.date) -> int:
    """The number of a calendar day."""
    return date.toordinal() - EPOCH_ORDINAL


def day_date(day: int) -> dt.date:
    """The calendar day of a number."""
    return dt.date.fromordinal(day + EPOCH_ORDINAL)


def parse_day(text: str) -> int:
    """The number of a day written as `2014-02-01`."""
    try:
        return day_number(dt.date.fromisoformat(text))
    except ValueError as err:
        raise BadInput(f"{text!r} is not a day such as 2014-02-01.") from err


def month_start(day: int) -> int:
    """The first day of the month that a day is in."""
    return day_number(day_date(day).replace(day=1))


def next_month(day: int) -> int:
    """The first day of the month after the one that a day is in."""
    return month_start(month_start(day) + 31)


@dataclass(frozen=True)
class DstRule:
    """How a zone's clocks run, in the terms of `LocalTimeParameters` (ESPI, TimeConfiguration)."""

    tz_offset_s: int
    dst_offset_s: int
    start_rule: str
    end_rule: str


class Zone:
    """A time zone and its local days. Compare by name; make with `zone(name)`, which keeps one of each."""

    def __init__(self, name: str) -> None:
        self.name = name
        try:
            self._info = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as err:
            raise BadInput(f"{name!r} is no time zone of the IANA database.") from err
        self.day_start_s = lru_cache(maxsize=4096)(self._day_start_s)

    def _day_start_s(self, day: int) -> int:
        midnight = dt.datetime.combine(day_date(day), dt.time(), self._info)
        return int(midnight.timestamp())

    def day_length_s(self, day: int) -> int:
        """82,800, 86,400 or 90,000 seconds."""
        return self.day_start_s(day + 1) - self.day_start_s(day)

    def quarter_hours(self, day: int) -> int:
        """92, 96 or 100."""
        return self.day_length_s(day) // QUARTER_HOUR_S

    def day_of(self, instant: int) -> int:
        """The local day that an instant is in."""
        return day_number(self.local(instant).date())

    def local(self, instant: int) -> dt.datetime:
        """An instant as an aware local time, for showing to people."""
        return dt.datetime.fromtimestamp(instant, self._info)

    def wall_s(self, local: dt.datetime) -> int:
        """The instant of a local wall-clock time (without zone); the first of the two in the repeated autumn hour."""
        return int(local.replace(tzinfo=self._info).timestamp())

    def parse_instant_s(self, text: str) -> int:
        """The instant of `YYYYMMDDHHMMSS` on this zone's wall clock."""
        try:
            return self.wall_s(dt.datetime.strptime(text, "%Y%m%d%H%M%S"))  # noqa: DTZ007 - wall_s adds the zone
        except ValueError as err:
            raise BadInput(f"{text!r} is not a time such as 20140702000000.") from err

    def dst_rule(self) -> DstRule:
        """The zone's present rule as ESPI writes it: the US rule since 2007, or `FFFFFFFF` where there is no DST."""
        return _dst_rule(self.name)

    def __repr__(self) -> str:
        return f"Zone({self.name!r})"


@cache
def zone(name: str) -> Zone:
    """The zone of that name, with its cache of day starts."""
    return Zone(name)


def encode_dst_rule(month: int, nth: int, weekday: int, hour: int) -> str:
    """A `DstRuleType`: month, which one of the weekday (2 first .. 6 fifth, 7 last), ISO weekday, hour.

    ESPI `DstRuleType`: bits 28-31 month, 25-27 operator, 20-24 day of month, 17-19 weekday, 12-16 hours, 0-11 seconds.
    """
    return f"{month << 28 | nth << 25 | weekday << 17 | hour << 12:08X}"


@cache
def _dst_rule(name: str) -> DstRule:
    info = ZoneInfo(name)
    winter, summer = (dt.datetime(2024, month, 15, tzinfo=info) for month in (1, 7))
    offsets = [int(moment.utcoffset().total_seconds()) for moment in (winter, summer)]  # type: ignore[union-attr]
    if offsets[0] == offsets[1]:
        return DstRule(offsets[0], 0, "FFFFFFFF", "FFFFFFFF")
    changed = sorted(_changes(name, 2024))
    rules = [_rule_of(when, name) for when in changed]
    if offsets[1] < offsets[0]:
        rules.reverse()
    return DstRule(min(offsets), abs(offsets[1] - offsets[0]), rules[0], rules[1])


def _changes(name: str, year: int) -> list[int]:
    info = ZoneInfo(name)
    first = int(dt.datetime(year, 1, 1, tzinfo=dt.UTC).timestamp())

    def offset(instant: int) -> object:
        return dt.datetime.fromtimestamp(instant, info).utcoffset()

    hours = range(first, first + 366 * DAY_S, 3600)
    return [hour for hour in hours if offset(hour) != offset(hour - 3600)]


def _rule_of(change_s: int, name: str) -> str:
    info = ZoneInfo(name)
    before = dt.datetime.fromtimestamp(change_s - 1, info) + dt.timedelta(seconds=1)
    last = (before + dt.timedelta(days=7)).month != before.month
    nth = 7 if last else (before.day - 1) // 7 + 2
    return encode_dst_rule(before.month, nth, before.isoweekday(), before.hour)
