"""What one grant opens, read at once: the relation of `espi.store.grants.of_third_party` for a customer's token."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Integer, bindparam

from espi.store.database import Conn
from espi.store.grants import of_third_party
from espi.store.statement import Statement
from espi.store.tables import authorization, authorization_usage_point

MOST_NAMED = 8
"""So many usage points of a grant are looked up by their ids, each where it lies; of more, all nodes are asked."""


def spans_of_grant(
    conn: Conn,
    third_party_id: int,
    now_s: int,
    *,
    authorization_id: int,
    personal: bool = False,
    among: Sequence[int] = (),
) -> list[tuple[int, int, int]]:
    """The relation "granted" of one grant, as rows of (usage point id, from day, until day).

    among: all usage points that the grant ever covered, where they are known.
    """
    named = among if len(among) <= MOST_NAMED else ()
    points = {f"point_{number}": point for number, point in enumerate(named)}
    asked = {"third_party_id": third_party_id, "now_s": now_s, "authorization_id": authorization_id}
    found = _statement(personal, len(points)).rows(conn, **asked, **points)
    return [(int(row[0]), int(row[1]), int(row[2])) for row in found]


@cache
def _statement(personal: bool, named: int) -> Statement:  # noqa: FBT001 -- its name asks the question
    asked = {name: bindparam(name, type_=Integer) for name in ("third_party_id", "now_s", "authorization_id")}
    query = of_third_party(asked["third_party_id"], asked["now_s"], personal=personal)  # type: ignore[arg-type]
    query = query.where(authorization.c.id == asked["authorization_id"])
    points = [bindparam(f"point_{number}", type_=Integer) for number in range(named)]
    return Statement(query.where(authorization_usage_point.c.usage_point_id.in_(points)) if points else query)
