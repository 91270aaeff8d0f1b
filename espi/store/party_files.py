"""Files for companies: which there are in whose folders, and who sees them now.

A company is a role and a party (`espi.access.Principal`). What a third party's file holds by grants is seen while every
one of these lives: whoever asks, asks for the grants as they are at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.sql import exists

from espi.store.database import Conn, inserted_id
from espi.store.grants import ACTIVE, PRODUCTION
from espi.store.tables import authorization, party_file_grant, party_file_pickup, third_party
from espi.store.tables import party_file as table

OUTBOX, ADHOC, ARCHIVE = "outbox", "adhoc", "archive"
FOLDERS = (OUTBOX, ADHOC, ARCHIVE)
CHUNK = 5000


@dataclass(frozen=True)
class PartyFile:
    """A file of a company.

    folder: where it was put first. storage_key: where its bytes are. signature: a JWS over them, without them.
    archived: when it went to the archive. taken: when it was first fetched to its end. withdrawn: since when nobody
    sees it.
    """

    id: int
    role: str
    party_id: int
    folder: str
    name: str
    size_bytes: int
    sha256: str
    storage_key: str
    signature: str
    published_at_s: int
    archived_at_s: int | None = None
    taken_at_s: int | None = None
    withdrawn_at_s: int | None = None

    @property
    def place(self) -> str:
        """The folder that it is in now."""
        return self.folder if self.archived_at_s is None else ARCHIVE


@dataclass(frozen=True)
class Pickup:
    """A file was opened. protocol: sftp or ftps. sent_bytes: how much of it went out. to_end: its last byte did."""

    role: str
    party_id: int
    file_id: int
    name: str
    protocol: str
    address: str
    began_s: int
    ended_s: int
    sent_bytes: int
    to_end: bool


def add_file(
    conn: Conn,
    role: str,
    party_id: int,
    *,
    folder: str,
    name: str,
    size_bytes: int,
    sha256: str,
    storage_key: str,
    signature: str,
    grants: Iterable[int],
    now_s: int,
) -> int:
    """Put a file into a company's folder, instead of the one that bears its name there. grants: authorizations' ids."""
    same = update(table).filter_by(role=role, party_id=party_id, name=name, folder=folder)
    conn.execute(same.where(table.c.withdrawn_at_s.is_(None)).values(withdrawn_at_s=now_s))
    values = {
        "role": role,
        "party_id": party_id,
        "folder": folder,
        "name": name,
        "size_bytes": size_bytes,
        "sha256": sha256,
        "storage_key": storage_key,
        "signature": signature,
        "published_at_s": now_s,
    }
    number = inserted_id(conn, insert(table).values(values))
    rows = [{"file_id": number, "authorization_id": each} for each in sorted(set(grants))]
    for start in range(0, len(rows), CHUNK):
        conn.execute(insert(party_file_grant), rows[start : start + CHUNK])
    return number


def files_of(conn: Conn, role: str, party_id: int, now_s: int) -> list[PartyFile]:
    """The files that a company sees now, by name."""
    query = select(table).filter_by(role=role, party_id=party_id).where(*_seen(now_s))
    return [PartyFile(**row) for row in conn.execute(query.order_by(table.c.name, table.c.id)).mappings()]


def file_of(conn: Conn, role: str, party_id: int, number: int, now_s: int) -> PartyFile | None:
    """A company's file by its number, if the company sees it now."""
    query = select(table).filter_by(id=number, role=role, party_id=party_id).where(*_seen(now_s))
    row = conn.execute(query).mappings().first()
    return PartyFile(**row) if row else None


def withdraw(conn: Conn, role: str, party_id: int, names: Sequence[str], now_s: int) -> int:
    """Let nobody see files of a company any more; how many."""
    own = update(table).filter_by(role=role, party_id=party_id, withdrawn_at_s=None)
    return conn.execute(own.where(table.c.name.in_(names)).values(withdrawn_at_s=now_s)).rowcount


def unseen_of(conn: Conn, now_s: int) -> list[PartyFile]:
    """Files that nobody sees any more since a grant ended."""
    query = select(table).where(table.c.withdrawn_at_s.is_(None), _lacks_grant(now_s))
    return [PartyFile(**row) for row in conn.execute(query).mappings()]


def archive(conn: Conn, before_s: int, now_s: int) -> int:
    """Put files away that were published before an instant; how many."""
    old = table.c.published_at_s < before_s, table.c.archived_at_s.is_(None)
    return conn.execute(update(table).where(*old).values(archived_at_s=now_s)).rowcount


def over(conn: Conn, *, archived_before_s: int, withdrawn_before_s: int) -> list[tuple[int, str]]:
    """Numbers and storage keys of files that have been in the archive, or withdrawn, long enough."""
    ends = (table.c.archived_at_s < archived_before_s) | (table.c.withdrawn_at_s < withdrawn_before_s)
    return [(row.id, row.storage_key) for row in conn.execute(select(table.c.id, table.c.storage_key).where(ends))]


def forget(conn: Conn, numbers: Sequence[int]) -> None:
    """Forget files; who fetched them stays on record."""
    for start in range(0, len(numbers), CHUNK):
        some = numbers[start : start + CHUNK]
        conn.execute(delete(party_file_grant).where(party_file_grant.c.file_id.in_(some)))
        conn.execute(delete(table).where(table.c.id.in_(some)))


def known_keys(conn: Conn, keys: Sequence[str]) -> set[str]:
    """Which of some storage keys belong to a file."""
    return set(conn.scalars(select(table.c.storage_key).where(table.c.storage_key.in_(keys))))


def note_pickup(conn: Conn, pickup: Pickup) -> None:
    """Record that a file was fetched, in part or to its end."""
    conn.execute(insert(party_file_pickup).values(vars(pickup)))
    if pickup.to_end:
        first = table.c.id == pickup.file_id, table.c.taken_at_s.is_(None)
        conn.execute(update(table).where(*first).values(taken_at_s=pickup.ended_s))


def pickups(conn: Conn, role: str, party_id: int, limit: int = 100) -> list[Pickup]:
    """Which files a company fetched, the last first."""
    own = select(party_file_pickup).filter_by(role=role, party_id=party_id)
    rows = conn.execute(own.order_by(party_file_pickup.c.id.desc()).limit(limit)).mappings()
    return [_pickup(row) for row in rows]


def drop_pickups(conn: Conn, before_s: int) -> int:
    """Forget who fetched what before an instant; how many times."""
    return conn.execute(delete(party_file_pickup).where(party_file_pickup.c.ended_s < before_s)).rowcount


def _pickup(row: Any) -> Pickup:
    return Pickup(**{name: row[name] for name in Pickup.__dataclass_fields__})


def _seen(now_s: int) -> tuple[ColumnElement[bool], ...]:
    return table.c.withdrawn_at_s.is_(None), ~_lacks_grant(now_s)


def _lacks_grant(now_s: int) -> ColumnElement[bool]:
    """Whether one of the grants that a file holds something by does not live now."""
    lives = and_(
        authorization.c.id == party_file_grant.c.authorization_id,
        authorization.c.third_party_id == table.c.party_id,
        authorization.c.status == ACTIVE,
        authorization.c.starts_s <= now_s,
        authorization.c.ends_s > now_s,
        third_party.c.id == authorization.c.third_party_id,
        third_party.c.status == PRODUCTION,
    )
    alive = exists(select(authorization.c.id).select_from(authorization, third_party).where(lives))
    return exists(select(party_file_grant.c.file_id).where(party_file_grant.c.file_id == table.c.id, ~alive))
