"""Proof that who exchanges a code is who asked for it (RFC 7636), where the metadata announce it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.checks.fb_14_authorization_endpoint import authorize
from conformance.suite import Finding, Omit, Skip, server_check
from conformance.third_party.consent import ask, code_of, exchanged, parameters_of, spare_code, spend_spare_code
from conformance.third_party.expect import (
    BAD,
    OK,
    REDIRECTS,
    answered,
    fault,
    leads_to,
    query_of,
    sent_back,
    status,
)
from conformance.third_party.proofs import challenge, verifier
from conformance.third_party.roads import announced

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

METHODS = "code_challenge_methods_supported"
RESTORE = "Answer 400, invalid_grant, and give no token."


def _tried(server: Server, code_verifier: str | None) -> Exchange:
    """A code that was asked for with a challenge, exchanged wrongly. `Omit` where the server does not know them."""
    _knows(server)
    exchange = server.tokens.request(parameters_of(server, spare_code(server, prove=True), code_verifier=code_verifier))
    if answered(exchange).status == 200:
        spend_spare_code(server)
    return exchange


def _knows(server: Server) -> None:
    if "S256" not in announced(server, METHODS):
        raise Omit("The metadata do not list S256.")


@server_check("OAU026")
def code_needs_its_verifier(server: Server) -> Iterator[Finding]:
    """A code with a challenge, without a verifier."""
    exchange = _tried(server, None)
    yield from status(exchange, BAD, "A code with a challenge exchanged without a verifier", RESTORE)


@server_check("OAU027")
def code_needs_the_right_verifier(server: Server) -> Iterator[Finding]:
    """A code with a challenge and another verifier."""
    exchange = _tried(server, verifier())
    yield from status(exchange, BAD, "A code with a challenge exchanged for a wrong verifier", RESTORE)


@server_check("OAU028")
def right_verifier_is_taken(server: Server) -> Iterator[Finding]:
    """A code with a challenge and its verifier."""
    _knows(server)
    asked = ask(server, prove=True)
    code_of(asked)
    exchange = exchanged(server, asked)
    yield from status(exchange, OK, "A code with a challenge exchanged for its verifier", "Give the token.")


@server_check("OAU029")
def plain_is_refused(server: Server) -> Iterator[Finding]:
    """An authorization request with code_challenge_method=plain."""
    announced(server, METHODS)
    exchange = authorize(server, code_challenge=verifier(), code_challenge_method="plain")
    yield from sent_back(exchange, server.redirect_uri, "A request with code_challenge_method=plain")


@server_check("OAU030")
def verifier_without_challenge_is_refused(server: Server) -> Iterator[Finding]:
    """A code that was asked for without a challenge, and a verifier for it."""
    announced(server, METHODS)
    if server.settings.pkce:
        raise Omit("The settings say that every request has a challenge.")
    asked = spare_code(server, prove=False)
    exchange = server.tokens.request(parameters_of(server, asked, code_verifier=verifier()))
    if answered(exchange).status == 200:
        spend_spare_code(server)
    remedy = "Refuse it: somebody has taken the challenge away on the road."
    yield from status(exchange, BAD, "A code without a challenge exchanged with a verifier", remedy)


@server_check("OAU031")
def challenge_is_demanded(server: Server) -> Iterator[Finding]:
    """A request without a challenge, beside one that has it."""
    announced(server, METHODS)
    exchange = authorize(server, state=secrets.token_hex(8))
    if not _is_refused(exchange, server):
        raise Omit("The server does not demand a challenge of this client, which the standard does not ask for.")
    yield from sent_back(exchange, server.redirect_uri, "A request without a challenge")
    if query_of(exchange.location).get("error") != "invalid_request":
        yield fault("A request without a challenge: expected the error invalid_request.", exchange)
    extra = {"code_challenge": challenge(verifier()), "code_challenge_method": "S256"}
    proven = authorize(server, **extra)
    if _is_refused(proven, server):
        raise Skip("The request is refused with a challenge too, so that it is not the reason.")


def _is_refused(exchange: Exchange, server: Server) -> bool:
    """Sent back with an error, or not at all."""
    if answered(exchange).status in REDIRECTS:
        return leads_to(exchange.location, server.redirect_uri) and "error" in query_of(exchange.location)
    return exchange.status >= 400
