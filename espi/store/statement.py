"""Queries that are asked so often that making their text anew each time would cost more than the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Boolean, Select
from sqlalchemy.exc import DBAPIError

from espi.store.database import Conn

Row = tuple[Any, ...]


class Statement:
    """A query whose text is made once a dialect, and is run by the driver itself, in the transaction of a connection.

    Its parameters are `bindparam`s. What comes back are the driver's values: JSON is text on SQLite.
    """

    def __init__(self, query: Select[*tuple[Any, ...]]) -> None:
        self._query = query
        kinds: list[tuple[type, Callable[[Any], Any]]] = [(JSON, _json), (Boolean, bool)]
        self._readers = [
            (place, reader)
            for place, column in enumerate(query.selected_columns)
            for kind, reader in kinds
            if isinstance(column.type, kind)
        ]
        self._forms: dict[str, tuple[str, Mapping[str, Any], Sequence[str] | None]] = {}

    def typed_rows(self, conn: Conn, **values: Any) -> list[Row]:
        """All rows of the answer, with JSON read and truth values made of numbers."""
        rows = self.rows(conn, **values)
        if conn.dialect.name != "sqlite" or not self._readers:
            return rows
        found = []
        for row in rows:
            read = list(row)
            for place, reader in self._readers:
                read[place] = reader(read[place])
            found.append(tuple(read))
        return found

    def rows(self, conn: Conn, **values: Any) -> list[Row]:
        """All rows of the answer."""
        form = self._forms.get(conn.dialect.name)
        if form is None:
            compiled = self._query.compile(dialect=conn.dialect)
            form = self._forms[conn.dialect.name] = (compiled.string, compiled.params, compiled.positiontup)
        text, fixed, places = form
        given = {**fixed, **values}
        return run(conn, text, given if places is None else [given[name] for name in places])


def _json(text: str | None) -> Any:
    if text == "{}":
        return {}
    return None if text is None else json.loads(text)


def run(conn: Conn, text: str, parameters: Mapping[str, Any] | Sequence[Any]) -> list[Row]:
    """The rows of a query in the driver's own words, without what SQLAlchemy does around it."""
    cursor = conn.connection.cursor()
    try:
        cursor.execute(text, parameters)
        return cursor.fetchall()  # type: ignore[return-value]
    except Exception as err:
        raise failure(conn, text, err) from err
    finally:
        cursor.close()


def failure(conn: Conn, text: str, err: Exception) -> BaseException:
    """What SQLAlchemy would have raised for an error of the driver, so that callers need to know one kind only."""
    base = conn.dialect.loaded_dbapi.Error
    if not isinstance(err, base):
        return err
    lost = conn.dialect.is_disconnect(err, conn.connection.dbapi_connection, None)
    if lost:
        conn.invalidate(err)
    return DBAPIError.instance(
        text, None, err, base, hide_parameters=True, connection_invalidated=lost, dialect=conn.dialect
    )


def marks(conn: Conn, count: int) -> str:
    """So many places for parameters, with commas between them."""
    return ", ".join(["?" if conn.dialect.paramstyle == "qmark" else "%s"] * count)
