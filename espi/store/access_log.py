"""Who read what with which grant, for the customer who gave it: from the record of the gate's decisions.

The gate writes the grant of a token as the target of its decision (`target_of`), so that an index finds a grant's rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from espi.store.database import Conn
from espi.store.reach import Reach
from espi.store.tables import audit as table
from espi.store.tables import authorization_usage_point


@dataclass(frozen=True)
class Read:
    """A call that the gate let through or refused. what: the address that was asked for. times: how often, at once."""

    at_s: int
    action: str
    what: str
    allowed: bool
    times: int


def target_of(grant: int) -> str:
    """What the record calls a grant with whose token something was asked for."""
    return f"grant/{grant}"


def reads(conn: Conn, reach: Reach, authorization_id: int, limit: int = 100) -> list[Read]:
    """The last calls made with a grant that covers, or covered, a usage point within reach; the newest first."""
    if not _covered(conn, reach, authorization_id):
        return []
    columns = table.c.at_s, table.c.action, table.c.allowed, table.c.detail
    query = select(*columns).where(table.c.target == target_of(authorization_id))
    rows = conn.execute(query.order_by(table.c.id.desc()).limit(limit))
    return [
        Read(row.at_s, row.action, str(row.detail.get("asked", "")), row.allowed, int(row.detail.get("times", 1)))
        for row in rows
    ]


def last_read(conn: Conn, reach: Reach, authorization_id: int) -> int | None:
    """When a grant within reach was last used; None if it never was."""
    if not _covered(conn, reach, authorization_id):
        return None
    used = table.c.target == target_of(authorization_id), table.c.allowed
    found = conn.scalar(select(func.max(table.c.at_s)).where(*used))
    return None if found is None else int(found)


def _covered(conn: Conn, reach: Reach, authorization_id: int) -> bool:
    covers = authorization_usage_point
    within = reach.spans.subquery()
    query = select(covers.c.usage_point_id).where(
        covers.c.authorization_id == authorization_id, covers.c.usage_point_id.in_(select(within.c.usage_point_id))
    )
    return conn.execute(query.limit(1)).first() is not None
