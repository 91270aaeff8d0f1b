"""Channels: what a usage point measures (ESPI MeterReading), each with its ReadingType.

Numbers: 4 load, 1 generation, from 10 on others. A channel's daily values are channel 1000 + number, its monthly ones
2000 + number, its register 3000 + number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, bindparam, insert, select

from espi.clock import DAY_S, QUARTER_HOUR_S
from espi.day import ACTUAL_QUALITY, GENERATION
from espi.store.copying import copy_rows
from espi.store.database import Conn, inserted_id
from espi.store.identity import ids_for, path_id_for, uuid_for
from espi.store.reach import Reach, spans_of
from espi.store.statement import Statement
from espi.store.tables import channel as channel_table
from espi.store.tables import reading_type as reading_type_table
from espi.store.tables import usage_point, utility

DAILY, MONTHLY, REGISTER = 1000, 2000, 3000
"""What is added to a channel's number for the series made of it."""

SERIES = {"interval": 0, "daily": DAILY, "monthly": MONTHLY, "register": REGISTER}

CHUNK = 500
HOUR_S = 3600


@dataclass(frozen=True)
class ReadingTypeRow:
    """An ESPI ReadingType. content: its elements by name, plain values."""

    id: int
    code: str
    uuid: str
    path_id: int
    title: str
    content: Mapping[str, Any]
    published_s: int


@dataclass(frozen=True)
class Channel:
    """A MeterReading. series: interval, daily, monthly or register. of_number: the channel that it is made of."""

    usage_point_id: int
    number: int
    series: str
    of_number: int | None
    reading_type: ReadingTypeRow
    uuid: str
    path_id: int
    title: str
    published_s: int


def reading_type_for_lse(channel: int) -> dict[str, Any]:
    """The ReadingType of an LSE channel: quarter hours of energy in Wh, delivered (4) or received (1)."""
    return {
        "accumulationBehaviour": 4,
        "commodity": 1,
        "currency": 840,
        "dataQualifier": 12,
        "defaultQuality": ACTUAL_QUALITY,
        "flowDirection": 19 if channel == GENERATION else 1,
        "intervalLength": QUARTER_HOUR_S,
        "kind": 12,
        "phase": 769,
        "powerOfTenMultiplier": 0,
        "timeAttribute": 0,
        "uom": 72,
        "measuringPeriod": 2,
    }


def daily_type(reading_type: Mapping[str, Any]) -> dict[str, Any]:
    """The ReadingType of a channel's daily values: period of interest 11 (daily), measuring period 4 (24 hours)."""
    return {**reading_type, "intervalLength": DAY_S, "timeAttribute": 11, "measuringPeriod": 4}


def monthly_type(reading_type: Mapping[str, Any]) -> dict[str, Any]:
    """The ReadingType of a channel's monthly values: period of interest 13 (monthly); 30 days is the nominal length."""
    return {**reading_type, "intervalLength": 30 * DAY_S, "timeAttribute": 13, "measuringPeriod": 0}


def hourly_type(reading_type: Mapping[str, Any]) -> dict[str, Any]:
    """The ReadingType of a channel's intervals gathered by the hour: measuring period 7 (60 minutes)."""
    return {**reading_type, "intervalLength": HOUR_S, "measuringPeriod": 7}


def register_type(reading_type: Mapping[str, Any]) -> dict[str, Any]:
    """The ReadingType of a channel's register: accumulation behaviour 1 (bulk quantity), no interval."""
    return {**reading_type, "accumulationBehaviour": 1, "intervalLength": 0, "timeAttribute": 0, "measuringPeriod": 0}


