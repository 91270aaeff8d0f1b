"""Looking a customer up: only with a reason, for a while, and on record for him. States and dates, never readings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, request, url_for

from espi import access, helpdesk
from espi.clock import zone
from espi.errors import BadInput, NotFound
from espi.portal import desk_words, words
from espi.portal.language import count, say
from espi.portal.session import principal, redirected
from espi.sharing import mails
from espi.store import cases, directory, grants, invitations, silent, staff
from espi.store.cases import Case
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach

pages = Blueprint("desk_look", __name__, url_prefix="/desk")

FAULTS_DAYS = 30
LATE_DAYS = 3


@dataclass(frozen=True)
class Place:
    """A meter of the customer's, and why data may be missing. reasons: each found cause in a sentence."""

    id: int
    title: str
    utility: str
    since: str
    until: str
    runs: bool
    meters: list[str]
    last: list[str]
    reasons: list[str]
    refused: list[cases.Refusal]


@pages.get("/look-up")
def start() -> Response:
    """The form that asks for the reason first."""
    with site().database.read() as conn:
        access.require(conn, principal(), "case:open", settings=site().settings, target="the form of a look-up")
        mine = cases.cases_by(conn, principal().name)
    now_s = site().now_s()
    given = {name: request.args.get(name, "") for name in ("ticket", "way", "text", "reason")}
    if given["ticket"] and not given["way"]:
        given |= {"way": cases.TICKET, "text": given["ticket"]}
    return _form(given, [], [each for each in mine if each.ends_s > now_s])


@pages.post("/look-up")
def look_up() -> Response:
    """Open a case about the one who is meant."""
    form = request.form
    given = {name: form.get(name, "") for name in ("ticket", "way", "text", "reason")}
    try:
        with site().database.write() as conn:
            case, found = helpdesk.look_up(
                conn,
                principal(),
                given["way"],
                given["text"],
                ticket=given["ticket"],
                reason=given["reason"],
                settings=site().settings,
                chosen=form.get("chosen", None, int),
            )
    except BadInput as wrong:
        return _form(given, [], [], wrong.public)
    except NotFound:
        return _form(given, [], [], say("There is no such ticket."))
    if case is not None:
        return redirected(url_for("desk_look.case", case_id=case.id))
    return _form(
        given, found, [], "" if found else say("Nobody is known by that. Check it, or look by something else.")
    )


@pages.get("/cases/<int(max=999999999):case_id>")
def case(case_id: int) -> Response:
    """What the desk may see of the customer: who, meters, states, consents; and what it can do for him."""
    with site().database.read() as conn:
        opened = cases.open_case_of(conn, principal().name, case_id, site().now_s())
        reach = _reach(conn, opened)
        page = _page(conn, reach, opened)
    return Response(page)


@pages.post("/cases/<int(max=999999999):case_id>")
def act(case_id: int) -> Response:
    """Unlock, resend, release, or end the case."""
    form, here, who = request.form, site(), principal()
    what, reason = form.get("what", ""), form.get("reason", "")
    with here.database.write() as conn:
        opened = cases.open_case_of(conn, who.name, case_id, here.now_s())
        reach = _reach(conn, opened)
        if what == "end":
            cases.end_case(conn, opened.id, here.now_s())
        elif what == cases.UNLOCK:
            helpdesk.unlock(conn, opened, who, form.get("login", 0, int), reason, settings=here.settings)
        elif what == cases.RESEND:
            invitation = helpdesk.resend(conn, opened, who, form.get("number", ""), reason, settings=here.settings)
            mails.ask(conn, invitation, "reminder", here.settings)
        elif what == cases.RELEASE:
            _release(conn, reach, opened, reason)
        else:
            raise BadInput("Choose what to do.")
    if what in {"end", cases.RELEASE}:
        return redirected(url_for("desk_look.start"))
    return redirected(url_for("desk_look.case", case_id=case_id, told=what))


def _acts() -> dict[str, str]:
    return {
        cases.UNLOCK: say("Unlocked a login"),
        cases.RESEND: say("Sent a mail again"),
        cases.RELEASE: say("Took a meter out of the account"),
    }


def _release(conn: Conn, reach: Reach, opened: Case, reason: str) -> None:
    wanted = request.form.get("point", 0, int)
    point = next((each for each in directory.usage_points(conn, reach) if each.id == wanted), None)
    if point is None:
        raise NotFound(detail=f"usage point {wanted} is not of case {opened.id}")
    today = zone(point.utility.zone).day_of(site().now_s())
    never = request.form.get("never") == "1"
    settings = site().settings
    helpdesk.release(conn, opened, principal(), point, reason, settings=settings, today=today, never=never)


