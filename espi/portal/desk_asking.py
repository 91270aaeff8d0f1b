"""Asking the help desk: a form for everybody, and each caller's own questions with what was answered."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, render_template, request, url_for

from espi import access
from espi.errors import BadInput, NotFound
from espi.helpdesk import tickets
from espi.portal import desk_words
from espi.portal.language import chosen, say
from espi.portal.session import principal, redirected
from espi.store import desk, quotas
from espi.store.database import Conn
from espi.store.desk import Ticket
from espi.web.site import site

pages = Blueprint("desk_asking", __name__)

HOUR_S = 3600


@pages.get("/contact")
def form() -> Response:
    """The form; for whoever is logged in without questions about who he is."""
    return _form({"reference": request.args.get("reference", "")})


@pages.post("/contact")
def send() -> Response:
    """Open a ticket. Whoever fills in the field that people do not see is thanked and forgotten."""
    given = {name: request.form.get(name, "") for name in ("category", "subject", "text", "name", "email", "reference")}
    if request.form.get("website"):
        return _thanked("")
    try:
        with site().database.write() as conn:
            _count(conn)
            opened = tickets.open_ticket(conn, _asked(conn, given), settings=site().settings)
    except BadInput as wrong:
        return _form(given, wrong.public)
    if opened.login_id:
        return redirected(url_for("desk_asking.one", number=opened.number, told="sent"))
    return _thanked(opened.number)


@pages.get("/tickets")
def own() -> Response:
    """The reader's own questions."""
    with site().database.read() as conn:
        access.require(conn, principal(), "ticket:open", settings=site().settings, target="own tickets")
        found = desk.tickets_of(conn, desk_words.login_id())
    now_s = site().now_s()
    return Response(render_template("desk_own.html", tickets=[desk_words.line(each, now_s) for each in found]))


@pages.get("/tickets/<number>")
def one(number: str) -> Response:
    """One of them."""
    with site().database.read() as conn:
        return _shown(conn, _own(conn, number), "")


@pages.post("/tickets/<number>")
def reply(number: str) -> Response:
    """Write again, or say that it is solved."""
    with site().database.write() as conn:
        _write(conn, _own(conn, number), str(g.login.name))
    return redirected(url_for("desk_asking.one", number=number, told="sent"))


@pages.get("/tickets/<number>/<secret>")
def by_link(number: str, secret: str) -> Response:
    """The question of somebody without an account, behind the link in his mail."""
    with site().database.read() as conn:
        return _shown(conn, tickets.by_link(conn, number, secret), secret)


@pages.post("/tickets/<number>/<secret>")
def reply_by_link(number: str, secret: str) -> Response:
    """He writes again."""
    with site().database.write() as conn:
        found = tickets.by_link(conn, number, secret)
        _write(conn, found, found.name or found.email)
    return redirected(url_for("desk_asking.by_link", number=number, secret=secret, told="sent"))


def _form(given: dict[str, str], refused: str = "") -> Response:
    page = render_template("desk_ask.html", given=given, refused=refused, categories=desk_words.categories())
    return Response(page, 400 if refused else 200)


def _thanked(number: str) -> Response:
    return Response(render_template("desk_thanks.html", number=number))


def _asked(conn: Conn, given: dict[str, str]) -> tickets.Asked:
    """What was asked, of who is logged in or of somebody with a mail address."""
    own = desk_words.login_id()
    return tickets.Asked(
        kind=str(g.login.role) if own else tickets.PERSON,
        subject=given["subject"],
        text=given["text"],
        category=given["category"],
        login_id=own,
        name=str(g.login.name) if own else given["name"].strip(),
        email=desk_words.own_address(conn) if own else given["email"].strip(),
        language=chosen(),
        reference=given["reference"].strip(),
    )


def _count(conn: Conn) -> None:
    """Let nobody flood the desk: from one address come so many questions an hour."""
    now_s, most = site().now_s(), site().settings.tickets_an_hour
    who = f"login/{desk_words.login_id()}" if desk_words.login_id() else str(request.remote_addr)
    if quotas.add_use(conn, f"ticket/{who}", now_s - now_s % HOUR_S) > most > 0:
        abort(429, say("Too many questions came from here within an hour. Wait a little, or call us."))


def _own(conn: Conn, number: str) -> Ticket:
    access.require(conn, principal(), "ticket:open", settings=site().settings, target=f"ticket {number}")
    found = desk.ticket(conn, number)
    if found.login_id != desk_words.login_id():
        raise NotFound(detail=f"ticket {number} is another's")
    return found


def _write(conn: Conn, ticket: Ticket, author: str) -> None:
    if request.form.get("solved"):
        tickets.solve(conn, ticket, author, settings=site().settings)
    else:
        tickets.write(conn, ticket, author, request.form.get("text", ""), settings=site().settings)


def _shown(conn: Conn, ticket: Ticket, secret: str) -> Response:
    page = render_template(
        "desk_ticket.html",
        ticket=desk_words.line(ticket, site().now_s()),
        open=ticket.state != desk.CLOSED,
        solved=ticket.state in {desk.SOLVED, desk.CLOSED},
        messages=desk_words.talk(conn, ticket, notes=False),
        secret=secret,
        told=say("Sent. We answer as soon as we can.") if request.args.get("told") else "",
    )
    return Response(page)
