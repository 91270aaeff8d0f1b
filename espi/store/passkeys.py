"""Passkeys: the public halves of WebAuthn credentials, and whose they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from espi.errors import Conflict
from espi.store.database import Conn
from espi.store.tables import login as login_table
from espi.store.tables import passkey as table


@dataclass(frozen=True)
class Passkey:
    """A credential. sign_count: how often it was used, if it counts. synced: its owner's devices share it."""

    id: int
    login_id: int
    credential_id: str
    public_key: bytes
    sign_count: int
    name: str
    synced: bool
    made_s: int
    used_s: int | None


_COLUMNS = [table.c[name] for name in Passkey.__dataclass_fields__]


def add(conn: Conn, made: Passkey) -> None:
    """Keep a credential that was just made; its id is not used. `Conflict` if it is known already."""
    values = {name: getattr(made, name) for name in Passkey.__dataclass_fields__ if name != "id"}
    known = _hash(made.credential_id)
    if conn.execute(select(table.c.id).where(table.c.credential_hash == known)).first():
        raise Conflict("This passkey is known already.")
    conn.execute(insert(table).values(credential_hash=known, **values))


def passkeys_of(conn: Conn, login_id: int) -> list[Passkey]:
    """The passkeys of a login, in order of their making."""
    return [Passkey(*row) for row in conn.execute(select(*_COLUMNS).filter_by(login_id=login_id).order_by(table.c.id))]


def by_credential(conn: Conn, credential_id: str) -> Passkey | None:
    """The passkey of a credential's id (base64url), unless its login is shut out."""
    joined = table.join(login_table, login_table.c.id == table.c.login_id)
    mine = table.c.credential_hash == _hash(credential_id), login_table.c.disabled == False  # noqa: E712 - a column
    row = conn.execute(select(*_COLUMNS).select_from(joined).where(*mine)).first()
    return Passkey(*row) if row else None


def set_used(conn: Conn, passkey_id: int, sign_count: int, now_s: int) -> None:
    """Note that a passkey was used."""
    conn.execute(update(table).where(table.c.id == passkey_id).values(sign_count=sign_count, used_s=now_s))


def remove(conn: Conn, login_id: int, passkey_id: int) -> bool:
    """Forget a passkey of a login; whether there was one."""
    return conn.execute(delete(table).filter_by(login_id=login_id, id=passkey_id)).rowcount == 1


def _hash(credential_id: str) -> str:
    return hashlib.sha256(credential_id.encode()).hexdigest()
