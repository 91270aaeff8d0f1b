"""People who see my home: inviting joint holders and friends, who there are, and the page of the answer.

Who is invited proves by the link that the mail address is his, and then logs in, or makes an account of his own there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, g, render_template, request, url_for

from espi import access, sharing
from espi.access import Role
from espi.clock import DAY_S, FOREVER, parse_day
from espi.errors import BadInput
from espi.portal import customer, session, words
from espi.portal.choosing import ADDRESS, chosen_password, prove
from espi.portal.language import LANGUAGES, chosen, say
from espi.portal.moments import day_of, moment
from espi.portal.session import principal, redirected
from espi.sharing import holders, mails
from espi.store import accounts, audit, directory, holdings, parties, people
from espi.web.site import site

if TYPE_CHECKING:
    from espi.access import Principal
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.holdings import Holding
    from espi.store.reach import Reach

pages = Blueprint("holders", __name__, url_prefix="/people")

LONGEST_NAME = 60


@dataclass(frozen=True)
class Person:
    """Somebody who sees a home, or whose home it is. may, state: in words. on: he does. until: "" if it is open."""

    number: int
    name: str
    email: str
    kind: str
    may: str
    state: str
    on: bool
    waits: bool
    since: str
    until: str
    home: str
    over: bool


@pages.get("")
def overview() -> Response:
    """Who sees the reader's homes, whose homes he sees, and the form to let somebody in."""
    return _page()


@pages.post("")
def invite() -> Response:
    """Mail an invitation."""
    here, me = site(), principal()
    try:
        prove()
        with here.database.write() as conn:
            holders.invite(conn, me, _asked(_home(conn, me)), here.settings)
    except BadInput as err:
        return _page(say(err.public))
    return redirected(url_for("holders.overview", told="invited"))


@pages.post("/<int(max=999999999999999):number>/end")
def end(number: int) -> Response:
    """End it at once, by either of the two."""
    here, me = site(), principal()
    with here.database.write() as conn:
        found, by = holders.own(conn, me, number)
        holders.end(conn, found, by, settings=here.settings, actor=str(me))
    return redirected(url_for("holders.overview", told="left" if by == holders.BY_GUEST else "ended"))


@pages.get("/answer/<link>")
def show(link: str) -> Response:
    """The page behind the link. Looking at it does not use the link up."""
    with site().database.read() as conn:
        return _answer_page(conn, holders.by_link(conn, link, site().settings))


@pages.post("/answer/<link>")
def answer(link: str) -> Response:
    """Say no, or yes as whoever is logged in, or yes with an account that is made now."""
    here, wanted = site(), request.form.get("answer", "")
    try:
        with here.database.write() as conn:
            found = holders.by_link(conn, link, here.settings)
            token = _do(conn, found, wanted)
    except BadInput as err:
        with here.database.read() as conn:
            return _answer_page(conn, holders.by_link(conn, link, here.settings), say(err.public))
    if wanted == "no":
        lines = [say("You said no. Nothing is shown to you, and %(name)s is told so.", name=found.giver)]
        return Response(render_template("told.html", title=say("Thank you"), lines=lines))
    home = redirected(url_for("customer.home"))
    return session.with_new_session(home, token) if token else home


def _do(conn: Conn, found: Holding, wanted: str) -> str:
    """Do what was answered; the token of a new account's session, "" where none was made."""
    if wanted == "no":
        holders.refuse(conn, found, site().settings)
    elif wanted == "yes" and g.login is not None:
        holders.accept(conn, found, principal(), site().settings)
    elif wanted == "make" and g.login is None:
        return _make(conn, found)
    else:
        raise BadInput(say("Say yes or no."))
    return ""


def _asked(home_id: int) -> holders.Asked:
    """What the form says."""
    given = {name: " ".join(request.form.get(name, "").split()) for name in ("giver", "name")}
    if not all(text and len(text) <= LONGEST_NAME and text.isprintable() for text in given.values()):
        raise BadInput(say("Give both names, yours and the person's, in 60 characters at most."))
    email, until = (request.form.get(name, "").strip() for name in ("email", "until"))
    if not ADDRESS.fullmatch(email) or len(email) > 254:
        raise BadInput(say("The mail address looks like name@example.com."))
    language = request.form.get("language", "")
    return holders.Asked(
        **given,
        email=email.casefold(),
        kind=request.form.get("kind", ""),
        home_id=home_id,
        last_day=parse_day(until) if until else None,
        downloads="downloads" in request.form,
        language=language if language in LANGUAGES else chosen(),
    )


