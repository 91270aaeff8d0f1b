"""What customers want to be told of their meters, and what they were told.

Who looks for it by night goes through the rules of a utility, some hundreds of them at a time (`waiting`): those of
customers who live there on the day it is about, and who were not told of that day yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields

from sqlalchemy import ColumnElement, and_, delete, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from espi.store import form
from espi.store.database import Conn
from espi.store.month_reads import columns_of, days_in_months
from espi.store.reach import Reach
from espi.store.tables import (
    alert,
    alert_rule,
    day_block,
    month_block,
    silent_meter,
    tenancy,
    usage_point,
    utility,
)

DAY, MONTH, UNUSUAL, SILENT = "day", "month", "unusual", "silent"
KINDS = (DAY, MONTH, UNUSUAL, SILENT)
CHUNK = 500

_STORED = "usage_point_id", "channel", "day", "content"
_columns = columns_of(_STORED)


@dataclass(frozen=True, slots=True)
class AlertRule:
    """What a customer wants to be told of. most: of a day or month, in the channel's unit (uom, power_of_ten)."""

    usage_point_id: int
    customer_id: int
    kind: str
    channel: int
    uom: int
    power_of_ten: int
    most: int
    set_s: int


@dataclass(frozen=True, slots=True)
class Alert:
    """What a customer was told. day: it was about, a month's first. against: his limit, or what is usual."""

    usage_point_id: int
    customer_id: int
    kind: str
    day: int
    uom: int
    power_of_ten: int
    amount: int
    against: int
    found_s: int
    mailed: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A rule to look at, the meter's number and its utility's name. since_day: of a silent meter."""

    rule: AlertRule
    esiid: str
    utility: str
    since_day: int = 0


@dataclass(frozen=True, slots=True)
class DaySum:
    """What a day adds up to. absent: how many readings are missing of how many."""

    total: int
    absent: int
    count: int


def put_rule(conn: Conn, rule: AlertRule) -> None:
    """Let a customer be told of something, in place of what he wanted before."""
    drop_rule(conn, rule.usage_point_id, rule.customer_id, rule.kind)
    conn.execute(insert(alert_rule).values(astuple(rule)))


def drop_rule(conn: Conn, usage_point_id: int, customer_id: int, kind: str) -> bool:
    """Let a customer no longer be told of something; whether he was."""
    own = {"usage_point_id": usage_point_id, "customer_id": customer_id, "kind": kind}
    return conn.execute(delete(alert_rule).filter_by(**own)).rowcount > 0


def rules(conn: Conn, reach: Reach, customer_id: int) -> list[AlertRule]:
    """What a customer wants to be told of the usage points within reach."""
    within = reach.spans.subquery()
    own = select(alert_rule).where(
        alert_rule.c.customer_id == customer_id, alert_rule.c.usage_point_id.in_(select(within.c.usage_point_id))
    )
    return [AlertRule(*row) for row in conn.execute(own.order_by(alert_rule.c.usage_point_id, alert_rule.c.kind))]


def alerts(conn: Conn, reach: Reach, customer_id: int, limit: int) -> list[Alert]:
    """What a customer was told of days within reach, the last first."""
    within = reach.spans.subquery()
    here = and_(
        within.c.usage_point_id == alert.c.usage_point_id,
        within.c.from_day <= alert.c.day,
        within.c.until_day > alert.c.day,
    )
    own = select(alert).join(within, here).where(alert.c.customer_id == customer_id).distinct()
    return [Alert(*row) for row in conn.execute(own.order_by(alert.c.found_s.desc(), alert.c.day.desc()).limit(limit))]


def waiting(conn: Conn, utility_id: int, kind: str, about: int, lived: int) -> Iterator[list[Waiting]]:
    """The rules of a kind of whoever lives there on a day and was not told of `about` yet, some hundreds at a time."""
    rule, silent = alert_rule.c, silent_meter.c
    columns = [*rule, usage_point.c.esiid, utility.c.name]
    joined = alert_rule.join(usage_point, usage_point.c.id == rule.usage_point_id)
    joined = joined.join(utility, utility.c.id == usage_point.c.utility_id)
    joined = joined.join(
        tenancy,
        and_(
            tenancy.c.usage_point_id == rule.usage_point_id,
            tenancy.c.customer_id == rule.customer_id,
            tenancy.c.from_day <= lived,
            tenancy.c.until_day > lived,
        ),
    )
    day: ColumnElement[int] = literal(about)
    if kind == SILENT:
        joined = joined.join(silent_meter, silent.usage_point_id == rule.usage_point_id)
        columns.append(silent.since_day)
        day = silent.since_day
    own = and_(alert.c.usage_point_id == rule.usage_point_id, alert.c.customer_id == rule.customer_id)
    told = select(literal(1)).where(own, alert.c.kind == rule.kind, alert.c.day == day)
    query = select(*columns).select_from(joined).where(usage_point.c.utility_id == utility_id, rule.kind == kind)
    if kind == SILENT:
        query = query.where(silent.since_day >= tenancy.c.from_day)
    query = query.where(~told.exists()).order_by(rule.usage_point_id, rule.customer_id)
    size = len(fields(AlertRule))
    for rows in conn.execute(query).partitions(CHUNK):
        yield [Waiting(AlertRule(*row[:size]), *row[size:]) for row in rows]


def sums(conn: Conn, found: Sequence[Waiting], days: Sequence[int]) -> dict[tuple[int, int], DaySum]:
    """What days of the channels of rules add up to, by usage point and day: one query for all."""
    channels = {(each.rule.usage_point_id, each.rule.channel) for each in found}
    points = sorted({point for point, _ in channels})
    block = day_block.c
    query = select(*(block[name] for name in _STORED)).where(block.day.in_(days), block.usage_point_id.in_(points))
    rows = [tuple(row) for row in conn.execute(query)]
    rows += map(_columns, days_in_months(conn, days, month_block.c.usage_point_id.in_(points)))
    own = [row for row in rows if (row[0], row[1]) in channels]
    heads = form.heads((row[2], row[3]) for row in own)
    return {(row[0], row[2]): DaySum(head.total, head.absent, head.count) for row, head in zip(own, heads, strict=True)}


def put_alert(conn: Conn, found: Alert) -> bool:
    """Keep what a customer is told; false where he was told of it before."""
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    names = [field.name for field in fields(Alert)]
    values = dict(zip(names, astuple(found), strict=True))
    put = make(alert).values(values).on_conflict_do_nothing().returning(alert.c.day)  # rows of inserts are not counted
    return conn.execute(put).first() is not None
