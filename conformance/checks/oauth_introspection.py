"""Asking what a token is (RFC 7662), where the metadata announce it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.checks.oauth_revocation import revoked_grant
from conformance.suite import Finding, Skip, server_check
from conformance.third_party.expect import OK, REFUSED, answered, fault, status
from conformance.third_party.roads import announced

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

FORM = ("Content-Type", "application/x-www-form-urlencoded")


def introspect(server: Server, token: str, *, proven: bool = True) -> Exchange:
    """An introspection by the main client. `Omit` where there is no such endpoint."""
    url = str(announced(server, "introspection_endpoint"))
    server.recorder.mask.learn(token)
    basic = (server.settings.client_id, server.settings.client_secret) if proven else None
    return server.http.send("POST", url, basic=basic, headers=[FORM], body=f"token={token}")


@server_check("OAU037")
def good_token_is_active(server: Server) -> Iterator[Finding]:
    """The customer's token."""
    announced(server, "introspection_endpoint")
    own = server.tokens.customer()
    exchange = introspect(server, own.access_token)
    yield from status(exchange, OK, "The introspection of a good token", "Answer the client that it was given to.")
    came = exchange.json()
    if came.get("active") is not True:
        yield fault(f"Expected active: true for a good token, and {came.get('active')!r} came.", exchange)
    elif came.get("scope", own.scope) != own.scope:
        yield fault(f"Expected the scope {own.scope!r} of the token, and {came.get('scope')!r} came.", exchange)


@server_check("OAU038")
def unknown_token_is_not_active(server: Server) -> Iterator[Finding]:
    """A token that was never given."""
    exchange = introspect(server, "never-given-to-anybody")
    yield from status(exchange, OK, "The introspection of an unknown token", "Answer 200 with active: false.")
    if exchange.json().get("active") is not False:
        came = exchange.json().get("active")
        yield fault(f"Expected active: false for an unknown token, and {came!r} came.", exchange)


@server_check("OAU070", needs=("OAU038",))
def unknown_token_is_not_described(server: Server) -> Iterator[Finding]:
    """A token that was never given: what else the answer says."""
    exchange = introspect(server, "never-given-to-anybody")
    more = sorted(set(exchange.json()) - {"active"})
    if more:
        told = f"Expected nothing but active: false for an unknown token, and {', '.join(more)} came too."
        yield fault(f"{told} It helps whoever guesses tokens.", exchange)


@server_check("OAU039")
def introspection_wants_a_client(server: Server) -> Iterator[Finding]:
    """A question without credentials."""
    exchange = introspect(server, "never-given-to-anybody", proven=False)
    yield from status(exchange, REFUSED | {400}, "An introspection without credentials", "Answer 401, invalid_client.")


@server_check("OAU040")
def revoked_token_is_not_active(server: Server) -> Iterator[Finding]:
    """A customer's token after its revocation."""
    announced(server, "introspection_endpoint")
    grant, gone = revoked_grant(server)
    if answered(gone).status != 200:
        raise Skip(f"The token was not revoked: {gone.status}.")
    exchange = introspect(server, grant.access_token)
    if exchange.json().get("active") is not False:
        yield fault("Expected active: false for a revoked token, and it is not.", exchange)
