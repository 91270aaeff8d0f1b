"""Queries that are asked so often that making their text anew each time would cost more than the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select

from espi.store.database import Conn

Row = tuple[Any, ...]


class Statement:
    """A query whose text is made once a dialect, and is run by the driver itself, in the transaction of a connection.

    Its parameters are `bindparam`s. What comes back are the driver's values: JSON is text on SQLite.
    """

    def __init__(self, query: Select[*tuple[Any, ...]]) -> None:
        self._query = query
        self._forms: dict[str, tuple[str, Mapping[str, Any], Sequence[str] | None]] = {}

    def rows(self, conn: Conn, **values: Any) -> list[Row]:
        """All rows of the answer."""
        form = self._forms.get(conn.dialect.name)
        if form is None:
            compiled = self._query.compile(dialect=conn.dialect)
            form = self._forms[conn.dialect.name] = (compiled.string, compiled.params, compiled.positiontup)
        text, fixed, places = form
        given = {**fixed, **values}
        return run(conn, text, given if places is None else [given[name] for name in places])


def run(conn: Conn, text: str, parameters: Mapping[str, Any] | Sequence[Any]) -> list[Row]:
    """The rows of a query in the driver's own words, without what SQLAlchemy does around it."""
    cursor = conn.connection.cursor()
    try:
        cursor.execute(text, parameters)
        return cursor.fetchall()  # type: ignore[return-value]
    finally:
        cursor.close()


def marks(conn: Conn, count: int) -> str:
    """So many places for parameters, with commas between them."""
    return ", ".join(["?" if conn.dialect.paramstyle == "qmark" else "%s"] * count)
