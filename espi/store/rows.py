"""Rows of day blocks as plain tuples: written many at a time, and found again by their keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Table

from espi.store import form
from espi.store.copying import copy_rows
from espi.store.database import Conn
from espi.store.merge import Content

CHUNK = 500

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


def find_rows(conn: Conn, table: Table, keys: Iterable[Key]) -> Iterator[tuple[Any, ...]]:
    """The rows of many (day, usage point, channel), each found by the primary key."""
    wanted = list(keys)
    names = ", ".join(f"found.{column.name}" for column in table.columns)
    for start in range(0, len(wanted), CHUNK):
        values = ", ".join(
            f"({int(day)}, {int(usage_point_id)}, {int(channel)})"
            for day, usage_point_id, channel in wanted[start : start + CHUNK]
        )
        found = conn.exec_driver_sql(
            f"WITH wanted(day, usage_point_id, channel) AS (VALUES {values}) "  # noqa: S608 - integers only
            f"SELECT {names} FROM wanted CROSS JOIN {table.name} AS found WHERE found.day = wanted.day "
            "AND found.usage_point_id = wanted.usage_point_id AND found.channel = wanted.channel"
        )
        for row in found:
            yield tuple(row)


def _mark(conn: Conn) -> str:
    return "?" if conn.dialect.paramstyle == "qmark" else "%s"
