"""A third party's addresses: where customers come back to and where news goes. Each is tried as it is entered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, request, url_for

from espi import access
from espi.delivery.address import resolve
from espi.delivery.post import NO_ANSWER
from espi.delivery.reaching import try_address
from espi.errors import BadInput
from espi.oauth import client_metadata
from espi.portal import desk_words
from espi.portal.company_desk import Company, company, tabs
from espi.portal.language import say
from espi.portal.session import redirected
from espi.store import audit, companies, events, quotas, third_parties
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.companies import Milestone
    from espi.store.database import Conn
    from espi.store.third_parties import ThirdParty

pages = Blueprint("company_addresses", __name__, url_prefix="/company/addresses")

REDIRECT = "redirect"
MOST_TRIES_AN_HOUR, HOUR_S = 60, 3600


@dataclass(frozen=True)
class Address:
    """An address that is registered. form: redirect, batch_list or webhook."""

    form: str
    uri: str

    @property
    def milestone(self) -> str:
        """What its last test is noted as."""
        return f"address/{self.form}/{hashlib.sha256(self.uri.encode()).hexdigest()[:16]}"


def addresses(third_party: ThirdParty) -> list[Address]:
    """Every address that a third party has registered."""
    found = [Address(REDIRECT, uri) for uri in client_metadata.redirect_uris(third_party.content)]
    posted = ((form, third_party.content.get(name)) for form, name in events.ADDRESSES.items())
    return found + [Address(form, str(uri)) for form, uri in posted if uri]


def all_work(third_party: ThirdParty, reached: dict[str, Milestone]) -> bool:
    """Whether customers' way back and news' way out are registered, and the last test of each was good."""
    found = addresses(third_party)
    tested = [reached.get(each.milestone) for each in found]
    forms = {each.form for each in found}
    return REDIRECT in forms and len(forms) > 1 and all(one is not None and one.detail["good"] for one in tested)


@pages.get("")
def overview() -> Response:
    """The addresses with the last test of each, and the form to change them."""
    with site().database.read() as conn:
        return Response(_page(conn, company(conn, "event:read")))


@pages.post("")
def save() -> Response:
    """Check, keep and try new addresses. What is no address is refused, and the old ones stay."""
    here, form = site(), request.form
    given = {
        "redirect_uris": form.get("redirect_uris", "").split(),
        "contacts": form.get("contacts", "").split(),
        **{name: form.get(name, "").strip() for name in events.ADDRESSES.values()},
    }
    with here.database.read() as conn:
        own = company(conn, "client:manage")
        third_party = _registered(own)
    asked = {"client_name": third_party.name, **given}
    try:  # reading looks up hosts, so it is done between the transactions
        checked = client_metadata.read(asked, here.settings, sandbox=own.sandbox)
    except BadInput as wrong:
        with here.database.read() as conn:
            return Response(_page(conn, own, refused=say(wrong.public)), 400)
    with here.database.write() as conn:
        own = company(conn, "client:manage")
        kept = {
            name: value for name, value in _registered(own).content.items() if name not in events.ADDRESSES.values()
        }
        new = ("redirect_uri", "contacts", *events.ADDRESSES.values())
        content = kept | {name: checked.content[name] for name in new if name in checked.content}
        third_parties.change_third_party(conn, third_party.id, content=content, now_s=here.now_s())
        _note(conn, own, content)
        third_party = third_parties.third_party(conn, third_party.id)
    _try_all(own, third_party)
    return redirected(url_for("company_addresses.overview", told="saved"))


@pages.post("/try")
def again() -> Response:
    """Try every address once more."""
    with site().database.read() as conn:
        own = company(conn, "client:manage")
    _try_all(own, _registered(own))
    return redirected(url_for("company_addresses.overview", told="tried"))


def _registered(own: Company) -> ThirdParty:
    if own.third_party is None:
        raise BadInput(say("Only apps have addresses."))
    return own.third_party


def _try_all(own: Company, third_party: ThirdParty) -> None:
    """Try each address and note what came back; calls are made outside of a transaction."""
    here, now_s = site(), site().now_s()
    found = addresses(third_party)
    with here.database.write() as conn:
        used = quotas.add_use(conn, f"addresses/{third_party.id}", now_s // HOUR_S * HOUR_S, len(found))
    if used > MOST_TRIES_AN_HOUR:
        raise BadInput(say("You have tried often enough within this hour. Try again in the next."))
    seen = [(each, _tried(each, third_party)) for each in found]
    with here.database.write() as conn:
        for each, detail in seen:
            companies.set_milestone(conn, own.role, own.who.id, each.milestone, now_s=now_s, detail=detail)


def _tried(each: Address, third_party: ThirdParty) -> dict[str, object]:
    """What a try found: whether it is good, the answer's status, how it began or what failed, and milliseconds."""
    here = site()
    if each.form != REDIRECT:
        answer = try_address(here.database, here.settings, third_party, each.form, each.uri)
        found = {"status": answer.status, "answer": answer.text, "milliseconds": answer.milliseconds}
        return {"good": answer.accepted, **found}
    try:  # browsers go there, not we: whether there is such a host is all that can be known here
        if not each.uri.startswith("http://"):
            resolve(each.uri, here.settings)
    except BadInput as wrong:
        return {"good": False, "status": NO_ANSWER, "answer": wrong.public, "milliseconds": 0}
    return {"good": True, "status": NO_ANSWER, "answer": "", "milliseconds": 0}


