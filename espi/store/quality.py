"""What is known of many days at once, for receipts: what should be there, what was revised, which rules failed.

Everything is counted by the database. Days are those within reach; where an instant is given, as they stood at it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Table, func, select

from espi.store.database import Conn
from espi.store.reach import Reach, Spans, days_within, spans_of
from espi.store.tables import day_block_version, meter_installation, vee_result

DAYS_AT_ONCE = 500
POINTS_AT_ONCE = 200


class Part(NamedTuple):
    """Usage points whose same channels are asked about on the same days."""

    usage_point_ids: Sequence[int]
    channels: Sequence[int]
    days: Sequence[int]


def parts(
    conn: Conn, reach: Reach, channels: Mapping[int, Sequence[int]], from_day: int, until_day: int
) -> Iterator[Part]:
    """What is asked about of usage points with their channels' numbers, as few queries can take it. Within reach."""
    alike: dict[tuple[Spans, tuple[int, ...]], list[int]] = {}
    for usage_point_id, numbers in channels.items():
        if numbers:
            key = spans_of(conn, reach, usage_point_id), tuple(numbers)
            alike.setdefault(key, []).append(usage_point_id)
    for (spans, numbers), points in alike.items():
        days = days_within(spans, from_day, until_day)
        for start in range(0, len(points), POINTS_AT_ONCE):
            for first in range(0, len(days), DAYS_AT_ONCE):
                some = days[first : first + DAYS_AT_ONCE]
                yield Part(points[start : start + POINTS_AT_ONCE], numbers, some)


def revisions(conn: Conn, asked: Sequence[Part], as_of_s: int | None) -> int:
    """How often days were replaced, of parts that were made for a reach: so many versions were in force before."""
    table = day_block_version
    found = 0
    for part in asked:
        query = select(func.count()).where(*_where(table, part), table.c.revision > 0)
        if as_of_s is not None:
            query = query.where(table.c.replaced_s <= as_of_s)
        found += int(conn.scalar(query) or 0)
    return found


def failures(conn: Conn, asked: Sequence[Part], as_of_s: int | None) -> dict[int, tuple[int, int]]:
    """How many channels' days of parts failed a rule, and in how many intervals, by the rule's number (1 to 18)."""
    found: dict[int, tuple[int, int]] = {}
    for part in asked:
        table = vee_result
        query = select(table.c.rule, func.count(), func.sum(table.c.intervals)).where(*_where(table, part))
        if as_of_s is not None:
            query = query.where(table.c.found_s <= as_of_s)
        for rule, days, intervals in conn.execute(query.group_by(table.c.rule)):
            before = found.get(rule, (0, 0))
            found[rule] = before[0] + days, before[1] + int(intervals)
    return dict(sorted(found.items()))


def installed(conn: Conn, reach: Reach, usage_point_ids: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    """From which day until which a meter hung at usage points within reach, for those of which that is known."""
    table = meter_installation
    found: dict[int, list[tuple[int, int]]] = {}
    ids = sorted(each for each in usage_point_ids if spans_of(conn, reach, each))
    for start in range(0, len(ids), POINTS_AT_ONCE):
        some = table.c.usage_point_id.in_(ids[start : start + POINTS_AT_ONCE])
        query = select(table.c.usage_point_id, table.c.from_day, table.c.until_day).where(some)
        for usage_point_id, from_day, until_day in conn.execute(query):
            found.setdefault(usage_point_id, []).append((from_day, until_day))
    return found


def _where(table: Table, part: Part) -> tuple[ColumnElement[bool], ...]:
    columns = table.c
    return (
        columns.day.in_(part.days),
        columns.usage_point_id.in_(part.usage_point_ids),
        columns.channel.in_(part.channels),
    )
