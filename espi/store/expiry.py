"""What is too old goes: rows of every table that is kept for a time, by utility, save what a legal hold is on.

On PostgreSQL the months that are over for everybody go by their partitions: what is held in them is set aside, and
lies in a new partition afterwards. What is left goes row by row; a closed month that is over in part is written anew
without the days that are. Each step names its rows: the SHA-256 over their keys is the proof of what went.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, and_, delete, func, not_, or_, select, tuple_, update

from espi.clock import month_start, next_month
from espi.store import month_form, months, partitions
from espi.store.database import Conn
from espi.store.holds import Hold, held, holds
from espi.store.month_form import Month, Row
from espi.store.month_reads import columns_of
from espi.store.rows import Key
from espi.store.tables import METADATA, month_block, usage_point, utility

MONTHS_AT_ONCE = 1000
UNKNOWN = 0
"""The utility of rows whose usage point is not known."""
YEARS = "retention_years"


@dataclass
class Gone:
    """What went, or would go. rows: by table and utility. cut: days of closed months. kept: held days, by table.

    partitions: those dropped. digest: over the keys of the rows and the names of the partitions.
    """

    rows: dict[str, dict[int, int]] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    cut: int = 0
    partitions: list[str] = field(default_factory=list)
    sha256: Any = field(default_factory=hashlib.sha256)

    @property
    def digest(self) -> str:
        """The SHA-256 over what went."""
        return str(self.sha256.hexdigest())

    def add(self, table: str, utility_id: int, rows: int) -> None:
        """Count rows of a utility."""
        of_table = self.rows.setdefault(table, {})
        of_table[utility_id] = of_table.get(utility_id, 0) + rows

    def total(self, table: str) -> int:
        """How many rows of a table."""
        return sum(self.rows.get(table, {}).values())


def kept_tables() -> list[Table]:
    """The tables that are kept for a time, those of usage points first."""
    found = [table for table in METADATA.sorted_tables if table.info["keep"] is not None]
    return sorted(found, key=lambda table: (table.info["distribute"] is None, table.name))


def set_retention(conn: Conn, utility_id: int, years: int | None) -> None:
    """Keep a utility's readings for a number of years of its own; None: as the setting says."""
    dialect = dict(conn.scalar(select(utility.c.dialect).where(utility.c.id == utility_id)) or {})
    dialect.pop(YEARS, None)
    if years is not None:
        dialect[YEARS] = years
    conn.execute(update(utility).where(utility.c.id == utility_id).values(dialect=dialect))


def expired_months(conn: Conn, first_days: Mapping[int, int]) -> list[int]:
    """The months that have partitions and are over for every utility, by their first days; none on SQLite."""
    before = month_start(min(first_days.values()))
    there = {month for table in partitions.partitioned() for month in partitions.months_there(conn, table)}
    return sorted(month for month in there if month < before)


def expire_month(conn: Conn, month: int, gone: Gone, *, dry_run: bool = False) -> None:
    """Drop the partitions of a month, all but what is held."""
    for table in partitions.partitioned():
        if month not in partitions.months_there(conn, table):
            continue
        name, keep = partitions.partition_name(table, month), table.c[table.info["keep"]]
        inside = and_(keep >= month, keep < next_month(month))
        counts = _by_utility(conn, table, and_(inside, not_(_held(conn, table))))
        spared = _rows(conn, table, and_(inside, _held(conn, table)))
        if spared and not counts:
            continue
        for utility_id, rows in counts.items():
            gone.add(table.name, utility_id, rows)
        gone.partitions.append(name)
        gone.sha256.update(f"{name} {sum(counts.values())}\n".encode())
        if not dry_run:
            _drop(conn, table, month, spared=spared)


def expire_rows(conn: Conn, utility_id: int, first_day: int, gone: Gone, *, dry_run: bool = False) -> None:
    """Delete what a utility has before a day, in every table; `UNKNOWN`: what no utility has."""
    for table in kept_tables():
        if utility_id == UNKNOWN and "usage_point_id" not in table.c:
            continue
        over = _over(table, utility_id, first_day)
        too_old = and_(over, not_(_held(conn, table)))
        gone.kept[table.name] = gone.kept.get(table.name, 0) + _rows(conn, table, and_(over, _held(conn, table)))
        rows = 0
        key = list(table.primary_key)
        for row in conn.execute(select(*key).where(too_old).order_by(*key).execution_options(yield_per=10_000)):
            gone.sha256.update(f"{table.name} {' '.join(map(str, row))}\n".encode())
            rows += 1
        gone.add(table.name, utility_id, rows)
        if rows and not dry_run:
            conn.execute(delete(table).where(too_old))
    for cut in _cuts(conn, utility_id, first_day):
        gone.cut += len(cut.lost)
        for day, usage_point_id, channel in cut.lost:
            gone.sha256.update(f"day {day} {usage_point_id} {channel}\n".encode())
        if not dry_run:
            months.rewrite_months(conn, cut.months, cut.keep)


