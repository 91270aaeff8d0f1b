"""Registered applications of third parties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from espi.errors import Conflict, NotFound
from espi.store.database import Conn, inserted_id
from espi.store.identity import path_id_for, uuid_for
from espi.store.tables import third_party as table

REVIEW, PRODUCTION, ON_HOLD, WITHDRAWN = 1, 2, 3, 4
"""ESPI DataCustodianApplicationStatus."""

OWN = "Your own programs"
"""The name of the one that stands for customers' own programs. Nobody can register it, and it can prove nothing."""

BY_OWN = "own program"
"""The road ("by" of its terms) of a grant that a customer made for a program of his own."""


@dataclass(frozen=True)
class ThirdParty:
    """A registered application. status: DataCustodianApplicationStatus. content: its ApplicationInformation."""

    id: int
    name: str
    status: int
    path_id: int
    uuid: str
    content: Mapping[str, Any]
    published_s: int
    updated_s: int


def add_third_party(
    conn: Conn, name: str, status: int, content: Mapping[str, Any] | None = None, *, now_s: int = 0
) -> int:
    """Register an application and return its id. `Conflict` if the name is taken."""
    taken = conn.execute(select(table.c.id).where(table.c.name == name)).first()
    if taken or name.strip().casefold() == OWN.casefold():
        raise Conflict(f"There is a third party {name!r} already.")
    return _add(conn, name, status, content or {}, now_s)


def own_programs(conn: Conn, now_s: int) -> ThirdParty:
    """What stands for customers' own programs; it is made when it is first needed."""
    return third_party_by_name(conn, OWN) or third_party(conn, _add(conn, OWN, PRODUCTION, {}, now_s))


def own_program(terms: Mapping[str, Any]) -> str:
    """What a customer calls the program of his own that a grant with these terms is for; empty for a third party's."""
    return str(terms.get("name", "")) if terms.get("by") == BY_OWN else ""


def _add(conn: Conn, name: str, status: int, content: Mapping[str, Any], now_s: int) -> int:
    values = {
        "name": name,
        "status": status,
        "path_id": path_id_for(conn, f"third-party/{name}"),
        "uuid": uuid_for(conn, f"third-party/{name}"),
        "content": dict(content),
        "published_s": now_s,
        "updated_s": now_s,
    }
    return inserted_id(conn, insert(table).values(values))


def set_third_party_status(conn: Conn, third_party_id: int, status: int) -> None:
    """Move an application to another state; in any but production its grants do not count."""
    _change(conn, third_party_id, {"status": status})


def change_third_party(
    conn: Conn, third_party_id: int, *, now_s: int, content: Mapping[str, Any] | None = None, status: int | None = None
) -> None:
    """Replace an application's ApplicationInformation, move it to another state, or both. `NotFound` if it is not."""
    given = {"content": None if content is None else dict(content), "status": status}
    changes = {name: value for name, value in given.items() if value is not None}
    _change(conn, third_party_id, {**changes, "updated_s": now_s})


def third_parties(conn: Conn) -> list[ThirdParty]:
    """All registered applications by name; customers' own programs are none."""
    rows = conn.execute(select(table).where(table.c.name != OWN).order_by(table.c.name)).mappings()
    return [ThirdParty(**row) for row in rows]


def third_party(conn: Conn, third_party_id: int) -> ThirdParty:
    """The application of an id, or `NotFound`."""
    return _one(conn, table.c.id == third_party_id, f"no third party {third_party_id}")


def third_party_by_path_id(conn: Conn, path_id: int) -> ThirdParty:
    """The application whose ApplicationInformation has this number in its address, or `NotFound`."""
    return _one(conn, table.c.path_id == path_id, f"no application information {path_id}")


def third_party_by_name(conn: Conn, name: str) -> ThirdParty | None:
    """The application of that name."""
    row = conn.execute(select(table).where(table.c.name == name)).mappings().first()
    return ThirdParty(**row) if row else None


def _one(conn: Conn, condition: ColumnElement[bool], otherwise: str) -> ThirdParty:
    row = conn.execute(select(table).where(condition)).mappings().first()
    if row is None:
        raise NotFound(detail=otherwise)
    return ThirdParty(**row)


def _change(conn: Conn, third_party_id: int, changes: Mapping[str, Any]) -> None:
    if conn.execute(update(table).where(table.c.id == third_party_id).values(**changes)).rowcount == 0:
        raise NotFound(detail=f"no third party {third_party_id}")
