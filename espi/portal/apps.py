"""Apps that see my data: what a customer shares with whom, who read what when, and how it ends or goes on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, render_template, request, url_for

from espi import access, sharing
from espi.clock import DAY_S, parse_day, zone
from espi.errors import BadInput, NotFound
from espi.portal import holders, scope_words, words
from espi.portal.customer import service_name
from espi.portal.invitation import described
from espi.portal.language import count, say
from espi.portal.moments import day_of, moment
from espi.portal.session import principal, redirected
from espi.sharing import invitations, mails, receipts
from espi.sharing.terms import MONTHS
from espi.store import access_log, cases, directory, grants, holdings
from espi.store import invitations as stored
from espi.store import receipts as stored_receipts
from espi.store.third_parties import own_program
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.grants import Authorization
    from espi.store.reach import Reach

pages = Blueprint("apps", __name__, url_prefix="/apps")

SOON_DAYS = 45
MOST_READS = 50
MOST_NAMED = 12


@dataclass(frozen=True)
class App:
    """A grant as the pages show it. state: in words. on: it lives. soon: it ends soon. last: when it was last used.

    history: since when it has data. of: whose home it is about, where it is one that the reader holds jointly.
    """

    path_id: int
    name: str
    state: str
    on: bool
    soon: bool
    since: str
    until: str
    last: str
    kinds: list[str]
    meters: str
    history: str
    of: str = ""


@dataclass(frozen=True)
class Waiting:
    """An invitation that waits for an answer. until: the last day on which it can be given."""

    number: str
    name: str
    purpose: str
    kinds: list[str]
    meters: str
    history: str
    months: int
    until: str


@pages.get("")
def overview() -> Response:
    """Who asks, who sees the data, for whom it ends soon, and for whom it has ended; and the help desk's look-ups."""
    with site().database.read() as conn:
        reach = _reach(conn)
        points = directory.usage_points(conn, reach)
        found = [_app(conn, reach, one, points) for one in reversed(_grants(conn, reach))]
        asking = [_waiting(conn, one) for one in stored.waiting_for(conn, principal().id) if _waits(one)]
        looked = [looked_up(*each) for each in cases.cases_about(conn, reach, principal().id)]
        own = sum(bool(own_program(one.terms)) for one in _all(conn, reach) if _lives(one))
        people, seen = holders.people_of(conn, reach, principal())
    page = render_template(
        "apps.html",
        asking=asking,
        soon=[one for one in found if one.soon],
        live=[one for one in found if one.on and not one.soon],
        ended=[one for one in found if not one.on],
        looked=looked,
        own=own,
        people=[one for one in people if not one.over],
        seen=[one for one in seen if one.on],
        told=_told(),
    )
    return Response(page)


@pages.get("/end")
def ask_end_all() -> Response:
    """What happens if all grants end, before they do."""
    with site().database.read() as conn:
        reach = _reach(conn)
        points = directory.usage_points(conn, reach)
        found = [_app(conn, reach, one, points) for one in reversed(_grants(conn, reach)) if _lives(one)]
    return Response(render_template("apps_end.html", live=[one for one in found if not one.of]))


@pages.get("/<int(max=999999999999999):path_id>")
def details(path_id: int) -> Response:
    """One grant: what it opens, who read what, its receipts, and what can be done with it."""
    with site().database.read() as conn:
        reach = _reach(conn)
        grant = _grant(conn, reach, path_id)
        shown = _app(conn, reach, grant, directory.usage_points(conn, reach))
        reads = [_read(one) for one in access_log.reads(conn, reach, grant.id, MOST_READS)]
        found = [_receipt(one) for one in stored_receipts.receipts(conn, reach, grant.id)]
        who = described(grants.third_party(conn, grant.third_party_id))
        longest = _longest(conn, grant)
    page = render_template(
        "app.html",
        app=shown,
        who=who,
        reads=reads,
        receipts=found,
        months=[each for each in MONTHS if each <= longest],
        first_end=words.iso(day_of(site().now_s()) + 1),
        last_end=words.iso(day_of(grant.ends_s - 1)),
        told=_told(),
    )
    return Response(page)


@pages.post("/<int(max=999999999999999):path_id>/end")
def end(path_id: int) -> Response:
    """End one grant at once."""
    with site().database.write() as conn:
        _end(conn, [_grant(conn, _reach(conn), path_id)])
    return redirected(url_for("apps.details", path_id=path_id, told="ended"))


