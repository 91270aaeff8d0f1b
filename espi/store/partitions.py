"""Tables whose rows lie in a partition a calendar month, on PostgreSQL; on SQLite they are plain tables.

A month of seven million meters then goes as a file goes, and the indexes that loading writes to stay those of a month.
Partitions are made before they are needed: by whoever puts days, in a transaction of its own so that no lock on the
whole table is held for long, and a month ahead by night.

The readings have them: `day_block`, `day_block_version`, `month_block`. The other tables that are kept for a time do
not: a register read is a tenth of a day's readings, what validation found a hundredth, and both are deleted by the key
faster than they come in, while each partition costs every query of a year a dozen more tables to plan for.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable

from sqlalchemy import Table, text

from espi.clock import day_date, month_start, next_month, parse_day
from espi.store.database import Conn, Database, transaction_of
from espi.store.tables import METADATA

PARTITION_LOCK = 0x50415254
PATIENCE = "5s"
"""How long a change of a whole table may wait, and let others wait behind it; then it fails and is tried again."""

_KEY = "partition_by"
_KNOWN: weakref.WeakKeyDictionary[Database, set[int]] = weakref.WeakKeyDictionary()


def partitioned() -> list[Table]:
    """The tables that have partitions on PostgreSQL, by name."""
    return [table for table in METADATA.sorted_tables if table.dialect_options["postgresql"][_KEY]]


def partition_name(table: Table, month: int) -> str:
    """What the partition of a month is called; month: its first day."""
    return f"{table.name}_{day_date(month):%Y_%m}"


def ensure(conn: Conn, days: Iterable[int]) -> None:
    """Make the partitions that days lie in, if they are not there. Any number of processes may do so at once.

    They are there, and seen by the transaction of `conn`, whatever becomes of it.
    """
    if conn.dialect.name != "postgresql":
        return
    database = transaction_of(conn).database
    known = _KNOWN.setdefault(database, set())
    months = {month_start(day) for day in set(days)} - known
    if months:
        with database.write() as other:
            make(other, months)
        known |= months


def months_there(conn: Conn, table: Table) -> list[int]:
    """The first days of the months that a table has partitions for, ascending; none on SQLite."""
    if conn.dialect.name != "postgresql":
        return []
    query = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(:name)")
    names = conn.execute(query, {"name": table.name}).scalars()
    return sorted(parse_day("-".join([*name.strip('"').split("_")[-2:], "01"])) for name in names)


def drop_partition(conn: Conn, table: Table, month: int) -> None:
    """Remove a month of a table, with all its rows."""
    conn.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}'")
    conn.exec_driver_sql(f"DROP TABLE {partition_name(table, month)}")
    _KNOWN.pop(transaction_of(conn).database, None)


def make(conn: Conn, months: Iterable[int], tables: Iterable[Table] = ()) -> None:
    """Make the partitions of months, of all tables or of some, where they are not there (PostgreSQL)."""
    conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PARTITION_LOCK})
    for table in tables or partitioned():
        there = set(months_there(conn, table))
        for month in sorted(set(months) - there):
            name = partition_name(table, month)
            conn.exec_driver_sql(f"CREATE TABLE {name} (LIKE {table.name} INCLUDING ALL)")
            bounds = f"FROM ({month}) TO ({next_month(month)})"
            conn.exec_driver_sql(f"ALTER TABLE {table.name} ATTACH PARTITION {name} FOR VALUES {bounds}")