def _reach(conn: Conn, opened: Case) -> Reach:
    """The usage points of the case's customer, not those of other open cases."""
    target = f"case {opened.id}"
    whole = access.reach(conn, principal(), "case:read", settings=site().settings, target=target)
    return access.within_case(whole, opened.customer_id)


def _form(given: dict[str, str], found: list[cases.Candidate], mine: list[Case], refused: str = "") -> Response:
    page = render_template(
        "desk_look.html",
        given=given,
        found=found,
        mine=[(each.id, each.reason, desk_words.moment(each.ends_s)) for each in mine],
        refused=refused,
        ways=_ways(),
        minutes=site().settings.case_minutes,
    )
    return Response(page, 400 if refused else 200)


def _ways() -> dict[str, str]:
    return {
        cases.ESIID: say("ESIID, the whole number"),
        cases.METER: say("Meter number"),
        cases.MAIL: say("Mail address or user name"),
        cases.NAME: say("Name, as on the bill"),
        cases.TICKET: say("Ticket number"),
    }


def _page(conn: Conn, reach: Reach, opened: Case) -> str:
    points = directory.usage_points(conn, reach)
    person = directory.customer(conn, reach, opened.customer_id)
    shared = grants.authorizations(conn, reach, customer_id=opened.customer_id)
    return render_template(
        "desk_case.html",
        case=opened,
        until=desk_words.moment(opened.ends_s),
        person=person,
        logins=staff.logins(conn, role="customer", party_id=opened.customer_id),
        places=[_place(conn, reach, point) for point in points],
        consents=[_consent(conn, one) for one in reversed(shared)],
        waiting=[
            (one.number, grants.third_party(conn, one.third_party_id).name)
            for one in invitations.waiting_for(conn, opened.customer_id)
        ],
        acts=[
            (desk_words.moment(one.at_s), _acts()[one.what], one.about) for one in cases.acts(conn, reach, opened.id)
        ],
        told=say("Done. The customer is told by mail.") if request.args.get("told") else "",
    )


def _consent(conn: Conn, one: grants.Authorization) -> dict[str, str]:
    now_s = site().now_s()
    live = one.status == grants.ACTIVE and one.ends_s > now_s
    return {
        "name": grants.third_party(conn, one.third_party_id).name,
        "state": say("Active") if live else say("Ended"),
        "since": desk_words.moment(one.starts_s),
        "until": desk_words.moment(one.ends_s if live else min(one.ends_s, one.updated_s)),
        "number": str(one.path_id),
    }


def _place(conn: Conn, reach: Reach, point: UsagePoint) -> Place:
    today = zone(point.utility.zone).day_of(site().now_s())
    from_day, until_day = point.spans[-1]
    runs = from_day <= today < until_day
    streams = cases.streams(conn, reach, [point.id], today - FAULTS_DAYS)
    refused = cases.refusals(conn, reach, point.id)
    return Place(
        id=point.id,
        title=f"{point.title} · {point.esiid}",
        utility=point.utility.name,
        since=words.day(from_day, "medium"),
        until=say("today") if runs else words.day(until_day - 1, "medium"),
        runs=runs,
        meters=[each.serial_number for each in directory.meters(conn, reach, point.id)],
        last=[_last(each) for each in streams],
        reasons=_reasons(conn, reach, point, streams, today if runs else until_day, len(refused)),
        refused=refused[:5],
    )


def _last(stream: cases.Stream) -> str:
    if stream.last_day is None:
        return say("Channel %(number)s: nothing in the last two months", number=stream.channel)
    when = words.day(stream.last_day, "medium")
    return say("Channel %(number)s: last day %(when)s", number=stream.channel, when=when)


def _reasons(
    conn: Conn, reach: Reach, point: UsagePoint, streams: list[cases.Stream], end_day: int, refused: int
) -> list[str]:
    """Why data is missing, the likeliest cause first; nothing where all is well."""
    found = []
    quiet = silent.silences(conn, reach, [point.id]).get(point.id)
    if quiet is not None:
        since = words.day(quiet.since_day, "medium")
        found.append(say("The meter has been silent since %(since)s. The utility must look at it.", since=since))
    late = [each for each in streams if each.last_day is None or each.last_day < end_day - LATE_DAYS]
    if late and quiet is None:
        found.append(say("The last days have not come from the utility."))
    parked = cases.parked(conn, reach, point.id)
    if parked:
        found.append(count("%(num)s day waits, parked.", "%(num)s days wait, parked.", parked))
    if refused:
        found.append(count("%(num)s block was refused, see below.", "%(num)s blocks were refused, see below.", refused))
    faulty = max((each.faulty_days for each in streams), default=0)
    if faulty:
        found.append(
            count(
                "%(num)s day of the last month failed a check of quality.",
                "%(num)s days of the last month failed a check of quality.",
                faulty,
            )
        )
    if not streams:
        found.append(say("No channel of this meter is known. The utility has not sent any data yet."))
    return found
