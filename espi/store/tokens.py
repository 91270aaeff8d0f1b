"""Tokens and authorization codes: kept as SHA-256 only, redeemed once, ended in families.

A family is all that came of one code. A value has 256 random bits, so a plain hash keeps it safe.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, bindparam, delete, func, insert, or_, select, update

from espi.store.clients import Client
from espi.store.database import Conn
from espi.store.grants import Authorization
from espi.store.statement import Statement
from espi.store.tables import authorization, authorization_code, client, third_party
from espi.store.tables import token as table

ACCESS, REFRESH = "access", "refresh"
GRACE_S = 30
"""How long a used refresh token works again, for a client that never got the answer."""


@dataclass(frozen=True)
class StoredToken:
    """A token as it is kept. kind: access or refresh. family: what came of one code. expires_s 0: never.

    binding: the key or certificate that its sender must hold. used_s: when a refresh token was exchanged.
    """

    token_hash: str
    kind: str
    authorization_id: int
    client_id: int
    family: str
    binding: str
    issued_s: int
    expires_s: int
    used_s: int | None
    revoked_s: int | None

    def counts(self, now_s: int) -> bool:
        """Whether it is neither used, revoked nor too old."""
        lives = self.expires_s == 0 or self.expires_s > now_s
        return lives and self.used_s is None and self.revoked_s is None


@dataclass(frozen=True)
class StoredCode:
    """An authorization code as it is kept. challenge: PKCE S256, "" for none. binding: of its request (dpop_jkt)."""

    code_hash: str
    client_id: int
    authorization_id: int
    family: str
    redirect_uri: str
    challenge: str
    binding: str
    issued_s: int
    expires_s: int
    used_s: int | None


@dataclass(frozen=True)
class Opened:
    """All that a token stands for. authorization: without its usage points, which only the gate gives out.

    third_party_status: DataCustodianApplicationStatus; None where the authorization is no third party's.
    """

    token: StoredToken
    client: Client
    authorization: Authorization
    third_party_status: int | None


def new_family() -> str:
    """A name for what comes of one code."""
    return secrets.token_hex(16)


def issue(
    conn: Conn,
    *,
    kind: str,
    authorization_id: int,
    client_id: int,
    family: str,
    binding: str,
    issued_s: int,
    expires_s: int,
    token: str = "",
) -> str:
    """Keep a token and return it; it is shown this once. token: one made elsewhere, at random. client_id: the row's."""
    text = token or secrets.token_urlsafe(32)
    values = {
        "token_hash": _hash(text),
        "kind": kind,
        "authorization_id": authorization_id,
        "client_id": client_id,
        "family": family,
        "binding": binding,
        "issued_s": issued_s,
        "expires_s": expires_s,
    }
    conn.execute(insert(table).values(**values))
    return text


def token(conn: Conn, text: str) -> StoredToken | None:
    """The token of a text, in whatever state it is."""
    row = conn.execute(select(table).where(table.c.token_hash == _hash(text))).mappings().first()
    return StoredToken(**row) if row else None


def has_tokens(conn: Conn, authorization_id: int) -> bool:
    """Whether any token was ever issued for an authorization, in whatever state it is."""
    own = select(table.c.kind).where(table.c.authorization_id == authorization_id)
    return conn.scalar(own.limit(1)) is not None


def opened(conn: Conn, text: str) -> Opened | None:
    """What an access token stands for, in whatever state all of it is; in one statement, for each call needs it."""
    rows = _OPENED.typed_rows(conn, hash=_hash(text))
    if not rows:
        return None
    values = rows[0]
    granted = [*values[_AUTHORIZATION:_STATUS], {}]
    return Opened(
        StoredToken(*values[:_CLIENT]),
        Client(*values[_CLIENT:_AUTHORIZATION]),
        Authorization(*granted),
        values[_STATUS],
    )


def use_refresh(conn: Conn, text: str, now_s: int) -> bool:
    """Use a refresh token up: true for one caller, however many try at once."""
    own = table.c.token_hash == _hash(text)
    used = update(table).where(own, table.c.kind == REFRESH, _lives(now_s), table.c.used_s.is_(None))
    return conn.execute(used.values(used_s=now_s, expires_s=now_s + GRACE_S)).rowcount == 1


def repeat_refresh(conn: Conn, text: str, now_s: int) -> bool:
    """Use a refresh token again whose answer may have been lost: within the grace, and before its successor is used.

    False within the same second: that is no lost answer but several callers at once.
    """
    found = token(conn, text)
    if found is None or found.kind != REFRESH or found.used_s is None:
        return False
    of_family = and_(table.c.family == found.family, table.c.kind == REFRESH, table.c.used_s >= found.used_s)
    if conn.scalar(select(func.count()).select_from(table).where(of_family)) != 1:
        return False
    own = and_(table.c.token_hash == found.token_hash, table.c.used_s == found.used_s, table.c.used_s < now_s)
    return conn.execute(update(table).where(own, _lives(now_s)).values(used_s=now_s)).rowcount == 1


