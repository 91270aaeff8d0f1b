"""What a new REP of record asked to see of the days before its first one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, case, delete, insert, or_, select, union_all

from espi.store.database import Conn
from espi.store.directory import running
from espi.store.reach import Reach, SpanQuery, narrowed
from espi.store.tables import history_request, rep_of_record, tenancy, usage_point


@dataclass(frozen=True)
class HistoryRequest:
    """What a REP asked for, and the days that are open to it by that now: from one until another, both 0 for none."""

    usage_point_id: int
    path_id: int
    esiid: str
    asked_s: int
    from_day: int = 0
    until_day: int = 0


def put_history_request(
    conn: Conn, usage_point_id: int, rep_id: int, *, asked_day: int, days: int, asked_s: int
) -> None:
    """Note that a REP asked, on a local day, for so many days before its first one."""
    table = history_request
    same = table.c.usage_point_id == usage_point_id, table.c.rep_id == rep_id, table.c.asked_day == asked_day
    conn.execute(delete(table).where(*same))
    values = {"usage_point_id": usage_point_id, "rep_id": rep_id, "asked_day": asked_day, "days": days}
    conn.execute(insert(table).values(**values, asked_s=asked_s))


def requests_of(
    conn: Conn, reach: Reach, rep_id: int, *, before: tuple[int, int] | None = None, limit: int = 50
) -> list[HistoryRequest]:
    """What a REP asked for, the last first. before: when it was asked and the usage point, where a page ended."""
    asked, span, point = history_request.c, rep_of_record.c, usage_point.c
    served = and_(
        span.usage_point_id == asked.usage_point_id,
        span.rep_id == rep_id,
        span.from_day <= asked.asked_day,
        span.until_day > asked.asked_day,
    )
    joined = history_request.join(usage_point, point.id == asked.usage_point_id).outerjoin(rep_of_record, served)
    columns = asked.usage_point_id, point.path_id, point.esiid, asked.asked_s, span.from_day
    query = select(*columns).select_from(joined).where(asked.rep_id == rep_id)
    if before is not None:
        same = and_(asked.asked_s == before[0], asked.usage_point_id < before[1])
        query = query.where(or_(asked.asked_s < before[0], same))
    rows = conn.execute(query.order_by(asked.asked_s.desc(), asked.usage_point_id.desc()).limit(limit)).all()
    within = conn.execute(narrowed(reach, {row.usage_point_id for row in rows}).spans).all()
    opened = {(point_id, until): first for point_id, first, until in within if first < until}
    return [
        HistoryRequest(*row[:4], *((since, row.from_day) if (since := opened.get((row[0], row.from_day))) else ()))
        for row in rows
    ]


def with_history(conn: Conn, served: SpanQuery, rep_id: int, now_s: int) -> SpanQuery:
    """Spans that a REP serves, and the days before them that it asked for while it did so.

    They reach back no further than the move-in of the customer who lived there on its first day, and only while he does
    so still.
    """
    span, asked = served.subquery(), history_request
    lived = select(tenancy.c.usage_point_id, tenancy.c.from_day, tenancy.c.until_day)
    lives = running(conn, lived, now_s).subquery()
    of_it = and_(
        asked.c.usage_point_id == span.c.usage_point_id,
        asked.c.rep_id == rep_id,
        asked.c.asked_day >= span.c.from_day,
        asked.c.asked_day < span.c.until_day,
    )
    of_him = and_(
        lives.c.usage_point_id == span.c.usage_point_id,
        lives.c.from_day < span.c.from_day,
        lives.c.until_day > span.c.from_day,
    )
    first = span.c.from_day - asked.c.days
    since = case((lives.c.from_day > first, lives.c.from_day), else_=first)
    before = select(span.c.usage_point_id, since.label("from_day"), span.c.from_day.label("until_day"))
    before = before.select_from(span.join(asked, of_it).join(lives, of_him))
    both = union_all(select(span.c.usage_point_id, span.c.from_day, span.c.until_day), before).subquery()
    return select(both.c.usage_point_id, both.c.from_day, both.c.until_day)
