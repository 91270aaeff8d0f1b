"""What companies prove themselves with to the file servers: public SSH keys, and hashes of FTPS passwords."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from espi.errors import Conflict, NotFound
from espi.store.database import Conn, inserted_id
from espi.store.tables import party_key as table

SSH, FTPS = "ssh", "ftps"


@dataclass(frozen=True)
class PartyKey:
    """A key of a company. public: in OpenSSH's form; "" for a password. fingerprint: what it is found by."""

    id: int
    role: str
    party_id: int
    kind: str
    fingerprint: str
    public: str
    label: str
    added_s: int
    used_s: int | None


def add_key(
    conn: Conn, role: str, party_id: int, *, kind: str, fingerprint: str, public: str, label: str, now_s: int
) -> int:
    """Let a company prove itself with a key. `Conflict` where the key is somebody's already."""
    if conn.scalar(select(table.c.id).where(table.c.fingerprint == fingerprint)) is not None:
        raise Conflict("This key opens the door for somebody already; each company has keys of its own.")
    values = {"role": role, "party_id": party_id, "kind": kind, "fingerprint": fingerprint, "public": public}
    return inserted_id(conn, insert(table).values(**values, label=label[:128], added_s=now_s))


def keys(conn: Conn, role: str | None = None, party_id: int | None = None) -> list[PartyKey]:
    """The keys there are, or a company's, in the order of their adding."""
    query = select(table) if role is None else select(table).filter_by(role=role, party_id=party_id)
    return [PartyKey(**row) for row in conn.execute(query.order_by(table.c.id)).mappings()]


def key_of(conn: Conn, role: str, party_id: int, kind: str, fingerprint: str) -> PartyKey | None:
    """The key of a company that has a fingerprint, if there is one."""
    own = {"role": role, "party_id": party_id, "kind": kind, "fingerprint": fingerprint}
    row = conn.execute(select(table).filter_by(**own)).mappings().first()
    return PartyKey(**row) if row else None


def is_key(conn: Conn, number: int) -> bool:
    """Whether a key still opens the door."""
    return conn.scalar(select(table.c.id).where(table.c.id == number)) is not None


def note_used(conn: Conn, number: int, now_s: int) -> None:
    """Note that somebody came in with a key."""
    conn.execute(update(table).where(table.c.id == number).values(used_s=now_s))


def remove_key(conn: Conn, number: int) -> PartyKey:
    """Let a key open nothing any more. `NotFound` where there is none of that number."""
    row = conn.execute(select(table).where(table.c.id == number)).mappings().first()
    if row is None:
        raise NotFound(f"There is no key {number}.")
    conn.execute(delete(table).where(table.c.id == number))
    return PartyKey(**row)
