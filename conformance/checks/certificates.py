"""The Green Button certificate that a certified custodian's documents link to (CERT001 to CERT004, CERT008)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.client.server import document
from conformance.suite import Finding, Omit, server_check
from conformance.third_party.expect import OK, fault, status, valid
from conformance.third_party.roads import first_answer

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

CERTIFICATES = "https://cert.greenbuttonalliance.org/certificate/"


@server_check("CERT001")
def registration_links_to_the_certificate(server: Server) -> Iterator[Finding]:
    """ApplicationInformation, with the registration token."""
    wanted = _certificate(server)
    own = server.tokens.registration()
    yield from _links(server.get(own.resourceURI, own.access_token), wanted, "ApplicationInformation")


@server_check("CERT002")
def authorizations_link_to_the_certificate(server: Server) -> Iterator[Finding]:
    """The list of authorizations, with the client token."""
    wanted = _certificate(server)
    url = f"{server.settings.resource_endpoint}/Authorization/"
    exchange = server.get(url, server.tokens.client().access_token)
    yield from _valid_links(exchange, wanted, "the list of authorizations")


@server_check("CERT003")
def authorization_links_to_the_certificate(server: Server) -> Iterator[Finding]:
    """The customer's authorization, with the client token."""
    wanted = _certificate(server)
    exchange = server.get(first_answer(server).authorizationURI, server.tokens.client().access_token)
    yield from _valid_links(exchange, wanted, "the authorization")


@server_check("CERT004")
def feeds_link_to_the_certificate(server: Server) -> Iterator[Finding]:
    """What the customer's resourceURI gives, after a 202 too."""
    wanted = _certificate(server)
    own = server.tokens.customer()
    for exchange in server.answers(own.resourceURI, own.access_token):
        yield from _valid_links(exchange, wanted, "the customer's feed")


@server_check("CERT008")
def retail_customer_feeds_link_to_the_certificate(server: Server) -> Iterator[Finding]:
    """What customerResourceURI gives, with the customer's token."""
    wanted = _certificate(server)
    own = server.tokens.customer()
    if not own.customerResourceURI:
        raise Omit("The grant opens no retail customer data: it has no customerResourceURI.")
    for exchange in server.answers(own.customerResourceURI, own.access_token):
        yield from _valid_links(exchange, wanted, "the retail customer feed")


def _certificate(server: Server) -> str:
    """The certificate's address. `Omit` before there is one."""
    own = server.settings.certificate_id
    if not own:
        raise Omit("The custodian is not certified yet: the settings have no GBACertId.")
    return CERTIFICATES + own


def _valid_links(exchange: Exchange, wanted: str, what: str) -> Iterator[Finding]:
    yield from _links(exchange, wanted, what)
    if exchange.status == 200:
        yield from valid(exchange)


def _links(exchange: Exchange, wanted: str, what: str) -> Iterator[Finding]:
    """The first link to a certificate is to this one."""
    wrong = list(status(exchange, OK, what, "Serve it to this token."))
    yield from wrong
    if wrong:
        return
    read = document(exchange)
    own = [href for entry in read.entries for href in entry.related]
    own = [*(read.feed.hrefs("related") if read.feed else ()), *own]
    found = [href for href in own if href.startswith(CERTIFICATES)]
    if not found:
        told = f"Expected a link rel=related to {wanted} in {what}, and there is none. Add it to the document."
        yield fault(told, exchange)
    elif found[0] != wanted:
        yield fault(f"Expected a link to {wanted} in {what}, and it is to {found[0]}. Put in your own id.", exchange)
