"""Rows of day blocks as plain tuples: written many at a time, and found again by their keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Table

from espi.store import form
from espi.store.citus_copy import is_cluster
from espi.store.copying import copy_rows
from espi.store.database import Conn
from espi.store.merge import Content
from espi.store.statement import marks, run

CHUNK = 1000

Key = tuple[int, int, int]
"""Day, usage point id and channel."""


class Current(NamedTuple):
    """A row of `day_block`, column by column. stored: its content, in the form of `espi.store.form`."""

    day: int
    channel: int
    usage_point_id: int
    updated_s: int
    file_id: int
    revision: int
    stored: bytes

    @property
    def key(self) -> Key:
        """Its primary key."""
        return self.day, self.usage_point_id, self.channel

    @property
    def content(self) -> Content:
        """What it says."""
        return content_of(self.day, self.stored)

    @property
    def sent_s(self) -> int:
        """When it was sent."""
        return form.sent_s(self.stored)

    @property
    def published_s(self) -> int:
        """When the day was first there."""
        return form.published_s(self.stored, self.updated_s)

    @property
    def merged(self) -> bool:
        """Whether it is made of the readings of several files."""
        return form.merged(self.stored)


class Version(NamedTuple):
    """A row of `day_block_version`, column by column. stored: its content, in the form of `espi.store.form`."""

    day: int
    channel: int
    usage_point_id: int
    updated_s: int
    file_id: int
    revision: int
    version: int
    replaced_s: int | None
    received: bool
    stored: bytes

    @property
    def key(self) -> Key:
        """The primary key of the day that it is a version of."""
        return self.day, self.usage_point_id, self.channel

    @property
    def content(self) -> Content:
        """What it says."""
        return content_of(self.day, self.stored)

    @property
    def sent_s(self) -> int:
        """When it was sent."""
        return form.sent_s(self.stored)

    @property
    def published_s(self) -> int:
        """When the day was first there."""
        return form.published_s(self.stored, self.updated_s)


def content_of(day: int, stored: bytes) -> Content:
    """What a stored day says, unpacked as far as `Content` is."""
    (found,) = form.packed_days([(day, 0, stored)])
    return Content(*found[1:10])


def insert_rows(conn: Conn, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert tuples whose items stand in the order of the table's columns."""
    copy_rows(conn, table, rows)


def update_rows(conn: Conn, table: Table, names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    """Update columns by primary key: each tuple holds the columns' values, then the key's."""
    if rows:
        mark = _mark(conn)
        sets = ", ".join(f"{name} = {mark}" for name in names)
        keys = " AND ".join(f"{column.name} = {mark}" for column in table.primary_key)
        conn.exec_driver_sql(f"UPDATE {table.name} SET {sets} WHERE {keys}", list(rows))  # noqa: S608 - no input in it


def find_rows(conn: Conn, table: Table, keys: Iterable[Key], *, lock: bool = False) -> Iterator[tuple[Any, ...]]:
    """The rows of many (day, usage point, channel), each found by the primary key; in no order.

    lock: nobody else changes them until this transaction ends; they come as they are then, not as they were before.
    """
    names = ", ".join(column.name for column in table.columns)
    head, tail = _taken(conn, table, names) if lock else (f"SELECT {names} FROM {table.name}", "")  # noqa: S608 - no input in it
    for where, given in _of_keys(conn, keys):
        yield from run(conn, f"{head} WHERE {where}{tail}", given)


def drop_rows(conn: Conn, table: Table, keys: Iterable[Key], condition: str) -> None:
    """Delete the rows of many (day, usage point, channel) for which a condition without parameters holds too."""
    for where, given in _of_keys(conn, keys):
        conn.exec_driver_sql(f"DELETE FROM {table.name} WHERE {where} AND {condition}", tuple(given))  # noqa: S608 - no input in it


def _of_keys(conn: Conn, keys: Iterable[Key]) -> Iterator[tuple[str, list[Any]]]:
    """Conditions and their parameters that together hold for the rows of the keys, many at a time."""
    by_day: dict[tuple[int, int], list[int]] = {}
    by_point: dict[tuple[int, int], list[int]] = {}
    for day, usage_point_id, channel in keys:
        by_day.setdefault((int(day), int(channel)), []).append(int(usage_point_id))
        by_point.setdefault((int(usage_point_id), int(channel)), []).append(int(day))
    of_days = len(by_day) <= len(by_point)
    one, many = ("day", "usage_point_id") if of_days else ("usage_point_id", "day")
    mark = _mark(conn)
    head = f"{one} = {mark} AND channel = {mark} AND {many}"
    for owner, numbers in (by_day if of_days else by_point).items():
        for start in range(0, len(numbers), CHUNK):
            among, given = listed(conn, numbers[start : start + CHUNK])
            yield f"{head} {among}", [*owner, *given]


def listed(conn: Conn, numbers: Sequence[int]) -> tuple[str, list[Any]]:
    """What follows a column's name in a condition that it is one of some numbers; and the parameters.

    PostgreSQL is told of the list as one value, and need not read and plan a text with a place for each.
    """
    if conn.dialect.name == "postgresql":
        return f"= ANY({_mark(conn)})", [list(numbers)]
    return f"IN ({marks(conn, len(numbers))})", list(numbers)


def _taken(conn: Conn, table: Table, names: str) -> tuple[str, str]:
    """What is before and after the conditions of a query that locks the rows that it gives.

    SQLite locks none: one transaction writes at a time. A Citus cluster lets nobody select rows of several shards for
    an update, so there they are updated to what they are.
    """
    if conn.dialect.name != "postgresql":
        return f"SELECT {names} FROM {table.name}", ""  # noqa: S608 - no input in it
    if is_cluster(conn):
        return f"UPDATE {table.name} SET revision = revision", f" RETURNING {names}"  # noqa: S608 - no input in it
    return f"SELECT {names} FROM {table.name}", " ORDER BY day, usage_point_id, channel FOR UPDATE"  # noqa: S608 - no input in it


def _mark(conn: Conn) -> str:
    return "?" if conn.dialect.paramstyle == "qmark" else "%s"
