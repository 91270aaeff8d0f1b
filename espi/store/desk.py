"""Tickets of the help desk: who asks what, what was written, and until when an answer is due."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from espi.errors import NotFound
from espi.store.database import Conn, inserted_id
from espi.store.tables import canned_reply
from espi.store.tables import ticket as table
from espi.store.tables import ticket_message as message_table

OPEN, WAITING, SOLVED, CLOSED = "open", "waiting", "solved", "closed"
STATES = (OPEN, WAITING, SOLVED, CLOSED)
"""It waits for the desk; it waits for the caller; it is answered; it is over."""
IN, OUT, NOTE = "in", "out", "note"
"""Messages: from the caller, to the caller, among the desk."""
_LETTERS = "23456789CFGHJMPQRVWX"
_LENGTH = 7


@dataclass(frozen=True)
class Ticket:
    """A question to the help desk.

    kind: what the caller is (a role, or "person" without an account). login_id: his login, 0 for none. reference: the
    request id that an error page gave him. due_s: when the clock is over; None while it is paused, with left_s seconds
    left. answered_s: the desk's first answer.
    """

    id: int
    number: str
    kind: str
    login_id: int
    name: str
    email: str
    language: str
    category: str
    subject: str
    reference: str
    state: str
    assigned: str
    opened_s: int
    touched_s: int
    due_s: int | None
    left_s: int | None
    answered_s: int | None
    solved_s: int | None

    def overdue(self, now_s: int) -> bool:
        """Whether the caller has waited for too long."""
        return self.state == OPEN and self.due_s is not None and self.due_s <= now_s


@dataclass(frozen=True)
class Message:
    """Something that was written about a ticket. kind: in, out or note."""

    number: int
    at_s: int
    author: str
    kind: str
    text: str


def add_ticket(
    conn: Conn,
    *,
    kind: str,
    login_id: int,
    name: str,
    email: str,
    language: str,
    category: str,
    subject: str,
    reference: str,
    now_s: int,
    target_s: int,
    number: str,
) -> int:
    """Open a ticket whose clock runs from now on, and return its id. number: what people call it."""
    values = {
        "number": number,
        "kind": kind,
        "login_id": login_id,
        "name": name,
        "email": email,
        "language": language,
        "category": category,
        "subject": subject,
        "reference": reference,
        "state": OPEN,
        "assigned": "",
        "opened_s": now_s,
        "touched_s": now_s,
        "due_s": now_s + target_s,
    }
    return inserted_id(conn, insert(table).values(values))


def new_number() -> str:
    """A number that is easily read out and cannot be guessed: T-8QRW4MX."""
    return "T-" + "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def ticket(conn: Conn, number: str) -> Ticket:
    """The ticket of a number, or `NotFound`. Whose it is, is for the caller to see to."""
    row = conn.execute(select(table).where(table.c.number == number)).mappings().first()
    if row is None:
        raise NotFound(detail=f"no ticket {number}")
    return Ticket(**row)


def tickets_of(conn: Conn, login_id: int, limit: int = 100) -> list[Ticket]:
    """The tickets of a login, the last touched first."""
    query = select(table).where(table.c.login_id == login_id, table.c.login_id > 0)
    return _found(conn, query.order_by(table.c.touched_s.desc(), table.c.id.desc()).limit(limit))


def queue(
    conn: Conn, *, states: Sequence[str] = (OPEN,), kind: str = "", assigned: str = "", text: str = "", limit: int = 100
) -> list[Ticket]:
    """The tickets of the desk, those first whose clock is over first. text: in number, subject, name or address."""
    query = select(table).where(table.c.state.in_(states))
    if kind:
        query = query.where(table.c.kind == kind)
    if assigned:
        query = query.where(table.c.assigned == assigned)
    if text:
        query = query.where(_has(text))
    paused = table.c.due_s.is_(None)
    order = (paused, table.c.due_s, table.c.touched_s.desc(), table.c.id)
    return _found(conn, query.order_by(*order).limit(limit))


def messages(conn: Conn, ticket_id: int, *, notes: bool) -> list[Message]:
    """What was written about a ticket, in order. notes: those among the desk too, which no caller may see."""
    query = select(message_table).where(message_table.c.ticket_id == ticket_id)
    if not notes:
        query = query.where(message_table.c.kind != NOTE)
    rows = conn.execute(query.order_by(message_table.c.number))
    return [Message(row.number, row.at_s, row.author, row.kind, row.text) for row in rows]


def add_message(conn: Conn, ticket_id: int, kind: str, author: str, text: str, now_s: int) -> int:
    """Add a message to a ticket and return its number."""
    last = select(func.coalesce(func.max(message_table.c.number), 0)).where(message_table.c.ticket_id == ticket_id)
    number = int(conn.scalar(last) or 0) + 1
    values = {"ticket_id": ticket_id, "number": number, "at_s": now_s, "author": author, "kind": kind, "text": text}
    conn.execute(insert(message_table).values(values))
    return number


def change_ticket(conn: Conn, ticket_id: int, **values: object) -> None:
    """Change a ticket's row: state, assigned, category, its clock."""
    if conn.execute(update(table).where(table.c.id == ticket_id).values(**values)).rowcount == 0:
        raise NotFound(detail=f"no ticket {ticket_id}")


