"""CSV files of `espi vee run`: intervals as Smart Meter Texas lists them, midnight register reads, and events."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeVar

import numpy as np

from espi.clock import QUARTER_HOUR_S, Zone, day_number, instant_s
from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY, GENERATION, LOAD
from espi.errors import BadInput
from espi.formats.market_csv import FLOWS
from espi.intake.vee.premise import Event, Happening
from espi.intake.vee.read_lse import MAX_KWH, Block

INTERVALS = (
    "ESIID",
    "USAGE_DATE",
    "USAGE_START_TIME",
    "USAGE_KWH",
    "ESTIMATED_ACTUAL",
    "CONSUMPTION_SURPLUSGENERATION",
)
REGISTERS = ("ESIID", "READ_TIMESTAMP_UTC", "CHANNEL", "REGISTER_KWH")
EVENTS = ("ESIID", "EVENT", "FROM_UTC", "UNTIL_UTC", "SECONDS")

_CHANNELS = {FLOWS[1]: LOAD, FLOWS[19]: GENERATION}
_QUALITIES = {"A": ACTUAL_QUALITY, "E": ESTIMATED_QUALITY, "": ACTUAL_QUALITY}

Meaning = TypeVar("Meaning")
Meter = tuple[str, int]
"""ESIID and channel."""


def read_intervals(lines: Iterable[str], zone: Zone) -> Iterator[Block]:
    """Days of readings; an interval that has no row or no value is a gap. Holds the file in memory.

    Of two rows for one wall-clock time in autumn the second is the second of the two hours; elsewhere it is a fault.
    """
    days: dict[tuple[str, int, int], Block] = {}
    had: set[tuple[str, int, int, int]] = set()
    for number, row in _rows(lines, INTERVALS):
        date, time = row["USAGE_DATE"].strip(), row["USAGE_START_TIME"].strip()
        channel = _known(number, row["CONSUMPTION_SURPLUSGENERATION"], _CHANNELS)
        quality = _known(number, row["ESTIMATED_ACTUAL"], _QUALITIES)
        place: int | None
        day, place = _place(number, f"{date} {time}", zone)
        key = _esiid(row), channel, day
        if key not in days:
            days[key] = _empty(number, *key, zone)
        if (*key, place) in had:
            place = _second(place, day, zone)
        if place is None or (*key, place) in had:
            raise BadInput(f"Row {number}: {date} {time} is there twice.")
        had.add((*key, place))
        values, qualities = days[key].content
        if row["USAGE_KWH"].strip():
            values[place], qualities[place] = _wh(number, row["USAGE_KWH"]), quality
    yield from days.values()


def read_registers(lines: Iterable[str], zone: Zone) -> dict[Meter, dict[int, int]]:
    """Wh on the dial by ESIID, channel and the day that begins at that midnight; reads at other times are left out."""
    found: dict[Meter, dict[int, int]] = defaultdict(dict)
    for number, row in _rows(lines, REGISTERS):
        at_s = _instant(number, row["READ_TIMESTAMP_UTC"])
        day = zone.day_of(at_s + QUARTER_HOUR_S // 2)
        if abs(at_s - zone.day_start_s(day)) <= QUARTER_HOUR_S // 2:
            channel = _known(number, row["CHANNEL"], {"4": LOAD, "1": GENERATION, "C": LOAD, "G": GENERATION})
            found[_esiid(row), channel][day] = _wh(number, row["REGISTER_KWH"])
    return dict(found)


def read_events(lines: Iterable[str]) -> dict[str, tuple[Event, ...]]:
    """What happened at which premise (ESIID)."""
    found: dict[str, list[Event]] = defaultdict(list)
    kinds = {str(kind): kind for kind in Happening}
    for number, row in _rows(lines, EVENTS):
        span = _instant(number, row["FROM_UTC"]), _instant(number, row["UNTIL_UTC"])
        drift = row["SECONDS"].strip() or "0"
        if not drift.removeprefix("-").isdecimal():
            raise BadInput(f"Row {number}: {drift!r} is not a number of seconds.")
        found[_esiid(row)].append(Event(_known(number, row["EVENT"], kinds), *span, drift_s=int(drift)))
    return {esiid: tuple(events) for esiid, events in found.items()}


def _rows(lines: Iterable[str], names: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(lines)
    lacking = [name for name in names if name not in (reader.fieldnames or ())]
    if lacking:
        raise BadInput(f"The file has no column {lacking[0]}; it needs {','.join(names)}.")
    for row in reader:
        if any(row[name] is None for name in names):
            raise BadInput(f"Row {reader.line_num} has too few columns.")
        yield reader.line_num, row


def _place(number: int, text: str, zone: Zone) -> tuple[int, int]:
    """The day and the place in it of a wall-clock time, the first of two."""
    for form in ("%m/%d/%Y %H:%M", "%Y-%m-%d %H:%M"):
        try:
            local = dt.datetime.strptime(text, form)  # noqa: DTZ007 - wall_s adds the zone
        except ValueError:
            continue
        day = day_number(local.date())
        place, rest = divmod(zone.wall_s(local) - zone.day_start_s(day), QUARTER_HOUR_S)
        if rest or zone.local(zone.wall_s(local)).replace(tzinfo=None) != local:
            break
        return day, place
    raise BadInput(f"Row {number}: {text!r} is no quarter hour of a local day, such as 07/02/2014 00:15.")


def _second(place: int, day: int, zone: Zone) -> int | None:
    """The place an hour later, if the wall clock shows the same again there."""
    first, again = (zone.local(zone.day_start_s(day) + at * QUARTER_HOUR_S) for at in (place, place + 4))
    return place + 4 if f"{first:%d%H%M}" == f"{again:%d%H%M}" else None


def _esiid(row: Mapping[str, str]) -> str:
    """Spreadsheets are kept from making a number of it by an apostrophe."""
    return row["ESIID"].strip().removeprefix("'")


def _empty(number: int, esiid: str, channel: int, day: int, zone: Zone) -> Block:
    count = zone.quarter_hours(day)
    return Block(number, esiid, channel, day, (np.zeros(count, np.int64), np.full(count, ABSENT, np.uint8)))


def _known(number: int, text: str, meanings: Mapping[str, Meaning]) -> Meaning:
    found = meanings.get(text.strip())
    if found is None:
        raise BadInput(f"Row {number}: {text[:32]!r} is none of {', '.join(filter(None, meanings))}.")
    return found


def _instant(number: int, text: str) -> int:
    try:
        return instant_s(text.strip())
    except BadInput as err:
        raise BadInput(f"Row {number}: {err.public}") from err


def _wh(number: int, text: str) -> int:
    try:
        kwh = Decimal(text.strip())
    except InvalidOperation:
        kwh = Decimal("NaN")
    if not kwh.is_finite() or abs(kwh) > MAX_KWH:
        raise BadInput(f"Row {number}: {text[:32]!r} is not a number of kWh.")
    return round(kwh * 1000)
