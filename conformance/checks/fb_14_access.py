"""Who may read what: each resource with the wrong kinds of tokens (OAD006 to OAD010), or one that ended (OAD016)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.client.tokens import TokenAnswer
from conformance.suite import Finding, Skip, Wait, server_check, shown
from conformance.third_party.consent import taken
from conformance.third_party.expect import FORBIDDEN, REFUSED, UNPROVEN, answered, ended, status
from conformance.third_party.roads import first_answer, refused_to

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

AGAIN_S = 5
"""Between requests for a feed, while the operator is waited for."""


@server_check("OAD006")
def registration_is_for_its_own_token(server: Server) -> Iterator[Finding]:
    """ApplicationInformation with the client token, a customer's, none."""
    url = server.tokens.registration().resourceURI
    yield from refused_to(server, url, ("client", "customer", "none"), REFUSED, "ApplicationInformation")


@server_check("OAD007")
def authorization_is_for_the_client_token(server: Server) -> Iterator[Finding]:
    """The customer's authorization with the registration token, a customer's, none."""
    url = first_answer(server).authorizationURI
    yield from refused_to(server, url, ("registration", "customer", "none"), REFUSED, "An authorization")


@server_check("OAD008")
def authorizations_are_for_the_client_token(server: Server) -> Iterator[Finding]:
    """The list of authorizations with the registration token, a customer's, none."""
    url = f"{server.settings.resource_endpoint}/Authorization"
    yield from refused_to(server, url, ("registration", "customer", "none"), REFUSED, "The list of authorizations")


@server_check("OAD009")
def customers_data_are_for_the_customers_token(server: Server) -> Iterator[Finding]:
    """The resourceURI with the registration token, the client token, none: 403 and nothing else."""
    url = server.tokens.customer().resourceURI
    yield from refused_to(server, url, ("registration", "client", "none"), FORBIDDEN, "The customer's resource")


@server_check("OAD010")
def service_status_is_for_the_client_token(server: Server) -> Iterator[Finding]:
    """ReadServiceStatus with the registration token, a customer's, none."""
    url = f"{server.settings.resource_endpoint}/ReadServiceStatus"
    yield from refused_to(server, url, ("registration", "customer", "none"), REFUSED, "ReadServiceStatus")


@server_check("OAD016")
def expired_token_is_dead(server: Server) -> Iterator[Finding]:
    """The resourceURI with an expired token of the settings, or with the customer's once the operator ended it."""
    settings = server.settings
    if settings.expired_access_token and settings.expired_resource_uri:
        exchange = server.get(settings.expired_resource_uri, settings.expired_access_token)
    else:
        exchange = _expired_now(server)
    yield from status(exchange, UNPROVEN, "resourceURI with an expired token", "Answer 401, invalid_token.")


def _expired_now(server: Server) -> Exchange:
    own = server.tokens.customer()
    server.operator.do("expire_token", authorization=ended(own.authorizationURI))
    deadline = time.monotonic() + server.patience_s
    exchange = server.get(own.resourceURI, own.access_token)
    while answered(exchange).status == 200 and time.monotonic() < deadline:
        time.sleep(AGAIN_S)
        exchange = server.get(own.resourceURI, own.access_token)
    if exchange.status == 200 and server.settings.browser.by_hand:
        raise Wait("The operator did not let the token end in time.", shown(exchange.number))
    _renewed(server, own)
    return exchange


def _renewed(server: Server, own: TokenAnswer) -> None:
    """Give the checks that follow a token that counts."""
    try:
        server.tokens.keep(taken(server.tokens.refresh(own.refresh_token), "The refresh did not work"))
    except Skip:
        server.tokens.forget()
