"""Who works at a company's desk: its users, what each may do, and whom it invited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, request, url_for

from espi import access
from espi.access import Position
from espi.errors import BadInput, Conflict
from espi.helpdesk import colleagues
from espi.portal import desk_words
from espi.portal.company_desk import Company, company, tabs
from espi.portal.language import LANGUAGES, chosen, say
from espi.portal.session import redirected
from espi.store import companies
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn

pages = Blueprint("company_users", __name__, url_prefix="/company/users")


@pages.get("")
def overview() -> Response:
    """The users, whom was asked to come, and the form that invites."""
    with site().database.read() as conn:
        return Response(_page(conn, company(conn)))


@pages.post("")
def invite() -> Response:
    """Ask a colleague by mail."""
    form, here = request.form, site()
    language = form.get("language", "")
    with here.database.write() as conn:
        own = company(conn, "colleague:manage")
        try:
            colleagues.invite(
                conn,
                own.who,
                form.get("email", ""),
                form.get("position", ""),
                company=own.name,
                language=language if language in LANGUAGES else chosen(),
                settings=here.settings,
            )
        except BadInput as wrong:
            return Response(_page(conn, own, refused=say(wrong.public)), 400)
    return redirected(url_for("company_users.overview", told="invited"))


@pages.post("/withdraw")
def withdraw() -> Response:
    """Take an invitation back."""
    with site().database.write() as conn:
        own = company(conn, "colleague:manage")
        colleagues.withdraw(conn, own.who, request.form.get("invited", 0, int), settings=site().settings)
    return redirected(url_for("company_users.overview", told="withdrawn"))


@pages.post("/change")
def change() -> Response:
    """Give a user another position, or end his login."""
    form, settings = request.form, site().settings
    key, ends = form.get("login", 0, int), form.get("what") == "end"
    with site().database.write() as conn:
        own = company(conn, "colleague:manage")
        try:
            if ends:
                colleagues.end(conn, own.who, key, settings=settings)
            else:
                colleagues.change(conn, own.who, key, form.get("position", ""), settings=settings)
        except (BadInput, Conflict) as wrong:
            return Response(_page(conn, own, refused=say(wrong.public)), wrong.status)
    return redirected(url_for("company_users.overview", told="ended" if ends else "changed"))


def positions() -> dict[str, str]:
    """What a position is called."""
    return {
        Position.administrator: say("Administrator"),
        Position.developer: say("Developer"),
        Position.viewer: say("Viewer"),
    }


def _page(conn: Conn, own: Company, refused: str = "") -> str:
    names = positions()
    rows = [
        {
            "id": each.id,
            "name": each.full_name or each.name,
            "login": each.name,
            "email": each.email if each.email != each.name else "",
            "position": colleagues.position_of(each),
            "position_name": names[colleagues.position_of(each)],
            "second_factor": each.second_factor,
            "seen": desk_words.moment(each.used_s) if each.used_s else "",
            "me": each.name == own.who.name,
        }
        for each in companies.colleagues(conn, own.role, own.who.id)
    ]
    waiting = [
        {
            "id": each.id,
            "email": each.email,
            "position": names[each.position],
            "by": each.invited_by,
            "until": desk_words.moment(each.expires_s),
        }
        for each in companies.invited(conn, own.role, own.who.id, site().now_s())
    ]
    return render_template(
        "company_users.html",
        company=own,
        tabs=tabs("company_users.overview"),
        users=rows,
        waiting=waiting,
        positions=[(key, name, _may(key)) for key, name in names.items()],
        manages=access.may(own.who, "colleague:manage"),
        languages_known=LANGUAGES,
        needs_code=access.needs_second_factor(own.role),
        refused=refused,
        given=request.form,
        told=_told(),
    )


def _may(position: str) -> str:
    """What a position may do, in a sentence."""
    return {
        Position.administrator: say("All of it: also users, and appeals."),
        Position.developer: say("Keys, addresses, sending again and acting for the company; not users."),
        Position.viewer: say("Looks at everything and changes nothing."),
    }[Position(position)]


def _told() -> str:
    said = {
        "invited": say("The invitation is on its way by mail. It works for seven days."),
        "withdrawn": say("The invitation does not work any more."),
        "changed": say("Changed. It counts at once, and your colleague gets a mail."),
        "ended": say("That login has ended, and all its sessions with it. Your colleague gets a mail."),
    }
    return said.get(request.args.get("told", ""), "")
