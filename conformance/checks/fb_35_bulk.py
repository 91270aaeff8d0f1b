"""Function blocks 35 and 67: everything that customers share with a third party, in one feed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.client.server import NotGiven
from conformance.document.names import CUSTOMER
from conformance.suite import Finding, Omit, Skip, server_check
from conformance.third_party.batches import Feed, bulk_url, fetched, narrowed_at, narrowing, term, time_text
from conformance.third_party.expect import REFUSED, answered, fault, status, valid_document
from conformance.third_party.news import asked_for, first_named
from conformance.third_party.roads import refused_to

if TYPE_CHECKING:
    from conformance.client.server import Server

SHARED = ("ReadingType", "LocalTimeParameters")
"""Resources that belong to no subscription."""
REGISTRATION_PATH = "/espi/1_1/resource/ApplicationInformation/"
HIDDEN = frozenset({401, 403, 404})
MOST_STRANGERS = 5


@server_check("RBK001")
def notified_bulk_belongs_to_the_client(server: Server) -> Iterator[Finding]:
    """On request, by its https address first; every entry is of an authorization of the client."""
    url = bulk_url(server)
    received = asked_for(server, url)
    wrong = list(first_named(received, url))
    yield from wrong
    if wrong:
        return
    try:
        feed = fetched(server, received.uris[0], server.tokens.client().access_token)
    except NotGiven as none:
        yield fault(f"The notified bulk was answered with {none.exchange.status}.", none.exchange)
        return
    yield from _valid_feeds(feed)
    yield from _strangers(server, feed)


@server_check("RBK002")
def bulk_is_not_for_customers(server: Server) -> Iterator[Finding]:
    """A customer's token opens his own subscription only."""
    yield from refused_to(server, bulk_url(server), ("customer",), REFUSED, "The bulk resource")


@server_check("RBK003")
def bulk_is_not_for_registrations(server: Server) -> Iterator[Finding]:
    """The registration token opens the registration only."""
    yield from refused_to(server, bulk_url(server), ("registration",), REFUSED, "The bulk resource")


@server_check("RBK004")
def bulk_is_not_for_everybody(server: Server) -> Iterator[Finding]:
    """Without a token nothing is given."""
    yield from refused_to(server, bulk_url(server), ("none",), REFUSED, "The bulk resource")


@server_check("RBK005")
def client_token_names_the_bulk(server: Server) -> Iterator[Finding]:
    """What the token's answer, or the registration with the bulk id, says is asked without any notification."""
    try:
        feed = _bulk(server)
    except NotGiven as none:
        told = f"The bulk resource {bulk_url(server)}, asked for without a notification before: expected 200 or 202"
        yield fault(f"{told}, and {none.exchange.status or none.exchange.error} came.", none.exchange)
        return
    yield from _valid_feeds(feed)


@server_check("RBK006")
def other_bulks_stay_closed(server: Server) -> Iterator[Finding]:
    """An id that nobody has given out."""
    url = f"{bulk_url(server).rpartition('/')[0]}/{secrets.token_hex(6)}"
    exchange = server.get(url, server.tokens.client().access_token)
    yield from status(exchange, HIDDEN, "A bulk of an unknown id with the client token", "Give nothing there.")


@server_check("RBK007")
@narrowing
def bulk_takes_parameters(server: Server) -> Iterator[Finding]:
    """The bounds of one block leave out those that lie elsewhere."""
    blocks = _bulk(server).blocks
    if not blocks:
        raise Skip("The bulk has no interval blocks.")
    bounds = blocks[len(blocks) // 2].span
    query = f"published-min={time_text(bounds.start_s)}&published-max={time_text(bounds.end_s)}"
    feed = narrowed_at(server, bulk_url(server), server.tokens.client().access_token, query)
    for block in feed.blocks:
        if not bounds.holds(block.span):
            told = f"Block {block.name} is in a bulk that is limited to {query}. Leave out what is not within."
            yield fault(told, feed.exchange)
    wanted = {block.name for block in blocks if bounds.holds(block.span)}
    if missing := wanted - {block.name for block in feed.blocks}:
        yield fault(f"{len(missing)} blocks within {query} are missing from the bulk.", feed.exchange)


@server_check("RES014")
def personal_bulk_is_for_the_client(server: Server) -> Iterator[Finding]:
    """The client token reads retail customers' data there, a customer's does not."""
    url = _personal_bulk_url(server)
    try:
        feed = fetched(server, url, server.tokens.client().access_token)
    except NotGiven as none:
        yield fault(f"The bulk of retail customers was answered with {none.exchange.status}.", none.exchange)
        return
    yield from _valid_feeds(feed)
    if not any(one.of("Customer", namespace=CUSTOMER) for one in feed.documents):
        yield fault("The bulk of retail customers holds no Customer.", feed.exchange)
    yield from refused_to(server, url, ("customer", "registration", "none"), REFUSED, "The bulk of retail customers")


def _bulk(server: Server) -> Feed:
    """The bulk as the client token names it; fetched once."""
    if "bulk" not in server.memo:
        server.memo["bulk"] = fetched(server, bulk_url(server), server.tokens.client().access_token)
    found: Feed = server.memo["bulk"]
    return found


def _personal_bulk_url(server: Server) -> str:
    told = server.tokens.client().customerResourceURI
    if told:
        return told
    name = server.settings.bulk_id or term(server.settings.scope, "BR")
    if not name:
        raise Omit("Neither the client token nor the settings say where the bulk of retail customers is.")
    return f"{server.settings.resource_endpoint}/Batch/BulkRetailCustomerInfo/{name}"


def _valid_feeds(feed: Feed) -> Iterator[Finding]:
    for exchange, one in zip(feed.exchanges, feed.documents, strict=True):
        wrong = list(valid_document(one, answered(exchange)))
        yield from wrong
        if not wrong and (one.feed is None or not one.entries):
            yield fault("The bulk is no feed with an entry at least.", exchange)


def _strangers(server: Server, feed: Feed) -> Iterator[Finding]:
    """Entries whose self link belongs to no authorization of the client."""
    token = server.tokens.client().access_token
    listed = server.feed(f"{server.settings.resource_endpoint}/Authorization/", token)
    records = [entry.facts for entry in listed.of("Authorization")]
    authorizations = {facts.get("authorizationURI") for facts in records}
    roots = tuple(facts["resourceURI"].replace("/Batch", "") for facts in records if facts.get("resourceURI"))
    found = 0
    for entry in feed.entries:
        own = entry.self or ""
        if entry.kind in SHARED:
            continue
        if entry.kind == "Authorization":
            good = own in authorizations
        else:
            good = REGISTRATION_PATH in own if entry.kind == "ApplicationInformation" else own.startswith(roots)
        if not good and found < MOST_STRANGERS:
            found += 1
            told = f"{entry.kind} at {own} belongs to no resourceURI (without /Batch) of the client's authorizations."
            yield fault(told, feed.exchange)
