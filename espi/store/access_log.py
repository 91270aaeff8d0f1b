"""Who read what with which grant, for the customer who gave it: from the record of the gate's decisions.

The gate writes as the target of its decision with whose token something was asked for (`target_of`), so that an index
finds the rows: of a grant's own tokens, and of the client's own, with which a third party reads what all share with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select

from espi.store.database import Conn
from espi.store.reach import Reach
from espi.store.tables import audit as table
from espi.store.tables import authorization as granted
from espi.store.tables import authorization_usage_point

IN_BULK = frozenset({"bulk:read", "bulk-person:read", "change:read", "usage:read", "usage:download", "directory:read"})
"""What a third party asks for with its own token and gets of all who share with it."""


@dataclass(frozen=True)
class Read:
    """A call that the gate let through or refused. what: the address that was asked for. times: how often, at once.

    in_bulk: with the third party's own token, for all who share with it.
    """

    at_s: int
    action: str
    what: str
    allowed: bool
    times: int
    in_bulk: bool


def target_of(grant: int, third_party_id: int = 0) -> str:
    """What the record calls the token with which something was asked for: a grant's, or (grant 0) a third party's."""
    return f"grant/{grant}" if grant else f"third-party/{third_party_id}"


def reads(conn: Conn, reach: Reach, authorization_id: int, limit: int = 100) -> list[Read]:
    """The last calls made with a grant that covers, or covered, a usage point within reach; the newest first."""
    if not _covered(conn, reach, authorization_id):
        return []
    columns = table.c.at_s, table.c.action, table.c.target, table.c.allowed, table.c.detail
    rows = conn.execute(select(*columns).where(_of(conn, authorization_id)).order_by(table.c.id.desc()).limit(limit))
    return [
        Read(
            row.at_s,
            row.action,
            str(row.detail.get("asked", "")),
            row.allowed,
            int(row.detail.get("times", 1)),
            in_bulk=row.target != target_of(authorization_id),
        )
        for row in rows
    ]


def last_read(conn: Conn, reach: Reach, authorization_id: int) -> int | None:
    """When something was last read with a grant within reach; None if nothing ever was."""
    if not _covered(conn, reach, authorization_id):
        return None
    used = select(table.c.at_s).where(_of(conn, authorization_id), table.c.allowed)
    found = conn.scalar(used.order_by(table.c.id.desc()).limit(1))
    return None if found is None else int(found)


def _of(conn: Conn, authorization_id: int) -> ColumnElement[bool]:
    """Which rows of the record are about a grant: its own, and those of its third party while it lived."""
    names = ("third_party_id", "status", "starts_s", "ends_s", "updated_s")
    one = conn.execute(select(*(granted.c[name] for name in names)).where(granted.c.id == authorization_id)).one()
    ended_s = one.ends_s if one.status else min(one.ends_s, one.updated_s)
    in_bulk = and_(
        table.c.target == target_of(0, one.third_party_id),
        table.c.action.in_(IN_BULK),
        table.c.at_s >= one.starts_s,
        table.c.at_s < ended_s,
    )
    return or_(table.c.target == target_of(authorization_id), in_bulk)


def _covered(conn: Conn, reach: Reach, authorization_id: int) -> bool:
    covers = authorization_usage_point
    within = reach.spans.subquery()
    query = select(covers.c.usage_point_id).where(
        covers.c.authorization_id == authorization_id, covers.c.usage_point_id.in_(select(within.c.usage_point_id))
    )
    return conn.execute(query.limit(1)).first() is not None