def counts(conn: Conn, now_s: int) -> dict[str, int]:
    """How many tickets there are in each state, and how many are `overdue`."""
    rows = conn.execute(select(table.c.state, func.count()).group_by(table.c.state))
    found = {str(state): int(number) for state, number in rows}
    late = and_(table.c.state == OPEN, table.c.due_s <= now_s)
    found["overdue"] = int(conn.scalar(select(func.count()).select_from(table).where(late)) or 0)
    return found


def totals(conn: Conn, from_s: int, until_s: int) -> list[tuple[str, str, int, int, int]]:
    """Tickets opened in a span by the caller's kind and category: how many, how many answered, seconds to answer."""
    wait = func.coalesce(func.sum(table.c.answered_s - table.c.opened_s), 0)
    query = select(table.c.kind, table.c.category, func.count(), func.count(table.c.answered_s), wait)
    query = query.where(table.c.opened_s >= from_s, table.c.opened_s < until_s)
    rows = conn.execute(query.group_by(table.c.kind, table.c.category).order_by(table.c.kind, table.c.category))
    return [(row[0], row[1], int(row[2]), int(row[3]), int(row[4])) for row in rows]


def close_solved(conn: Conn, before_s: int, now_s: int) -> int:
    """Close what was solved, or waited for its caller in vain, since before an instant; how many that were."""
    idle = and_(table.c.state.in_((SOLVED, WAITING)), table.c.touched_s < before_s)
    return conn.execute(update(table).where(idle).values(state=CLOSED, touched_s=now_s, left_s=None)).rowcount


def forget_closed(conn: Conn, before_s: int) -> int:
    """Forget tickets that were closed before an instant, with what was written about them; how many that were."""
    old = and_(table.c.state == CLOSED, table.c.touched_s < before_s)
    conn.execute(delete(message_table).where(message_table.c.ticket_id.in_(select(table.c.id).where(old))))
    return conn.execute(delete(table).where(old)).rowcount


def changed_replies(conn: Conn) -> Mapping[tuple[str, str], tuple[str, str]]:
    """The canned replies that operators have changed: title and text by key and language."""
    rows = conn.execute(select(canned_reply))
    return {(row.key, row.language): (row.title, row.text) for row in rows}


def put_reply(conn: Conn, key: str, language: str, title: str, text: str, now_s: int) -> None:
    """Keep a canned reply as an operator has changed it."""
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    values = {"title": title, "text": text, "changed_s": now_s}
    statement = make(canned_reply).values(key=key, language=language, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["key", "language"], set_=values))


def _has(text: str) -> ColumnElement[bool]:
    columns = table.c.number, table.c.subject, table.c.name, table.c.email, table.c.reference
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def _found(conn: Conn, query: object) -> list[Ticket]:
    return [Ticket(**row) for row in conn.execute(query).mappings()]  # type: ignore[call-overload]
