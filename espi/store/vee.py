"""What validation reads and keeps: the days of a file with their history, and what each rule found.

Reads are of many usage points at once, between two ids, and within reach; a day's rows lie together in that order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Table, and_, func, literal, select, tuple_
from sqlalchemy.sql import FromClause

from espi.store import form
from espi.store.database import Conn
from espi.store.month_reads import days_in_months
from espi.store.reach import Reach, narrowed
from espi.store.rows import Current, Key, drop_rows, insert_rows
from espi.store.tables import (
    channel,
    day_block,
    meter,
    meter_installation,
    month_block,
    parked_block,
    reading_type,
    received_file,
    refused_block,
    register_read,
    usage_point,
    vee_result,
)

CHUNK = 300


class Result(NamedTuple):
    """That a day failed a rule (1 to 18). intervals: how many; places: a bit for each, first highest; None: the day."""

    day: int
    usage_point_id: int
    channel: int
    rule: int
    intervals: int
    places: bytes | None
    found_s: int


class Arrived(NamedTuple):
    """A day in force that came with a file, packed. merged: it is made of several files' readings."""

    usage_point_id: int
    channel: int
    interval_s: int
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody asks of a day
    packed: bytes
    quality: bytes
    total: int
    estimated: int
    absent: int
    merged: bool


class PastDay(NamedTuple):
    """What a day adds up to. length: how many intervals it has."""

    day: int
    usage_point_id: int
    channel: int
    length: int
    total: int
    estimated: int
    absent: int


class Dial(NamedTuple):
    """A register at an instant. channel: the interval channel that it adds up; exponent: the value's power of ten."""

    usage_point_id: int
    channel: int
    day: int
    read_s: int
    value: int
    exponent: int


class Count(NamedTuple):
    """How many channels' days failed a rule, and in how many intervals."""

    rule: int
    days: int
    intervals: int


def arrived(conn: Conn, reach: Reach, file_id: int, day: int, after_id: int, limit: int) -> list[Arrived]:
    """The days in force that came with a file, whole usage points, about `limit` days, from the next id on."""
    table = day_block
    joined, within = _within(reach, table)
    mine = within, table.c.day == day, table.c.file_id == file_id
    points = (
        select(table.c.usage_point_id)
        .select_from(joined)
        .where(*mine, table.c.usage_point_id > literal(after_id, BigInteger))
    )
    last = points.order_by(table.c.usage_point_id).limit(limit).subquery()
    until = select(func.max(last.c.usage_point_id)).scalar_subquery()
    columns = table.c.day, table.c.usage_point_id, table.c.channel, table.c.content
    query = select(*columns).select_from(joined).where(*mine, table.c.usage_point_id > literal(after_id, BigInteger))
    query = query.where(table.c.usage_point_id <= until).order_by(table.c.usage_point_id, table.c.channel)
    rows = conn.execute(query).fetchall()
    heads = form.heads((row[0], row[3]) for row in rows)
    days = form.packed_days((row[0], 0, row[3]) for row in rows)
    return [
        Arrived(row[1], row[2], *each[2:6], head.total, head.estimated, head.absent, head.merged)
        for row, head, each in zip(rows, heads, days, strict=True)
    ]


def history(conn: Conn, reach: Reach, days: Collection[int], first_id: int, last_id: int) -> list[PastDay]:
    """What some days of usage points add up to."""
    table = day_block
    joined, within = _within(reach, table)
    query = select(table.c.day, table.c.usage_point_id, table.c.channel, table.c.content).select_from(joined)
    query = query.where(within, table.c.day.in_(days), table.c.usage_point_id.between(first_id, last_id))
    rows = [tuple(row) for row in conn.execute(query).fetchall()]
    rows += _in_months(conn, reach, days, month_block.c.usage_point_id.between(first_id, last_id))
    heads = form.heads((row[0], row[3]) for row in rows)
    return [
        PastDay(row[0], row[1], row[2], head.count, head.total, head.estimated, head.absent)
        for row, head in zip(rows, heads, strict=True)
    ]


