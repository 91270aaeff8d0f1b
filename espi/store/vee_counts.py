"""What validation found, over days: how often each rule was failed, and by which meters."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import and_, func, select

from espi.store.database import Conn
from espi.store.reach import Reach
from espi.store.tables import usage_point, vee_result


class DayCount(NamedTuple):
    """How many channels failed a rule on a day, and in how many intervals."""

    day: int
    rule: int
    channels: int
    intervals: int


class Failing(NamedTuple):
    """A channel that failed a rule on a day. path_id: the number of its usage point in addresses."""

    esiid: str
    path_id: int
    channel: int
    day: int
    intervals: int
    found_s: int


def counts_by_day(conn: Conn, reach: Reach, from_day: int, until_day: int) -> list[DayCount]:
    """How often each rule was failed on each of some days, by day and rule."""
    table, spans = vee_result, reach.spans.subquery()
    joined = table.join(spans, spans.c.usage_point_id == table.c.usage_point_id)
    within = and_(spans.c.from_day <= table.c.day, spans.c.until_day > table.c.day)
    query = select(table.c.day, table.c.rule, func.count(), func.sum(table.c.intervals)).select_from(joined)
    query = query.where(within, table.c.day >= from_day, table.c.day < until_day)
    rows = conn.execute(query.group_by(table.c.day, table.c.rule).order_by(table.c.day, table.c.rule)).fetchall()
    return [DayCount(int(day), int(rule), int(channels), int(some)) for day, rule, channels, some in rows]


def failing(conn: Conn, reach: Reach, rule: int, from_day: int, until_day: int, limit: int) -> list[Failing]:
    """The channels that failed a rule on some days, the last day first."""
    table, spans = vee_result, reach.spans.subquery()
    joined = table.join(spans, spans.c.usage_point_id == table.c.usage_point_id)
    joined = joined.join(usage_point, usage_point.c.id == table.c.usage_point_id)
    within = and_(spans.c.from_day <= table.c.day, spans.c.until_day > table.c.day)
    columns = usage_point.c.esiid, usage_point.c.path_id, table.c.channel, table.c.day, table.c.intervals
    query = select(*columns, table.c.found_s).select_from(joined).where(within, table.c.rule == rule)
    query = query.where(table.c.day >= from_day, table.c.day < until_day)
    rows = conn.execute(query.order_by(table.c.day.desc(), usage_point.c.esiid, table.c.channel).limit(limit))
    return [Failing(*row) for row in rows.fetchall()]
