"""A third party has asked by mail: the page behind the link, where one says yes, less, or no, with or without account.

The link opens no data. Without an account the last four characters of the meter number are asked for as well; a
customer who has an account logs in. The same page, by the link of the next mail, ends what was agreed or lets it go on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, render_template, request, url_for

from espi import access, sharing
from espi import scope as scopes
from espi.access import Principal, Role
from espi.clock import parse_day, zone
from espi.errors import BadInput, Denied, EspiError, NotFound
from espi.portal import sample, scope_words, words
from espi.portal.language import chosen, say
from espi.portal.session import principal
from espi.sharing import invitations, mails
from espi.sharing.terms import MONTHS
from espi.store import directory, grants, people
from espi.store import invitations as stored
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.invitations import Invitation

pages = Blueprint("invitation", __name__, url_prefix="/invitations")


@dataclass(frozen=True)
class Standing:
    """Who has opened the link. account: the customer has one. himself: he is logged in. other: somebody else is."""

    account: bool
    himself: bool
    other: bool


@pages.get("/<link>")
def show(link: str) -> Response:
    """Who asks, for what, of which meters, how long and how far back; and how to say no."""
    with site().database.read() as conn:
        found = invitations.by_link(conn, link, site().settings)
        return _page(conn, found)


@pages.get("/mine/<number>")
def mine(number: str) -> Response:
    """The same of an invitation that waits for whoever is logged in, without the mail."""
    with site().database.read() as conn:
        return _page(conn, _waiting(conn, number))


@pages.post("/<link>")
def answer(link: str) -> Response:
    """Say yes or no to what was asked, or end what was agreed, or let it go on."""
    return _answered(lambda conn: invitations.by_link(conn, link, site().settings))


@pages.post("/mine/<number>")
def answer_mine(number: str) -> Response:
    """Say yes or no to what waits for whoever is logged in."""
    return _answered(lambda conn: _waiting(conn, number))


def _waiting(conn: Conn, number: str) -> Invitation:
    """An invitation that waits for the customer who is logged in, or `NotFound`."""
    for found in stored.waiting_for(conn, principal().id):
        if found.number == number and found.expires_s > site().now_s():
            return found
    raise NotFound(detail=f"no invitation {number} waits for {principal()}")


def _answered(find: Callable[[Conn], Invitation]) -> Response:
    here, wanted = site(), request.form.get("answer", "")
    try:
        with here.database.write() as conn:
            found = find(conn)
            customer = _customer(conn, found, wanted)
            done = _do(conn, found, customer, wanted)
    except (invitations.WrongFact, BadInput) as err:
        with here.database.read() as conn:
            return _page(conn, find(conn), refused=err)
    with here.database.read() as conn:
        third_party = grants.third_party(conn, found.third_party_id)
    page = render_template("invitation_done.html", done=done, name=third_party.name, mine=_is_himself(found))
    return Response(page)


def _do(conn: Conn, found: Invitation, customer: Principal, wanted: str) -> str:
    """Do what was answered; the name of what was done."""
    here = site()
    waits = found.state == stored.PENDING
    if wanted == "yes" and waits:
        sharing.accept(
            conn,
            found,
            customer,
            settings=here.settings,
            months=_months(found.months),
            from_day=_from_day(),
            language=chosen(),
            address=request.remote_addr or "",
            words=tuple(scope_words.of_text(found.scope)),
        )
    elif wanted == "no" and waits:
        sharing.reject(conn, found, customer, settings=here.settings)
    elif wanted == "end" and found.authorization_id is not None:
        grant = grants.authorization(conn, found.authorization_id)
        sharing.end(conn, grant, "customer", settings=here.settings, actor=customer)
    elif wanted == "renew" and found.authorization_id is not None:
        invitations.renew_agreement(conn, found, customer, _months(MONTHS[-1]), settings=here.settings)
    else:
        raise BadInput("Say yes or no.")
    return wanted


def _customer(conn: Conn, found: Invitation, wanted: str) -> Principal:
    """The customer who answers: logged in, or with the link and the meter. Saying no takes the link alone."""
    if _is_himself(found):
        return principal()
    if wanted == "no":
        return invitations.customer_of(found)
    if people.has_login(conn, str(Role.customer), found.customer_id):
        raise Denied(say("You have an account here: log in to answer."))
    return invitations.prove(conn, found, request.form.get("meter", ""), site().settings)


def _is_himself(found: Invitation) -> bool:
    if g.get("login") is None:
        return False
    asker = principal()
    return access.may(asker, "grant:accept") and asker.id == found.customer_id


def _page(conn: Conn, found: Invitation, *, refused: EspiError | None = None) -> Response:
    here = site()
    third_party = grants.third_party(conn, found.third_party_id)
    himself = _is_himself(found)
    standing = Standing(
        account=people.has_login(conn, str(Role.customer), found.customer_id),
        himself=himself,
        other=g.get("login") is not None and not himself,
    )
    scope = invitations.offered(third_party, found.scope, here.settings)
    page = render_template(
        "invitation.html",
        found=found,
        waits=found.state == stored.PENDING,
        standing=standing,
        refused=say(refused.public) if refused else "",
        log_in=url_for("session.log_in_page", next=request.path),
        fours=[str(premise["esiid"])[-4:] for premise in found.premises],
        who=described(third_party),
        kinds=scope_words.in_words(scope),
        sample=_sample(conn, found, scope) if himself and found.state == stored.PENDING else None,
        history=_history(scope),
        months=[each for each in MONTHS if each <= found.months],
        **_dates(conn, found),
    )
    status = refused.status if refused else 200
    return Response(page, status)


def _sample(conn: Conn, found: Invitation, scope: scopes.Scope) -> sample.Sample | None:
    """A sample of what would be shared, for nobody but the customer himself."""
    aim = f"invitation {found.number}"
    reach = access.reach(conn, principal(), "usage:read", settings=site().settings, target=aim)
    asked = {int(premise["usage_point_id"]) for premise in found.premises}
    point = next((each for each in directory.usage_points(conn, reach) if each.id in asked), None)
    return None if point is None else sample.sample(conn, reach, point, scope)


def described(third_party: grants.ThirdParty) -> dict[str, Any]:
    """What a third party says of itself, for a page. Addresses are shown only if they are of the web."""
    content = third_party.content
    contacts = content.get("contacts") or []
    return {
        "name": third_party.name,
        "purpose": str(content.get("thirdPartyApplicationDescription") or ""),
        "site": _web(content.get("client_uri")),
        "policy": _web(content.get("policy_uri")),
        "contacts": [str(each) for each in ([contacts] if isinstance(contacts, str) else contacts)],
        "phone": str(content.get("thirdPartyPhone") or ""),
    }


def _web(address: object) -> str:
    text = str(address or "")
    return text if text.startswith("https://") else ""


def _history(scope: scopes.Scope) -> str:
    months = scope_words.history_months(scope)
    return scope_words.history(months) if months else say("All since you moved in")


def _dates(conn: Conn, found: Invitation) -> dict[str, str]:
    """The days that the page names: until when the link counts, or until when it was agreed."""
    where = zone(mails.ZONE)
    ends_s = found.expires_s
    if found.authorization_id is not None:
        ends_s = grants.authorization(conn, found.authorization_id).ends_s
    return {
        "until": words.day(where.day_of(ends_s - 1)),
        "today": words.iso(where.day_of(site().now_s())),
    }


def _months(longest: int) -> int:
    months = request.form.get("months", 0, int)
    if months not in MONTHS or months > longest:
        raise BadInput("Choose how long to share.")
    return months


def _from_day() -> int | None:
    asked = request.form.get("from", "").strip()
    return parse_day(asked) if asked else None
