"""Logins and sessions: who may log in, what he speaks for, and for how long he stays logged in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import ColumnElement, delete, insert, or_, select, update

from espi.errors import Conflict, NotFound
from espi.store.database import Conn, inserted_id
from espi.store.tables import login as login_table
from espi.store.tables import login_party
from espi.store.tables import session as session_table

MOST_FAILURES = 10
FAILURES_FORGOTTEN_S = 15 * 60

_HASHER = PasswordHasher()
NOBODYS_HASH = _NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$c29tZSBzYWx0IGZvciBub2JvZHk$dGhlIGhhc2ggb2Ygbm8gcGFzc3dvcmQgYXQgYWxsISE"
)
"""A hash that no password has, checked for unknown names so that they take as long as known ones."""


@dataclass(frozen=True)
class Login:
    """Who logs in. role and party_id: what he speaks for (`espi.access.Principal`). position: within a company."""

    id: int
    name: str
    role: str
    party_id: int
    language: str
    totp_secret: str
    position: str = ""


@dataclass(frozen=True)
class Session:
    """A session that is still good. data: what the portal keeps in it."""

    login: Login
    data: Mapping[str, Any]


def add_login(
    conn: Conn,
    name: str,
    password: str,
    role: str,
    party_id: int,
    *,
    totp_secret: str = "",
    language: str = "en",
    full_name: str = "",
    email: str = "",
    position: str = "",
) -> int:
    """Add a login and return its id. email: where its mail goes. `Conflict` if the name is taken."""
    if conn.execute(select(login_table.c.id).where(login_table.c.name == name)).first():
        raise Conflict(f"There is a login {name!r} already.")
    values = {
        "name": name,
        "password_hash": _HASHER.hash(password),
        "totp_secret": totp_secret,
        "role": role,
        "party_id": party_id,
        "language": language,
        "full_name": full_name,
        "email": email.casefold(),
        "position": position,
    }
    return inserted_id(conn, insert(login_table).values(values))


@dataclass(frozen=True)
class Attempt:
    """A password that was tried. login_id: of whom, None for an unknown name. fresh_hash: a stronger one to keep."""

    login_id: int | None
    right: bool
    fresh_hash: str | None = None


def try_password(conn: Conn, name: str, password: str) -> Attempt:
    """Compare a password; it reads only and takes the same time whether or not there is such a name.

    Nothing is decided before `settle` has counted the attempt. Comparing is slow, so do it outside of a writing
    transaction.
    """
    query = select(login_table.c.id, login_table.c.password_hash).where(login_table.c.name == name)
    row = conn.execute(query).first()
    right = _matches(row.password_hash if row else _NOBODY, password)
    if row is None:
        return Attempt(None, right=False)
    stale = right and _HASHER.check_needs_rehash(row.password_hash)
    return Attempt(row.id, right, _HASHER.hash(password) if stale else None)


def settle(conn: Conn, attempt: Attempt, now_s: int) -> Login | None:
    """The login of an attempt, if the password was right, it is not disabled and has not failed too often of late.

    After `MOST_FAILURES` wrong passwords or codes nothing is right until `FAILURES_FORGOTTEN_S` have passed since the
    last. A login with a second factor forgets its failures only when the code was right too.
    """
    row = conn.execute(select(login_table).where(login_table.c.id == attempt.login_id)).mappings().first()
    if row is None or row["disabled"] or not _may_try(row, now_s):
        return None
    if not attempt.right:
        _count_failure(conn, row, now_s)
        return None
    if row["failures"] and not row["totp_secret"]:
        _update(conn, row["id"], failures=0)
    if attempt.fresh_hash:
        _update(conn, row["id"], password_hash=attempt.fresh_hash)
    return _login(row)


def settle_code(conn: Conn, login_id: int, step: int | None, now_s: int) -> bool:
    """Whether a second factor's code lets the login in. step: which 30 seconds it is the code of, None if of none.

    A code counts once (RFC 6238, section 5.2); wrong ones count as wrong passwords do.
    """
    row = conn.execute(select(login_table).where(login_table.c.id == login_id)).mappings().one()
    if row["disabled"] or not _may_try(row, now_s):
        return False
    if step is None or step <= row["code_step"]:
        _count_failure(conn, row, now_s)
        return False
    unused = update(login_table).where(login_table.c.id == login_id, login_table.c.code_step < step)
    return conn.execute(unused.values(code_step=step, failures=0)).rowcount == 1


def set_password(conn: Conn, login_id: int, password: str) -> None:
    """Give a login another password; its sessions end."""
    _update(conn, login_id, password_hash=_HASHER.hash(password), failures=0)
    conn.execute(delete(session_table).where(session_table.c.login_id == login_id))


def set_language(conn: Conn, login_id: int, language: str) -> None:
    """Note the language that a person reads."""
    _update(conn, login_id, language=language)


def has_login(conn: Conn, role: str, party_id: int) -> bool:
    """Whether somebody can log in for a party."""
    table = login_table.c
    query = select(table.id).filter_by(role=role, disabled=False).where(_speaks_for(party_id))
    return conn.scalar(query.limit(1)) is not None


def party_named(conn: Conn, role: str, name: str) -> int:
    """The party that a login of a role speaks for. `NotFound` if there is no such login."""
    found = conn.scalar(select(login_table.c.party_id).filter_by(role=role, name=name))
    if found is None:
        raise NotFound(detail=f"login {name}")
    return int(found)


def mail_address(conn: Conn, role: str, party_id: int) -> tuple[str, str] | None:
    """Where a party that can log in gets mail, and its language; None if no login of its has an address."""
    table = login_table.c
    query = select(table.name, table.email, table.language).filter_by(role=role, disabled=False)
    query = query.where(_speaks_for(party_id))
    rows = conn.execute(query.order_by(table.id))
    found = ((row.email or row.name, row.language) for row in rows)
    return next(((address, language) for address, language in found if "@" in address), None)


def disable_login(conn: Conn, login_id: int) -> None:
    """Shut a login out; its sessions end."""
    _update(conn, login_id, disabled=True)
    conn.execute(delete(session_table).where(session_table.c.login_id == login_id))


def start_session(conn: Conn, login_id: int, now_s: int, data: Mapping[str, Any] | None = None) -> str:
    """Begin a session and return its token, which is kept nowhere: the table holds its SHA-256."""
    token = secrets.token_urlsafe(32)
    values = {
        "token_hash": session_key(token),
        "login_id": login_id,
        "data": dict(data or {}),
        "started_s": now_s,
        "used_s": now_s,
    }
    conn.execute(insert(session_table).values(values))
    return token


def session_login(conn: Conn, token: str, now_s: int, idle_s: int, limit_s: int) -> Session | None:
    """The session of a token, unless it has been idle for `idle_s` or is older than `limit_s`.

    It reads only; `touch_session` says that the session is in use.
    """
    columns = session_table.c.data, session_table.c.started_s, session_table.c.used_s
    joined = session_table.join(login_table, login_table.c.id == session_table.c.login_id)
    query = select(login_table, *columns).select_from(joined).where(session_table.c.token_hash == session_key(token))
    row = conn.execute(query).mappings().first()
    if row is None or row["disabled"]:
        return None
    if now_s - row["used_s"] >= idle_s or now_s - row["started_s"] >= limit_s:
        return None
    return Session(_login(row), row["data"])


def touch_session(conn: Conn, token: str, now_s: int, data: Mapping[str, Any] | None = None) -> None:
    """Note that a session is in use, and what the portal keeps in it if that has changed."""
    values: dict[str, Any] = {"used_s": now_s} if data is None else {"used_s": now_s, "data": dict(data)}
    conn.execute(update(session_table).where(session_table.c.token_hash == session_key(token)).values(values))


def end_session(conn: Conn, token: str) -> None:
    """Log out."""
    conn.execute(delete(session_table).where(session_table.c.token_hash == session_key(token)))


def drop_sessions(conn: Conn, started_before_s: int) -> int:
    """Forget sessions that began before an instant; how many there were."""
    return conn.execute(delete(session_table).where(session_table.c.started_s < started_before_s)).rowcount


def _speaks_for(party_id: int) -> ColumnElement[bool]:
    """Logins of a party of their role; a customer's are those too that were given him later."""
    table = login_table.c
    further = select(login_party.c.login_id).where(login_party.c.party_id == party_id)
    return or_(table.party_id == party_id, table.id.in_(further))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except VerificationError:
        return False


def _may_try(row: Mapping[Any, Any], now_s: int) -> bool:
    failures: int = row["failures"]
    return failures < MOST_FAILURES or now_s - row["failed_s"] >= FAILURES_FORGOTTEN_S


def _count_failure(conn: Conn, row: Mapping[Any, Any], now_s: int) -> None:
    forgotten = now_s - row["failed_s"] >= FAILURES_FORGOTTEN_S
    failures = 1 if forgotten else login_table.c.failures + 1
    _update(conn, row["id"], failures=failures, failed_s=now_s)


def session_key(token: str) -> str:
    """What names a session without being its token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _login(row: Mapping[Any, Any]) -> Login:
    names = ("id", "name", "role", "party_id", "language", "totp_secret", "position")
    return Login(**{name: row[name] for name in names})


def _update(conn: Conn, login_id: int, **values: object) -> None:
    if conn.execute(update(login_table).where(login_table.c.id == login_id).values(**values)).rowcount == 0:
        raise NotFound(detail=f"no login {login_id}")