def _note(conn: Conn, own: Company, content: dict[str, object]) -> None:
    here, party = site(), _registered(own)
    audit.record(
        conn,
        at_s=here.now_s(),
        actor=str(own.who),
        action="registration:change",
        target=f"third party {party.id}",
        rule="espi.portal.company_addresses",
        allowed=True,
        detail={name: content.get(name) for name in ("redirect_uri", *events.ADDRESSES.values())},
    )
    path = f"ApplicationInformation/{party.path_id}"
    events.add_event(conn, party.id, "registration.changed", [path], now_s=here.now_s(), detail={"change": "addresses"})


def _page(conn: Conn, own: Company, refused: str = "") -> str:
    third_party = _registered(own)
    reached = companies.milestones(conn, own.role, own.who.id)
    names = {
        REDIRECT: say("Where customers come back to"),
        events.BATCH_LIST: say("Where news about data goes (BatchList)"),
        events.WEBHOOK: say("Where signed messages go (webhook)"),
    }
    rows = [
        {"name": names[each.form], "uri": each.uri, **_said(each, reached.get(each.milestone))}
        for each in addresses(third_party)
    ]
    content = third_party.content
    form = {
        "redirect_uris": "\n".join(client_metadata.redirect_uris(content)),
        "contacts": "\n".join(map(str, content.get("contacts") or [])),
        **{name: content.get(name, "") for name in events.ADDRESSES.values()},
    }
    return render_template(
        "company_addresses.html",
        company=own,
        tabs=tabs("company_addresses.overview"),
        rows=rows,
        form=request.form if refused else form,
        changes=access.may(own.who, "client:manage"),
        refused=refused,
        told=_told(),
    )


def _said(each: Address, found: Milestone | None) -> dict[str, object]:
    """The last try in plain words."""
    if found is None:
        return {"state": say("Not tried yet"), "good": False, "said": say("Press the button below to try it.")}
    status, good = int(found.detail["status"]), bool(found.detail["good"])
    facts = {"status": status, "answer": say(str(found.detail["answer"])) if found.detail["answer"] else ""}
    if each.form == REDIRECT:
        said = (
            say("It is well formed. Customers' browsers go there, so we do not call it.") if good else facts["answer"]
        )
    elif good:
        time = f"{int(found.detail['milliseconds']):,}"
        said = say("It answered %(status)s after %(time)s ms. News arrives there.", status=status, time=time)
    elif status == NO_ANSWER:
        said = say("We got no answer: %(answer)s No news arrives there.", **facts)
    else:
        said = say("It answered %(status)s, so it refuses our news. It must answer 200 to 299. %(answer)s", **facts)
    state = say("Works") if good else say("Does not work")
    return {"state": state, "good": good, "said": said, "at": desk_words.moment(found.at_s)}


def _told() -> str:
    said = {
        "saved": say("Kept, and each address was tried. Below is what we found."),
        "tried": say("Each address was tried. Below is what we found."),
    }
    return said.get(request.args.get("told", ""), "")