def packed_of(conn: Conn, reach: Reach, keys: Sequence[Key]) -> dict[Key, bytes]:
    """The packed values of days."""
    table = day_block
    joined, within = _within(reach, table)
    key = table.c.day, table.c.usage_point_id, table.c.channel
    found: dict[Key, bytes] = {}
    for start in range(0, len(keys), CHUNK):
        some = keys[start : start + CHUNK]
        chosen = tuple_(*key).in_(some)
        query = select(*key, table.c.content).select_from(joined).where(within, chosen)
        rows = [tuple(row) for row in conn.execute(query).fetchall()]
        owned = tuple_(month_block.c.usage_point_id, month_block.c.channel).in_({each[1:] for each in some})
        of_months = _in_months(conn, reach, {each[0] for each in some}, owned)
        rows += [row for row in of_months if row[:3] in set(some)]
        days = form.packed_days((row[0], 0, row[3]) for row in rows)
        found |= {(row[0], row[1], row[2]): day.packed for row, day in zip(rows, days, strict=True)}
    return found


def dials(conn: Conn, reach: Reach, days: Collection[int], first_id: int, last_id: int) -> list[Dial]:
    """The register reads of some days."""
    table = register_read
    joined, within = _within(reach, table)
    its_channel = and_(channel.c.usage_point_id == table.c.usage_point_id, channel.c.number == table.c.channel)
    joined = joined.join(channel, its_channel).join(reading_type, reading_type.c.id == channel.c.reading_type_id)
    columns = table.c.usage_point_id, channel.c.of_number, table.c.day, table.c.read_s, table.c.value
    query = select(*columns, reading_type.c.content).select_from(joined)
    query = query.where(within, table.c.day.in_(days), table.c.usage_point_id.between(first_id, last_id))
    return [Dial(*row[:5], _exponent(row[5])) for row in conn.execute(query).fetchall() if row[1] is not None]


def meters_on(conn: Conn, reach: Reach, day: int, first_id: int, last_id: int) -> dict[int, list[Mapping[str, Any]]]:
    """The attributes of the meters that hung at usage points on a day or from the next one on."""
    spans = reach.spans.subquery()
    table = meter_installation
    joined = table.join(meter, meter.c.id == table.c.meter_id)
    joined = joined.join(spans, spans.c.usage_point_id == table.c.usage_point_id)
    query = select(table.c.usage_point_id, meter.c.attributes).select_from(joined)
    query = query.where(table.c.usage_point_id.between(first_id, last_id), table.c.from_day <= day + 1)
    query = query.where(table.c.until_day > day, spans.c.from_day <= day, spans.c.until_day > day).order_by(
        table.c.from_day
    )
    found: dict[int, list[Mapping[str, Any]]] = {}
    for usage_point_id, attributes in conn.execute(query):
        found.setdefault(usage_point_id, []).append(attributes)
    return found


class MeterSpan(NamedTuple):
    """A meter's attributes, and from which day until which it hung there."""

    from_day: int
    until_day: int
    attributes: Mapping[str, Any]


def meters_of(conn: Conn, usage_point_ids: Collection[int]) -> dict[int, list[MeterSpan]]:
    """The meters of usage points, for intake."""
    table = meter_installation
    columns = table.c.usage_point_id, table.c.from_day, table.c.until_day, meter.c.attributes
    found: dict[int, list[MeterSpan]] = {}
    ids = sorted(usage_point_ids)
    for start in range(0, len(ids), CHUNK):
        mine = table.c.usage_point_id.in_(ids[start : start + CHUNK])
        for row in conn.execute(select(*columns).join(meter, meter.c.id == table.c.meter_id).where(mine)):
            found.setdefault(row[0], []).append(MeterSpan(*row[1:]))
    return found


