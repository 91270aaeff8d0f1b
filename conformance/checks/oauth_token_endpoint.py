"""The token endpoint beyond the suite: which errors it names, how it sends tokens, and what it never takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.checks.fb_14_client_credentials import own_request
from conformance.checks.fb_14_codes import unknown_code
from conformance.client.tokens import answer_of
from conformance.suite import Finding, Skip, server_check
from conformance.third_party.consent import ask, code_of, parameters_of, spare_code, spend_spare_code
from conformance.third_party.expect import BAD, OK, UNPROVEN, answered, fault, oauth_error, status
from conformance.third_party.roads import first_answer

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

MOST_LIFE_S = 3600
NO_TOKEN = "Answer 400 and give no token."  # noqa: S105  what is asked of the server


@server_check("OAU006")
def no_tokens_for_passwords(server: Server) -> Iterator[Finding]:
    """grant_type=password with a made-up customer."""
    asked = {"grant_type": "password", "username": "nobody", "password": "no password"}
    exchange = server.tokens.request(asked)
    yield from status(exchange, BAD, "A request with grant_type=password", NO_TOKEN)
    wanted = ("unsupported_grant_type", "unauthorized_client")
    yield from oauth_error(exchange, wanted, "A request with grant_type=password")


@server_check("OAU007")
def unknown_grant_type_is_named(server: Server) -> Iterator[Finding]:
    """grant_type=unheard_of."""
    exchange = server.tokens.request({"grant_type": "unheard_of"})
    yield from status(exchange, BAD, "A request with an unknown grant_type", NO_TOKEN)
    yield from oauth_error(exchange, ("unsupported_grant_type",), "A request with an unknown grant_type")


@server_check("OAU008")
def wrong_credentials_are_challenged(server: Server) -> Iterator[Finding]:
    """The client's id with another secret."""
    exchange = wrong_secret(server)
    yield from status(exchange, UNPROVEN, "A request with a wrong secret", "Answer 401, invalid_client.")
    yield from oauth_error(exchange, ("invalid_client",), "A request with a wrong secret")
    if exchange.status == 401 and not exchange.header("WWW-Authenticate").lower().startswith("basic"):
        told = f"Expected WWW-Authenticate: Basic with the 401, and {exchange.header('WWW-Authenticate')!r} came."
        yield fault(f"{told} Name the scheme that the client tried.", exchange)


def wrong_secret(server: Server) -> Exchange:
    """A token request with the client's id and a secret that is not its own."""
    basic = (server.settings.client_id, "not the secret of this client")
    return server.tokens.request({"grant_type": "client_credentials"}, basic=basic)


@server_check("OAU009")
def unknown_code_is_named(server: Server) -> Iterator[Finding]:
    """code=badauthorizationcode."""
    yield from oauth_error(unknown_code(server), ("invalid_grant",), "A request with an unknown code")


@server_check("OAU010")
def missing_parameter_is_named(server: Server) -> Iterator[Finding]:
    """Requests without grant_type, without a code, without a refresh token."""
    for what, asked in (
        ("grant_type", {"redirect_uri": server.redirect_uri}),
        ("a code", {"grant_type": "authorization_code", "redirect_uri": server.redirect_uri}),
        ("a refresh token", {"grant_type": "refresh_token"}),
    ):
        yield from oauth_error(server.tokens.request(asked), ("invalid_request",), f"A request without {what}")


@server_check("OAU011")
def malformed_scope_is_named(server: Server) -> Iterator[Finding]:
    """scope=FB=read/write, by the client for itself."""
    exchange = own_request(server, grant_type="client_credentials", scope="FB=read/write")
    yield from oauth_error(exchange, ("invalid_scope",), "A client's token request with scope=FB=read/write")


@server_check("OAU012")
def answers_are_json(server: Server) -> Iterator[Finding]:
    """A token, a wrong secret, an unknown code."""
    answers = {
        "A token": own_request(server, grant_type="client_credentials"),
        "A refusal of a wrong secret": wrong_secret(server),
        "A refusal of a code": unknown_code(server),
    }
    for what, exchange in answers.items():
        kind = answered(exchange).header("Content-Type")
        if not kind.lower().startswith("application/json"):
            yield fault(f"{what}: expected Content-Type application/json, and {kind or 'none'} came.", exchange)
        if not exchange.json():
            yield fault(f"{what}: expected a JSON object, and the body is none.", exchange)


@server_check("OAU013")
def tokens_are_kept_from_caches(server: Server) -> Iterator[Finding]:
    """The client's own token and the customer's."""
    for exchange in _with_tokens(server):
        if "no-store" not in exchange.header("Cache-Control").lower():
            came = exchange.header("Cache-Control") or "nothing"
            told = f"Expected Cache-Control: no-store with a token, and {came} came. Add it."
            yield fault(told, exchange)


@server_check("OAU014")
def old_caches_are_told_too(server: Server) -> Iterator[Finding]:
    """The client's own token and the customer's."""
    for exchange in _with_tokens(server):
        if "no-cache" not in exchange.header("Pragma").lower():
            yield fault("Expected Pragma: no-cache with a token, and it is not there. Add it.", exchange)


def _with_tokens(server: Server) -> list[Exchange]:
    own = own_request(server, grant_type="client_credentials")
    found = [one for one in (own, first_answer(server).exchange) if one is not None and answer_of(one).access_token]
    if not found:
        raise Skip("No answer of this run has a token.")
    return found


@server_check("OAU045")
def no_token_by_get(server: Server) -> Iterator[Finding]:
    """A good code in a GET: addresses stand in logs and histories."""
    exchange = server.tokens.request(parameters_of(server, spare_code(server)), method="GET")
    if answered(exchange).status == 200 or "access_token" in exchange.json():
        spend_spare_code(server)
        told = "Expected no token for a GET, and one came. Answer 405: addresses stand in logs and histories."
        yield fault(told, exchange)


@server_check("OAU046")
def parameters_may_be_in_the_address(server: Server) -> Iterator[Finding]:
    """A client's token request as the suite sends it: POST, everything in the address, an empty body."""
    exchange = own_request(server, in_query=True, grant_type="client_credentials")
    yield from status(exchange, OK, "A POST with the parameters in its address", "The certification suite sends these.")


@server_check("OAU063")
def parameters_may_be_in_the_body(server: Server) -> Iterator[Finding]:
    """A token request as RFC 6749 has it: POST, a form in the body."""
    asked = ask(server)
    code_of(asked)
    exchange = server.tokens.request(parameters_of(server, asked), in_query=False)
    yield from status(exchange, OK, "A POST with a form in its body", "RFC 6749 4.1.3 has no other way.")


@server_check("OAU056")
def access_tokens_end_within_the_hour(server: Server) -> Iterator[Finding]:
    """The expires_in of the customer's token."""
    answer = first_answer(server)
    if answer.expires_in is None:
        raise Skip("The token came without expires_in.")
    if answer.expires_in > MOST_LIFE_S:
        told = f"Expected expires_in of {MOST_LIFE_S} s at most, and it is {answer.expires_in}."
        more = (answer.exchange,) if answer.exchange else ()
        yield fault(f"{told} A refresh token is there for longer access.", *more)
