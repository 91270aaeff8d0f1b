"""What the pages of the desk call things: callers, kinds of questions, states, and how long there is left."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g

from espi.clock import zone
from espi.portal import words
from espi.portal.language import count, say
from espi.sharing import mails
from espi.store import accounts, desk, staff
from espi.store.database import Conn
from espi.store.desk import CLOSED, IN, NOTE, OPEN, SOLVED, WAITING, Ticket

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


@dataclass(frozen=True)
class Line:
    """A ticket in a list, in the reader's words. late: its clock is over."""

    number: str
    subject: str
    kind: str
    category: str
    state: str
    clock: str
    late: bool
    touched: str
    assigned: str


@dataclass(frozen=True)
class Said:
    """A message in the reader's words. side: in, out or note."""

    who: str
    at: str
    text: str
    side: str


def line(ticket: Ticket, now_s: int) -> Line:
    """A ticket as lists show it."""
    return Line(
        number=ticket.number,
        subject=ticket.subject,
        kind=kinds().get(ticket.kind, ticket.kind),
        category=categories().get(ticket.category, ticket.category),
        state=states()[ticket.state],
        clock=clock(ticket, now_s),
        late=ticket.overdue(now_s),
        touched=moment(ticket.touched_s),
        assigned=ticket.assigned,
    )


def talk(conn: Conn, ticket: Ticket, *, notes: bool) -> list[Said]:
    """What was said about a ticket; to its caller, the desk is the desk, whoever wrote."""
    return [
        Said(
            who=_who(one, notes=notes),
            at=moment(one.at_s),
            text=one.text,
            side=one.kind,
        )
        for one in desk.messages(conn, ticket.id, notes=notes)
    ]


def _who(one: desk.Message, *, notes: bool) -> str:
    if one.kind == NOTE:
        return say("Note of %(who)s, not seen by the caller", who=one.author)
    if one.kind == IN:
        return one.author if notes else say("You")
    return say("Help desk (%(who)s)", who=one.author) if notes else say("Help desk")


def categories() -> dict[str, str]:
    """Kinds of questions."""
    return {
        "account": say("Making an account"),
        "login": say("Logging in"),
        "password": say("Changing the password"),
        "missing": say("Data is missing"),
        "wrong": say("Data looks wrong"),
        "sharing": say("Sharing with an app or company"),
        "meter": say("My meter, or moving"),
        "download": say("Downloads and files"),
        "api": say("API, feeds and file transfer"),
        "other": say("Something else"),
    }


def kinds() -> dict[str, str]:
    """Kinds of callers."""
    return {
        "customer": say("Customer"),
        "rep": say("Electric company (REP)"),
        "third_party": say("App or third party"),
        "tdsp": say("Utility (TDSP)"),
        "regulator": say("Regulator"),
        "operator": say("Operator"),
        "person": say("Person without an account"),
    }


def states() -> dict[str, str]:
    """States of tickets."""
    return {
        OPEN: say("Waits for us"),
        WAITING: say("Waits for the caller"),
        SOLVED: say("Solved"),
        CLOSED: say("Closed"),
    }


def clock(ticket: Ticket, now_s: int) -> str:
    """How long the desk has, or that its clock stands."""
    if ticket.state in {SOLVED, CLOSED}:
        return states()[ticket.state]
    if ticket.due_s is None:
        return say("Paused: waits for the caller")
    if ticket.due_s <= now_s:
        return say("Overdue by %(time)s", time=span(now_s - ticket.due_s))
    return say("Due in %(time)s", time=span(ticket.due_s - now_s))


def span(seconds: int) -> str:
    """A length of time in its largest unit."""
    if seconds >= 2 * DAY_S:
        return count("%(num)s day", "%(num)s days", seconds // DAY_S)
    if seconds >= HOUR_S:
        return count("%(num)s hour", "%(num)s hours", seconds // HOUR_S)
    return count("%(num)s minute", "%(num)s minutes", max(1, seconds // MINUTE_S))


def moment(instant: int) -> str:
    """A day and time on the wall clock."""
    where = zone(mails.ZONE)
    return f"{words.day(where.day_of(instant), 'medium')}, {words.time_of_day(where, instant)}"


def login_id() -> int:
    """The reader's login; 0 for nobody's."""
    return int(g.login.id) if g.get("login") else 0


def own_address(conn: Conn) -> str:
    """Where the reader gets mail; "" if that is not known."""
    if not login_id():
        return ""
    found = accounts.account(conn, login_id())
    return found.email or (found.name if "@" in found.name else "")


def operators(conn: Conn) -> list[str]:
    """Who works at the desk."""
    return [each.name for each in staff.logins(conn, role="operator") if not each.disabled]