@pages.post("/end")
def end_all() -> Response:
    """End all grants at once."""
    with site().database.write() as conn:
        _end(conn, [one for one in _grants(conn, _reach(conn)) if one.customer_id == principal().id])
    return redirected(url_for("apps.overview", told="all"))


@pages.post("/<int(max=999999999999999):path_id>/shorten")
def shorten(path_id: int) -> Response:
    """Let a grant end after an earlier day."""
    last_day = parse_day(request.form.get("until", ""))
    ends_s = zone(mails.ZONE).day_start_s(last_day + 1)
    with site().database.write() as conn:
        grant = _grant(conn, _reach(conn), path_id)
        sharing.shorten(conn, grant, ends_s, settings=site().settings, actor=principal())
    return redirected(url_for("apps.details", path_id=path_id, told="shortened"))


@pages.post("/<int(max=999999999999999):path_id>/renew")
def renew(path_id: int) -> Response:
    """Let a grant go on, for so many months from now."""
    months = request.form.get("months", 0, int)
    if months not in MONTHS:
        raise BadInput("Choose how long to share.")
    ends_s = sharing.end_after(site().now_s(), months, mails.ZONE)
    with site().database.write() as conn:
        grant = _grant(conn, _reach(conn), path_id)
        sharing.renew(conn, grant, ends_s, settings=site().settings, actor=principal())
    return redirected(url_for("apps.details", path_id=path_id, told="renewed"))


