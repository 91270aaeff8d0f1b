"""Tokens that a client gets for itself, and what its registration lists (OAD014, OAD015)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.checks.fb_03_connect_my_data import registration
from conformance.client.tokens import answer_of
from conformance.suite import Finding, Skip, server_check
from conformance.third_party.expect import BAD, OK, fault, status, texts_of

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

REGISTERED = (
    "dataCustodianId",
    "dataCustodianApplicationStatus",
    "client_id",
    "client_secret",
    "client_name",
    "client_uri",
    "redirect_uri",
    "software_id",
    "software_version",
    "client_id_issued_at",
    "client_secret_expires_at",
    "token_endpoint_auth_method",
    "scope",
    "response_types",
    "registration_client_uri",
    "registration_access_token",
    "thirdPartyScopeSelectionScreenURI",
    "thirdPartyUserPortalScreenURI",
    "dataCustodianScopeSelectionScreenURI",
)
"""Elements of ApplicationInformation that the suite reads (OAD014)."""


def own_request(server: Server, *, in_query: bool | None = None, **parameters: str) -> Exchange:
    """A token request of the administrative client, or of the main one where there is no other."""
    settings = server.settings
    pairs = (
        (settings.admin_client_id, settings.admin_client_secret),
        (settings.client_id, settings.client_secret),
    )
    pair = next((pair for pair in pairs if all(pair)), None)
    if pair is None:
        raise Skip("The settings have no client with a secret.")
    return server.tokens.request(parameters, basic=pair, in_query=in_query)


@server_check("OAD014a")
def without_grant_type(server: Server) -> Iterator[Finding]:
    """A scope and nothing else."""
    exchange = own_request(server, scope=server.settings.scope)
    yield from status(exchange, BAD, "A client's token request without grant_type", "Answer 400, invalid_request.")


@server_check("OAD014b")
def with_a_malformed_scope_and_what_is_registered(server: Server) -> Iterator[Finding]:
    """scope=FB=read/write; then ApplicationInformation with the registration token."""
    exchange = own_request(server, grant_type="client_credentials", scope="FB=read/write")
    yield from status(exchange, BAD, "A client's token request with scope=FB=read/write", "Answer 400, invalid_scope.")
    shown = registration(server)
    wrong = list(status(shown, OK, "ApplicationInformation", "Serve it to the registration token."))
    yield from wrong
    if wrong:
        return
    if "client_credentials" not in texts_of(shown, "ApplicationInformation", "grant_types"):
        yield fault("Expected client_credentials among the grant_types of ApplicationInformation. Add it.", shown)
    for name in REGISTERED:
        if not any(texts_of(shown, "ApplicationInformation", name)):
            yield fault(f"ApplicationInformation has no {name}, which the suite reads. Add it.", shown)


@server_check("OAD015")
def client_token_without_scope(server: Server) -> Iterator[Finding]:
    """grant_type=client_credentials and nothing else."""
    asked = "A client credentials request without scope"
    exchange = own_request(server, grant_type="client_credentials")
    yield from status(exchange, OK, asked, "Give the client token for it.")
    if exchange.status != 200:
        return
    answer = answer_of(exchange)
    for name in answer.missing(("access_token", "expires_in", "scope", "resourceURI", "authorizationURI")):
        yield fault(f"{asked}: expected the member {name}, and it is not there. Add it.", exchange)
    yield from _no_refresh_token(exchange, asked)


@server_check("OAU058")
def clients_tokens_have_no_refresh_token(server: Server) -> Iterator[Finding]:
    """The tokens of the client and of the registration, asked for with the scopes of the settings."""
    settings = server.settings
    asked = {
        "The client token": (settings.admin_client_id, settings.admin_client_secret, settings.admin_scope),
        "The registration token": (
            settings.registration_client_id,
            settings.registration_client_secret,
            settings.registration_scope,
        ),
    }
    asked = {what: three for what, three in asked.items() if three[0] and three[1]}
    if not asked:
        raise Skip("The settings have no client of its own for these tokens.")
    for what, (user, secret, scope) in asked.items():
        parameters = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        exchange = server.tokens.request(parameters, basic=(user, secret))
        yield from status(exchange, OK, what, "Give it for client_credentials.")
        yield from _no_refresh_token(exchange, what)


def _no_refresh_token(exchange: Exchange, asked: str) -> Iterator[Finding]:
    if "refresh_token" in exchange.json():
        told = f"{asked}: expected no refresh_token, and there is one. Leave it out: the client can ask again."
        yield fault(told, exchange)
