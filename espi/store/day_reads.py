"""One day of very many usage points, within a reach, in a query each for what they are, what they measure, and the day.

They are asked for by a range of their ids; whether the reach holds each of them on that day is part of every query.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, and_, cast, literal, select, union_all

from espi.day import PackedDay
from espi.store import form
from espi.store.channels import Channel, reading_types
from espi.store.database import Conn
from espi.store.directory import UsagePoint, utilities
from espi.store.month_reads import columns_of, days_in_months
from espi.store.reach import Reach
from espi.store.tables import channel, day_block, month_block, power_quality_summary, usage_point, usage_summary

INTERVAL = "interval"
_STORED = "usage_point_id", "channel", "day", "updated_s", "content"
_columns = columns_of(_STORED)


class Range(NamedTuple):
    """Usage points by id, from the first to the last, on one local day."""

    first: int
    last: int
    day: int


class MeasuredDay(NamedTuple):
    """A day of one channel of a usage point."""

    usage_point_id: int
    channel: int
    day: PackedDay


def ranges(conn: Conn, reach: Reach, day: int, size: int) -> Iterator[Range]:
    """Ranges that hold so many usage points within reach each, the last one fewer; together they hold all of them."""
    within = reach.spans.subquery().c
    here = select(within.usage_point_id).where(within.from_day <= day, within.until_day > day)
    ids = conn.scalars(here.distinct().order_by(within.usage_point_id))
    for some in ids.partitions(size):
        yield Range(some[0], some[-1], day)


def on_day(reach: Reach, among: Range) -> Reach:
    """Of a reach, a range of usage points on its day alone: read once, then kept."""
    within = reach.spans.subquery().c
    day = literal(among.day).label("from_day"), literal(among.day + 1).label("until_day")
    return reach.within(select(within.usage_point_id, *day).where(*_on_day(within, among))).kept()


def points(conn: Conn, reach: Reach, among: Range) -> list[UsagePoint]:
    """The usage points of a range that are within reach on its day, in order of their making."""
    by_id = {each.id: each for each in utilities(conn)}
    table, spans = usage_point.c, ((among.day, among.day + 1),)
    told = table.uuid, table.path_id, table.title, table.service_kind, cast(table.content, Text)
    query = select(table.id, table.utility_id, table.esiid, *told, table.published_s, table.updated_s)
    rows: Sequence[Any] = conn.execute(query.where(_here(reach, among, table.id)).order_by(table.id)).all()
    return [
        UsagePoint(
            key,
            owner,
            by_id[owner],
            esiid,
            uuid,
            path_id,
            title,
            kind,
            _content(content),
            published_s,
            updated_s,
            spans,
        )
        for key, owner, esiid, uuid, path_id, title, kind, content, published_s, updated_s in rows
    ]


@lru_cache(maxsize=1024)
def _content(text: str) -> Mapping[str, Any]:
    """The further elements of usage points, of which most have the same."""
    found: Mapping[str, Any] = json.loads(text)
    return found


def interval_channels(conn: Conn, reach: Reach, among: Range) -> dict[int, list[Channel]]:
    """What the usage points of a range measure by intervals, by their ids and by number."""
    kinds = {each.id: each for each in reading_types(conn)}
    table = channel.c
    columns = table.usage_point_id, table.number, table.reading_type_id, table.uuid, table.path_id, table.title
    query = select(*columns, table.published_s).where(table.series == INTERVAL)
    query = query.where(_here(reach, among, table.usage_point_id)).order_by(table.usage_point_id, table.number)
    found: dict[int, list[Channel]] = {}
    for point, number, kind, uuid, path_id, title, published_s in conn.execute(query).all():
        own = Channel(point, number, INTERVAL, None, kinds[kind], uuid, path_id, title, published_s)
        found.setdefault(point, []).append(own)
    return found


def days(conn: Conn, reach: Reach, among: Range) -> list[MeasuredDay]:
    """The day of every channel of the usage points of a range, still packed."""
    table = day_block.c
    query = select(*(table[name] for name in _STORED))
    here = _here(reach, among, table.usage_point_id)
    rows: list[Any] = list(conn.execute(query.where(table.day == among.day, here)).all())
    closed = days_in_months(conn, [among.day], _here(reach, among, month_block.c.usage_point_id))
    rows += map(_columns, closed)
    found = form.packed_days([row[2:] for row in rows])
    return [MeasuredDay(row[0], row[1], day) for row, day in zip(rows, found, strict=True)]


def summarised(conn: Conn, reach: Reach, among: Range) -> set[int]:
    """Which usage points of a range have a summary, of a bill or of power quality, that touches the day."""
    touching = [
        select(table.c.usage_point_id).where(
            table.c.from_day <= among.day, table.c.until_day > among.day, _here(reach, among, table.c.usage_point_id)
        )
        for table in (usage_summary, power_quality_summary)
    ]
    return set(conn.scalars(union_all(*touching)))


def _here(reach: Reach, among: Range, key: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the usage point of a row is in a range, and within reach on its day."""
    within = reach.spans.subquery().c
    return and_(
        key.between(among.first, among.last), key.in_(select(within.usage_point_id).where(*_on_day(within, among)))
    )


def _on_day(within: Any, among: Range) -> tuple[ColumnElement[bool], ...]:
    """Whether a span is of a usage point of a range, and holds its day."""
    return (
        within.from_day <= among.day,
        within.until_day > among.day,
        within.usage_point_id.between(among.first, among.last),
    )
