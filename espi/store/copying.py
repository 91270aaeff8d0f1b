"""Many rows at once into a table: COPY on PostgreSQL, as its driver sends it within the transaction; else executemany.

Rows of whole numbers and one column of bytes, which are what readings are, are written in COPY's binary form by arrays.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import JSON, BigInteger, Boolean, SmallInteger, Table

from espi.store.database import Conn
from espi.store.statement import failure

Numbers = Mapping[str, npt.NDArray[Any]]

_HEADER, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_FEW = 64
"""So many rows to write over are not worth a table of their own to come by."""


def copy_rows(conn: Conn, table: Table, rows: Iterable[Sequence[Any]], names: Sequence[str] | None = None) -> None:
    """Insert rows whose items stand in the order of the names, or of the table's columns; JSON as Python values."""
    chosen = list(names or table.columns.keys())
    documents = [place for place, name in enumerate(chosen) if isinstance(table.c[name].type, JSON)]
    copy_written(conn, table, chosen, [_with_text(row, documents) for row in rows] if documents else list(rows))


def copy_written(conn: Conn, table: Table, names: Sequence[str], given: Sequence[Sequence[Any]]) -> None:
    """Insert rows whose items stand in the order of the names; JSON as its text."""
    if not given:
        return
    if conn.dialect.name != "postgresql":
        conn.exec_driver_sql(_insert(conn, table, names), list(map(tuple, given)))
        return
    with _copying(conn, f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        for row in given:
            copy.write_row(row)


def _with_text(row: Sequence[Any], places: Sequence[int]) -> list[Any]:
    """A row with some of its items as JSON text."""
    found = list(row)
    for place in places:
        found[place] = json.dumps(found[place])
    return found


def copy_columns(conn: Conn, table: Table, numbers: Numbers, content: Sequence[bytes]) -> None:
    """Insert rows given as columns of whole numbers and truth values, and their `content`."""
    if not content:
        return
    names = [*numbers, "content"]
    if conn.dialect.name != "postgresql":
        rows = list(zip(*(column.tolist() for column in numbers.values()), content, strict=True))
        conn.exec_driver_sql(_insert(conn, table, names), rows)
        return
    _copy(conn, table.name, names, _led(table, numbers, content))


def put_rows(conn: Conn, table: Table, rows: Sequence[Sequence[Any]], *, over: bool = False) -> None:
    """Insert rows in the order of the table's columns, of which `content` is the last; what is None, is so in all.

    over: write over those that are there already, by the key.
    """
    if not rows:
        return
    names = [column.name for column, item in zip(table.columns, rows[0], strict=True) if item is not None]
    key = [column.name for column in table.primary_key]
    sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    tail = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sets}" if over else ""
    if conn.dialect.name != "postgresql" or len(rows) < _FEW:
        given = rows if len(names) == len(rows[0]) else [[item for item in row if item is not None] for row in rows]
        conn.exec_driver_sql(_insert(conn, table, names) + tail, list(map(tuple, given)))
        return
    *columns, content = (column for column in zip(*rows, strict=True) if column[0] is not None)
    numbers = {
        name: np.array(column, bool if isinstance(column[0], bool) else np.int64)
        for name, column in zip(names[:-1], columns, strict=True)
    }
    text = _led(table, numbers, content)
    if not over:
        _copy(conn, table.name, names, text)
        return
    arrived, listed = f"arrived_{table.name}", ", ".join(names)
    conn.exec_driver_sql(f"CREATE TEMPORARY TABLE IF NOT EXISTS {arrived} (LIKE {table.name}) ON COMMIT DELETE ROWS")
    _copy(conn, arrived, names, text)
    conn.exec_driver_sql(f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {arrived}{tail}")  # noqa: S608 - no input in it
    conn.exec_driver_sql(f"DELETE FROM {arrived}")  # noqa: S608 - no input in it


@contextmanager
def _copying(conn: Conn, statement: str) -> Iterator[Any]:
    """The driver's way to send the rows of a COPY, within the connection's transaction."""
    driver: Any = conn.connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            yield copy
    except Exception as err:
        raise failure(conn, statement, _told(conn, err)) from err


def _told(conn: Conn, err: Exception) -> Exception:
    """What went wrong; a coordinator tells of a key that is there on another node as if it were broken itself."""
    driver = conn.dialect.loaded_dbapi
    return driver.IntegrityError(*err.args) if isinstance(err, driver.InternalError) and "_pkey" in str(err) else err


def copy_led(conn: Conn, table: Table, names: Sequence[str], pieces: Iterable[bytes]) -> None:
    """Insert rows that are in COPY's binary form already, as after `lead` (PostgreSQL).

    The server takes one piece in while the next is made.
    """
    with copy_into(conn, table.name, [*names, "content"]) as copy:
        for piece in pieces:
            copy.write(piece)


def lead(table: Table, numbers: Numbers) -> npt.NDArray[np.uint8]:
    """What stands before the bytes of `content` in each row in COPY's binary form, with room for their length.

    That is how many columns there are, then the length and bytes of each, high bytes first.
    """
    fields: list[tuple[str, str]] = [("columns", ">i2")]
    for name in numbers:
        fields += [(f"{name} length", ">i4"), (name, _kind(table, name))]
    count = len(next(iter(numbers.values())))
    rows = np.empty(count, np.dtype([*fields, ("content length", ">i4")]))
    rows["columns"] = len(numbers) + 1
    for name, column in numbers.items():
        rows[f"{name} length"] = rows.dtype[name].itemsize
        rows[name] = column
    return rows.view(np.uint8).reshape(count, rows.dtype.itemsize)


def _copy(conn: Conn, name: str, names: Sequence[str], rows: bytes) -> None:
    with copy_into(conn, name, names) as copy:
        copy.write(rows)


@contextmanager
def copy_into(conn: Conn, name: str, names: Sequence[str]) -> Iterator[Any]:
    """The way to a table for rows in COPY's binary form, given in any number of pieces (PostgreSQL)."""
    with _copying(conn, f"COPY {name} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(_HEADER)
        yield copy
        copy.write(_END)


def _led(table: Table, numbers: Numbers, content: Sequence[bytes]) -> bytes:
    before = lead(table, numbers)
    before[:, -4:] = np.array(list(map(len, content)), ">i4").view(np.uint8).reshape(len(content), 4)
    size, text = before.shape[1], before.tobytes()
    parts = [b""] * (2 * len(content))
    parts[::2] = [text[begin : begin + size] for begin in range(0, len(text), size)]
    parts[1::2] = content
    return b"".join(parts)


def _kind(table: Table, name: str) -> str:
    kind = table.c[name].type
    if isinstance(kind, Boolean):
        return "i1"
    if isinstance(kind, SmallInteger):
        return ">i2"
    return ">i8" if isinstance(kind, BigInteger) else ">i4"


def _insert(conn: Conn, table: Table, names: Sequence[str]) -> str:
    mark = "?" if conn.dialect.paramstyle == "qmark" else "%s"
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"  # noqa: S608 - no input in it
