"""What one grant opens, read at once: the relation of `espi.store.grants.of_third_party` for a customer's token."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Integer, bindparam

from espi.store.database import Conn
from espi.store.grants import of_third_party
from espi.store.statement import Statement
from espi.store.tables import authorization


def spans_of_grant(
    conn: Conn, third_party_id: int, now_s: int, *, authorization_id: int, personal: bool = False
) -> list[tuple[int, int, int]]:
    """The relation "granted" of one grant, as rows of (usage point id, from day, until day)."""
    found = _statement(personal).rows(
        conn, third_party_id=third_party_id, now_s=now_s, authorization_id=authorization_id
    )
    return [(int(row[0]), int(row[1]), int(row[2])) for row in found]


@cache
def _statement(personal: bool) -> Statement:  # noqa: FBT001 -- its name asks the question
    asked = {name: bindparam(name, type_=Integer) for name in ("third_party_id", "now_s", "authorization_id")}
    query = of_third_party(asked["third_party_id"], asked["now_s"], personal=personal)  # type: ignore[arg-type]
    return Statement(query.where(authorization.c.id == asked["authorization_id"]))
