"""What people see and change of their own logins: name, address, second factors, sessions, further customers."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update

from espi.errors import Conflict, NotFound
from espi.store.database import Conn
from espi.store.people import NOBODYS_HASH, session_key
from espi.store.tables import login as login_table
from espi.store.tables import login_party, one_time, passkey, recovery_code
from espi.store.tables import session as session_table

CUSTOMER = "customer"
CLOSED = "closed"


@dataclass(frozen=True)
class Account:
    """A login as its owner sees it. email: where he gets mail, "" if that is not known."""

    id: int
    name: str
    role: str
    party_id: int
    language: str
    full_name: str
    email: str
    has_code: bool
    disabled: bool


@dataclass(frozen=True)
class OpenSession:
    """A session that runs. key: names it without being its token. data: what the portal keeps in it."""

    key: str
    started_s: int
    used_s: int
    data: Mapping[str, Any]


def account(conn: Conn, login_id: int) -> Account:
    """The account of a login, or `NotFound`."""
    found = _account(conn, login_table.c.id == login_id)
    if found is None:
        raise NotFound(detail=f"no login {login_id}")
    return found


def account_named(conn: Conn, name: str) -> Account | None:
    """The account whose user name or mail address this is."""
    mine = or_(login_table.c.name == name, login_table.c.email == name.casefold())
    return _account(conn, mine & (login_table.c.disabled == False))  # noqa: E712 - a column


def owner_of(conn: Conn, customer_id: int) -> int | None:
    """The login that may speak for a customer, as its own or as a further one."""
    own = select(login_table.c.id).filter_by(role=CUSTOMER, party_id=customer_id, disabled=False)
    further = select(login_party.c.login_id).where(login_party.c.party_id == customer_id)
    return conn.scalar(own.union_all(further).limit(1))


def set_person(conn: Conn, login_id: int, full_name: str, language: str) -> None:
    """Note what a person is called and reads."""
    _update(conn, login_id, full_name=full_name, language=language)


def set_address(conn: Conn, login_id: int, email: str) -> None:
    """Note where a person gets mail; it is his user name too if the one before was. `Conflict` if it is another's."""
    email = email.casefold()
    taken = or_(login_table.c.email == email, login_table.c.name == email)
    if conn.execute(select(login_table.c.id).where(taken, login_table.c.id != login_id)).first():
        raise Conflict("Somebody else uses this mail address here.")
    now = account(conn, login_id)
    same = {"name": email} if now.email and now.name == now.email else {}
    _update(conn, login_id, email=email, **same)


def set_code_secret(conn: Conn, login_id: int, secret: str, step: int) -> None:
    """Let a phone's app be the second factor; step: of the code that proved it, which counts no more. "": none."""
    _update(conn, login_id, totp_secret=secret, code_step=step)


def set_recovery_codes(conn: Conn, login_id: int, hashes: Iterable[str]) -> None:
    """Keep the hashes of new recovery codes in the place of all earlier ones."""
    conn.execute(delete(recovery_code).where(recovery_code.c.login_id == login_id))
    rows = [{"login_id": login_id, "code_hash": each} for each in hashes]
    if rows:
        conn.execute(insert(recovery_code), rows)


def use_recovery_code(conn: Conn, login_id: int, code_hash: str) -> bool:
    """Use a recovery code up; whether it was one."""
    mine = recovery_code.c.login_id == login_id, recovery_code.c.code_hash == code_hash
    return conn.execute(delete(recovery_code).where(*mine)).rowcount == 1


def recovery_codes_left(conn: Conn, login_id: int) -> int:
    """How many recovery codes are unused."""
    query = select(func.count()).select_from(recovery_code).where(recovery_code.c.login_id == login_id)
    return int(conn.scalar(query) or 0)


def sessions(conn: Conn, login_id: int, used_after_s: int, started_after_s: int) -> list[OpenSession]:
    """The sessions of a login that have not ended by themselves, last used first."""
    table = session_table.c
    mine = table.login_id == login_id, table.used_s > used_after_s, table.started_s > started_after_s
    query = select(table.token_hash, table.started_s, table.used_s, table.data).where(*mine)
    return [OpenSession(*row) for row in conn.execute(query.order_by(table.used_s.desc(), table.started_s.desc()))]


def end_session(conn: Conn, login_id: int, key: str) -> bool:
    """End one of a login's sessions; whether there was one."""
    mine = session_table.c.login_id == login_id, session_table.c.token_hash == key
    return conn.execute(delete(session_table).where(*mine)).rowcount == 1


def end_sessions(conn: Conn, login_id: int, *, but: str = "") -> int:
    """End a login's sessions, all but that of a token; how many they were."""
    mine = session_table.c.login_id == login_id, session_table.c.token_hash != session_key(but)
    return conn.execute(delete(session_table).where(*mine)).rowcount


def add_party(conn: Conn, login_id: int, party_id: int, now_s: int) -> None:
    """Let a login speak for a further customer."""
    conn.execute(insert(login_party).values(login_id=login_id, party_id=party_id, since_s=now_s))


def parties_of(conn: Conn, login_id: int) -> list[int]:
    """The customers that a login may speak for, its own first."""
    own = select(login_table.c.party_id).where(login_table.c.id == login_id)
    further = select(login_party.c.party_id).where(login_party.c.login_id == login_id).order_by(login_party.c.since_s)
    return [*conn.scalars(own), *conn.scalars(further)]


def drop_account(conn: Conn, login_id: int) -> None:
    """Close an account: nobody can log in with it, and what it said about a person is forgotten."""
    for table in (recovery_code, passkey, one_time, session_table, login_party):
        conn.execute(delete(table).where(table.c.login_id == login_id))
    gone = {"password_hash": NOBODYS_HASH, "totp_secret": "", "full_name": "", "email": "", "disabled": True}
    _update(conn, login_id, name=f"{CLOSED}-{login_id}-{secrets.token_hex(4)}", **gone)


def _account(conn: Conn, condition: Any) -> Account | None:
    table = login_table.c
    columns = table.id, table.name, table.role, table.party_id, table.language, table.full_name, table.email
    query = select(*columns, table.totp_secret != "", table.disabled).where(condition)
    row = conn.execute(query.order_by(table.id)).first()
    return Account(*row) if row else None


def _update(conn: Conn, login_id: int, **values: object) -> None:
    if conn.execute(update(login_table).where(login_table.c.id == login_id).values(**values)).rowcount == 0:
        raise NotFound(detail=f"no login {login_id}")