@pages.get("/<int(max=999999999999999):path_id>/receipts/<int:number>.json")
def receipt(path_id: int, number: int) -> Response:
    """A receipt as a signed file."""
    with site().database.read() as conn:
        reach = _reach(conn)
        grant = _grant(conn, reach, path_id)
        found = [one for one in stored_receipts.receipts(conn, reach, grant.id) if one.number == number]
    if not found:
        raise NotFound(detail=f"authorization {path_id} has no receipt {number}")
    body = json.dumps(receipts.document(found[0]), indent=2, ensure_ascii=False) + "\n"
    answer = Response(body, content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="consent-{path_id}-{number}.json"'
    return answer


def _reach(conn: Conn) -> Reach:
    return access.reach(conn, principal(), "grant:read", settings=site().settings, target="apps")


def _all(conn: Conn, reach: Reach) -> list[Authorization]:
    return grants.authorizations(conn, reach, customer_id=principal().id)


def _grants(conn: Conn, reach: Reach) -> list[Authorization]:
    """Grants to others of his homes and of those that he holds jointly; those to own programs are on another page."""
    found = _all(conn, reach)
    for key in _joint(conn):
        found += grants.authorizations(conn, reach, customer_id=key)
    return [one for one in found if not own_program(one.terms)]


def _joint(conn: Conn) -> dict[int, str]:
    """Who lets him hold a home jointly, by number, each with his name."""
    held = holdings.held(conn, principal().id)
    return {one.customer_id: one.giver for one in held if one.joint and one.lives(site().now_s())}


def _lives(grant: Authorization) -> bool:
    return grant.status == grants.ACTIVE and grant.ends_s > site().now_s()


def _waits(invitation: stored.Invitation) -> bool:
    return invitation.expires_s > site().now_s()


def _waiting(conn: Conn, found: stored.Invitation) -> Waiting:
    third_party = grants.third_party(conn, found.third_party_id)
    scope = invitations.offered(third_party, found.scope, site().settings)
    months = scope_words.history_months(scope)
    return Waiting(
        number=found.number,
        name=third_party.name,
        purpose=str(described(third_party)["purpose"]),
        kinds=scope_words.in_words(scope),
        meters=", ".join(f"…{str(premise['esiid'])[-4:]}" for premise in found.premises),
        history=scope_words.history(months) if months else say("All since you moved in"),
        months=found.months,
        until=words.day(day_of(found.expires_s - 1)),
    )


def looked_up(case: cases.Case, acts: list[cases.Act]) -> dict[str, Any]:
    """A look-up of the help desk as the pages show it: when, why, and what was done."""
    said = {
        cases.UNLOCK: say("let a locked login be tried again"),
        cases.RESEND: say("sent a mail again"),
        cases.RELEASE: say("took a meter out of your account"),
    }
    did = [" ".join(filter(None, (said.get(act.what, act.what), act.about))) for act in acts]
    return {
        "at": moment(case.opened_s),
        "at_s": case.opened_s,
        "ticket": case.ticket,
        "reason": case.reason,
        "did": did,
    }


def _grant(conn: Conn, reach: Reach, path_id: int) -> Authorization:
    for one in _grants(conn, reach):
        if one.path_id == path_id:
            return one
    raise NotFound(detail=f"{principal()} has no authorization {path_id}")


def _end(conn: Conn, wanted: list[Authorization]) -> None:
    access.reach(conn, principal(), "grant:revoke", settings=site().settings, target="apps")
    for grant in wanted:
        sharing.end(conn, grant, "customer", settings=site().settings, actor=principal())


def _app(conn: Conn, reach: Reach, grant: Authorization, points: list[UsagePoint]) -> App:
    now_s = site().now_s()
    on = _lives(grant)
    last = access_log.last_read(conn, reach, grant.id)
    fours = [
        f"{service_name(point.service_kind)} …{point.esiid[-4:]}" for point in points if point.id in grant.usage_points
    ]
    return App(
        path_id=grant.path_id,
        name=grants.third_party(conn, grant.third_party_id).name,
        state=_state(grant, on=on),
        on=on,
        soon=on and grant.ends_s - now_s <= SOON_DAYS * DAY_S,
        since=words.day(day_of(grant.starts_s)),
        until=words.day(day_of((grant.ends_s if on or grant.ended_by == "expired" else grant.updated_s) - 1)),
        last=moment(last) if last is not None else say("never yet"),
        kinds=scope_words.of_text(grant.scope),
        meters=", ".join(fours) if len(fours) <= MOST_NAMED else count("%(num)s meter", "%(num)s meters", len(fours)),
        history=_history(grant),
        of=_joint(conn).get(grant.customer_id, "") if grant.customer_id != principal().id else "",
    )


def _state(grant: Authorization, *, on: bool) -> str:
    if on:
        return say("Sees your data")
    said = {
        "customer": say("You ended it"),
        "superseded": say("A newer one took its place"),
        "third_party": say("The app ended it"),
        "operator": say("We ended it"),
        "move_out": say("It ended when you moved"),
    }
    return said.get(grant.ended_by, say("Its time is over"))


def _read(one: access_log.Read) -> dict[str, str]:
    said = {
        "subscription:read": say("Read your energy data"),
        "usage:read": say("Read your energy data"),
        "usage:download": say("Read your energy data"),
        "bulk:read": say("Read your energy data"),
        "bulk-person:read": say("Read your name and address"),
        "change:read": say("Looked for what is new"),
        "directory:read": say("Read facts about your meter"),
        "person:read": say("Read your name and address"),
        "type:read": say("Read what the numbers mean"),
    }
    what = said.get(one.action, say("Looked at what it may do"))
    if one.in_bulk:
        what = say("%(what)s, with that of all who share with it", what=what)
    return {
        "at": moment(one.at_s),
        "what": what if one.allowed else say("%(what)s: refused", what=what),
        "times": count("%(num)s time", "%(num)s times", one.times),
    }


def _receipt(one: stored_receipts.Receipt) -> dict[str, Any]:
    said = {
        "granted": say("You agreed"),
        "changed": say("It was changed"),
        "ended": say("It ended"),
        "restored": say("The app took back its end"),
    }
    what = str(json.loads(one.body)["what"])
    return {"number": one.number, "at": moment(one.made_s), "what": said.get(what, what)}


def _history(grant: Authorization) -> str:
    first = min((spans[0][0] for spans in grant.usage_points.values()), default=0)
    return words.day(first)


def _longest(conn: Conn, grant: Authorization) -> int:
    """For how many months the reader can renew the grant; 0 where he lives at none of its meters now."""
    asker = principal()
    if grant.customer_id != asker.id:
        return 0
    reach = access.reach(conn, asker, "grant:accept", settings=site().settings, target=f"authorization {grant.path_id}")
    if not any(point.id in grant.usage_points for point in directory.usage_points(conn, reach)):
        return 0
    return sharing.longest_months(directory.customer(conn, reach, asker.id).kind, site().settings)


def _told() -> str:
    said = {
        "ended": say(
            "Ended. From now on it gets nothing, and it is told so within a minute. "
            "What was sent before stays with the app."
        ),
        "all": say(
            "All ended. From now on they get nothing, and they are told so within a minute. "
            "What was sent before stays with them."
        ),
        "shortened": say("Changed: it ends on the day that you set. The app is told so. You have a new receipt."),
        "renewed": say("It goes on until the new day. The app is told so. You have a new receipt."),
    }
    return said.get(request.args.get("told", ""), "")
