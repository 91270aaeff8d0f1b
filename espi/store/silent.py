"""Meters from which nothing comes although they should send: found by the database, all of a utility at once.

Who writes to their customers asks for those found since an instant (`found_s`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import BigInteger, Select, and_, delete, func, insert, literal, select

from espi.store.completeness import OFF, Bounds, has_readings, in_service
from espi.store.database import Conn
from espi.store.reach import Reach, spans_of
from espi.store.tables import channel, day_block, happening, silent_meter, usage_point, utility

LOOK_BACK_DAYS = 60
CHUNK = 500


@dataclass(frozen=True)
class Silent:
    """A silent meter. since_day: the first day without readings. last_day: the last with any, None: none lately."""

    usage_point_id: int
    path_id: int
    esiid: str
    utility: str
    since_day: int
    last_day: int | None
    found_s: int


def put_silent(conn: Conn, utility_id: int, first: Bounds, last: Bounds, now_s: int) -> dict[str, int]:
    """Flag the meters of a utility that gave no reading from a day to another or since; tells how many.

    Meters that were not in service on both days, or without power at some time between, are not meant. found: new
    ones; cleared: those flagged before that are not silent now.
    """
    found = _last_heard(conn, _candidates(utility_id, first, last), range(first.day - LOOK_BACK_DAYS, first.day))
    table = silent_meter
    joined = table.join(usage_point, usage_point.c.id == table.c.usage_point_id)
    flagged = select(table.c.usage_point_id).select_from(joined).where(usage_point.c.utility_id == utility_id)
    known = set(conn.scalars(flagged))
    gone = sorted(known - set(found))
    for start in range(0, len(gone), CHUNK):
        conn.execute(delete(table).where(table.c.usage_point_id.in_(gone[start : start + CHUNK])))
    rows = [
        {
            "usage_point_id": key,
            "since_day": first.day if latest is None else latest + 1,
            "last_day": latest,
            "found_s": now_s,
        }
        for key, latest in found.items()
        if key not in known
    ]
    if rows:
        conn.execute(insert(table), rows)
    return {"found": len(rows), "cleared": len(gone)}


def _last_heard(conn: Conn, silent: Select[int], days: range) -> dict[int, int | None]:
    """The last of some days that each of some meters gave readings of; None where it gave none."""
    of, block = silent.subquery(), day_block.c
    heard = and_(block.usage_point_id == of.c.usage_point_id, block.day.in_(days), has_readings(block.content))
    latest = select(of.c.usage_point_id, func.max(block.day)).select_from(of.outerjoin(day_block, heard))
    return {row[0]: row[1] for row in conn.execute(latest.group_by(of.c.usage_point_id))}


def end_silence(conn: Conn, file_id: int, days: Collection[int]) -> int:
    """Take the flag from the meters of which a file brought readings of some days."""
    if not days:
        return 0
    block = day_block.c
    heard = select(block.usage_point_id).where(
        block.day.in_(sorted(days)),
        block.usage_point_id.in_(select(silent_meter.c.usage_point_id)),
        block.file_id == file_id,
        has_readings(block.content),
    )
    return conn.execute(delete(silent_meter).where(silent_meter.c.usage_point_id.in_(heard))).rowcount


def silent_meters(conn: Conn, reach: Reach, after: int, limit: int, *, found_s: int = 0) -> list[Silent]:
    """Silent meters within reach, those whose usage points' ids follow one. found_s: found at that instant or later."""
    within = reach.spans.subquery()
    table = silent_meter
    here = and_(within.c.usage_point_id == table.c.usage_point_id, within.c.until_day > table.c.since_day)
    ids = select(table.c.usage_point_id).join(within, here).where(table.c.usage_point_id > literal(after, BigInteger))
    ids = ids.distinct().order_by(table.c.usage_point_id).limit(limit)
    return _listed(conn, list(conn.scalars(ids.where(table.c.found_s >= found_s))))


def silences(conn: Conn, reach: Reach, usage_point_ids: Iterable[int]) -> dict[int, Silent]:
    """Which of some usage points are silent on days within reach."""
    ids = sorted(usage_point_ids)
    found = [each for start in range(0, len(ids), CHUNK) for each in _listed(conn, ids[start : start + CHUNK])]
    return {
        each.usage_point_id: each
        for each in found
        if any(until > each.since_day for _, until in spans_of(conn, reach, each.usage_point_id))
    }


def silent_count(conn: Conn, utility_id: int) -> int:
    """How many meters of a utility are silent."""
    joined = silent_meter.join(usage_point, usage_point.c.id == silent_meter.c.usage_point_id)
    query = select(func.count()).select_from(joined).where(usage_point.c.utility_id == utility_id)
    return int(conn.scalar(query) or 0)


def _candidates(utility_id: int, first: Bounds, last: Bounds) -> Select[int]:
    block, off, number = day_block.c, happening.c, channel.c.usage_point_id
    heard = select(literal(1)).where(
        block.usage_point_id == number, block.day.in_(range(first.day, last.day + 2)), has_readings(block.content)
    )
    dark = select(literal(1)).where(
        off.usage_point_id == number, off.kind == OFF, off.from_s < last.end_s, off.until_s > first.start_s
    )
    measured = channel.join(usage_point, usage_point.c.id == number)
    query = select(number).select_from(measured).distinct()
    return query.where(
        usage_point.c.utility_id == utility_id,
        channel.c.series == "interval",
        in_service(number, usage_point.c.published_s, first),
        in_service(number, usage_point.c.published_s, last),
        ~dark.exists(),
        ~heard.exists(),
    )


def _listed(conn: Conn, ids: Collection[int]) -> list[Silent]:
    table = silent_meter
    joined = table.join(usage_point, usage_point.c.id == table.c.usage_point_id)
    joined = joined.join(utility, utility.c.id == usage_point.c.utility_id)
    columns = table.c.usage_point_id, usage_point.c.path_id, usage_point.c.esiid, utility.c.name
    query = select(*columns, table.c.since_day, table.c.last_day, table.c.found_s).select_from(joined)
    query = query.where(table.c.usage_point_id.in_(ids)).order_by(table.c.usage_point_id)
    return [Silent(*row) for row in conn.execute(query)]
