"""What the authorizations of a client show of its tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.checks.fb_03_connect_my_data import authorizations
from conformance.client.server import document
from conformance.suite import Finding, Skip, server_check
from conformance.third_party.expect import OK, fault, status, texts_of

if TYPE_CHECKING:
    from conformance.client.server import Server

SLACK_S = 120
"""How far the clocks may be apart, and how long an answer may take."""


@server_check("OAU066")
def authorization_shows_when_its_token_ends(server: Server) -> Iterator[Finding]:
    """The expires_at of the customer's authorization, beside the expires_in of its token."""
    own = server.tokens.customer()
    if own.expires_in is None:
        raise Skip("The token came without expires_in.")
    exchange = server.get(own.authorizationURI, server.tokens.client().access_token)
    yield from status(exchange, OK, "The authorization", "Serve it to the client token.")
    shown = next(iter(texts_of(exchange, "Authorization", "expires_at")), "")
    wanted = int(own.got_s) + own.expires_in
    if not shown.isdigit() or abs(int(shown) - wanted) > SLACK_S:
        told = f"Expected expires_at to be about {wanted}, when the token ends, and it is {shown or 'absent'}."
        yield fault(f"{told} Write the epoch seconds of the last token's end.", exchange)


@server_check("OAU067")
def list_has_the_customers_authorization(server: Server) -> Iterator[Finding]:
    """The list of authorizations, with the client token."""
    own = server.tokens.customer()
    exchange = authorizations(server)
    yield from status(exchange, OK, "The list of authorizations", "Serve it to the client token.")
    if exchange.status != 200:
        return
    listed = [entry.self for entry in document(exchange).of("Authorization")]
    if own.authorizationURI not in listed:
        told = f"Expected {own.authorizationURI} among the {len(listed)} authorizations, and it is not there."
        yield fault(f"{told} A third party learns of its grants by this list.", exchange)
