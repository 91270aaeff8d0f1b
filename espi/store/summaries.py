"""What is kept beside the readings: register reads, and the summaries of bills and of power quality."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Table, bindparam, insert, select, update

from espi.store.database import Conn
from espi.store.identity import path_id_for, uuid_for
from espi.store.reach import Reach, Spans, days_within, spans_of
from espi.store.rows import find_rows, insert_rows, update_rows
from espi.store.statement import Statement
from espi.store.tables import power_quality_summary, register_read, usage_point, usage_summary, utility

BATCH = 366


@dataclass(frozen=True, slots=True)
class RegisterRead:
    """A meter's dial at an instant, in the channel's unit; channel is that of a register series."""

    day: int
    usage_point_id: int
    channel: int
    read_s: int
    value: int
    quality: int
    published_s: int = 0
    updated_s: int = 0


@dataclass(frozen=True)
class Summary:
    """A summary of the local days from `from_day` and before `until_day`. content: its ESPI elements.

    number: which of several for the same days, from 0 on.
    """

    usage_point_id: int
    from_day: int
    until_day: int
    number: int
    uuid: str
    path_id: int
    content: Mapping[str, Any]
    published_s: int
    updated_s: int


def put_register_reads(conn: Conn, rows: Iterable[RegisterRead], *, now_s: int) -> None:
    """Take in register reads; of two for a day the later read, and of two of one instant the last, stays."""
    latest: dict[tuple[int, int, int], RegisterRead] = {}
    for row in rows:
        key = row.day, row.usage_point_id, row.channel
        if key not in latest or row.read_s >= latest[key].read_s:
            latest[key] = row
    known = {row[:3]: RegisterRead(*row) for row in find_rows(conn, register_read, latest)}
    new = [astuple(replace(row, published_s=now_s, updated_s=now_s)) for key, row in latest.items() if key not in known]
    changed = [
        (row.read_s, row.value, row.quality, now_s, *key)
        for key, row in latest.items()
        if key in known and _supersedes(row, known[key])
    ]
    insert_rows(conn, register_read, new)
    update_rows(conn, register_read, ["read_s", "value", "quality", "updated_s"], changed)


def _supersedes(row: RegisterRead, known: RegisterRead) -> bool:
    said = (row.read_s, row.value, row.quality) != (known.read_s, known.value, known.quality)
    return said and row.read_s >= known.read_s


def register_reads(
    conn: Conn, reach: Reach, usage_point_id: int, channel: int, from_day: int, until_day: int
) -> list[RegisterRead]:
    """The register reads of a channel within reach, by day."""
    days = days_within(spans_of(conn, reach, usage_point_id), from_day, until_day)
    table = register_read
    chosen = select(table).where(table.c.usage_point_id == usage_point_id, table.c.channel == channel)
    found: list[RegisterRead] = []
    for start in range(0, len(days), BATCH):
        some = chosen.where(table.c.day.in_(days[start : start + BATCH])).order_by(table.c.day)
        found.extend(RegisterRead(*row) for row in conn.execute(some))
    return found


def put_usage_summary(
    conn: Conn,
    usage_point_id: int,
    from_day: int,
    until_day: int,
    content: Mapping[str, Any],
    *,
    now_s: int,
    number: int = 0,
) -> None:
    """Take in a bill's summary; the one of the same days and number is replaced if it says something else."""
    _put(conn, usage_summary, (usage_point_id, from_day, until_day, number), content, now_s)


def usage_summaries(conn: Conn, reach: Reach, usage_point_id: int, from_day: int, until_day: int) -> list[Summary]:
    """The bills' summaries that touch a period and lie wholly within reach, by day."""
    return _read(conn, reach, usage_summary, usage_point_id, from_day, until_day)


def put_power_quality(
    conn: Conn,
    usage_point_id: int,
    from_day: int,
    until_day: int,
    content: Mapping[str, Any],
    *,
    now_s: int,
    number: int = 0,
) -> None:
    """Take in a summary of power quality; the one of the same days and number is replaced if it says something else."""
    _put(conn, power_quality_summary, (usage_point_id, from_day, until_day, number), content, now_s)


def power_quality(conn: Conn, reach: Reach, usage_point_id: int, from_day: int, until_day: int) -> list[Summary]:
    """The summaries of power quality that touch a period and lie wholly within reach, by day."""
    return _read(conn, reach, power_quality_summary, usage_point_id, from_day, until_day)


_KINDS = {usage_summary.name: "usage-summary", power_quality_summary.name: "power-quality"}
"""How the names that ids are made of begin."""


def _put(conn: Conn, table: Table, key: tuple[int, int, int, int], content: Mapping[str, Any], now_s: int) -> None:
    usage_point_id, from_day, until_day, number = key
    columns = dict(zip(("usage_point_id", "from_day", "until_day", "number"), key, strict=True))
    here = [table.c[name] == value for name, value in columns.items()]
    known = conn.execute(select(table.c.content).where(*here)).first()
    if known is None:
        name = f"{_KINDS[table.name]}/{_name(conn, usage_point_id)}/{from_day}/{until_day}"
        name += f"/{number}" if number else ""
        values = {
            **columns,
            "uuid": uuid_for(conn, name),
            "path_id": path_id_for(conn, name),
            "content": dict(content),
            "published_s": now_s,
            "updated_s": now_s,
        }
        conn.execute(insert(table).values(values))
    elif known.content != content:
        conn.execute(update(table).where(*here).values(content=dict(content), updated_s=now_s))


def _read(conn: Conn, reach: Reach, table: Table, usage_point_id: int, from_day: int, until_day: int) -> list[Summary]:
    spans = spans_of(conn, reach, usage_point_id)
    asked = {"usage_point_id": usage_point_id, "from_day": from_day, "until_day": until_day}
    found = [_summary(row) for row in _touching(table).rows(conn, **asked)]
    return [summary for summary in found if _holds(spans, summary)]


@cache
def _touching(table: Table) -> Statement:
    asked = {name: bindparam(name, type_=BigInteger) for name in ("usage_point_id", "from_day", "until_day")}
    touches = (
        table.c.usage_point_id == asked["usage_point_id"],
        table.c.from_day < asked["until_day"],
        table.c.until_day > asked["from_day"],
    )
    columns = [table.c[name] for name in Summary.__dataclass_fields__]
    return Statement(select(*columns).where(*touches).order_by(table.c.from_day, table.c.until_day, table.c.number))


def _summary(row: Sequence[Any]) -> Summary:
    usage_point_id, from_day, until_day, number, uuid, path_id, content, published_s, updated_s = row
    content = json.loads(content) if isinstance(content, str) else content
    return Summary(usage_point_id, from_day, until_day, number, uuid, path_id, content, published_s, updated_s)


def _holds(spans: Spans, summary: Summary) -> bool:
    return any(start <= summary.from_day and summary.until_day <= stop for start, stop in spans)


def _name(conn: Conn, usage_point_id: int) -> str:
    joined = usage_point.join(utility, utility.c.id == usage_point.c.utility_id)
    query = select(utility.c.duns, usage_point.c.esiid).select_from(joined).where(usage_point.c.id == usage_point_id)
    return "/".join(conn.execute(query).one())
