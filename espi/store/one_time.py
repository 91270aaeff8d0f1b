"""What is good once and for a time: links in mails, challenges. Whoever reads the table cannot use them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select

from espi.store.database import Conn
from espi.store.tables import one_time as table

REGISTRATION, RECOVERY, ADDRESS, CHALLENGE = "registration", "recovery", "address", "challenge"
"""The purposes: none can be used for another."""


@dataclass(frozen=True)
class OneTime:
    """What a token stands for. login_id: whose it is, 0 for nobody's. data: what was kept with it."""

    purpose: str
    login_id: int
    data: Mapping[str, Any]
    expires_s: int


def add(
    conn: Conn, purpose: str, *, now_s: int, lasts_s: int, login_id: int = 0, data: Mapping[str, Any] | None = None
) -> str:
    """Make a token that counts once within so many seconds; what is over is forgotten by the way."""
    conn.execute(delete(table).where(table.c.expires_s <= now_s))
    token = secrets.token_urlsafe(32)
    values = {"purpose": purpose, "login_id": login_id, "data": dict(data or {}), "expires_s": now_s + lasts_s}
    conn.execute(insert(table).values(token_hash=_hash(token), **values))
    return token


def look(conn: Conn, purpose: str, token: str, now_s: int) -> OneTime | None:
    """What a token stands for, without using it up."""
    mine = table.c.token_hash == _hash(token), table.c.purpose == purpose, table.c.expires_s > now_s
    columns = table.c.purpose, table.c.login_id, table.c.data, table.c.expires_s
    row = conn.execute(select(*columns).where(*mine)).first()
    return OneTime(*row) if row else None


def use_up(conn: Conn, purpose: str, token: str, now_s: int) -> OneTime | None:
    """Use a token up and give what it stood for: to one caller alone, however many come at once."""
    found = look(conn, purpose, token, now_s)
    gone = conn.execute(delete(table).where(table.c.token_hash == _hash(token), table.c.purpose == purpose))
    return found if gone.rowcount == 1 else None


def drop(conn: Conn, login_id: int, purpose: str) -> None:
    """Let the tokens of a login for a purpose count no more."""
    conn.execute(delete(table).where(table.c.login_id == login_id, table.c.purpose == purpose))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
