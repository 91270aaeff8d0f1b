"""Whole tables out of a database and into an empty one, whichever kind either is: the rows of a backup.

Rows go in pieces of text: a line of the columns' names, then a row a line, as JSON, bytes in base64. So what was
written on SQLite can be read back into PostgreSQL or onto a cluster, and the other way round.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import JSON, Column, LargeBinary, Table, cast, delete, func, select, text
from sqlalchemy.types import Text

from espi.errors import BadInput
from espi.store import partitions
from espi.store.copying import copy_written
from espi.store.database import Conn
from espi.store.tables import METADATA

PIECE_BYTES = 4 << 20
LEFT_OUT = ("authorization_code", "pushed_request", "session")
"""Of no use, or of harm, a minute later: who was logged in logs in again."""
_AT_ONCE = 2_000


def revision(conn: Conn) -> str:
    """The version of the schema."""
    return MigrationContext.configure(conn).get_current_revision() or ""


def table_names() -> list[str]:
    """The tables of a backup, each after those that it refers to."""
    return [table.name for table in METADATA.sorted_tables if table.name not in LEFT_OUT]


def rows_out(conn: Conn, name: str) -> Iterator[tuple[bytes, int]]:
    """All rows of a table, as pieces and how many rows each has; a table without rows has no piece."""
    table = METADATA.tables[name]
    query = select(*(cast(column, Text).label(column.name) if _is_json(column) else column for column in table.columns))
    head = json.dumps([column.name for column in table.columns]).encode() + b"\n"
    lines, size = [head], 0
    for row in conn.execute(query, execution_options={"yield_per": _AT_ONCE}):
        line = json.dumps([_out(item) for item in row], ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        lines.append(line)
        size += len(line)
        if size >= PIECE_BYTES:
            yield b"".join(lines), len(lines) - 1
            lines, size = [head], 0
    if len(lines) > 1:
        yield b"".join(lines), len(lines) - 1


def rows_in(conn: Conn, name: str, piece: bytes) -> int:
    """Put a piece's rows into a table; how many there were. Raises `BadInput` for a table or column nobody knows."""
    table = METADATA.tables.get(name)
    if table is None:
        raise BadInput(f"There is no table {name!r}: the backup is of another version.")
    head, *lines = piece.splitlines()
    names = json.loads(head)
    if unknown := set(names) - set(table.columns.keys()):
        raise BadInput(
            f"The table {name} has no column {', '.join(sorted(unknown))}: the backup is of another version."
        )
    binary = [place for place, each in enumerate(names) if isinstance(table.columns[each].type, LargeBinary)]
    rows = [_in(json.loads(line), binary) for line in lines]
    _partition(conn, table, names, rows)
    copy_written(conn, table, names, rows)
    return len(rows)


def clear(conn: Conn) -> None:
    """Remove what making the schema has put into tables. Raises `BadInput` if there is more than that."""
    for table in METADATA.sorted_tables:
        if table.name in {"login", "utility", "usage_point"} and conn.scalar(select(func.count()).select_from(table)):
            raise BadInput(f"The database is not empty: the table {table.name} has rows. Restore into an empty one.")
    for table in reversed(METADATA.sorted_tables):
        conn.execute(delete(table))


def go_on_counting(conn: Conn) -> None:
    """Let new rows get ids after those that are there (PostgreSQL counts apart from the rows)."""
    if conn.dialect.name != "postgresql":
        return
    for table in METADATA.sorted_tables:
        key = list(table.primary_key)
        if len(key) == 1 and key[0] is table.autoincrement_column:
            asked = {"table": table.name, "column": key[0].name}
            counter = conn.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), asked)
            last = conn.scalar(select(func.max(key[0])))
            if counter and last:
                conn.execute(
                    text("SELECT setval(CAST(:counter AS regclass), :last)"), {"counter": counter, "last": last}
                )


def _is_json(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)


def _out(item: Any) -> Any:
    return base64.b64encode(item).decode("ascii") if isinstance(item, bytes | memoryview) else item


def _in(row: list[Any], binary: Sequence[int]) -> list[Any]:
    for place in binary:
        if row[place] is not None:
            row[place] = base64.b64decode(row[place])
    return row


def _partition(conn: Conn, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Make the months that rows of a table with partitions lie in."""
    if table in partitions.partitioned():
        column = str(table.info["keep"])
        partitions.ensure(conn, {row[names.index(column)] for row in rows})