def reading_type_code(content: Mapping[str, Any]) -> str:
    """What tells a ReadingType from others: the SHA-256 of its elements."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def add_reading_type(conn: Conn, content: Mapping[str, Any], *, now_s: int, title: str = "") -> int:
    """The id of the ReadingType with these elements, made if there is none."""
    code = reading_type_code(content)
    table = reading_type_table
    known = conn.scalar(select(table.c.id).where(table.c.code == code))
    if known is not None:
        return int(known)
    values = {
        "code": code,
        "uuid": uuid_for(conn, f"reading-type/{code}"),
        "path_id": path_id_for(conn, f"reading-type/{code}"),
        "title": title,
        "content": dict(content),
        "published_s": now_s,
    }
    return inserted_id(conn, insert(table).values(values))


def add_channel(
    conn: Conn,
    usage_point_id: int,
    number: int,
    reading_type: Mapping[str, Any],
    *,
    now_s: int,
    series: str = "interval",
    of_number: int | None = None,
    title: str = "",
) -> None:
    """Give a usage point a channel; one that it has already stays as it is."""
    kind = add_reading_type(conn, reading_type, now_s=now_s)
    there = _There.of(conn, [usage_point_id])
    _add(conn, [(usage_point_id, number)], there, kind, now_s=now_s, series=series, of_number=of_number, title=title)


def add_interval_channel(
    conn: Conn, usage_point_id: int, number: int, reading_type: Mapping[str, Any], now_s: int, *, title: str = ""
) -> None:
    """Give a usage point a channel of intervals, and with it the series of its daily and monthly values."""
    add_interval_channels(conn, [usage_point_id], number, reading_type, now_s, title=title)


def add_interval_channels(
    conn: Conn,
    usage_point_ids: Sequence[int],
    number: int,
    reading_type: Mapping[str, Any],
    now_s: int,
    *,
    title: str = "",
) -> None:
    """Give many usage points the same channel of intervals, with its daily and monthly series."""
    series = {
        "interval": (0, reading_type),
        "daily": (DAILY, daily_type(reading_type)),
        "monthly": (MONTHLY, monthly_type(reading_type)),
    }
    there = _There.of(conn, usage_point_ids)
    if 0 < reading_type.get("intervalLength", 0) < HOUR_S:
        add_reading_type(conn, hourly_type(reading_type), now_s=now_s)
    for name, (offset, content) in series.items():
        keys = [(usage_point_id, offset + number) for usage_point_id in usage_point_ids]
        of_number = number if offset else None
        kind = add_reading_type(conn, content, now_s=now_s)
        _add(conn, keys, there, kind, now_s=now_s, series=name, of_number=of_number, title=title)


def channels(conn: Conn, reach: Reach, usage_point_id: int) -> list[Channel]:
    """The channels of a usage point within reach, by number; none if it is out of reach."""
    if not spans_of(conn, reach, usage_point_id):
        return []
    return [_channel(row) for row in _of_usage_point().rows(conn, usage_point_id=usage_point_id)]


def reading_types(conn: Conn) -> list[ReadingTypeRow]:
    """Every reading type, in order of their making; they say nothing of anybody."""
    return [_type(row) for row in _types().rows(conn)]


def reading_type(conn: Conn, path_id: int) -> ReadingTypeRow | None:
    """The reading type of that number in its address."""
    found = _type_of_path().rows(conn, path_id=path_id)
    return _type(found[0]) if found else None


@cache
def _of_usage_point() -> Statement:
    joined = channel_table.join(reading_type_table, channel_table.c.reading_type_id == reading_type_table.c.id)
    own = [column for column in channel_table.c if column.name != "reading_type_id"]
    query = select(*own, *reading_type_table.c).select_from(joined)
    here = channel_table.c.usage_point_id == bindparam("usage_point_id", type_=BigInteger)
    return Statement(query.where(here).order_by(channel_table.c.number))


@cache
def _types() -> Statement:
    return Statement(select(*reading_type_table.c).order_by(reading_type_table.c.id))


@cache
def _type_of_path() -> Statement:
    here = reading_type_table.c.path_id == bindparam("path_id", type_=BigInteger)
    return Statement(select(*reading_type_table.c).where(here))


def usage_point_of(conn: Conn, reach: Reach, low: int, high: int) -> int | None:
    """The path id of the usage point within reach that has a channel whose path id lies between two, both included."""
    within = reach.spans.subquery()
    joined = channel_table.join(usage_point, usage_point.c.id == channel_table.c.usage_point_id)
    mine = usage_point.c.id.in_(select(within.c.usage_point_id))
    return conn.scalar(
        select(usage_point.c.path_id).select_from(joined).where(channel_table.c.path_id.between(low, high), mine)
    )


def channel_numbers_by_uuid(conn: Conn, usage_point_id: int) -> dict[str, int | None]:
    """The numbers of a usage point's channels by UUID, for intake; None where one is made of another."""
    table = channel_table
    query = select(table.c.uuid, table.c.number, table.c.of_number).where(table.c.usage_point_id == usage_point_id)
    return {uuid: number if of is None else None for uuid, number, of in conn.execute(query)}


