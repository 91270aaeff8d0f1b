"""How resources refuse: the challenges of RFC 6750, and that no token counts in an address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.suite import Finding, Omit, server_check
from conformance.third_party.expect import FORBIDDEN, OK, REFUSED, UNPROVEN, answered, fault, status
from conformance.third_party.roads import first_answer

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

NOBODYS = "never-given-to-anybody-0123456789"


def _challenge(exchange: Exchange) -> str:
    """The challenges of an answer, in lower case."""
    return ", ".join(exchange.headers("WWW-Authenticate")).lower()


def _authorizations(server: Server) -> str:
    return f"{server.settings.resource_endpoint}/Authorization"


@server_check("OAU041")
def unknown_token_is_challenged(server: Server) -> Iterator[Finding]:
    """The list of authorizations and the customer's resource with a token that was never given."""
    for url in (_authorizations(server), first_answer(server).resourceURI):
        exchange = server.get(url, NOBODYS)
        yield from status(exchange, UNPROVEN, "An unknown token", "Answer 401, invalid_token.")
        if exchange.status != 401:
            continue
        if "bearer" not in _challenge(exchange):
            yield fault("Expected WWW-Authenticate: Bearer with the 401 for an unknown token. Add it.", exchange)


@server_check("OAU069", needs=("OAU041",))
def unknown_token_is_named(server: Server) -> Iterator[Finding]:
    """The challenge for the list of authorizations with a token that was never given."""
    exchange = server.get(_authorizations(server), NOBODYS)
    if "invalid_token" not in _challenge(exchange):
        told = 'Expected error="invalid_token" in the challenge for an unknown token'
        yield fault(f"{told}, and {exchange.header('WWW-Authenticate')!r} came.", exchange)


@server_check("OAU042")
def wrong_kind_is_named(server: Server) -> Iterator[Finding]:
    """The list of authorizations with a customer's token, where the answer is 403."""
    exchange = server.get(_authorizations(server), server.tokens.customer().access_token)
    yield from status(exchange, REFUSED, "The list of authorizations with a customer's token", "Refuse it.")
    if exchange.status in FORBIDDEN and "insufficient_scope" not in _challenge(exchange):
        told = 'Expected error="insufficient_scope" in WWW-Authenticate with the 403'
        yield fault(f"{told}, and {exchange.header('WWW-Authenticate') or 'nothing'} came.", exchange)


@server_check("OAU043")
def no_token_is_challenged_without_an_error(server: Server) -> Iterator[Finding]:
    """The list of authorizations without a token, where the answer is 401."""
    exchange = server.get(_authorizations(server), None)
    if answered(exchange).status != 401:
        raise Omit(f"The server answers {exchange.status} where there is no token, as the suite lets it.")
    if "bearer" not in _challenge(exchange):
        yield fault("Expected WWW-Authenticate: Bearer with the 401 where there is no token. Add it.", exchange)
    elif "error=" in _challenge(exchange):
        told = "Expected a challenge without an error where there is no token"
        yield fault(f"{told}, and {exchange.header('WWW-Authenticate')!r} came.", exchange)


@server_check("OAU068")
def case_of_the_scheme_does_not_matter(server: Server) -> Iterator[Finding]:
    """The list of authorizations with `bearer` and with `BEARER`."""
    token = server.tokens.client().access_token
    for scheme in ("bearer", "BEARER"):
        exchange = server.get(_authorizations(server), headers=[("Authorization", f"{scheme} {token}")])
        yield from status(exchange, OK, f"A token behind the word {scheme}", "Compare the scheme without its case.")


@server_check("OAU044")
def token_in_the_address_opens_nothing(server: Server) -> Iterator[Finding]:
    """The list of authorizations with a good token as the parameter access_token, and none in the header."""
    token = server.tokens.client().access_token
    exchange = server.get(f"{_authorizations(server)}?access_token={token}", None)
    remedy = "Take tokens from the Authorization header alone: addresses stand in logs."
    yield from status(exchange, REFUSED | {400}, "A token in the address", remedy)
