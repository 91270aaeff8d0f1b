"""Authorization requests that are pushed before the customer is sent (RFC 9126), where the metadata announce them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from conformance.suite import Finding, server_check
from conformance.third_party.expect import BAD, REDIRECTS, REFUSED, answered, fault, leads_to, not_sent, status
from conformance.third_party.proofs import challenge, verifier
from conformance.third_party.roads import announced

if TYPE_CHECKING:
    from conformance.client.server import Server

ENDPOINT = "pushed_authorization_request_endpoint"
CREATED = frozenset({201})


@server_check("OAU053")
def pushed_request_is_kept(server: Server) -> Iterator[Finding]:
    """The usual request, pushed with the client's credentials."""
    url = str(announced(server, ENDPOINT))
    settings = server.settings
    asked = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": server.redirect_uri,
        "scope": settings.scope,
        "state": secrets.token_hex(8),
        "code_challenge": challenge(verifier()),
        "code_challenge_method": "S256",
    }
    headers = [("Content-Type", "application/x-www-form-urlencoded")]
    basic = (settings.client_id, settings.client_secret)
    exchange = server.http.send("POST", url, basic=basic, headers=headers, body=urlencode(asked))
    yield from status(exchange, CREATED, "A pushed authorization request", "Answer 201.")
    if exchange.status not in {200, 201}:
        return
    came = exchange.json()
    if not str(came.get("request_uri") or ""):
        yield fault("A pushed authorization request: expected a request_uri, and there is none.", exchange)
    life = came.get("expires_in")
    if type(life) is not int or life <= 0:
        yield fault(f"A pushed authorization request: expected expires_in above 0, and {life!r} came.", exchange)


@server_check("OAU054")
def unknown_request_uri_is_refused(server: Server) -> Iterator[Finding]:
    """An authorization request with a request_uri that was never given out."""
    announced(server, ENDPOINT)
    query = urlencode(
        {
            "client_id": server.settings.client_id,
            "request_uri": f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(16)}",
        }
    )
    exchange = server.http.send("GET", f"{server.endpoint('authorization')}?{query}", headers=[("Accept", "text/html")])
    asked = "A request with an unknown request_uri"
    if answered(exchange).status in REDIRECTS and leads_to(exchange.location, server.redirect_uri):
        if "error=" not in exchange.location:
            yield fault(f"{asked}: the redirect names no error. Refuse it.", exchange)
        return
    yield from not_sent(exchange, BAD | REFUSED, asked)
