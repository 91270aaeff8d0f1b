"""A company's own affairs: its users and whom it invited, and what it has reached. Never a password, never a secret.

A company is a role and a party (`espi.access.Principal`): a third party or a REP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from espi.errors import NotFound
from espi.store.database import Conn, inserted_id
from espi.store.tables import colleague_invitation, passkey
from espi.store.tables import company_milestone as milestone_table
from espi.store.tables import login as login_table
from espi.store.tables import session as session_table

WAITING, ACCEPTED, WITHDRAWN = "waiting", "accepted", "withdrawn"


@dataclass(frozen=True)
class Colleague:
    """A user of a company. position: "" for one who was there before there were any. second_factor: he has one."""

    id: int
    name: str
    full_name: str
    email: str
    language: str
    position: str
    second_factor: bool
    used_s: int


@dataclass(frozen=True)
class Invited:
    """Somebody who was invited. state: waiting, accepted or withdrawn."""

    id: int
    role: str
    party_id: int
    email: str
    position: str
    state: str
    invited_by: str
    invited_s: int
    expires_s: int


def colleagues(conn: Conn, role: str, party_id: int, *, held: bool = False) -> list[Colleague]:
    """The users of a company who may log in, by name.

    held: nobody else changes them in this transaction, so that no two administrators end each other at once.
    """
    query = select(login_table).filter_by(role=role, party_id=party_id, disabled=False).order_by(login_table.c.name)
    rows = conn.execute(query.with_for_update() if held else query).mappings().all()
    ids = [row["id"] for row in rows]
    with_passkey = set(conn.scalars(select(passkey.c.login_id).where(passkey.c.login_id.in_(ids))))
    used: dict[int, int] = {}
    sessions = select(session_table.c.login_id, session_table.c.used_s).where(session_table.c.login_id.in_(ids))
    for login_id, used_s in conn.execute(sessions):
        used[login_id] = max(used_s, used.get(login_id, 0))
    shown = ("id", "name", "full_name", "email", "language", "position")
    return [
        Colleague(
            **{name: row[name] for name in shown},
            second_factor=bool(row["totp_secret"]) or row["id"] in with_passkey,
            used_s=used.get(row["id"], 0),
        )
        for row in rows
    ]


def set_position(conn: Conn, login_id: int, position: str) -> None:
    """Let a user do what another position may."""
    conn.execute(update(login_table).where(login_table.c.id == login_id).values(position=position))


def add_invited(
    conn: Conn, role: str, party_id: int, *, email: str, position: str, by: str, now_s: int, expires_s: int
) -> int:
    """Note that somebody was invited; who was invited by that address before and has not come is not any more."""
    same = {"role": role, "party_id": party_id, "email": email, "state": WAITING}
    conn.execute(delete(colleague_invitation).filter_by(**same))
    values = {
        "role": role,
        "party_id": party_id,
        "email": email,
        "position": position,
        "state": WAITING,
        "invited_by": by,
        "invited_s": now_s,
        "expires_s": expires_s,
    }
    return inserted_id(conn, insert(colleague_invitation).values(values))


def invited(conn: Conn, role: str, party_id: int, now_s: int) -> list[Invited]:
    """Whom a company invited and who may still come, the last first."""
    own = select(colleague_invitation).filter_by(role=role, party_id=party_id, state=WAITING)
    query = own.where(colleague_invitation.c.expires_s > now_s).order_by(colleague_invitation.c.id.desc())
    rows = conn.execute(query).mappings()
    return [Invited(**row) for row in rows]


def finish_invitation(conn: Conn, invited_id: int, state: str) -> bool:
    """Let an invitation that waits be accepted or withdrawn; false where it does not wait any more."""
    waits = colleague_invitation.c.id == invited_id, colleague_invitation.c.state == WAITING
    return conn.execute(update(colleague_invitation).where(*waits).values(state=state)).rowcount == 1


def end_invitation(conn: Conn, role: str, party_id: int, invited_id: int) -> None:
    """Take a company's invitation back. `NotFound` where none of its waits by this number."""
    mine = conn.scalar(select(colleague_invitation.c.id).filter_by(role=role, party_id=party_id, id=invited_id))
    if mine is None or not finish_invitation(conn, invited_id, WITHDRAWN):
        raise NotFound(detail=f"no invitation {invited_id} of {role} {party_id}")


@dataclass(frozen=True)
class Milestone:
    """What was reached, and when."""

    what: str
    at_s: int
    detail: Mapping[str, Any]


def milestones(conn: Conn, role: str, party_id: int) -> dict[str, Milestone]:
    """What a company has reached, by its name."""
    columns = milestone_table.c.what, milestone_table.c.at_s, milestone_table.c.detail
    rows = conn.execute(select(*columns).filter_by(role=role, party_id=party_id))
    return {row.what: Milestone(row.what, row.at_s, row.detail) for row in rows}


def set_milestone(
    conn: Conn, role: str, party_id: int, what: str, *, now_s: int, detail: Mapping[str, Any] | None = None
) -> None:
    """Note what a company has reached, instead of what was noted by that name before."""
    conn.execute(delete(milestone_table).filter_by(role=role, party_id=party_id, what=what))
    values = {"role": role, "party_id": party_id, "what": what, "at_s": now_s, "detail": dict(detail or {})}
    conn.execute(insert(milestone_table).values(values))
