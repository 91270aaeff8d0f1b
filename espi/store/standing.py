"""A third party's standing: the steps of its approval, of a suspension and of an appeal. Append-only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select

from espi.store.database import Conn, inserted_id
from espi.store.tables import standing_step as table
from espi.store.tables import third_party

CHECKED, UNCHECKED, APPROVED = "checked", "unchecked", "approved"
NOTICED, SUSPENDED, APPEALED, UPHELD, REINSTATED = "noticed", "suspended", "appealed", "upheld", "reinstated"
STEPS = (CHECKED, UNCHECKED, APPROVED, NOTICED, SUSPENDED, APPEALED, UPHELD, REINSTATED)


@dataclass(frozen=True)
class Step:
    """A step. item: of the checklist. effective_s: from when a suspension counts."""

    id: int
    third_party_id: int
    what: str
    item: str
    reason: str
    actor: str
    at_s: int
    effective_s: int | None


def add_step(
    conn: Conn,
    third_party_id: int,
    what: str,
    *,
    actor: str,
    now_s: int,
    item: str = "",
    reason: str = "",
    effective_s: int | None = None,
) -> int:
    """Append a step and return its id."""
    values = {
        "third_party_id": third_party_id,
        "what": what,
        "item": item,
        "reason": reason,
        "actor": actor,
        "at_s": now_s,
        "effective_s": effective_s,
    }
    return inserted_id(conn, insert(table).values(values))


def steps(conn: Conn, third_party_id: int, whats: Sequence[str] = STEPS) -> list[Step]:
    """A third party's steps of some kinds, in order."""
    query = select(table).where(table.c.third_party_id == third_party_id, table.c.what.in_(whats))
    return [Step(**row) for row in conn.execute(query.order_by(table.c.id)).mappings()]


def noticed(conn: Conn, now_s: int, status: int) -> list[Step]:
    """The notices of suspension that are due and stand still, of third parties of a status."""
    last = select(func.max(table.c.id)).where(table.c.what.in_((NOTICED, SUSPENDED, UPHELD, REINSTATED)))
    newest = last.group_by(table.c.third_party_id)
    query = select(table).join(third_party, third_party.c.id == table.c.third_party_id)
    query = query.where(table.c.id.in_(newest), table.c.what.in_((NOTICED, UPHELD)), third_party.c.status == status)
    query = query.where(table.c.effective_s <= now_s)
    return [Step(**row) for row in conn.execute(query.order_by(table.c.id)).mappings()]