def revoke(conn: Conn, text: str, now_s: int) -> None:
    """End one token."""
    _revoke(conn, table.c.token_hash == _hash(text), now_s)


def revoke_family(conn: Conn, family: str, now_s: int) -> None:
    """End all that came of one code."""
    _revoke(conn, table.c.family == family, now_s)


def revoke_successors(conn: Conn, family: str, now_s: int) -> None:
    """End what of a family counts still, as when new tokens take its place; used refresh tokens stay as they are."""
    _revoke(conn, and_(table.c.family == family, table.c.used_s.is_(None)), now_s)


def revoke_access(conn: Conn, family: str, now_s: int) -> None:
    """End the access tokens of a family, as when it is refreshed."""
    _revoke(conn, and_(table.c.family == family, table.c.kind == ACCESS), now_s)


def revoke_authorization(conn: Conn, authorization_id: int, now_s: int) -> int:
    """End all tokens and codes of an authorization. How many tokens that were."""
    codes = authorization_code.c
    own = codes.authorization_id == authorization_id
    conn.execute(update(authorization_code).where(own, codes.used_s.is_(None)).values(used_s=now_s))
    return _revoke(conn, table.c.authorization_id == authorization_id, now_s)


def expire_authorization_tokens(conn: Conn, authorization_id: int, now_s: int) -> int:
    """Let the access tokens of an authorization be too old now, for who tries what happens then. How many they were."""
    own = and_(table.c.authorization_id == authorization_id, table.c.kind == ACCESS, _lives(now_s))
    return conn.execute(update(table).where(own).values(expires_s=now_s)).rowcount


def forget_tokens(conn: Conn, before_s: int) -> int:
    """Drop tokens and codes that were over before an instant. How many tokens that were."""
    conn.execute(delete(authorization_code).where(authorization_code.c.expires_s < before_s))
    over = or_(and_(table.c.expires_s > 0, table.c.expires_s < before_s), table.c.revoked_s < before_s)
    return conn.execute(delete(table).where(over)).rowcount


def add_code(
    conn: Conn,
    *,
    client_id: int,
    authorization_id: int,
    redirect_uri: str,
    issued_s: int,
    expires_s: int,
    challenge: str = "",
    binding: str = "",
) -> str:
    """Keep a new authorization code, the first of a family, and return it; it is shown this once."""
    text = secrets.token_urlsafe(32)
    values = {
        "code_hash": _hash(text),
        "client_id": client_id,
        "authorization_id": authorization_id,
        "family": new_family(),
        "redirect_uri": redirect_uri,
        "challenge": challenge,
        "binding": binding,
        "issued_s": issued_s,
        "expires_s": expires_s,
    }
    conn.execute(insert(authorization_code).values(**values))
    return text


def code(conn: Conn, text: str) -> StoredCode | None:
    """The code of a text, in whatever state it is."""
    found = select(authorization_code).where(authorization_code.c.code_hash == _hash(text))
    row = conn.execute(found).mappings().first()
    return StoredCode(**row) if row else None


def redeem_code(conn: Conn, text: str, now_s: int) -> StoredCode | None:
    """Use a code up: it is given to one caller, however many try at once. None if it is used, too old or unknown."""
    codes = authorization_code.c
    used = update(authorization_code).where(
        codes.code_hash == _hash(text), codes.used_s.is_(None), codes.expires_s > now_s
    )
    if conn.execute(used.values(used_s=now_s)).rowcount != 1:
        return None
    return code(conn, text)


def _revoke(conn: Conn, which: Any, now_s: int) -> int:
    return conn.execute(update(table).where(which, table.c.revoked_s.is_(None)).values(revoked_s=now_s)).rowcount


def _lives(now_s: int) -> Any:
    return and_(table.c.revoked_s.is_(None), or_(table.c.expires_s == 0, table.c.expires_s > now_s))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_CLIENT = len(table.c)
_AUTHORIZATION = _CLIENT + len(client.c)
_STATUS = _AUTHORIZATION + len(authorization.c)


def _opened() -> Select[Any]:
    joined = (
        table.join(client, client.c.id == table.c.client_id)
        .join(authorization, authorization.c.id == table.c.authorization_id)
        .join(third_party, third_party.c.id == authorization.c.third_party_id, isouter=True)
    )
    columns = (*table.c, *client.c, *authorization.c)
    query = select(*(column.label(f"c{number}") for number, column in enumerate(columns)), third_party.c.status)
    return query.select_from(joined).where(table.c.token_hash == bindparam("hash"), table.c.kind == ACCESS)


_OPENED = Statement(_opened())
