"""Logins as the operator sees them, and proposals of who should get which role. Never a password, never a secret."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, or_, select, update

from espi.errors import Conflict, NotFound
from espi.store.database import Conn, inserted_id
from espi.store.tables import login as login_table
from espi.store.tables import role_proposal as table
from espi.store.tables import session as session_table

PENDING, APPROVED, REFUSED = "pending", "approved", "refused"
MOST_FAILURES = 10
"""As many wrong passwords lock a login for a while (`espi.store.people`)."""


@dataclass(frozen=True)
class Known:
    """A login as a list shows it. locked: it may not be tried for a while. second_factor: it has a code."""

    id: int
    name: str
    role: str
    party_id: int
    language: str
    email: str
    failures: int
    failed_s: int
    disabled: bool
    second_factor: bool

    @property
    def locked(self) -> bool:
        """Whether it failed so often that it may be shut for a while."""
        return self.failures >= MOST_FAILURES


@dataclass(frozen=True)
class Proposal:
    """That somebody should get a role. state: pending, approved or refused."""

    id: int
    login_name: str
    email: str
    language: str
    role: str
    party_id: int
    reason: str
    state: str
    proposed_by: str
    proposed_s: int
    decided_by: str
    decided_s: int | None
    answer: str


def logins(conn: Conn, *, text: str = "", role: str = "", party_id: int | None = None, limit: int = 50) -> list[Known]:
    """Logins by name: those whose name or address has a text, of a role, of a party."""
    query = select(login_table)
    if text:
        columns = login_table.c.name, login_table.c.email
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in columns)))
    if role:
        query = query.filter_by(role=role)
    if party_id is not None:
        query = query.where(login_table.c.party_id == party_id)
    rows = conn.execute(query.order_by(login_table.c.name).limit(limit)).mappings()
    names = [name for name in Known.__dataclass_fields__ if name != "second_factor"]
    return [Known(**{name: row[name] for name in names}, second_factor=row["totp_secret"] != "") for row in rows]


def login_of(conn: Conn, login_id: int) -> Known:
    """The login of an id, or `NotFound`."""
    name = conn.scalar(select(login_table.c.name).where(login_table.c.id == login_id))
    found = [each for each in logins(conn, text=str(name or ""), limit=500) if each.id == login_id]
    if not found:
        raise NotFound(detail=f"no login {login_id}")
    return found[0]


def is_login(conn: Conn, name: str) -> bool:
    """Whether there is a login of that name."""
    return conn.scalar(select(login_table.c.id).where(login_table.c.name == name)) is not None


def unlock_login(conn: Conn, login_id: int) -> None:
    """Forget the wrong passwords and codes of a login."""
    _change(conn, login_id, failures=0, failed_s=0)


def enable_login(conn: Conn, login_id: int) -> None:
    """Let a login in again that was shut out."""
    _change(conn, login_id, disabled=False)


def change_role(conn: Conn, login_name: str, role: str, party_id: int) -> int:
    """Let a login speak for something else; its sessions end. Gives its id; `NotFound` if there is none."""
    key = conn.scalar(select(login_table.c.id).where(login_table.c.name == login_name))
    if key is None:
        raise NotFound(detail=f"no login {login_name}")
    _change(conn, key, role=role, party_id=party_id)
    conn.execute(delete(session_table).where(session_table.c.login_id == key))
    return int(key)


def add_proposal(
    conn: Conn,
    login_name: str,
    *,
    email: str,
    language: str,
    role: str,
    party_id: int,
    reason: str,
    by: str,
    now_s: int,
) -> int:
    """Propose that a login get a role; `Conflict` where one for that login waits already."""
    waits = select(table.c.id).where(table.c.login_name == login_name, table.c.state == PENDING)
    if conn.scalar(waits) is not None:
        raise Conflict("A proposal for this login waits already.")
    values = {
        "login_name": login_name,
        "email": email,
        "language": language,
        "role": role,
        "party_id": party_id,
        "reason": reason,
        "state": PENDING,
        "proposed_by": by,
        "proposed_s": now_s,
    }
    return inserted_id(conn, insert(table).values(values))


def proposal(conn: Conn, proposal_id: int) -> Proposal:
    """The proposal of an id, or `NotFound`."""
    row = conn.execute(select(table).where(table.c.id == proposal_id)).mappings().first()
    if row is None:
        raise NotFound(detail=f"no proposal {proposal_id}")
    return Proposal(**row)


def proposals(conn: Conn, limit: int = 50) -> list[Proposal]:
    """Proposals, those that wait first, then the last."""
    order = (table.c.state != PENDING, table.c.id.desc())
    return [Proposal(**row) for row in conn.execute(select(table).order_by(*order).limit(limit)).mappings()]


def finish_proposal(conn: Conn, proposal_id: int, state: str, by: str, answer: str, now_s: int) -> bool:
    """Decide a proposal that waits; false where somebody has already."""
    waits = update(table).where(table.c.id == proposal_id, table.c.state == PENDING)
    return conn.execute(waits.values(state=state, decided_by=by, decided_s=now_s, answer=answer)).rowcount == 1


def _change(conn: Conn, login_id: int, **values: object) -> None:
    if conn.execute(update(login_table).where(login_table.c.id == login_id).values(**values)).rowcount == 0:
        raise NotFound(detail=f"no login {login_id}")
