"""Usage points within a reach a page at a time, for feeds of very many of them; and how much a reach holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import BigInteger, case, distinct, func, literal, select

from espi.store.database import Conn
from espi.store.directory import UsagePoint, usage_points
from espi.store.reach import Reach, narrowed
from espi.store.tables import received_file, usage_point, utility

IDS = 5000
"""How many ids are looked up at once, by key: the query for them sorts all that is within reach."""

PAGE = 100
CHUNK = 500


def usage_point_pages(conn: Conn, reach: Reach, *, page: int = PAGE) -> Iterator[tuple[Reach, list[UsagePoint]]]:
    """The usage points within reach in order of their making, at most `page` at a time, and the reach of those."""
    last = -1
    while ids := _ids_after(conn, reach, last, IDS):
        for start in range(0, len(ids), page):
            own = narrowed(reach, ids[start : start + page]).kept()
            yield own, usage_points(conn, own)
        last = ids[-1]


def usage_points_after(conn: Conn, reach: Reach, last: int, limit: int) -> list[UsagePoint]:
    """The next usage points within reach in order of their ids, for a list that its reader asks for part by part."""
    found = usage_points(conn, narrowed(reach, _ids_after(conn, reach, last, limit)))
    return sorted(found, key=lambda point: point.id)


def usage_points_of(conn: Conn, reach: Reach, ids: Iterable[int]) -> list[UsagePoint]:
    """Those of some usage points that are within reach."""
    return usage_points(conn, narrowed(reach, ids))


def meter_days(conn: Conn, reach: Reach, from_day: int, until_day: int) -> int:
    """How many days of usage points are within reach from `from_day` and before `until_day`; nothing is read of them.

    Days that several spans hold count several times: it is an estimate, from above.
    """
    spans = reach.spans.subquery()
    start = case((spans.c.from_day > from_day, spans.c.from_day), else_=from_day)
    stop = case((spans.c.until_day < until_day, spans.c.until_day), else_=until_day)
    query = select(func.sum(stop - start)).where(spans.c.from_day < until_day, spans.c.until_day > from_day)
    return int(conn.scalar(query) or 0)


def count(conn: Conn, reach: Reach) -> int:
    """How many usage points are within reach."""
    return int(conn.scalar(select(func.count(distinct(reach.spans.subquery().c.usage_point_id)))) or 0)


def newest_arrival_s(conn: Conn) -> int:
    """When the last file was done with: no reading is newer. 0 where none came in."""
    return int(conn.scalar(select(func.max(received_file.c.finished_s))) or 0)


def zone_names(conn: Conn, usage_point_ids: Iterable[int]) -> dict[int, str]:
    """The time zones of usage points, which their utilities give."""
    found: dict[int, str] = {}
    ids = sorted(usage_point_ids)
    query = select(usage_point.c.id, utility.c.zone).join(utility, utility.c.id == usage_point.c.utility_id)
    for start in range(0, len(ids), CHUNK):
        some = query.where(usage_point.c.id.in_(ids[start : start + CHUNK]))
        found |= {row.id: row.zone for row in conn.execute(some)}
    return found


def _ids_after(conn: Conn, reach: Reach, last: int, limit: int) -> list[int]:
    spans = reach.spans.subquery()
    key = spans.c.usage_point_id
    return list(conn.scalars(select(key).where(key > literal(last, BigInteger)).distinct().order_by(key).limit(limit)))
