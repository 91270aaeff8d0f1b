"""Closed months: a channel's days of a month, which nobody has changed for some time, in one row instead of thirty.

A day lies in a row of its own (`day_block`) or in its month's row (`month_block`), never in both. Who puts days opens
them first (`open_days`): what lies in a month's row comes back as rows of days, and is put away again by night.

A month that was never closed has no mark (`closed_month`), and nothing is looked for there. On PostgreSQL who puts
days of a month shares a lock on it, and who puts them away has it alone, until the end of the transaction: so no day
is put between the look at the mark and the end. On SQLite one transaction writes at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import func, insert, select, text, union_all, update

from espi.clock import DAY_S, month_start, next_month
from espi.day import DayColumns
from espi.store import month_form, partitions
from espi.store.database import Conn, Database
from espi.store.month_form import Month, Row
from espi.store.month_reads import columns_of
from espi.store.rows import insert_rows
from espi.store.statement import marks, run
from espi.store.tables import closed_month, day_block, month_block

SETTLE_DAYS = 7
"""Days that changed so lately stay rows of their own: jobs and callers still ask what the last files changed."""

POINTS_A_BATCH = 500
CHUNK = 500
MONTH_LOCK = 0x4D4F4E54
EMPTY_FOR_S = DAY_S // 2
"""So long after its last row went a partition is given back: nobody reads a snapshot as old as that."""


@dataclass(frozen=True)
class Compacted:
    """What became of a month. days: how many went into month rows; left: usage points that were changed lately."""

    month: int
    days: int
    left: int


Progress = Callable[[int, float], None]
"""Told after each batch how many days have been put away, and which share of the usage points has been looked at."""


def open_days(conn: Conn, days: DayColumns) -> None:
    """Before days are put: make the partitions that they need, and rows of days of what lies in rows of months."""
    numbers = np.unique(days.day).tolist()
    partitions.ensure(conn, numbers)
    months = sorted({month_start(day) for day in numbers})
    _lock(conn, months, shared=True)
    for month in _closed(conn, months):
        mine = np.flatnonzero((days.day >= month) & (days.day < next_month(month)))
        owners = set(zip(days.usage_point_id[mine].tolist(), days.channel[mine].tolist(), strict=True))
        found = [row for row in _rows_of(conn, month, {point for point, _ in owners}) if row[:2] in owners]
        _open(conn, found)


def compact_month(
    database: Database, month: int, *, now_s: int, settle_days: int = SETTLE_DAYS, progress: Progress | None = None
) -> Compacted:
    """Put the days of a month away in month rows, some usage points a transaction; it may be killed and begun anew."""
    with database.write() as conn:
        first, last = _points_there(conn, month)
        if first is None or last is None:
            return Compacted(month, 0, 0)
        partitions.ensure(conn, [month])
        _lock(conn, [month], shared=False)
        if not _closed(conn, [month]):
            conn.execute(insert(closed_month).values(from_day=month, closed_s=now_s))
    days = left = 0
    for start in range(first, last + 1, POINTS_A_BATCH):
        with database.write() as conn:
            _lock(conn, [month], shared=False)
            some, lately = _compact(conn, month, start, start + POINTS_A_BATCH, now_s - settle_days * DAY_S)
        days, left = days + some, left + lately
        if progress is not None:
            progress(days, min(1.0, (start + POINTS_A_BATCH - first) / (last + 1 - first)))
    with database.write() as conn:
        conn.execute(update(closed_month).where(closed_month.c.from_day == month).values(finished_s=now_s))
    return Compacted(month, days, left)


def months_to_compact(conn: Conn, before_day: int, first_day: int) -> list[int]:
    """The first days of the months before a day, and from another on, that have days in rows of their own."""
    months, month = [], month_start(first_day)
    while next_month(month) <= before_day:
        if conn.scalar(select(day_block.c.day).where(day_block.c.day.in_(_days_of(month))).limit(1)) is not None:
            months.append(month)
        month = next_month(month)
    return months


def closed_months(conn: Conn) -> list[int]:
    """The first days of the months that days were put away of."""
    return list(conn.scalars(select(closed_month.c.from_day).order_by(closed_month.c.from_day)))


def give_back(conn: Conn, month: int, now_s: int) -> bool:
    """Give the disk the room of a month whose days have long been put away (PostgreSQL); whether there was any."""
    if conn.dialect.name != "postgresql" or month not in partitions.months_there(conn, day_block):
        return False
    _lock(conn, [month], shared=False)
    finished = select(closed_month.c.finished_s).where(closed_month.c.from_day == month)
    finished_s = conn.scalar(finished)
    if finished_s is None or finished_s > now_s - EMPTY_FOR_S or _points_there(conn, month)[0] is not None:
        return False
    name = partitions.partition_name(day_block, month)
    if not conn.scalar(text("SELECT pg_relation_size(to_regclass(:name))"), {"name": name}):
        return False
    conn.exec_driver_sql(f"SET LOCAL lock_timeout = '{partitions.PATIENCE}'")
    conn.exec_driver_sql(f"TRUNCATE {name}")
    return True


def _compact(conn: Conn, month: int, first_id: int, until_id: int, before_s: int) -> tuple[int, int]:
    """Put the days of usage points away that have not changed since; how many days, and how many points are left."""
    days = _days_of(month)
    mark = marks(conn, 1)
    mine = f"day IN ({marks(conn, len(days))}) AND usage_point_id >= {mark} AND usage_point_id < {mark}"
    given = *days, first_id, until_id
    rows = run(conn, f"SELECT {_COLUMNS} FROM day_block WHERE {mine}", given)  # noqa: S608 - no input in it
    if not rows:
        return 0, 0
    lately = {row[_POINT] for row in rows if row[_UPDATED] >= before_s}
    rows = [row for row in rows if row[_POINT] not in lately] if lately else rows
    rows.sort(key=_by_owner)
    insert_rows(conn, month_block, month_form.encode(rows, month))
    but = f" AND usage_point_id NOT IN ({marks(conn, len(lately))})" if lately else ""
    conn.exec_driver_sql(f"DELETE FROM day_block WHERE {mine}{but}", (*given, *lately))  # noqa: S608 - no input in it
    return len(rows), len(lately)


def rewrite_months(conn: Conn, found: Sequence[Month], rows: Mapping[int, Sequence[Row]]) -> None:
    """Let month rows hold other days, which are given by the first day of their month; those without days go."""
    _remove(conn, found)
    for month, days in rows.items():
        insert_rows(conn, month_block, month_form.encode(sorted(days, key=_by_owner), month))


def _open(conn: Conn, found: Sequence[Month]) -> None:
    """Make rows of days of month rows."""
    insert_rows(conn, day_block, month_form.decode(found))
    _remove(conn, found)


def _remove(conn: Conn, found: Sequence[Month]) -> None:
    mark = marks(conn, 1)
    mine = f"usage_point_id = {mark} AND channel = {mark} AND from_day = {mark}"
    if found:
        conn.exec_driver_sql(f"DELETE FROM month_block WHERE {mine}", [month[:3] for month in found])  # noqa: S608 - no input in it


def _rows_of(conn: Conn, month: int, points: Iterable[int]) -> list[Month]:
    ids, found = sorted(points), list[Month]()
    for start in range(0, len(ids), CHUNK):
        some = month_block.c.usage_point_id.in_(ids[start : start + CHUNK])
        query = select(month_block).where(month_block.c.from_day == month, some)
        found += [Month(*row) for row in conn.execute(query)]
    return found


def _points_there(conn: Conn, month: int) -> tuple[int | None, int | None]:
    """The least and the greatest id of the usage points that have rows of days in a month."""
    point = day_block.c.usage_point_id
    ends = [select(end(point).label("id")).where(day_block.c.day == day) for day in _days_of(month) for end in ENDS]
    both = union_all(*ends).subquery()
    first, last = conn.execute(select(func.min(both.c.id), func.max(both.c.id))).one()
    return first, last


ENDS = func.min, func.max


def _closed(conn: Conn, months: Collection[int]) -> list[int]:
    query = select(closed_month.c.from_day).where(closed_month.c.from_day.in_(months))
    return list(conn.scalars(query.order_by(closed_month.c.from_day)))


def _lock(conn: Conn, months: Sequence[int], *, shared: bool) -> None:
    if conn.dialect.name == "postgresql" and months:
        of_months = ", ".join(f"({int(month)})" for month in months)
        kind = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        conn.exec_driver_sql(f"SELECT {kind}({MONTH_LOCK}, month) FROM (VALUES {of_months}) AS these(month)")  # noqa: S608


def _days_of(month: int) -> range:
    return range(month, next_month(month))


_COLUMNS = ", ".join(month_form.NAMES)
_POINT, _UPDATED = (month_form.NAMES.index(name) for name in ("usage_point_id", "updated_s"))
_by_owner = columns_of(("usage_point_id", "channel", "day"))
