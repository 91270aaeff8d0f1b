"""Requests to change how the system works: public but for who wrote them; only the names of companies are shown.

open -> voting -> accepted -> done
               -> rejected
open, voting -> withdrawn
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from espi.errors import NotFound
from espi.store.database import Conn, inserted_id
from espi.store.identity import uuid_for
from espi.store.tables import change_comment, change_vote, login, rep, third_party, utility
from espi.store.tables import change_request as table

OPEN, VOTING, ACCEPTED = "open", "voting", "accepted"
REJECTED, DONE, WITHDRAWN = "rejected", "done", "withdrawn"
STATES = (OPEN, VOTING, ACCEPTED, REJECTED, DONE, WITHDRAWN)
YES, NO, ABSTAIN = CHOICES = ("yes", "no", "abstain")

_COMPANIES = {"rep": rep, "third_party": third_party, "tdsp": utility}


@dataclass(frozen=True)
class Request:
    """A change request. need: what is wrong today; wish: what should be; impact: whom it touches, and how.

    company: who wrote it. login_id: his login, for mails alone. decided_by: regulator or operator.
    """

    id: int
    number: str
    uuid: str
    title: str
    need: str
    wish: str
    impact: str
    state: str
    company: str
    login_id: int
    submitted_s: int
    changed_s: int
    voting_until_s: int | None
    decided_s: int | None
    decided_by: str
    reason: str


@dataclass(frozen=True)
class Comment:
    """What a company wrote about it."""

    number: int
    at_s: int
    company: str
    text: str


@dataclass(frozen=True)
class Vote:
    """The vote of a utility; "" while it has none."""

    utility_id: int
    utility: str
    choice: str
    reason: str


def add_request(
    conn: Conn, *, title: str, need: str, wish: str, impact: str, company: str, login_id: int, year: int, now_s: int
) -> int:
    """Put a request on the list and return its id. year: of its number."""
    began = f"CR-{year}-"
    last = select(func.count()).select_from(table).where(table.c.number.startswith(began))
    number = f"{began}{int(conn.scalar(last) or 0) + 1:03d}"
    values = {
        "number": number,
        "uuid": uuid_for(conn, f"change-request/{number}"),
        "title": title,
        "need": need,
        "wish": wish,
        "impact": impact,
        "state": OPEN,
        "company": company,
        "login_id": login_id,
        "submitted_s": now_s,
        "changed_s": now_s,
    }
    return inserted_id(conn, insert(table).values(values))


def request(conn: Conn, request_id: int) -> Request:
    """The request of an id, or `NotFound`."""
    row = conn.execute(select(table).where(table.c.id == request_id)).mappings().first()
    if row is None:
        raise NotFound(detail=f"no change request {request_id}")
    return Request(**row)


def requests(conn: Conn, *, states: Collection[str] = STATES, limit: int = 200) -> list[Request]:
    """Requests, those first that changed last."""
    query = select(table).where(table.c.state.in_(states)).order_by(table.c.changed_s.desc(), table.c.id.desc())
    return [Request(**row) for row in conn.execute(query.limit(limit)).mappings()]


def change_state(conn: Conn, found: Request, state: str, now_s: int, **values: object) -> bool:
    """Let a request go on to a state, unless it has left the one that was seen meanwhile."""
    same = update(table).where(table.c.id == found.id, table.c.state == found.state)
    return conn.execute(same.values(state=state, changed_s=now_s, **values)).rowcount == 1


def add_comment(conn: Conn, request_id: int, company: str, login_id: int, text: str, now_s: int) -> int:
    """Put what a company wrote below a request, and return its number."""
    last = select(func.coalesce(func.max(change_comment.c.number), 0)).where(change_comment.c.request_id == request_id)
    number = int(conn.scalar(last) or 0) + 1
    values = {"number": number, "company": company, "login_id": login_id, "text": text, "at_s": now_s}
    conn.execute(insert(change_comment).values(request_id=request_id, **values))
    conn.execute(update(table).where(table.c.id == request_id).values(changed_s=now_s))
    return number


def comments(conn: Conn, request_id: int) -> list[Comment]:
    """What was written about a request, in order."""
    columns = [change_comment.c[name] for name in Comment.__dataclass_fields__]
    query = select(*columns).where(change_comment.c.request_id == request_id)
    return [Comment(*row) for row in conn.execute(query.order_by(change_comment.c.number))]


def put_vote(conn: Conn, request_id: int, utility_id: int, choice: str, reason: str, login_id: int, now_s: int) -> None:
    """Take the vote of a utility, instead of the one that it gave before."""
    values = {"choice": choice, "reason": reason, "login_id": login_id, "at_s": now_s}
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = make(change_vote).values(request_id=request_id, utility_id=utility_id, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["request_id", "utility_id"], set_=values))


def votes(conn: Conn, request_id: int) -> list[Vote]:
    """Every utility with its vote, by name."""
    given = change_vote.c
    joined = utility.outerjoin(change_vote, (given.utility_id == utility.c.id) & (given.request_id == request_id))
    query = select(utility.c.id, utility.c.name, given.choice, given.reason).select_from(joined)
    return [Vote(row[0], row[1], row[2] or "", row[3] or "") for row in conn.execute(query.order_by(utility.c.name))]


def company(conn: Conn, kind: str, party_id: int, otherwise: Mapping[str, str]) -> str:
    """What a company is called; otherwise: of those that are none, by kind."""
    named = _COMPANIES.get(kind)
    found = None if named is None else conn.scalar(select(named.c.name).where(named.c.id == party_id))
    return str(found or otherwise.get(kind, ""))


def concerned(
    conn: Conn, request_id: int, kinds: Collection[str], *, writers: bool, after: int = 0, limit: int = 500
) -> list[tuple[int, str, str]]:
    """Whom to mail: login, address and language of those of some kinds and of the author; after a login's id.

    writers: those too who wrote about it.
    """
    own = set(conn.scalars(select(table.c.login_id).where(table.c.id == request_id)))
    if writers:
        own |= set(conn.scalars(select(change_comment.c.login_id).where(change_comment.c.request_id == request_id)))
    query = select(login.c.id, login.c.name, login.c.email, login.c.language)
    query = query.where(login.c.disabled.is_(False), login.c.id > after)
    query = query.where(login.c.role.in_(list(kinds)) | login.c.id.in_(sorted(own)))
    rows = conn.execute(query.order_by(login.c.id).limit(limit))
    return [(int(row.id), row.email or row.name, row.language) for row in rows]
