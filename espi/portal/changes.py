"""Change requests: a public list with how each stands; companies write, utilities vote, regulator or operator decides.

Nothing of a person is shown, only what companies are called.
"""

from __future__ import annotations

import datetime as dt

from feedgen.feed import FeedGenerator
from flask import Blueprint, Response, g, render_template, request, url_for

from espi import access
from espi.errors import BadInput
from espi.helpdesk import change_control
from espi.helpdesk.change_control import DECIDE, OTHERS, USUAL_DAYS, VOTE, WRITE, Written
from espi.portal import desk_words
from espi.portal.language import chosen, say
from espi.portal.session import principal, redirected
from espi.store import change_requests as stored
from espi.store.change_requests import (
    ABSTAIN,
    ACCEPTED,
    DONE,
    NO,
    OPEN,
    REJECTED,
    STATES,
    VOTING,
    WITHDRAWN,
    YES,
    Request,
)
from espi.store.database import Conn
from espi.web.site import site

pages = Blueprint("changes", __name__)

ONE = "/change-requests/<int(max=999999999):request_id>"
FEED_LENGTH = 30
NEW = ("title", "need", "wish", "impact")


@pages.get("/change-requests")
def overview() -> Response:
    """All requests, those that changed last first; of one state where it is asked for."""
    state = request.args.get("state", "")
    if state not in {"", *STATES}:
        raise BadInput("Choose a state from the list.")
    with site().database.read() as conn:
        every = stored.requests(conn)
        found = [_line(conn, each) for each in every if state in {"", each.state}]
    counts = {each: sum(one.state == each for one in every) for each in STATES}
    page = render_template(
        "changes.html", requests=found, states=states(), counts=counts, state=state, writes=_may(WRITE), told=_told()
    )
    return Response(page)


@pages.get("/change-requests.atom")
def atom() -> Response:
    """The requests that changed last as Atom (RFC 4287)."""
    with site().database.read() as conn:
        found = stored.requests(conn, limit=FEED_LENGTH)
    base, feed = site().settings.base_url, FeedGenerator()
    feed.id(f"{base}/change-requests")
    feed.title(say("Change requests: your energy data"))
    feed.language(chosen())
    feed.link(href=f"{base}/change-requests", rel="alternate")
    feed.link(href=f"{base}{request.path}", rel="self")
    feed.author(name=say("Your energy data"))
    feed.generator("espi")
    feed.updated(_utc(max((each.changed_s for each in found), default=0)))
    for each in found:
        entry = feed.add_entry(order="append")
        entry.id(f"urn:uuid:{each.uuid}")
        entry.title(f"{each.number}: {each.title} ({states()[each.state]})")
        entry.link(href=f"{base}/change-requests/{each.id}", rel="alternate")
        entry.author(name=named(each.company))
        entry.content(each.reason or each.need, type="text")
        entry.category(term=each.state, label=states()[each.state])
        entry.published(_utc(each.submitted_s))
        entry.updated(_utc(each.changed_s))
    return Response(feed.atom_str(pretty=True), content_type="application/atom+xml; charset=utf-8")


@pages.get("/change-requests/new")
def write() -> Response:
    """The form of a new request."""
    return Response(render_template("change_form.html", given={}, refused=""))


@pages.post("/change-requests/new")
def submit() -> Response:
    """Put it on the list, or say what is missing."""
    given = {name: request.form.get(name, "") for name in NEW}
    try:
        with site().database.write() as conn:
            made = change_control.submit(
                conn, Written(**given), settings=site().settings, actor=principal(), login_id=desk_words.login_id()
            )
    except BadInput as wrong:
        return Response(render_template("change_form.html", given=given, refused=say(wrong.public)), 400)
    return redirected(url_for("changes.one", request_id=made.id, told="new"))


@pages.get(ONE)
def one(request_id: int) -> Response:
    """A request: what is wished, what was written about it, how the utilities voted, and what came of it."""
    with site().database.read() as conn:
        found = stored.request(conn, request_id)
        return Response(_page(conn, found))


@pages.post(f"{ONE}/comment")
def comment(request_id: int) -> Response:
    """Write about it."""
    with site().database.write() as conn:
        found = stored.request(conn, request_id)
        text, login = request.form.get("text", ""), desk_words.login_id()
        change_control.comment(conn, found, text, settings=site().settings, actor=principal(), login_id=login)
    return redirected(url_for("changes.one", request_id=request_id, told="comment"))


@pages.post(f"{ONE}/withdraw")
def withdraw(request_id: int) -> Response:
    """Take it back."""
    with site().database.write() as conn:
        change_control.withdraw(conn, stored.request(conn, request_id), settings=site().settings, actor=principal())
    return redirected(url_for("changes.one", request_id=request_id, told="withdrawn"))