def in_watt_hours(conn: Conn, reach: Reach, first_id: int, last_id: int) -> set[tuple[int, int]]:
    """The usage points and channels, made of nothing else, whose values are Wh."""
    spans = reach.spans.subquery()
    joined = channel.join(spans, spans.c.usage_point_id == channel.c.usage_point_id)
    query = select(channel.c.usage_point_id, channel.c.number, channel.c.reading_type_id).select_from(joined)
    query = query.where(channel.c.usage_point_id.between(first_id, last_id), channel.c.of_number.is_(None))
    rows = conn.execute(query).fetchall()
    kinds = select(reading_type.c.id, reading_type.c.content).where(reading_type.c.id.in_({row[2] for row in rows}))
    energy = {key for key, content in conn.execute(kinds) if content.get("uom") == 72 and not _exponent(content)}
    return {(row[0], row[1]) for row in rows if row[2] in energy}


def put_results(
    conn: Conn, results: Sequence[Result], *, again: Iterable[Key] = (), rules: Collection[int] = ()
) -> None:
    """Keep what was found. again: days of which earlier results of some rules are forgotten, if there are any."""
    drop_rows(conn, vee_result, again, f"rule IN ({', '.join(str(int(rule)) for rule in rules)})")
    insert_rows(conn, vee_result, results)


def results(conn: Conn, reach: Reach, day: int) -> list[tuple[str, Result]]:
    """What rules found on a day, with the ESIID, by it, channel and rule."""
    table = vee_result
    joined, within = _within(reach, table)
    joined = joined.join(usage_point, usage_point.c.id == table.c.usage_point_id)
    query = select(usage_point.c.esiid, *table.c).select_from(joined).where(within, table.c.day == day)
    query = query.order_by(usage_point.c.esiid, table.c.channel, table.c.rule)
    return [(row[0], Result(*row[1:])) for row in conn.execute(query).fetchall()]


def counts(conn: Conn, reach: Reach, day: int) -> list[Count]:
    """How often each rule was failed on a day."""
    table = vee_result
    joined, within = _within(reach, table)
    query = select(table.c.rule, func.count(), func.sum(table.c.intervals)).select_from(joined)
    query = query.where(within, table.c.day == day).group_by(table.c.rule).order_by(table.c.rule)
    return [Count(int(rule), int(days), int(intervals)) for rule, days, intervals in conn.execute(query).fetchall()]


def refusals(conn: Conn, utility_id: int, day_text: str) -> dict[str, int]:
    """How many blocks that name a day (`20140702`) were refused, by ERCOT's code."""
    joined = refused_block.join(received_file, received_file.c.id == refused_block.c.file_id)
    query = select(refused_block.c.code, func.count()).select_from(joined).group_by(refused_block.c.code)
    query = query.where(received_file.c.utility_id == utility_id, refused_block.c.start_text.startswith(day_text))
    return {code: int(count) for code, count in conn.execute(query).fetchall()}


def parked_on(conn: Conn, utility_id: int, day: int) -> int:
    """How many blocks of a day wait for their meter."""
    table = parked_block
    query = select(func.count()).select_from(table).where(table.c.utility_id == utility_id, table.c.day == day)
    return int(conn.scalar(query) or 0)


def _in_months(
    conn: Conn, reach: Reach, days: Collection[int], chosen: ColumnElement[bool]
) -> list[tuple[int, int, int, bytes]]:
    """Days, usage points, channels and contents of days within reach that lie in rows of months."""
    found = [Current(*row) for row in days_in_months(conn, days, chosen)]
    if not found:
        return []
    listed = conn.execute(narrowed(reach, {row.usage_point_id for row in found}).spans).all()
    within: dict[int, list[tuple[int, int]]] = {}
    for point, from_day, until_day in listed:
        within.setdefault(point, []).append((from_day, until_day))
    return [
        (row.day, row.usage_point_id, row.channel, row.stored)
        for row in found
        if any(first <= row.day < until for first, until in within.get(row.usage_point_id, ()))
    ]


def _within(reach: Reach, table: Table) -> tuple[FromClause, ColumnElement[bool]]:
    """A table with the spans of a reach, and that a row of it lies in one of them."""
    spans = reach.spans.subquery()
    joined = table.join(spans, spans.c.usage_point_id == table.c.usage_point_id)
    return joined, and_(spans.c.from_day <= table.c.day, spans.c.until_day > table.c.day)


def _exponent(content: Mapping[str, Any]) -> int:
    return int(content.get("powerOfTenMultiplier", 0))
