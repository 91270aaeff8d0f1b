"""Developers: a client of the sandbox at once, and things to try with it.

Trying is for the demonstration market only: with the setting `sandbox` off, and in production, those pages are not
there. A third party's own keys, calls and deliveries are at its company's desk, everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyotp
from flask import Blueprint, Response, render_template, request, url_for

from espi import access
from espi.access import Principal, Role
from espi.clock import instant_text
from espi.errors import BadInput, Conflict, NotFound
from espi.oauth import registration
from espi.portal import recipes
from espi.portal.language import chosen, say
from espi.portal.session import principal, redirected, with_new_session
from espi.store import clients, exchanges, grants, people, quotas
from espi.store.clients import Client
from espi.web.site import site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from espi.store.database import Conn

pages = Blueprint("developer", __name__, url_prefix="/developers")

REGISTRATIONS_AN_HOUR = 30
LEAST_PASSWORD = 12
SHOWN = 50
HOUR_S = 3600


@dataclass(frozen=True)
class Desk:
    """Who is at the console, and what is his."""

    principal: Principal
    third_party: grants.ThirdParty
    clients: list[Client]

    @property
    def main(self) -> Client:
        """The client that customers connect to."""
        return next((one for one in self.clients if one.kind == "main"), self.clients[0])

    @property
    def tries(self) -> bool:
        """Whether he may try things: in a sandbox, with a client of it."""
        return sandbox() and any(one.sandbox for one in self.clients)


def sandbox() -> bool:
    """Whether there is a sandbox here; never in production, where trying would change people's data."""
    settings = site().settings
    return settings.sandbox and not settings.production


def only_in_sandbox() -> None:
    """Answer as if the page were not there, unless there is a sandbox."""
    if not sandbox():
        raise NotFound


@pages.app_context_processor
def what_the_frame_needs() -> dict[str, bool]:
    """Whether the frame of every page leads to the developers' start."""
    return {"sandbox": sandbox()}


@pages.get("")
def start() -> Response:
    """What this is, and the form that gives a client."""
    only_in_sandbox()
    return Response(render_template("developers.html", form={}, refused=""))


@pages.post("")
def register() -> Response:
    """Make an application, its clients and its developer's login; its secrets are shown this once."""
    only_in_sandbox()
    here, form = site(), {name: value.strip() for name, value in request.form.items()}
    totp_secret = pyotp.random_base32()
    try:
        _check(form)
        with here.database.write() as conn:
            made = _make(conn, form)
            login_id = people.add_login(
                conn,
                form["login"],
                form["password"],
                Role.third_party,
                made.third_party.id,
                totp_secret=totp_secret,
                language=chosen(),
            )
            session = people.start_session(conn, login_id, here.now_s())
    except (BadInput, Conflict) as err:
        return Response(render_template("developers.html", form=form, refused=err.public), 400)
    shown = render_template(
        "developer_made.html",
        client_id=made.client_id,
        secret=made.secrets[registration.MAIN],
        registration_token=made.registration_access_token,
        user=form["login"],
        totp=totp_secret,
        recipes=recipes.first_steps(here.settings, made.client_id, made.secrets[registration.MAIN]),
        customers=recipes.customers(here.settings),
    )
    return with_new_session(Response(shown), session)


def _check(form: Mapping[str, str]) -> None:
    for name in ("name", "login", "redirect_uri"):
        if not form.get(name):
            raise BadInput(say("Fill in every field that is not marked as optional."))
    if len(form.get("password", "")) < LEAST_PASSWORD:
        raise BadInput(say("Choose a password of %(count)s characters at least.", count=LEAST_PASSWORD))


def _make(conn: Conn, form: Mapping[str, str]) -> registration.Registered:
    here = site()
    hour_s = here.now_s() // HOUR_S * HOUR_S
    if quotas.add_use(conn, "developer/registration", hour_s) > REGISTRATIONS_AN_HOUR:
        raise BadInput(say("Too many have registered within this hour. Try again in the next."))
    asked = {
        "client_name": form["name"],
        "redirect_uris": [form["redirect_uri"]],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": " ".join(here.settings.scopes),
        "thirdPartyApplicationDescription": form["name"],
    }
    if form.get("notify_uri"):
        asked["thirdPartyNotifyUri"] = form["notify_uri"]
    return registration.register(conn, asked, here.settings, sandbox=True)


# ---------------------------------------------------------------- the console


def desk(conn: Conn, action: str = "client:manage") -> Desk:
    """The console of who is logged in, if he speaks for a third party. The gate decides."""
    who = principal()
    access.require(conn, who, action, settings=site().settings, target="developers")
    third_party = grants.third_party(conn, who.id)
    return Desk(who, third_party, clients.clients_of(conn, Role.third_party, third_party.id))


@pages.get("/console")
def console() -> Response:
    """The clients of an application and what can be tried with them; its calls and deliveries have their own pages."""
    here = site()
    with here.database.read() as conn:
        own = desk(conn)
        page = {
            "desk": own,
            "grants": [_grant(one) for one in _customer_grants(conn, own)],
            "fault": exchanges.fault_of(conn, own.main) if own.clients else (0, 0),
            "faults": exchanges.FAULTS,
            "customers": recipes.customers(here.settings) if own.tries else [],
            "told": _told(request.args.get("told", "")),
        }
    return Response(render_template("developer_console.html", **page))


def back(told: str) -> Response:
    """To the console, which says what was done."""
    return redirected(url_for("developer.console", told=told))


def _told(what: str) -> str:
    done = {
        "sent": say("The notification is on its way; look at the deliveries in a moment."),
        "corrected": say("The last day of the meter was sent again with other values. A notification follows."),
        "revoked": say("The connection has ended, as if its customer had ended it."),
        "expired": say("The access tokens of the connection are too old from now on; refreshing them works."),
        "fault": say("The next calls will be answered as you wished."),
    }
    return done.get(what, "")


def _customer_grants(conn: Conn, own: Desk) -> list[grants.Authorization]:
    found = grants.authorizations_of(conn, own.third_party.id)
    return [one for one in reversed(found) if one.kind == grants.CUSTOMER][:SHOWN]


def _grant(grant: grants.Authorization) -> dict[str, Any]:
    states = {grants.ACTIVE: say("active"), grants.REVOKED: say("ended"), grants.DENIED: say("refused")}
    return {
        "id": grant.id,
        "subscription": grant.subscription_path_id,
        "state": states.get(grant.status, ""),
        "active": grant.status == grants.ACTIVE,
        "since": instant_text(grant.starts_s),
    }
