"""Addresses and ids in what a server sends: absolute, its own, and the same each time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.client.server import document
from conformance.document import Document
from conformance.suite import Evidence, Finding, Skip, server_check, shown
from conformance.third_party.expect import answered, bare, fault

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

OTHER_HOST = "elsewhere.example"
CERTIFICATES = "https://cert.greenbuttonalliance.org/"
MOST_TOLD = 5


def _feed(server: Server) -> tuple[Exchange, Document]:
    own = server.tokens.customer()
    exchange = server.answers(own.resourceURI, own.access_token)[0]
    return exchange, document(exchange)


def _hrefs(read: Document) -> Iterator[tuple[str, int]]:
    """Every address of a link in a feed, with its line."""
    if read.feed is not None:
        yield from ((link.href, link.line) for link in read.feed.links if link.href is not None)
    for entry in read.entries:
        yield from ((link.href, link.line) for link in entry.links if link.href is not None)


@server_check("HTT011")
def addresses_are_absolute(server: Server) -> Iterator[Finding]:
    """Every link of the customer's feed."""
    exchange, read = _feed(server)
    for href, line in _hrefs(read):
        if not href.startswith("https://"):
            told = f"Expected an absolute https address in a link, and it is {href!r}."
            yield Finding(told, (shown(exchange.number), Evidence("In the document", href, line=line)))


@server_check("HTT012")
def ids_and_addresses_stay(server: Server) -> Iterator[Finding]:
    """The customer's feed twice: the same ids at the same self addresses."""
    first, old = _feed(server)
    second, new = _feed(server)
    before = {entry.self: entry.id for entry in old.entries}
    after = {entry.self: entry.id for entry in new.entries}
    changed = [
        f"{bare(str(href))}: {own} became {after.get(href)}" for href, own in before.items() if after.get(href) != own
    ]
    for one in changed[:MOST_TOLD]:
        told = f"Expected the same id for the same entry each time, and {one}."
        yield fault(f"{told} Make ids by name (UUID version 5) of what does not change.", first, second)
    if old.feed and new.feed and old.feed.id != new.feed.id:
        told = f"Expected the same feed id each time, and {old.feed.id} became {new.feed.id}."
        yield fault(f"{told} Derive it from the subscription.", first, second)


@server_check("HTT013")
def addresses_do_not_follow_the_host(server: Server) -> Iterator[Finding]:
    """The customer's feed with another Host; a refusal is as good as the right addresses."""
    own = server.tokens.customer()
    exchange = server.get(own.resourceURI, own.access_token, headers=[("Host", OTHER_HOST)])
    if answered(exchange).status == 200 and any(
        urlsplit(href).hostname == OTHER_HOST for href, _ in _hrefs(document(exchange))
    ):
        told = f"The links of a feed asked for with Host: {OTHER_HOST} lead there."
        yield fault(f"{told} Make addresses of the configured origin.", exchange)


@server_check("HTT014")
def addresses_are_of_the_endpoint(server: Server) -> Iterator[Finding]:
    """The self and up links of the customer's feed, beside the endpoint of the registration."""
    endpoint = server.application.get("dataCustodianResourceEndpoint", "").strip() or server.settings.resource_endpoint
    exchange, read = _feed(server)
    wanted = f"{endpoint.rstrip('/')}/"
    for entry in read.entries:
        for rel in ("self", "up"):
            for href in entry.hrefs(rel):
                if not href.startswith(wanted):
                    told = f"Expected the {rel} link to begin with {wanted}, and it is {href}."
                    yield Finding(told, (shown(exchange.number), Evidence("In the document", href, line=entry.line)))


@server_check("HTT020")
def feed_says_where_it_is_from(server: Server) -> Iterator[Finding]:
    """The self link of the customer's feed, beside resourceURI."""
    own = server.tokens.customer()
    exchange, read = _feed(server)
    if read.feed is None:
        raise Skip("What came is no feed.")
    if bare(read.feed.self or "") != bare(own.resourceURI):
        told = f"Expected the feed's self link to be {own.resourceURI}, and it is {read.feed.self}."
        yield fault(f"{told} Notifications and clients go by it.", exchange)