@pages.post(f"{ONE}/vote")
def vote(request_id: int) -> Response:
    """The vote of the reader's utility."""
    choice, reason = request.form.get("choice", ""), request.form.get("reason", "")
    with site().database.write() as conn:
        found = stored.request(conn, request_id)
        login = desk_words.login_id()
        change_control.vote(conn, found, choice, reason, settings=site().settings, actor=principal(), login_id=login)
    return redirected(url_for("changes.one", request_id=request_id, told="vote"))


@pages.post(f"{ONE}/call")
def call(request_id: int) -> Response:
    """Ask the utilities to vote."""
    days = request.form.get("days", 0, int)
    with site().database.write() as conn:
        found = stored.request(conn, request_id)
        change_control.call_vote(conn, found, days, settings=site().settings, actor=principal())
    return redirected(url_for("changes.one", request_id=request_id, told="called"))


@pages.post(f"{ONE}/decide")
def decide(request_id: int) -> Response:
    """Accept or reject it, or say that it is made."""
    state, reason = request.form.get("state", ""), request.form.get("reason", "")
    with site().database.write() as conn:
        found = stored.request(conn, request_id)
        change_control.decide(conn, found, state, reason, settings=site().settings, actor=principal())
    return redirected(url_for("changes.one", request_id=request_id, told="decided"))


def states() -> dict[str, str]:
    """States of requests, in the order in which they come."""
    return {
        OPEN: say("Open for comments"),
        VOTING: say("Being voted on"),
        ACCEPTED: say("Accepted"),
        REJECTED: say("Not accepted"),
        DONE: say("Made"),
        WITHDRAWN: say("Taken back"),
    }


def choices() -> dict[str, str]:
    """Votes."""
    return {YES: say("Yes"), NO: say("No"), ABSTAIN: say("Abstains"), "": say("No vote yet")}


def named(company: str) -> str:
    """What whoever wrote or decided is called: a company by its name, regulator and operator in the reader's words."""
    return {OTHERS["regulator"]: say("Regulator"), OTHERS["operator"]: say("Operator")}.get(company, company)


def _page(conn: Conn, found: Request) -> str:
    votes, now_s = stored.votes(conn, found.id), site().now_s()
    over, reader = change_control.is_over(conn, found, now_s), principal() if g.get("login") else None
    own = reader is not None and _may(WRITE) and change_control.is_own(conn, found, reader)
    mine = next(
        (each for each in votes if reader and _may(VOTE) and each.utility_id == access.utility_of(reader)), None
    )
    return render_template(
        "change.html",
        change=found,
        line=_line(conn, found),
        comments=[
            (named(each.company), desk_words.moment(each.at_s), each.text) for each in stored.comments(conn, found.id)
        ],
        votes=[(each.utility, choices()[each.choice], each.reason) for each in votes],
        tally=change_control.tally(votes),
        over=over,
        until=desk_words.moment(found.voting_until_s) if found.voting_until_s else "",
        decided=desk_words.moment(found.decided_s) if found.decided_s else "",
        by=named(found.decided_by),
        undecided=found.state in {OPEN, VOTING},
        voted=found.state not in {OPEN, WITHDRAWN},
        writes=_may(WRITE),
        own=own,
        mine=mine if found.state == VOTING and not _timed_out(found, now_s) else None,
        calls=_may(DECIDE) and (found.state == OPEN or over),
        decides=_may(DECIDE) and over,
        finishes=_may(DECIDE) and found.state == ACCEPTED,
        usual_days=USUAL_DAYS,
        told=_told(),
    )


def _timed_out(found: Request, now_s: int) -> bool:
    return now_s >= (found.voting_until_s or 0)


def _line(conn: Conn, found: Request) -> dict[str, object]:
    counted = change_control.tally(stored.votes(conn, found.id)) if found.state == VOTING else None
    return {
        "id": found.id,
        "number": found.number,
        "title": found.title,
        "state": states()[found.state],
        "on": found.state in {VOTING, ACCEPTED, DONE},
        "company": named(found.company),
        "submitted": desk_words.moment(found.submitted_s),
        "changed": desk_words.moment(found.changed_s),
        "until": desk_words.moment(found.voting_until_s) if found.state == VOTING and found.voting_until_s else "",
        "tally": counted,
    }


def _may(action: str) -> bool:
    return bool(g.get("login")) and access.may(principal(), action)


def _utc(instant: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(instant, dt.UTC)


def _told() -> str:
    said = {
        "new": say("Your request is on the public list. The utilities and the regulator are told by mail."),
        "comment": say("Your comment is on the page."),
        "withdrawn": say("The request is taken back."),
        "vote": say("Your vote is counted. You may change it until the vote is over."),
        "called": say("The utilities are asked to vote. They are told by mail."),
        "decided": say("The decision is on the page. Those whom it concerns are told by mail."),
    }
    return said.get(request.args.get("told", ""), "")
