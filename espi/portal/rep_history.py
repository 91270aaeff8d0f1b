"""A new REP asks for the days before its first one: a page to ask for many ESIIDs, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, request

from espi.errors import BadInput, Conflict, NotFound
from espi.intake.market.history import ask_history
from espi.portal import rep_words, words
from espi.portal.language import say
from espi.portal.moments import moment
from espi.portal.session import principal
from espi.store import history_requests
from espi.store.history_requests import HistoryRequest
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Database

pages = Blueprint("rep_history", __name__, url_prefix="/rep/history")

ON_A_PAGE = 50
MOST = 100


@dataclass(frozen=True)
class Outcome:
    """What became of one ESIID. good: whether there are days now that were closed before."""

    esiid: str
    said: str
    good: bool


@pages.get("")
def overview() -> Response:
    """The form, the limits, and what was asked before."""
    return _page()


@pages.post("")
def ask() -> Response:
    """Ask for each ESIID of a list by itself: one that is refused keeps no other back."""
    text = request.form.get("esiids", "")
    try:
        esiids = _listed(text)
    except BadInput as err:
        return _page(text=text, refused=say(err.public), status=400)
    return _page(outcomes=[_asked(site().database, each) for each in esiids])


def _listed(text: str) -> list[str]:
    esiids = rep_words.esiids_in(text)
    if not 1 <= len(esiids) <= MOST:
        raise BadInput("Give 1 to 100 ESIIDs at a time.")
    return esiids


def _asked(database: Database, esiid: str) -> Outcome:
    try:
        with database.write() as conn:
            since, until = ask_history(conn, principal(), esiid, settings=site().settings)
    except NotFound:
        return Outcome(
            esiid, say("You do not serve it today. Check the number, and from which day it is yours."), False
        )
    except Conflict:
        said = say("There is no history: whoever lives there now moved in on your first day or later.")
        return Outcome(esiid, said, False)
    return Outcome(esiid, _opened(since, until), True)


def _opened(since: int, until: int) -> str:
    return say(
        "Asked for %(first)s to %(last)s. The list below says which of these days are open to you.",
        first=words.day(since, "medium"),
        last=words.day(until - 1, "medium"),
    )


def _page(*, text: str = "", refused: str = "", outcomes: list[Outcome] | None = None, status: int = 200) -> Response:
    with site().database.read() as conn:
        own, reach = rep_words.desk(conn, "history requests")
        found = history_requests.requests_of(conn, reach, own.id, before=_place(), limit=ON_A_PAGE + 1)
    shown = found[:ON_A_PAGE]
    page = render_template(
        "rep_history.html",
        text=text,
        refused=refused,
        outcomes=outcomes or [],
        rows=[_row(each) for each in shown],
        next=f"{shown[-1].asked_s}.{shown[-1].usage_point_id}" if len(found) > ON_A_PAGE else "",
        months=site().settings.rep_history_months,
        months_commercial=site().settings.rep_history_months_commercial,
    )
    return Response(page, status)


def _place() -> tuple[int, int] | None:
    asked_s, _, point = request.args.get("before", "").partition(".")
    return (int(asked_s[:12]), int(point[:9])) if asked_s.isdecimal() and point.isdecimal() else None


def _row(each: HistoryRequest) -> dict[str, object]:
    is_open = each.until_day > 0
    return {
        "path_id": each.path_id,
        "esiid": each.esiid,
        "asked": moment(each.asked_s),
        "open": is_open,
        "date": words.iso(each.until_day - 1) if is_open else "",
        "first": words.day(each.from_day, "medium") if is_open else "",
        "last": words.day(each.until_day - 1, "medium") if is_open else "",
    }
