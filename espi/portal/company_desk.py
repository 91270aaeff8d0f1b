"""Who sits at a company's desk, for which company, and which of its pages he may open: third parties and REPs alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import url_for

from espi import access
from espi.access import Principal
from espi.portal.language import say
from espi.portal.session import principal
from espi.store import clients, directory, third_parties
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.clients import Client
    from espi.store.database import Conn
    from espi.store.third_parties import ThirdParty


@dataclass(frozen=True)
class Company:
    """A company and who acts for it. third_party: its registration; None for a REP, which has none."""

    who: Principal
    name: str
    third_party: ThirdParty | None
    clients: list[Client]

    @property
    def role(self) -> str:
        """The kind of company, as the store names it."""
        return str(self.who.role)

    @property
    def sandbox(self) -> bool:
        """Whether its clients are for trying."""
        return any(each.sandbox for each in self.clients)


def company(conn: Conn, action: str = "company:read") -> Company:
    """The company of whoever is logged in, if the gate lets him do this in its name."""
    who = principal()
    access.require(conn, who, action, settings=site().settings, target="company")
    own = clients.clients_of(conn, str(who.role), who.id)
    if access.may(who, "event:read"):  # only what registers as an application is told of events
        registered = third_parties.third_party(conn, who.id)
        return Company(who, registered.name, registered, own)
    named = {each.id: each.name for each in directory.reps(conn)}
    return Company(who, named.get(who.id, say("Your company")), None, own)


def tabs(here: str) -> list[dict[str, object]]:
    """The pages of the desk that its reader may open: name, address, and whether he is there."""
    who = principal()
    listed = [
        ("company.overview", "company:read", say("Overview")),
        ("company_users.overview", "company:read", say("Users")),
        ("company_keys.overview", "company:read", say("Keys and secrets")),
        ("company_addresses.overview", "event:read", say("Addresses")),
        ("company_log.overview", "company:read", say("Calls")),
        ("company_deliveries.overview", "company:read", say("Deliveries")),
    ]
    return [
        {"name": name, "href": url_for(endpoint), "here": endpoint == here}
        for endpoint, action, name in listed
        if access.may(who, action)
    ]