def channel_numbers(conn: Conn, usage_point_ids: Iterable[int]) -> dict[int, set[int]]:
    """Which channel numbers usage points have, for intake."""
    found: dict[int, set[int]] = {}
    ids = list(usage_point_ids)
    table = channel_table
    for start in range(0, len(ids), CHUNK):
        some = table.c.usage_point_id.in_(ids[start : start + CHUNK])
        query = select(table.c.usage_point_id, table.c.number).where(some)
        for usage_point_id, number in conn.execute(query).fetchall():
            found.setdefault(usage_point_id, set()).add(number)
    return found


def _channel(row: Sequence[Any]) -> Channel:
    own, kind = row[:8], row[8:]
    usage_point_id, number, series, of_number, uuid, path_id, title, published_s = own
    return Channel(usage_point_id, number, series, of_number, _type(kind), uuid, path_id, title, published_s)


def _type(row: Sequence[Any]) -> ReadingTypeRow:
    if isinstance(row[5], str):
        return _type_of_text(tuple(row))
    return ReadingTypeRow(*row)


@lru_cache(maxsize=1024)
def _type_of_text(row: tuple[Any, ...]) -> ReadingTypeRow:
    key, code, uuid, path_id, title, content, published_s = row
    return ReadingTypeRow(key, code, uuid, path_id, title, json.loads(content), published_s)


def _add(
    conn: Conn,
    keys: Sequence[tuple[int, int]],
    there: _There,
    reading_type_id: int,
    *,
    now_s: int,
    series: str,
    of_number: int | None,
    title: str,
) -> None:
    new = [(point, number) for point, number in keys if number not in there.numbers.get(point, ())]
    if not new:
        return
    ids = ids_for(conn, (f"channel/{there.names[point]}/{number}" for point, number in new))
    rows = (
        (point, number, series, of_number, reading_type_id, uuid, path_id, title, now_s)
        for (point, number), (uuid, path_id) in zip(new, ids, strict=True)
    )
    copy_rows(conn, channel_table, rows)


class _There(NamedTuple):
    """What usage points have and are called: their channel numbers, and `DUNS/ESIID`."""

    numbers: dict[int, set[int]]
    names: dict[int, str]

    @classmethod
    def of(cls, conn: Conn, usage_point_ids: Sequence[int]) -> _There:
        return cls(channel_numbers(conn, usage_point_ids), _names(conn, usage_point_ids))


def _names(conn: Conn, usage_point_ids: Sequence[int]) -> dict[int, str]:
    """The part of a channel's name that its usage point gives: DUNS and ESIID."""
    found: dict[int, str] = {}
    joined = usage_point.join(utility, usage_point.c.utility_id == utility.c.id)
    query = select(usage_point.c.id, utility.c.duns, usage_point.c.esiid).select_from(joined)
    for start in range(0, len(usage_point_ids), CHUNK):
        some = usage_point.c.id.in_(usage_point_ids[start : start + CHUNK])
        found.update({row.id: f"{row.duns}/{row.esiid}" for row in conn.execute(query.where(some))})
    return found
