"""Applications that customers can share with, and the scopes that each may ask for (ESPI, scope selection, FB_14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request, url_for

from espi.errors import NotFound
from espi.oauth import authorize, client_metadata
from espi.oauth.authorize import NotSentBack
from espi.portal import scope_words
from espi.portal.invitation import described
from espi.portal.language import say
from espi.portal.session import principal
from espi.scope import Scope
from espi.store import clients, grants
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.grants import ThirdParty

pages = Blueprint("third_parties", __name__, url_prefix="/third-parties")

SCREEN = "thirdPartyScopeSelectionScreenURI"
PORTAL = "thirdPartyUserPortalScreenURI"


@pages.get("")
def overview() -> Response:
    """The applications in production by name."""
    principal()
    with site().database.read() as conn:
        found = [_shown(conn, one) for one in grants.third_parties(conn) if one.status == grants.PRODUCTION]
    return Response(render_template("third_parties.html", found=[one for one in found if one["client_id"]]))


@pages.get("/scope-selection")
def scope_selection() -> Response:
    """What an application may ask for, before the customer goes there to choose."""
    if not request.args.get("ThirdPartyID"):
        return overview()
    principal()
    with site().database.read() as conn:
        third_party = _asked(conn)
        shown = _shown(conn, third_party)
    offered = client_metadata.offered_scopes(third_party.content, site().settings)
    choices = [{"kinds": _kinds(scope), "history": _history(scope)} for scope in offered]
    return Response(render_template("scope_selection.html", who=described(third_party), choices=choices, **shown))


@pages.get("/scope-selection/continue")
def go_on() -> Response:
    """Send the customer to the application's own screen, with the scopes that it can choose from."""
    principal()
    settings = site().settings
    with site().database.read() as conn:
        third_party = _asked(conn)
    screen = str(third_party.content.get(SCREEN) or "")
    if not screen:
        raise NotFound(detail="no scope selection screen registered")
    offered = client_metadata.offered_scopes(third_party.content, settings)
    given = [f"scope={quote(scope.text, safe='=;_')}" for scope in offered]
    query = "&".join([*given, f"DataCustodianID={quote(settings.custodian_id, safe='')}"])
    return Response(status=302, headers={"Location": f"{screen}{'&' if '?' in screen else '?'}{query}"})


def _asked(conn: Conn) -> ThirdParty:
    """The application that the address names; those alone that can be given anything."""
    try:
        client = authorize.client_of(conn, {"client_id": request.args.getlist("ThirdPartyID")})
    except NotSentBack as err:
        raise NotFound(detail="no such third party") from err
    third_party = grants.third_party(conn, client.party_id)
    if third_party.status != grants.PRODUCTION:
        raise NotFound(detail="third party not in production")
    return third_party


def _shown(conn: Conn, third_party: ThirdParty) -> dict[str, Any]:
    own = clients.clients_of(conn, "third_party", third_party.id)
    client_id = next((client.client_id for client in own if client.kind == "main" and not client.disabled), "")
    return {
        "name": third_party.name,
        "client_id": client_id,
        "purpose": described(third_party)["purpose"],
        "starts_here": bool(third_party.content.get(SCREEN)),
        "goes_to": url_for("third_parties.go_on", ThirdPartyID=client_id),
        "portal": str(third_party.content.get(PORTAL) or third_party.content.get("client_uri") or ""),
    }


def _kinds(scope: Scope) -> list[str]:
    kinds = scope_words.in_words(scope)
    return [*kinds, say("Your name, address and account numbers too")] if scope.personal else kinds


def _history(scope: Scope) -> str:
    months = scope_words.history_months(scope)
    return scope_words.history(months) if months else say("All since you moved in")
