"""A company's front page: how far it is on its way to production, what to do next, and its people and keys in short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, url_for

from espi import access, helpdesk
from espi.helpdesk import standing
from espi.portal import company_keys, company_users, desk_words
from espi.portal.company_addresses import all_work
from espi.portal.company_desk import Company, company, tabs
from espi.portal.language import count, say
from espi.store import companies, exchanges, people
from espi.store.third_parties import ON_HOLD, PRODUCTION, REVIEW, WITHDRAWN
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.companies import Milestone
    from espi.store.database import Conn
    from espi.store.exchanges import Exchange
    from espi.store.third_parties import ThirdParty

pages = Blueprint("company", __name__, url_prefix="/company")

FIRST_FEED = "first-feed"
LOOKED_AT = 500
WELL = 300


@dataclass(frozen=True)
class Step:
    """A step on the way to production. said: what it is about or what to do. href: where to do it. at: when done."""

    name: str
    done: bool
    said: str
    href: str = ""
    at: str = ""


@pages.get("")
def overview() -> Response:
    """The steps, what to do next, and the company's own matters in short."""
    here = site()
    with here.database.write() as conn:  # the first feed is noted by the way, for calls are kept for a while only
        own = company(conn)
        reached = _reached(conn, own)
        steps = _steps_of_app(conn, own, own.third_party, reached) if own.third_party else _steps_of_rep(conn, own)
        soon = [each for each in company_keys.ends(conn, own) if each.warns]
        users = companies.colleagues(conn, own.role, own.who.id)
        calls = exchanges.exchanges_of(conn, own.clients, failed=True, limit=LOOKED_AT)
        waits = own.third_party is not None and standing.waits(conn, own.third_party.id)
    day_ago_s = here.now_s() - 86_400
    failed = sum(each.at_s >= day_ago_s for each in calls)
    page = render_template(
        "company.html",
        company=own,
        tabs=tabs("company.overview"),
        steps=steps,
        next=next((each for each in steps if not each.done), None),
        state=_state(own),
        suspended=own.third_party is not None and own.third_party.status == ON_HOLD,
        appeal_waits=waits,
        appeals=access.may(own.who, "standing:appeal"),
        position=company_users.positions().get(own.who.position or access.Position.administrator, ""),
        users=count("%(num)s user", "%(num)s users", len(users)),
        keys=count("%(num)s ends soon", "%(num)s end soon", len(soon)) if soon else say("Nothing ends soon"),
        warns=bool(soon),
        failed=count("%(num)s failed since yesterday", "%(num)s failed since yesterday", failed),
    )
    return Response(page)


def _reached(conn: Conn, own: Company) -> dict[str, Milestone]:
    """What was reached. The first feed of a sandbox's client is found among its calls, and noted."""
    reached = companies.milestones(conn, own.role, own.who.id)
    if FIRST_FEED in reached or not own.sandbox:
        return reached
    calls = exchanges.exchanges_of(conn, own.clients, limit=LOOKED_AT)
    feeds = [each.at_s for each in calls if _is_feed(each)]
    if not feeds:
        return reached
    companies.set_milestone(conn, own.role, own.who.id, FIRST_FEED, now_s=min(feeds))
    return companies.milestones(conn, own.role, own.who.id)


def _is_feed(call: Exchange) -> bool:
    """Whether a call got data of a customer: an answer that is good, from an address below a subscription."""
    return call.status < WELL and "Subscription/" in call.route


def _steps_of_app(conn: Conn, own: Company, party: ThirdParty, reached: dict[str, Milestone]) -> list[Step]:
    ticked = {each.key: each for each in helpdesk.checklist(conn, party)}
    has_mail = bool(party.content.get("contacts")) or _has_mail(conn, own)
    checked = has_mail and (own.sandbox or ticked["contact"].done)
    fed, addresses = reached.get(FIRST_FEED), url_for("company_addresses.overview")
    approved = party.status != REVIEW and not own.sandbox
    mail = say("We know it and write there.") if has_mail else say("Say where we reach you by mail.")
    if has_mail and not checked:
        mail = say("We have it. We write there once, to see that somebody answers.")
    return [
        Step(say("Registered"), done=True, said=say("Your app has its clients and keys."), at=_when(party.published_s)),
        Step(say("Mail address checked"), done=checked, said=mail, href=addresses),
        Step(
            say("Addresses tried"),
            done=all_work(party, reached),
            said=say("Where customers come back to, and where we send news: both must work."),
            href=addresses,
        ),
        Step(
            say("First feed in the sandbox"),
            done=fed is not None or ticked["security"].done,
            said=_feed_said(own),
            href=url_for("developer.console") if access.may(own.who, "grant:invite") else "",
            at=_when(fed.at_s if fed else 0),
        ),
        Step(
            say("Approved"),
            done=approved,
            said=_approval_said(own, party),
            href=url_for("operator_parties.own") if access.may(own.who, "standing:appeal") and not own.sandbox else "",
        ),
        Step(
            say("In production"),
            done=approved and party.status == PRODUCTION,
            said=say("Real customers can connect your app to their data."),
        ),
    ]


def _feed_said(own: Company) -> str:
    if own.sandbox:
        return say("Connect one of the sandbox customers to your app and fetch the data: the console shows how.")
    return say("Try your app in our sandbox first. Our staff notes it when you did.")


def _approval_said(own: Company, party: ThirdParty) -> str:
    if own.sandbox:
        return say("This is the sandbox. When your app works here, register it for real customers: we then check it.")
    if party.status == REVIEW:
        return say("Our staff goes through a list. The page on your standing shows each line and who is next.")
    return say("Our staff has gone through the list.")


def _steps_of_rep(conn: Conn, own: Company) -> list[Step]:
    has_mail = _has_mail(conn, own)
    return [
        Step(say("Registered"), done=True, said=say("Your company is known by its numbers.")),
        Step(
            say("Mail address known"),
            done=has_mail,
            said=say("We write there when a key ends or something fails. Add it to your account."),
            href=url_for("account.overview"),
        ),
        Step(
            say("A key for your programs"),
            done=bool(own.clients),
            said=say("With it your programs fetch the data of the homes that you serve."),
            href=url_for("company_keys.overview"),
        ),
        Step(
            say("In production"),
            done=has_mail and bool(own.clients),
            said=say("You see the homes that you serve, day by day."),
            href=url_for("business.search"),
        ),
    ]


def _has_mail(conn: Conn, own: Company) -> bool:
    found = people.mail_address(conn, own.role, own.who.id)
    return found is not None


def _state(own: Company) -> str:
    if own.third_party is None:
        return say("In service")
    if own.sandbox:
        return say("In the sandbox")
    said = {
        REVIEW: say("In review"),
        PRODUCTION: say("In service"),
        ON_HOLD: say("Suspended"),
        WITHDRAWN: say("Withdrawn"),
    }
    return said.get(own.third_party.status, "")


def _when(instant: int) -> str:
    return desk_words.moment(instant) if instant else ""
