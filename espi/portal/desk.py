"""The help desk's own pages: the queue by its clock, a ticket with answers and notes, canned replies."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from espi import access, helpdesk
from espi.errors import BadInput
from espi.portal import desk_words
from espi.portal.language import LANGUAGES, say
from espi.portal.session import principal, redirected
from espi.store import desk
from espi.store.database import Conn
from espi.web.site import site

pages = Blueprint("desk", __name__, url_prefix="/desk")

MINE = "mine"


@pages.get("")
def queue() -> Response:
    """The tickets, those first that are due first."""
    asked = {name: request.args.get(name, "") for name in ("state", "kind", "who", "text")}
    states: tuple[str, ...] = (asked["state"],) if asked["state"] in desk.STATES else (desk.OPEN, desk.WAITING)
    if asked["text"] and not asked["state"]:
        states = desk.STATES
    with site().database.read() as conn:
        _require(conn, "the queue of tickets")
        assigned = principal().name if asked["who"] == MINE else ""
        found = desk.queue(conn, states=states, kind=asked["kind"], assigned=assigned, text=asked["text"].strip())
        counts = desk.counts(conn, site().now_s())
    page = render_template(
        "desk.html",
        tickets=[desk_words.line(each, site().now_s()) for each in found],
        counts=counts,
        asked=asked,
        states=desk_words.states(),
        kinds=_callers(),
    )
    return Response(page)


@pages.post("/new")
def new() -> Response:
    """Write down what somebody asks by phone."""
    form = request.form
    with site().database.write() as conn:
        _require(conn, "a ticket by phone")
        asked = helpdesk.Asked(
            kind=form.get("kind", ""),
            subject=form.get("subject", ""),
            text=form.get("text", ""),
            category=form.get("category", "other"),
            name=form.get("name", "").strip(),
            email=form.get("email", "").strip(),
            language=form.get("language", "en") if form.get("language") in LANGUAGES else "en",
            by=principal().name,
        )
        opened = helpdesk.open_ticket(conn, asked, settings=site().settings)
    return redirected(url_for("desk.ticket", number=opened.number))


@pages.get("/tickets/<number>")
def ticket(number: str) -> Response:
    """A ticket, whole."""
    with site().database.read() as conn:
        _require(conn, f"ticket {number}")
        found = desk.ticket(conn, number)
        page = render_template(
            "desk_answer.html",
            ticket=desk_words.line(found, site().now_s()),
            row=found,
            opened=desk_words.moment(found.opened_s),
            tongue=LANGUAGES.get(found.language, found.language),
            messages=desk_words.talk(conn, found, notes=True),
            replies=helpdesk.replies(conn, found.language),
            chosen=_chosen(conn, found.language),
            operators=desk_words.operators(conn),
            over=found.state == desk.CLOSED,
        )
    return Response(page)


@pages.post("/tickets/<number>")
def act(number: str) -> Response:
    """Answer, note, assign, or say that it is solved."""
    form, here = request.form, site()
    with here.database.write() as conn:
        _require(conn, f"ticket {number}")
        found, who = desk.ticket(conn, number), principal()
        what = form.get("what", "")
        if what in {"answer", "last"}:
            helpdesk.answer(conn, found, who, form.get("text", ""), settings=here.settings, solved=what == "last")
        elif what == "note":
            helpdesk.note(conn, found, who, form.get("text", ""), settings=here.settings)
        elif what == "solve":
            helpdesk.solve(conn, found, str(who), settings=here.settings)
        elif what == "assign" and form.get("to", "") in {"", *desk_words.operators(conn)}:
            helpdesk.assign(conn, found, who, form.get("to", ""), settings=here.settings)
        else:
            raise BadInput("Choose what to do with the ticket.")
    return redirected(url_for("desk.ticket", number=number))


@pages.get("/replies")
def replies() -> Response:
    """The canned replies in both languages."""
    with site().database.read() as conn:
        _require(conn, "canned replies")
        found = helpdesk.replies(conn)
    told = say("Changed.") if request.args.get("told") else ""
    return Response(render_template("desk_replies.html", replies=found, names=LANGUAGES, told=told))


@pages.post("/replies")
def change_reply() -> Response:
    """Keep other words for one of them."""
    key, language = request.form.get("key", ""), request.form.get("language", "")
    title, text = request.form.get("title", "").strip(), request.form.get("text", "").strip()
    if (key, language) not in {(each.key, each.language) for each in helpdesk.REPLIES}:
        raise BadInput("There is no such reply.")
    if not title or not text:
        raise BadInput("Write something first.")
    with site().database.write() as conn:
        _require(conn, f"canned reply {key} in {language}")
        desk.put_reply(conn, key, language, title[:128], text[:5000], site().now_s())
    return redirected(url_for("desk.replies", told="changed"))


def _chosen(conn: Conn, language: str) -> str:
    """The words of the canned reply that was asked for."""
    asked = request.args.get("reply", "")
    return next((each.text for each in helpdesk.replies(conn, language) if each.key == asked), "")


def _callers() -> dict[str, str]:
    return {kind: name for kind, name in desk_words.kinds().items() if kind in helpdesk.KINDS}


def _require(conn: Conn, target: str) -> None:
    access.require(conn, principal(), "ticket:answer", settings=site().settings, target=target)
