"""Function block 33: what the custodian's own systems may do by REST. Nobody else has their tokens."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.client.server import NotGiven, document
from conformance.suite import Finding, Omit, Skip, server_check, shown
from conformance.third_party.batches import Feed, Span, fetched, narrowed_at, narrowing, time_text, whole, with_query
from conformance.third_party.expect import BAD, OK, REFUSED, answered, fault, good_document, status
from conformance.third_party.roads import refused_to, token_of

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

CREATED = frozenset({200, 201})
GONE = frozenset({404, 410})
CLOSED = frozenset({401, 403, 404, 405, 501})
"""Refusals of a change; a server that has no such method says so."""
NOT_OFFERED = frozenset({405, 501})
ROOTS = ("UsagePoint", "MeterReading", "IntervalBlock")
NO_ENTRY = "This is no entry."


@server_check("RES010")
def customers_tokens_change_nothing(server: Server) -> Iterator[Finding]:
    """POST, PUT and DELETE of a usage point with the token that reads it; afterwards it is still there."""
    point = next(iter(whole(server).of("UsagePoint")), None)
    if point is None or not point.self or not point.up:
        raise Omit("The customer's feed has no UsagePoint with self and up links.")
    token = server.tokens.customer().access_token
    for method, url in (("POST", point.up), ("PUT", point.self), ("DELETE", point.self)):
        exchange = _sent(server, method, url, token, _entry(f"{server.settings.resource_endpoint}/ReadingType"))
        yield from status(exchange, CLOSED, f"{method} {url} with a customer's token", "Refuse it and change nothing.")


@server_check("RES011")
def created_changed_and_deleted(server: Server) -> Iterator[Finding]:
    """A reading type of our own: it is put in, changed, and taken out again."""
    token = _own_token(server)
    collection = f"{server.settings.resource_endpoint}/ReadingType"
    body = _entry(collection)
    made = _offered(_sent(server, "POST", collection, token, body))
    wrong = list(status(made, frozenset({201}), "POST of a ReadingType", "Answer 201 with the entry."))
    yield from wrong
    if wrong:
        return
    url = _where(made, collection, body)
    for method in ("PUT", "DELETE"):
        exchange = _offered(_sent(server, method, url, token, body))
        yield from status(exchange, OK, f"{method} of the new ReadingType", "Answer 200.")


def _offered(exchange: Exchange) -> Exchange:
    """The exchange, unless the server does not offer such a change at all: the block lets it. `Omit` then."""
    if exchange.status in NOT_OFFERED:
        told = f"The server does not offer {exchange.method} of reading types ({exchange.status})."
        raise Omit(told, shown(exchange.number))
    return exchange


@server_check("RES015")
def registrations_can_be_listed(server: Server) -> Iterator[Finding]:
    """`/ApplicationInformation`, all of them."""
    token = _own_token(server)
    exchange = server.get(f"{server.settings.resource_endpoint}/ApplicationInformation", token)
    wrong = list(good_document(exchange, "The collection of registrations"))
    yield from wrong
    if not wrong and not document(exchange).of("ApplicationInformation"):
        yield fault("The collection of registrations has none in it, though ours exists.", exchange)


@server_check("RES017")
def bodies_without_entry_are_refused(server: Server) -> Iterator[Finding]:
    """Words instead of XML."""
    token = _own_token(server)
    collection = f"{server.settings.resource_endpoint}/ReadingType"
    known = next((entry.self for entry in whole(server).of("ReadingType") if entry.self), "")
    tried = [("POST", collection)] + ([("PUT", known)] if known else [])
    for method, url in tried:
        exchange = _offered(_sent(server, method, url, token, NO_ENTRY))
        yield from status(exchange, BAD, f"{method} of a body that is no entry", "Refuse it.")


@server_check("RES018")
def unknown_resources_cannot_be_deleted(server: Server) -> Iterator[Finding]:
    """An id that nobody has given out."""
    url = f"{server.settings.resource_endpoint}/ReadingType/{secrets.token_hex(6)}"
    exchange = _offered(_sent(server, "DELETE", url, _own_token(server)))
    yield from status(exchange, GONE, "DELETE of an unknown ReadingType", "Say that there is none.")


@server_check("RES019")
def management_is_for_the_custodian(server: Server) -> Iterator[Finding]:
    """The third party's tokens, a customer's and none put nothing in."""
    collection = f"{server.settings.resource_endpoint}/ReadingType"
    for kind in ("client", "registration", "customer", "none"):
        exchange = _sent(server, "POST", collection, token_of(server, kind), _entry(collection))
        yield from status(exchange, CLOSED, f"POST of a ReadingType ({kind} token)", "Refuse it and create nothing.")


@server_check("RES023")
def whole_collections_can_be_read(server: Server) -> Iterator[Finding]:
    """The first of all usage points, meter readings and interval blocks: there may be millions."""
    token = _own_token(server)
    for kind in ROOTS:
        exchange = server.get(f"{server.settings.resource_endpoint}/{kind}?max-results=1", token)
        wrong = list(good_document(exchange, f"The collection of all {kind}s"))
        yield from wrong
        if not wrong and not document(exchange).of(kind):
            yield fault(f"The collection of all {kind}s has none in it.", exchange)


@server_check("DMD004")
def downloads_by_rest(server: Server) -> Iterator[Finding]:
    """A valid feed to the token for uploads; refused to a customer's, to the third party's and to none."""
    url, token = _download(server)
    exchange = server.get(url, token)
    wrong = list(good_document(exchange, "The customer's file by REST"))
    yield from wrong
    if not wrong and not document(exchange).of("UsagePoint"):
        yield fault("The customer's file by REST has no UsagePoint.", exchange)
    yield from refused_to(server, url, ("customer", "client", "registration", "none"), REFUSED, "The customer's file")


@server_check("DMD008")
@narrowing
def downloads_take_parameters(server: Server) -> Iterator[Finding]:
    """The bounds of one block leave the others out."""
    url, token = _download(server)
    query, bounds = _of_one_block(server, url, token)
    feed = narrowed_at(server, url, token, query)
    came = [block.span for block in feed.blocks]
    if bounds not in came or any(not bounds.holds(span) for span in came):
        told = f"Limited to {query}, the customer's file has {len(came)} blocks that are not just those within."
        yield fault(told, feed.exchange)


@server_check("DMD009")
def feeds_can_be_uploaded(server: Server) -> Iterator[Finding]:
    """What the address gives of one block is taken back, and words are not."""
    url, token = _download(server)
    query, _ = _of_one_block(server, url, token)
    known = server.get(with_query(url, query), token)
    if known.status != 200:
        raise Skip(f"The customer's file is not given for one block (DMD008): {known.status}.", shown(known.number))
    yield from status(_sent(server, "POST", url, token, known.body), CREATED, "POST of a feed", "Take it.")
    yield from status(_sent(server, "POST", url, token, NO_ENTRY), BAD, "POST of what is no feed", "Refuse it.")


def _of_one_block(server: Server, url: str, token: str) -> tuple[str, Span]:
    """The query parameters that leave one block of a customer's file, and its bounds. `Skip` if there is none."""
    if "download" not in server.memo:
        try:
            server.memo["download"] = fetched(server, url, token)
        except NotGiven as none:
            raise Skip("The customer's file by REST is not given (DMD004).", *none.evidence) from none
    feed: Feed = server.memo["download"]
    if not feed.blocks:
        raise Skip("The customer's file by REST has no interval blocks.")
    bounds = feed.blocks[len(feed.blocks) // 2].span
    return f"published-min={time_text(bounds.start_s)}&published-max={time_text(bounds.end_s)}", bounds


def _own_token(server: Server) -> str:
    found = server.settings.data_custodian_access_token
    if not found:
        raise Omit("The settings have no token of the custodian's own (data_custodian_access_token).")
    return found


def _download(server: Server) -> tuple[str, str]:
    """Where the file of a customer is, and the token that opens it."""
    settings = server.settings
    token = settings.upload_access_token or settings.data_custodian_access_token
    if not token or not settings.upload_resource_uri:
        raise Omit("The settings do not say where a customer's file is (upload_resourceURI) and what token opens it.")
    return settings.upload_resource_uri, token


def _sent(server: Server, method: str, url: str, token: str | None, body: str | bytes = b"") -> Exchange:
    headers = [("Accept", "application/atom+xml"), ("Content-Type", "application/atom+xml")]
    return answered(
        server.http.send(method, url, token=token, headers=headers, body=body if method != "DELETE" else None)
    )


def _where(made: Exchange, collection: str, body: str) -> str:
    """Where a new resource is: what the answer says, else what we proposed."""
    entries = document(made).entries if made.size_bytes else []
    own = next((entry.self for entry in entries if entry.self), "")
    proposed = re.search(r'rel="self" href="([^"]+)"', body)
    return made.location or own or (proposed[1] if proposed else collection)


def _entry(collection: str) -> str:
    """A reading type that nobody has."""
    name = secrets.token_hex(6)
    elements = {
        "accumulationBehaviour": 4, "commodity": 1, "currency": 840, "dataQualifier": 12, "defaultQuality": 17,
        "flowDirection": 1, "intervalLength": 3600, "kind": 12, "phase": 769, "powerOfTenMultiplier": 0, "uom": 72,
    }  # fmt: skip
    content = "".join(f"<espi:{tag}>{value}</espi:{tag}>" for tag, value in elements.items())
    return (
        '<entry xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">'
        f"<id>urn:uuid:{secrets.token_hex(4)}-{secrets.token_hex(2)}-5{secrets.token_hex(2)[1:]}"
        f"-8{secrets.token_hex(2)[1:]}-{secrets.token_hex(6)}</id>"
        f'<link rel="self" href="{collection}/{name}"/><link rel="up" href="{collection}"/>'
        "<title>A reading type of the conformance kit</title>"
        "<published>2024-01-01T00:00:00Z</published><updated>2024-01-01T00:00:00Z</updated>"
        f'<content type="application/xml"><espi:ReadingType>{content}</espi:ReadingType></content></entry>'
    )
