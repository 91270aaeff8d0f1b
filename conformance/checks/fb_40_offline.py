"""An authorization that a customer gave on paper or at a counter (OFA001)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.suite import Finding, Omit, server_check
from conformance.third_party.expect import fault, good_document, only, texts_of, valid

if TYPE_CHECKING:
    from conformance.client.server import Server

PERIODS = ("authorizedPeriod", "publishedPeriod")


@server_check("OFA001")
def offline_authorization_can_be_used(server: Server) -> Iterator[Finding]:
    """The authorization of the settings with the client token; then its resourceURI with the token handed over."""
    settings = server.settings
    if not settings.offline_authorization_id or not settings.offline_access_token:
        raise Omit("The settings name no authorization that was made offline (optionalOfflineAuthorizationID).")
    url = f"{settings.resource_endpoint}/Authorization/{settings.offline_authorization_id}"
    exchange = server.get(url, server.tokens.client().access_token)
    yield from good_document(exchange, "The authorization made offline")
    if exchange.status != 200:
        return
    found = only(exchange, "Authorization")
    for period in PERIODS:
        if found is None or not found.present(period):
            told = f"Expected {period} in the authorization made offline, and it is not there. Add it."
            yield fault(told, exchange)
    resource = next(iter(texts_of(exchange, "Authorization", "resourceURI")), "")
    if not resource:
        yield fault("The authorization made offline has no resourceURI. Add where its data are.", exchange)
        return
    for answer in server.answers(resource, settings.offline_access_token):
        yield from valid(answer)
