"""The rules an LSE block must keep. They give reasons and do not raise.

One `Rules` serves one file: it knows the utility's zone, what time it is and how far back readings are kept, and
answers for a header's text once, however many blocks bear the same text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from espi.clock import QUARTER_HOUR_S, Zone, day_date, day_number
from espi.errors import BadInput
from espi.formats import lse
from espi.intake.cut import Fault


class Day(NamedTuple):
    """What header row 1 says beside the ESIID: the channel, the local day, its start, its number of quarter hours."""

    channel: int
    day: int
    start_s: int
    intervals: int


class Header(NamedTuple):
    """What the header rows of a good block say beside the ESIID."""

    channel: int
    day: int
    start_s: int
    intervals: int
    sent_s: int


_TIME = re.compile(r"\d{14}", re.ASCII)
_NUMBER = re.compile(r"\d+(\.\d*)?|\.\d+", re.ASCII)


class Rules:
    """The rules for the files of one utility at one moment.

    first_day: the oldest local day that is still kept. A day is in the future until it has ended.
    """

    def __init__(self, zone: Zone, now_s: int, retention_years: int) -> None:
        self.zone = zone
        self.today = zone.day_of(now_s)
        self.first_day = first_kept_day(self.today, retention_years)
        self.day = lru_cache(maxsize=4096)(self._day)
        self.sent_s = lru_cache(maxsize=4096)(self._sent_s)

    def esiid(self, text: str) -> Fault | None:
        """Alphanumeric, 1 to 64 characters."""
        if text.isalnum() and text.isascii() and len(text) <= lse.MAX_ESIID:
            return None
        return Fault("01", f"ESIID {text[:80]!r} is not 1 to {lse.MAX_ESIID} letters and digits")

    def header(self, text: bytes) -> Header | None:
        """Check the header rows after the ESIID's comma, without the last line feed; None if they are at fault."""
        rest, _, rows = text.decode("latin-1").partition("\n")
        if rows.count("\n") != 2:
            return None
        day, sent_s = self.day(rest), self.sent_s(rows)
        return None if isinstance(day, Fault) or isinstance(sent_s, Fault) else Header(*day, sent_s)

    def _day(self, text: str) -> Day | Fault:
        """Check the rest of header row 1: `channel,start,stop,dst,invalid`."""
        fields = text.split(",")
        if len(fields) == 6 and not fields[5]:
            fields.pop()
        if len(fields) != 5:
            return Fault("02", f"header row 1 has {len(fields) + 2} fields, not 7")
        channel, start, stop, dst, invalid = fields
        if channel not in ("1", "4"):
            return Fault("01", f"channel {channel[:16]!r} is neither 1 (generation) nor 4 (load)")
        if dst != lse.ADJUSTED_FOR_DST:
            return Fault("01", f"the DST flag is {dst[:16]!r}, not Y")
        if invalid != lse.NOT_INVALID:
            return Fault("01", f"the invalid-record flag is {invalid[:16]!r}, not N")
        return self._span(int(channel), start, stop)

    def _span(self, channel: int, start: str, stop: str) -> Day | Fault:
        day = self._day_number(start)
        if day is None:
            return Fault("01", f"start time {start[:32]!r} is not YYYYMMDDHHMMSS")
        if self._day_number(stop) is None:
            return Fault("01", f"stop time {stop[:32]!r} is not YYYYMMDDHHMMSS")
        if day >= self.today:
            return Fault("04", f"the day {day_date(day)} has not ended yet")
        if day < self.first_day:
            return Fault(
                "01", f"the day {day_date(day)} is older than the retention, which begins at {day_date(self.first_day)}"
            )
        if start[8:] != lse.DAY_START or stop[:8] != start[:8] or stop[8:] not in lse.DAY_STOPS:
            return Fault("03", f"{start} to {stop} is not a full day from 000000 to 235959")
        return Day(channel, day, self.zone.day_start_s(day), self.zone.quarter_hours(day))

    def _day_number(self, text: str) -> int | None:
        if not _TIME.fullmatch(text):
            return None
        try:
            return self.zone.day_of(self.zone.parse_instant_s(text))
        except (BadInput, OverflowError):
            return None

    def _sent_s(self, rows: str) -> int | Fault:
        """Check header rows 2 to 4, joined by line feeds; gives the time in row 4."""
        for code, row in zip(lse.HEADER_CODES[1:], rows.split("\n"), strict=True):
            if row.split(",", 1)[0] != code:
                return Fault("02", f"there is {row[:40]!r} where header row {code} should be")
        measure, _, stamp = (row.split(",") for row in rows.split("\n"))
        if not 2 <= len(stamp) <= 4:
            return Fault("02", f"header row 4 has {len(stamp)} fields, not 3")
        return _measure_fault(measure) or self._stamp(stamp[1])

    def _stamp(self, text: str) -> int | Fault:
        if not _TIME.fullmatch(text):
            return Fault("01", f"the time stamp {text[:32]!r} in header row 4 is not YYYYMMDDHHMMSS")
        try:
            return self.zone.parse_instant_s(text)
        except (BadInput, OverflowError):
            return Fault("01", f"the time stamp {text!r} in header row 4 names no time")


def _measure_fault(fields: list[str]) -> Fault | None:
    if not 13 <= len(fields) <= 14:
        return Fault("02", f"header row 2 has {len(fields)} fields, not 13")
    for field in fields[1:7]:
        if field and not _NUMBER.fullmatch(field.removeprefix("-")):
            return Fault("01", f"{field[:32]!r} in header row 2 is not a number")
    if fields[7] != str(QUARTER_HOUR_S):
        return Fault("01", f"seconds per interval are {fields[7][:16]!r}, not {QUARTER_HOUR_S}")
    if fields[8] != lse.KILOWATT_HOURS:
        return Fault("01", f"the unit of measure is {fields[8][:16]!r}, not {lse.KILOWATT_HOURS} (kWh)")
    return None


def first_kept_day(today: int, retention_years: int) -> int:
    """The oldest day still kept: this day so many years ago."""
    date = day_date(today)
    if date.month == 2 and date.day == 29:
        date = date.replace(day=28)
    return day_number(date.replace(year=date.year - retention_years))


def not_full(count: int, day: Day) -> Fault:
    """The fault of a block with another number of values than its day has quarter hours."""
    return Fault("03", f"{count} values, but {day_date(day.day)} has {day.intervals} quarter hours")
