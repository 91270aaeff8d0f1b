"""Registration by the third party itself (RFC 7591), where the metadata announce it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.suite import Finding, Omit, Skip, server_check, shown
from conformance.third_party.expect import BAD, REFUSED, answered, fault, oauth_error, status
from conformance.third_party.roads import announced

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

CREATED = frozenset({201})
DONE = frozenset({200, 204})
TOO_MANY = 429


def _register(server: Server, **changes: Any) -> Exchange:
    """A registration like the kit's own. `Omit` where nobody may register by himself."""
    url = str(announced(server, "registration_endpoint"))
    wanted = {
        "client_name": f"Conformance kit {secrets.token_hex(4)}",
        "redirect_uris": [server.redirect_uri],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": server.settings.scope,
    }
    headers = [("Content-Type", "application/json"), ("Accept", "application/json")]
    exchange = server.http.send("POST", url, headers=headers, body=json.dumps(wanted | changes))
    if answered(exchange).status in REFUSED:
        raise Omit(f"Nobody may register without the custodian's leave: {exchange.status}.")
    if exchange.status == TOO_MANY:
        raise Skip("The server takes no more registrations for now (429). Try again later.", shown(exchange.number))
    return exchange


@server_check("OAU057")
def bad_redirect_uri_is_refused(server: Server) -> Iterator[Finding]:
    """Registrations whose redirect address is no https address."""
    for uri in ("http://example.org/callback", "https://example.org/callback#part", "no address"):
        exchange = _register(server, redirect_uris=[uri])
        yield from status(exchange, BAD, f"A registration with the redirect address {uri}", "Refuse it.")
        yield from oauth_error(exchange, ("invalid_redirect_uri", "invalid_client_metadata"), "The registration")
        _taken_back(server, exchange)


@server_check("OAU061")
def registration_gives_a_client(server: Server) -> Iterator[Finding]:
    """A good registration, and the new client at the token endpoint; it is deleted again where the server says how."""
    exchange = _register(server)
    yield from status(exchange, CREATED, "A registration", "Answer 201 with the client.")
    came = exchange.json()
    missing = [name for name in ("client_id", "client_secret") if not came.get(name)]
    if missing:
        yield fault(f"A registration: expected {' and '.join(missing)} in the answer. Add it.", exchange)
        return
    try:
        yield from _is_known(server, str(came["client_id"]), str(came["client_secret"]), exchange)
    finally:
        _taken_back(server, exchange)


def _is_known(server: Server, name: str, secret: str, registered: Exchange) -> Iterator[Finding]:
    server.recorder.mask.learn(secret)
    found = server.tokens.request({"grant_type": "unheard_of"}, basic=(name, secret))
    if answered(found).status == 401:
        told = "The client that was just registered is not known at the token endpoint. Let it in with its secret."
        yield fault(told, registered, found)


def _taken_back(server: Server, exchange: Exchange) -> None:
    """Delete what was registered, if the answer says where (RFC 7592); no harm if it cannot be."""
    came = exchange.json()
    uri, token = came.get("registration_client_uri"), came.get("registration_access_token")
    if exchange.status in {200, 201} and uri and token:
        gone = server.http.send("DELETE", str(uri), token=str(token))
        if gone.status not in DONE:
            raise Skip(f"The client {came.get('client_id')} stays registered: deleting it gave {gone.status}.")