def left(conn: Conn, utility_id: int, first_day: int) -> dict[str, int]:
    """What a utility still has before a day though nothing holds it: how many rows, by table; nothing if all went."""
    found = {}
    for table in kept_tables():
        if utility_id == UNKNOWN and "usage_point_id" not in table.c:
            continue
        too_old = and_(_over(table, utility_id, first_day), not_(_held(conn, table)))
        found[table.name] = _rows(conn, table, too_old)
    found[month_block.name] += sum(len(cut.months) for cut in _cuts(conn, utility_id, first_day))
    return {name: rows for name, rows in found.items() if rows}


def _over(table: Table, utility_id: int, first_day: int) -> ColumnElement[bool]:
    """That a row of a utility lies before a day, whole."""
    keep = table.c[table.info["keep"]]
    before = month_start(first_day) if table is month_block else first_day
    return and_(keep < before, _of_utility(table, utility_id))


def _of_utility(table: Table, utility_id: int) -> ColumnElement[bool]:
    if "usage_point_id" not in table.c:
        return table.c.utility_id == utility_id
    points = select(usage_point.c.id)
    if utility_id == UNKNOWN:
        return table.c.usage_point_id.not_in(points)
    return table.c.usage_point_id.in_(points.where(usage_point.c.utility_id == utility_id))


def _held(conn: Conn, table: Table) -> ColumnElement[bool]:
    keep = table.c[table.info["keep"]]
    if table is month_block:
        return held(conn, table, keep, keep + 31)
    if "until_day" in table.c:
        return held(conn, table, keep, table.c.until_day)
    return held(conn, table, keep, keep + 1)


def _by_utility(conn: Conn, table: Table, chosen: ColumnElement[bool]) -> dict[int, int]:
    owner = func.coalesce(usage_point.c.utility_id, UNKNOWN)
    joined = table.outerjoin(usage_point, usage_point.c.id == table.c.usage_point_id)
    query = select(owner, func.count()).select_from(joined).where(chosen).group_by(owner)
    return {int(utility_id): int(rows) for utility_id, rows in conn.execute(query)}


def _drop(conn: Conn, table: Table, month: int, *, spared: int) -> None:
    """Drop a partition; what is held lies in a new one afterwards."""
    name = partitions.partition_name(table, month)
    columns = ", ".join(column.name for column in table.columns)
    if spared:
        keep = table.c[table.info["keep"]]
        chosen = select(*table.c).where(keep >= month, keep < next_month(month), _held(conn, table))
        inside = chosen.compile(conn.engine, compile_kwargs={"literal_binds": True})
        conn.exec_driver_sql(f"CREATE TEMPORARY TABLE aside ON COMMIT DROP AS {inside}")
    partitions.drop_partition(conn, table, month)
    if spared:
        partitions.make(conn, [month], [table])
        conn.exec_driver_sql(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM aside")  # noqa: S608
        conn.exec_driver_sql("DROP TABLE aside")


def _rows(conn: Conn, table: Table, chosen: ColumnElement[bool]) -> int:
    return int(conn.scalar(select(func.count()).select_from(table).where(chosen)) or 0)


class _Cut(NamedTuple):
    """Month rows that lose days. keep: the days that stay, by the first of their month; lost: the keys of others."""

    months: list[Month]
    keep: dict[int, list[Row]]
    lost: list[Key]


def _cuts(conn: Conn, utility_id: int, first_day: int) -> Iterator[_Cut]:
    """The month rows that are over in part, many at a time."""
    table = month_block
    over = and_(table.c.from_day <= month_start(first_day), table.c.first_day < first_day)
    in_part = or_(table.c.from_day == month_start(first_day), _held(conn, table))
    query = select(table).where(over, in_part, _of_utility(table, utility_id))
    key = list(table.primary_key)
    query = query.order_by(*key).limit(MONTHS_AT_ONCE)
    its_holds = [hold for hold in holds(conn) if hold.utility_id == utility_id]
    found = [Month(*row) for row in conn.execute(query).fetchall()]
    while found:
        cut = _cut(found, first_day, its_holds)
        if cut.lost:
            yield cut
        after = tuple_(*key) > tuple_(*found[-1][:3])
        found = [Month(*row) for row in conn.execute(query.where(after)).fetchall()]


def _cut(found: Sequence[Month], first_day: int, its_holds: Sequence[Hold]) -> _Cut:
    keep: dict[Key, list[Row]] = {}
    lost: dict[Key, list[Key]] = {}
    for row in map(_keyed, month_form.decode(found)):
        (day, usage_point_id, channel), whole = row
        owner = usage_point_id, channel, month_start(day)
        if day >= first_day or any(hold.holds(hold.utility_id, usage_point_id, day) for hold in its_holds):
            keep.setdefault(owner, []).append(whole)
        else:
            lost.setdefault(owner, []).append((day, usage_point_id, channel))
    stay: dict[int, list[Row]] = {}
    for owner, days in keep.items():
        if owner in lost:
            stay.setdefault(owner[2], []).extend(days)
    return _Cut([month for month in found if month[:3] in lost], stay, [key for keys in lost.values() for key in keys])


_of_key = columns_of(("day", "usage_point_id", "channel"))


def _keyed(row: Row) -> tuple[Key, Row]:
    return _of_key(row), row
