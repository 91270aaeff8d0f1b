"""What a REP serves: its usage points by day, what it gained and lost, and the counts of it that a job keeps.

A list is read page by page, each from where the last one ended, so a million is as quick as ten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from sqlalchemy import Select, and_, func, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from espi.clock import FOREVER, month_start
from espi.store.completeness import has_readings
from espi.store.database import Conn
from espi.store.reach import Reach, narrowed
from espi.store.tables import closed_month, day_block, rep, rep_count, rep_of_record, usage_point, utility

GAINED, LOST = "gained", "lost"


@dataclass(frozen=True)
class Served:
    """A usage point that a REP serves, from a local day until another, not included."""

    usage_point_id: int
    path_id: int
    esiid: str
    title: str
    utility: str
    from_day: int
    until_day: int


@dataclass(frozen=True)
class RepCount:
    """How many usage points a REP served on a day, gained and lost on it; came: those with readings, if counted."""

    day: int
    served: int
    gained: int
    lost: int
    came: int | None


def served_on(
    conn: Conn, reach: Reach, rep_id: int, day: int, *, begins: str = "", after: str = "", limit: int = 50
) -> list[Served]:
    """The usage points within reach that a REP serves on a day, by ESIID from after one on."""
    span, point = rep_of_record.c, usage_point.c
    query = _served(rep_id).where(span.from_day <= day, span.until_day > day, point.esiid > after)
    if begins:
        query = query.where(point.esiid >= begins, point.esiid < _following(begins))
    found = _found(conn, query.order_by(point.esiid).limit(limit))
    return _within(conn, reach, found, lambda _one: day)


def changes(
    conn: Conn,
    reach: Reach,
    rep_id: int,
    kind: str,
    days: tuple[int, int],
    *,
    after: tuple[int, str] = (0, ""),
    limit: int = 50,
) -> list[Served]:
    """The usage points within reach that a REP gained or lost from a day until another, by day and ESIID.

    Whose service went on without a gap was neither gained nor lost.
    """
    span, point = rep_of_record.c, usage_point.c
    day, other = (span.from_day, "until_day") if kind == GAINED else (span.until_day, "from_day")
    beside = rep_of_record.alias().c
    goes_on = select(literal(1)).where(
        beside.usage_point_id == span.usage_point_id, beside.rep_id == rep_id, beside[other] == day
    )
    later = or_(day > after[0], and_(day == after[0], point.esiid > after[1]))
    query = _served(rep_id).where(day >= days[0], day < days[1], later, ~goes_on.exists())
    found = _found(conn, query.order_by(day, point.esiid).limit(limit))
    return _within(conn, reach, found, lambda one: one.from_day if kind == GAINED else one.until_day - 1)


def served_ids(conn: Conn, reach: Reach, rep_id: int, esiids: Sequence[str], days: tuple[int, int]) -> dict[str, int]:
    """Of ESIIDs, those within reach that a REP serves on some day from one until another, with their ids."""
    span, point = rep_of_record.c, usage_point.c
    query = _served(rep_id).where(span.from_day < days[1], span.until_day > days[0])
    found: list[Served] = []
    for start in range(0, len(esiids), 500):
        found += _found(conn, query.where(point.esiid.in_(list(esiids[start : start + 500]))))
    return {
        one.esiid: one.usage_point_id for one in _within(conn, reach, found, lambda one: max(days[0], one.from_day))
    }


def rep_counts(conn: Conn, rep_id: int, from_day: int, until_day: int) -> list[RepCount]:
    """What was counted of a REP, by day."""
    table = rep_count.c
    query = select(table.day, table.served, table.gained, table.lost, table.came)
    query = query.where(table.rep_id == rep_id, table.day >= from_day, table.day < until_day).order_by(table.day)
    return [RepCount(*row) for row in conn.execute(query)]


def put_rep_counts(conn: Conn, rep_id: int, days: range) -> None:
    """Count anew what a REP serves on each of some days that follow one another; `came` stays as it is."""
    span = rep_of_record.c
    own = span.rep_id == rep_id
    began, ended = (
        _numbers(conn, select(column, func.count()).where(own, column < days.stop).group_by(column))
        for column in (span.from_day, span.until_day)
    )
    before = sum(number for day, number in began.items() if day < days.start)
    before -= sum(number for day, number in ended.items() if day < days.start)
    steps = (began.get(day, 0) - ended.get(day, 0) for day in days)
    served = list(accumulate(steps, initial=before))[1:]
    again = _going_on(conn, rep_id, days)
    _put(
        conn,
        [
            {
                "rep_id": rep_id,
                "day": day,
                "served": number,
                "gained": began.get(day, 0) - again.get(day, 0),
                "lost": ended.get(day, 0) - again.get(day, 0),
            }
            for day, number in zip(days, served, strict=True)
        ],
        ("served", "gained", "lost"),
    )


def put_came(conn: Conn, day: int) -> bool:
    """Count from how many of its usage points each REP has readings of a day; false where its month is put away."""
    shut = select(closed_month.c.from_day).where(closed_month.c.from_day == month_start(day))
    if conn.scalar(shut) is not None:
        return False
    span, block = rep_of_record.c, day_block.c
    there = and_(span.usage_point_id == block.usage_point_id, span.from_day <= day, span.until_day > day)
    query = select(span.rep_id, func.count(block.usage_point_id.distinct())).select_from(
        day_block.join(rep_of_record, there)
    )
    query = query.where(block.day == day, has_readings(block.content)).group_by(span.rep_id)
    came = _numbers(conn, query)
    rows = [{"rep_id": each, "day": day, "came": came.get(each, 0)} for each in conn.scalars(select(rep.c.id))]
    _put(conn, [{**row, "served": 0, "gained": 0, "lost": 0} for row in rows], ("came",))
    return True


def days_without_came(conn: Conn, days: Iterable[int]) -> list[int]:
    """Of some days, those of which it was not counted yet from how many meters readings came."""
    query = select(rep_count.c.day).where(rep_count.c.came.is_not(None)).distinct()
    known = set(conn.scalars(query))
    return [day for day in days if day not in known]


def _served(rep_id: int) -> Select[Any]:
    span, point = rep_of_record.c, usage_point.c
    joined = usage_point.join(rep_of_record, span.usage_point_id == point.id)
    joined = joined.join(utility, utility.c.id == point.utility_id)
    columns = point.id, point.path_id, point.esiid, point.title, utility.c.name, span.from_day, span.until_day
    return select(*columns).select_from(joined).where(span.rep_id == rep_id)


def _found(conn: Conn, query: Select[Any]) -> list[Served]:
    return [Served(*row) for row in conn.execute(query)]


def _within(conn: Conn, reach: Reach, found: Sequence[Served], day_of: Callable[[Served], int]) -> list[Served]:
    """Those whose day that counts is within reach."""
    days: dict[int, list[tuple[int, int]]] = {}
    for usage_point_id, from_day, until_day in _spans(conn, reach, found):
        days.setdefault(usage_point_id, []).append((from_day, until_day))
    return [one for one in found if any(a <= day_of(one) < b for a, b in days.get(one.usage_point_id, ()))]


def _spans(conn: Conn, reach: Reach, found: Sequence[Served]) -> Iterator[tuple[int, int, int]]:
    ids = [one.usage_point_id for one in found]
    for start in range(0, len(ids), 500):
        rows = conn.execute(narrowed(reach, ids[start : start + 500]).spans)
        yield from ((row[0], row[1], row[2]) for row in rows)


def _going_on(conn: Conn, rep_id: int, days: range) -> dict[int, int]:
    """On how many usage points each day ended a span of a REP that its next one follows at once."""
    span, next_one = rep_of_record.c, rep_of_record.alias().c
    follows = select(literal(1)).where(
        next_one.usage_point_id == span.usage_point_id,
        next_one.rep_id == rep_id,
        next_one.from_day == span.until_day,
    )
    query = select(span.until_day, func.count()).where(
        span.rep_id == rep_id, span.until_day >= days.start, span.until_day < min(days.stop, FOREVER), follows.exists()
    )
    return _numbers(conn, query.group_by(span.until_day))


def _numbers(conn: Conn, query: Select[Any]) -> dict[int, int]:
    return {row[0]: row[1] for row in conn.execute(query)}


def _put(conn: Conn, rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = make(rep_count)
    changed = {name: statement.excluded[name] for name in names}
    if rows:
        conn.execute(statement.on_conflict_do_update(index_elements=["rep_id", "day"], set_=changed), list(rows))


def _following(begins: str) -> str:
    """The first text after all those that begin so."""
    return begins[:-1] + chr(ord(begins[-1]) + 1)
