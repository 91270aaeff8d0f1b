"""The life of a ticket: opened, answered, waiting for its caller, solved. Its clock runs while it waits for us."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from espi.access import Principal
from espi.clock import DAY_S
from espi.config import Settings
from espi.errors import BadInput, Conflict, NotFound
from espi.helpdesk.outbox import post
from espi.store import audit, desk
from espi.store.database import transaction_of
from espi.store.desk import IN, NOTE, OPEN, OUT, SOLVED, WAITING, Ticket

if TYPE_CHECKING:
    from espi.store.database import Conn

PERSON = "person"
KINDS = ("customer", "rep", "third_party", "tdsp", "regulator", PERSON)
"""What a caller is: a role, or somebody without an account."""
CATEGORIES = ("account", "login", "password", "missing", "wrong", "sharing", "meter", "download", "api", "other")
MOST_LETTERS = 5000
HOUR_S = 3600
DEFAULT_HOURS = 48
CLOSED_AFTER_DAYS = 14
"""So long after it was solved, or after we asked something, a ticket is closed."""


@dataclass(frozen=True)
class Asked:
    """What somebody asks. kind: of `KINDS`. login_id: 0 for who has no account. by: who wrote it down for him."""

    kind: str
    subject: str
    text: str
    category: str = "other"
    login_id: int = 0
    name: str = ""
    email: str = ""
    language: str = "en"
    reference: str = ""
    by: str = ""


def open_ticket(conn: Conn, asked: Asked, *, settings: Settings, number: str = "") -> Ticket:
    """Open a ticket and tell its caller. `BadInput` where something is missing or too long."""
    text, subject = _written(asked.text), " ".join(asked.subject.split())[:200]
    if not subject or asked.category not in CATEGORIES or asked.kind not in KINDS:
        raise BadInput("Say in a few words what it is about, and choose what kind of question it is.")
    if not asked.login_id and "@" not in asked.email and not asked.by:
        raise BadInput("Give a mail address, so that we can answer.")
    now_s, target_s = settings.clock.now_s(), target_of(asked.kind, settings)
    drawn = number or desk.new_number()
    key = desk.add_ticket(
        conn,
        kind=asked.kind,
        login_id=asked.login_id,
        name=asked.name[:128],
        email=asked.email[:254],
        language=asked.language,
        category=asked.category,
        subject=subject,
        reference=asked.reference[:64],
        now_s=now_s,
        target_s=target_s,
        number=drawn,
    )
    desk.add_message(conn, key, IN, asked.by or asked.name or "caller", text, now_s)
    found = desk.ticket(conn, drawn)
    _post(conn, found, "opened", settings, hours=target_s // HOUR_S)
    _note(conn, asked.by or asked.name or asked.kind, "ticket:open", found, settings)
    return found


def write(conn: Conn, ticket: Ticket, author: str, text: str, *, settings: Settings) -> None:
    """The caller writes again: the ticket waits for us, and its clock runs on."""
    if ticket.state == desk.CLOSED:
        raise Conflict("This question is closed. Ask a new one.")
    now_s = settings.clock.now_s()
    desk.add_message(conn, ticket.id, IN, author, _written(text), now_s)
    changes: dict[str, object] = {"state": OPEN, "touched_s": now_s}
    if ticket.due_s is None:
        left = ticket.left_s if ticket.state == WAITING and ticket.left_s is not None else None
        changes |= {"due_s": now_s + (target_of(ticket.kind, settings) if left is None else left), "left_s": None}
    desk.change_ticket(conn, ticket.id, **changes)
    _note(conn, author, "ticket:write", ticket, settings)


def answer(
    conn: Conn, ticket: Ticket, operator: Principal, text: str, *, settings: Settings, solved: bool = False
) -> None:
    """The desk answers: the clock is paused until the caller writes; solved: nothing more is awaited of him."""
    if ticket.state == desk.CLOSED:
        raise Conflict("This question is closed. Open a new one for the caller.")
    now_s, said = settings.clock.now_s(), _written(text)
    desk.add_message(conn, ticket.id, OUT, operator.name, said, now_s)
    changes: dict[str, object] = {
        "state": SOLVED if solved else WAITING,
        "touched_s": now_s,
        "due_s": None,
        "left_s": None if solved else _left(ticket, now_s),
        "assigned": ticket.assigned or operator.name,
        "solved_s": now_s if solved else None,
    }
    if ticket.answered_s is None:
        changes["answered_s"] = now_s
    desk.change_ticket(conn, ticket.id, **changes)
    _post(conn, ticket, "answer", settings, text=said)
    _note(conn, str(operator), "ticket:answer", ticket, settings)


def note(conn: Conn, ticket: Ticket, operator: Principal, text: str, *, settings: Settings) -> None:
    """Write something that no caller sees."""
    desk.add_message(conn, ticket.id, NOTE, operator.name, _written(text), settings.clock.now_s())
    _note(conn, str(operator), "ticket:note", ticket, settings)


def assign(conn: Conn, ticket: Ticket, operator: Principal, to: str, *, settings: Settings) -> None:
    """Let somebody of the desk take care of a ticket; "": nobody."""
    desk.change_ticket(conn, ticket.id, assigned=to)
    _note(conn, str(operator), "ticket:assign", ticket, settings)


def solve(conn: Conn, ticket: Ticket, actor: str, *, settings: Settings) -> None:
    """Say that a ticket is solved: its caller may, and so may the desk."""
    now_s = settings.clock.now_s()
    changes = {"state": SOLVED, "touched_s": now_s, "due_s": None, "left_s": None, "solved_s": now_s}
    desk.change_ticket(conn, ticket.id, **changes)
    _note(conn, actor, "ticket:solve", ticket, settings)


def target_of(kind: str, settings: Settings) -> int:
    """Within how many seconds the desk means to solve a question of a kind of caller."""
    named = dict(each.partition("=")[::2] for each in settings.ticket_hours)
    return int(named.get(kind) or named.get(PERSON) or DEFAULT_HOURS) * HOUR_S


def link_of(conn: Conn, ticket: Ticket) -> str:
    """The secret part of the address under which a caller without an account reads his ticket."""
    key = transaction_of(conn).database.key_for("ticket links")
    return hmac.new(key, f"{ticket.number}/{ticket.email}".encode(), hashlib.sha256).hexdigest()[:40]


def by_link(conn: Conn, number: str, secret: str) -> Ticket:
    """The ticket of a number, for who has its link; else `NotFound`."""
    found = desk.ticket(conn, number)
    if found.login_id or not hmac.compare_digest(link_of(conn, found), secret):
        raise NotFound(detail=f"not the link of ticket {number}")
    return found


def tidy(conn: Conn, settings: Settings) -> tuple[int, int]:
    """Close what has rested, and forget what was closed long ago; how many of each."""
    now_s = settings.clock.now_s()
    closed = desk.close_solved(conn, now_s - CLOSED_AFTER_DAYS * DAY_S, now_s)
    return closed, desk.forget_closed(conn, now_s - settings.ticket_days * DAY_S)


def _left(ticket: Ticket, now_s: int) -> int:
    """What is left of the clock; less than nothing where it is over."""
    if ticket.due_s is None:
        return ticket.left_s or 0
    return ticket.due_s - now_s


def _post(conn: Conn, ticket: Ticket, kind: str, settings: Settings, **facts: Any) -> None:
    page = f"tickets/{ticket.number}" if ticket.login_id else f"tickets/{ticket.number}/{link_of(conn, ticket)}"
    link = f"{settings.base_url}/{page}"
    to = ticket.email, ticket.language
    post(conn, to, kind, settings, number=ticket.number, subject=ticket.subject, link=link, **facts)


def _written(text: str) -> str:
    said = text.replace("\r\n", "\n").strip()
    if not said:
        raise BadInput("Write something first.")
    if len(said) > MOST_LETTERS:
        raise BadInput("That is too long. Say it in fewer words.")
    return said


def _note(conn: Conn, actor: str, action: str, ticket: Ticket, settings: Settings) -> None:
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor=actor,
        action=action,
        target=f"ticket {ticket.number}",
        rule="espi.helpdesk",
        allowed=True,
    )