def _make(conn: Conn, found: Holding) -> str:
    """The token of the first session of a new account, whose owner has no home of his own here."""
    name = " ".join(request.form.get("full_name", "").split())[:128]
    password = chosen_password(found.email, name)
    if accounts.account_named(conn, found.email):
        raise BadInput(say("There is an account with this mail address. Log in, and open the link again."))
    language = chosen()
    person = parties.add_customer(conn, name or found.name, "residential", language=language)
    login = people.add_login(
        conn, found.email, password, Role.customer, person, language=language, full_name=name, email=found.email
    )
    made = accounts.account(conn, login)
    guest = access.Principal(Role.customer, person, session.PASSWORD, made.name)
    audit.record(
        conn,
        at_s=site().now_s(),
        actor=str(guest),
        action="account:made",
        target=f"login {login}",
        rule="a link sent by mail",
        allowed=True,
    )
    holders.accept(conn, found, guest, site().settings)
    return session.begin(conn, made, session.PASSWORD)


def people_of(conn: Conn, reach: Reach, me: Principal) -> tuple[list[Person], list[Person]]:
    """Whom a customer lets in or did, and who lets him in; the newest first."""
    titles = {point.id: customer.title_of(point) for point in directory.usage_points(conn, reach)}
    given = [_person(one, titles, giver=True) for one in holdings.given(conn, me.id)]
    held = [_person(one, {}, giver=False) for one in holdings.held(conn, me.id)]
    return given, held


def _page(refused: str = "") -> Response:
    here, me = site(), principal()
    with here.database.read() as conn:
        reach = access.reach(conn, me, holders.ACTION, settings=here.settings, target="people")
        points = directory.usage_points(conn, reach)
        given, held = people_of(conn, reach, me)
        own = accounts.account(conn, session.login_id())
    page = render_template(
        "people.html",
        given=[one for one in given if not one.over],
        held=[one for one in held if one.on],
        ended=[one for one in given if one.over],
        homes=[(str(point.path_id), customer.title_of(point), point.esiid[-4:]) for point in points],
        own=own,
        form=request.form,
        refused=refused,
        told=_told(),
        longest=LONGEST_NAME,
        first_end=words.iso(day_of(here.now_s()) + 1),
        last_end=words.iso(day_of(sharing.end_after(here.now_s(), 12, mails.ZONE) - 1)),
    )
    return Response(page, 400 if refused else 200)


def _answer_page(conn: Conn, found: Holding, refused: str = "") -> Response:
    known = accounts.account_named(conn, found.email) is not None
    page = render_template(
        "people_answer.html",
        found=found,
        refused=refused,
        known=known,
        may=_may(found),
        until=_until(found),
        answer_by=words.day(day_of(found.answer_by_s - 1)),
        log_in=url_for("session.log_in_page", next=request.path),
        form=request.form,
    )
    return Response(page, 400 if refused else 200)


def _home(conn: Conn, me: Principal) -> int:
    """The usage point that was chosen, 0 for all."""
    wanted = request.form.get("home", "")
    if wanted == "every":
        return holdings.EVERY_HOME
    reach = access.reach(conn, me, holders.ACTION, settings=site().settings, target="people")
    found: dict[str, UsagePoint] = {str(point.path_id): point for point in directory.usage_points(conn, reach)}
    if wanted not in found:
        raise BadInput(say("Choose which home."))
    return found[wanted].id


def _person(one: Holding, titles: dict[int, str], *, giver: bool) -> Person:
    now_s = site().now_s()
    on, waits = one.lives(now_s), one.waits(now_s)
    home = say("all homes") if one.home_id == holdings.EVERY_HOME else titles.get(one.home_id, say("one home"))
    return Person(
        number=one.id,
        name=one.name if giver else one.giver,
        email=one.guest_login or one.email,
        kind=say("Joint holder") if one.joint else say("Friend"),
        may=_may(one),
        state=_state(one, on=on, waits=waits),
        on=on,
        waits=waits,
        since=words.day(day_of(one.accepted_s or one.made_s)),
        until=moment(one.ended_s) if one.ended_s else _until(one),
        home=home,
        over=not on and not waits,
    )


def _until(one: Holding) -> str:
    return "" if one.ends_s >= FOREVER * DAY_S else words.day(day_of(one.ends_s - 1))


def _may(one: Holding) -> str:
    if one.joint:
        return say("Look, download, ask the meter, and share with apps")
    return say("Look and download") if one.downloads else say("Look only")


def _state(one: Holding, *, on: bool, waits: bool) -> str:
    if on:
        return say("Sees it now")
    if waits:
        return say("Has not answered yet")
    said = {
        holders.BY_GIVER: say("Ended by who lives there"),
        holders.BY_GUEST: say("Ended by the person"),
        holders.BY_MOVE: say("Ended by moving out"),
        holders.BY_CLOSING: say("Ended when an account closed"),
    }
    return said.get(one.ended_by, say("Its time is over"))


def _told() -> str:
    said = {
        "invited": say("Sent. As soon as the person says yes, you get a mail and see it here."),
        "ended": say("Ended. From now on that person sees nothing of your home."),
        "left": say("Ended. You do not see that home any more."),
    }
    return said.get(request.args.get("told", ""), "")
