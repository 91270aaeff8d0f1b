"""Function block 36: a third party registers by itself. What must be refused; a good one is judged with OAuth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.suite import Finding, Omit, server_check
from conformance.third_party.expect import BAD, oauth_error, status

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

ERRORS = ("invalid_redirect_uri", "invalid_client_metadata", "invalid_request")
NAME = "Conformance kit"


@server_check("REG002")
def registration_must_be_json(server: Server) -> Iterator[Finding]:
    """Words instead of an object."""
    exchange = _registered(server, "This is no JSON.")
    yield from status(exchange, BAD, "A registration that is no JSON", "Refuse it.")


@server_check("REG003")
def registration_needs_a_redirect_address(server: Server) -> Iterator[Finding]:
    """Metadata without redirect_uris."""
    exchange = _registered(server, json.dumps({"client_name": NAME, "grant_types": ["authorization_code"]}))
    wrong = list(status(exchange, BAD, "A registration without redirect_uris", "Refuse it."))
    yield from wrong or oauth_error(exchange, ERRORS, "A registration without redirect_uris")


def _registered(server: Server, body: str) -> Exchange:
    url = server.application.get("authorizationServerRegistrationEndpoint", "")
    if not url:
        raise Omit("ApplicationInformation names no authorizationServerRegistrationEndpoint.")
    headers = [("Content-Type", "application/json"), ("Accept", "application/json")]
    return server.http.send("POST", url, headers=headers, body=body)
