"""Tokens for a customer's own programs: made in a minute, shown once, listed with their last use, ended at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, g, render_template, request, url_for

from espi import access, sharing
from espi.errors import BadInput, EspiError, NotFound
from espi.portal import customer, own_recipes, words
from espi.portal.language import say
from espi.portal.moments import day_of, moment
from espi.portal.session import principal, redirected
from espi.sharing import own
from espi.store import access_log, directory, grants, people
from espi.store.third_parties import own_program
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.grants import Authorization
    from espi.store.reach import Reach

pages = Blueprint("own_tokens", __name__, url_prefix="/own-tokens")


@dataclass(frozen=True)
class Shown:
    """A token in the list. state: in words. on: it lives. last: when it was last used."""

    path_id: int
    name: str
    state: str
    on: bool
    made: str
    until: str
    last: str
    meters: str


class WrongPassword(BadInput):
    """The password that a token is made with was not right."""

    public = "That password is not right. Nothing was made. Try again."


@pages.get("")
def overview() -> Response:
    """The tokens that there are, and the form to make one."""
    return _page()


@pages.post("")
def make() -> Response:
    """Make a token, if the password is right, and show it this once with lines to copy."""
    here = site()
    try:
        _step_up(request.form.get("password", ""))
        with here.database.write() as conn:
            aim = "own token"
            reach = access.reach(conn, principal(), "token:make", settings=here.settings, target=aim)
            points = _chosen(directory.usage_points(conn, reach))
            name, months = request.form.get("name", ""), request.form.get("months", 0, int)
            made = own.make(conn, principal(), name, points, months, here.settings)
    except BadInput as err:
        return _page(refused=err)
    page = render_template(
        "own_token_made.html",
        name=request.form.get("name", ""),
        token=made.text,
        until=words.day(day_of(made.ends_s - 1)),
        recipes=own_recipes.lines(here.settings, made.text, made.subscription_path_id, points[0].path_id),
        home_assistant=own_recipes.home_assistant(here.settings, made.text, points[0].path_id),
    )
    answer = Response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.post("/<int(max=999999999999999):path_id>/end")
def end(path_id: int) -> Response:
    """End one token at once."""
    here = site()
    with here.database.write() as conn:
        reach = access.reach(conn, principal(), "grant:revoke", settings=here.settings, target="own token")
        found = next((one for one in _own(conn, reach) if one.path_id == path_id), None)
        if found is None:
            raise NotFound(detail=f"{principal()} has no token {path_id}")
        sharing.end(conn, found, "customer", settings=here.settings, actor=principal())
    return redirected(url_for("own_tokens.overview", told="ended"))


def _step_up(password: str) -> None:
    """Make sure that it is the customer who sits there; wrong passwords count as they do when logging in."""
    here, name = site(), str(g.login.name)
    with here.database.read() as conn:
        attempt = people.try_password(conn, name, password)
    with here.database.write() as conn:
        right = people.settle(conn, attempt, here.now_s()) is not None
    if not right:
        raise WrongPassword


def _chosen(points: list[UsagePoint]) -> list[UsagePoint]:
    ticked = set(request.form.getlist("usage_point"))
    found = [point for point in points if str(point.path_id) in ticked]
    if not found:
        raise BadInput("Choose at least one meter.")
    return found


def _own(conn: Conn, reach: Reach) -> list[Authorization]:
    return [one for one in grants.authorizations(conn, reach, customer_id=principal().id) if own_program(one.terms)]


def _page(*, refused: EspiError | None = None) -> Response:
    here = site()
    with here.database.read() as conn:
        reach = access.reach(conn, principal(), "access-log:read", settings=here.settings, target="own tokens")
        every = directory.usage_points(conn, reach)
        found = [_shown(conn, reach, one, every) for one in reversed(_own(conn, reach))]
        today = access.reach(conn, principal(), "token:make", settings=here.settings, target="own token")
        points = directory.usage_points(conn, today)
    page = render_template(
        "own_tokens.html",
        live=[one for one in found if one.on],
        ended=[one for one in found if not one.on],
        points=[(str(point.path_id), customer.title_of(point), point.esiid[-4:]) for point in points],
        months=own.MONTHS,
        longest=own.LONGEST_NAME,
        form=request.form,
        chosen_months=request.form.get("months", own.MONTHS[-1], int),
        refused=say(refused.public) if refused else "",
        told=say("Ended. From now on that token opens nothing.") if request.args.get("told") == "ended" else "",
    )
    return Response(page, 400 if refused else 200)


def _shown(conn: Conn, reach: Reach, one: Authorization, points: list[UsagePoint]) -> Shown:
    on = one.status == grants.ACTIVE and one.ends_s > site().now_s()
    last = access_log.last_read(conn, reach, one.id)
    said = {"customer": say("You ended it"), "move_out": say("It ended when you moved"), "operator": say("We ended it")}
    ended_s = one.ends_s if on or one.ended_by == "expired" else one.updated_s
    return Shown(
        path_id=one.path_id,
        name=own_program(one.terms),
        state=say("Works") if on else said.get(one.ended_by, say("Its time is over")),
        on=on,
        made=words.day(day_of(one.starts_s)),
        until=words.day(day_of(ended_s - 1)),
        last=moment(last) if last is not None else say("never yet"),
        meters=", ".join(customer.title_of(point) for point in points if point.id in one.usage_points),
    )
