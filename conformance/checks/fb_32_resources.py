"""Function blocks 32 and 50: every resource by itself and in the collection it belongs to."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from conformance.client.server import NotGiven, document
from conformance.document.names import CUSTOMER, ENTRY
from conformance.suite import Finding, Omit, server_check
from conformance.third_party.batches import fetched, whole
from conformance.third_party.expect import REFUSED, answered, fault, good_document, status
from conformance.third_party.roads import refused_to

if TYPE_CHECKING:
    from conformance.client.server import Server
    from conformance.document import Entry

MOST_TRIED = 3
"""Resources of a kind that are read one by one; a feed may have thousands."""
ELSEWHERE = frozenset({400, 403, 404})
UNKNOWN = frozenset({403, 404})
PERSONAL = ("Customer", "CustomerAccount", "CustomerAgreement", "ServiceLocation", "Meter")


@server_check("RES001")
def usage_points_by_themselves(server: Server) -> Iterator[Finding]:
    """`/Subscription/{s}/UsagePoint` and each below it."""
    yield from _served(server, "UsagePoint")


@server_check("RES002")
def meter_readings_by_themselves(server: Server) -> Iterator[Finding]:
    """`…/UsagePoint/{u}/MeterReading` and each below it."""
    yield from _served(server, "MeterReading")


@server_check("RES003")
def interval_blocks_by_themselves(server: Server) -> Iterator[Finding]:
    """`…/MeterReading/{m}/IntervalBlock` and each below it."""
    yield from _served(server, "IntervalBlock")


@server_check("RES004")
def reading_types_by_themselves(server: Server) -> Iterator[Finding]:
    """`/ReadingType` and each below it."""
    yield from _served(server, "ReadingType")


@server_check("RES005")
def local_time_by_itself(server: Server) -> Iterator[Finding]:
    """`/LocalTimeParameters` and each below it."""
    yield from _served(server, "LocalTimeParameters")


@server_check("RES006")
def usage_summaries_by_themselves(server: Server) -> Iterator[Finding]:
    """`…/UsagePoint/{u}/UsageSummary` and each below it."""
    yield from _served(server, "UsageSummary")


@server_check("RES007")
def quality_summaries_by_themselves(server: Server) -> Iterator[Finding]:
    """`…/UsagePoint/{u}/ElectricPowerQualitySummary` and each below it."""
    yield from _served(server, "ElectricPowerQualitySummary")


@server_check("RES008")
def batch_of_one_usage_point(server: Server) -> Iterator[Finding]:
    """What belongs to that one, and no other."""
    token = server.tokens.customer()
    point = _some(server, ("UsagePoint",))[0]
    name = (point.self or "").rpartition("/")[2]
    url = f"{token.resourceURI}/UsagePoint/{name}"
    try:
        feed = fetched(server, url, token.access_token)
    except NotGiven as none:
        yield fault(f"The batch of one UsagePoint was answered with {none.exchange.status}: {url}", none.exchange)
        return
    points = [entry.id for entry in feed.of("UsagePoint")]
    if points != [point.id]:
        yield fault(f"The batch of UsagePoint {point.id} has the usage points {points}. Send that one.", feed.exchange)
    inside = (point.self or "", *(href for href in point.related if href.startswith(point.self or "")))
    expected = {entry.id for entry in whole(server).of("MeterReading") if (entry.up or "").startswith(inside)}
    if missing := expected - {entry.id for entry in feed.of("MeterReading")}:
        yield fault(f"The batch of one UsagePoint lacks its MeterReadings {sorted(map(str, missing))}.", feed.exchange)


@server_check("RES009")
def self_links_give_the_entry(server: Server) -> Iterator[Finding]:
    """A stand-alone entry, with the id that the batch has for it."""
    token = server.tokens.customer().access_token
    kinds = ("UsagePoint", "MeterReading", "ReadingType", "IntervalBlock", "LocalTimeParameters")
    for kind in kinds:
        for entry in whole(server).of(kind)[:1]:
            exchange = server.get(entry.self or "", token)
            wrong = list(good_document(exchange, f"The self link of {kind} ({entry.self})"))
            yield from wrong
            found = None if wrong else document(exchange)
            if found is None:
                continue
            ids = [one.id for one in found.entries]
            if found.root != ENTRY or ids != [entry.id]:
                told = f"The self link of {kind} gives <{found.root.rpartition('}')[2]}> with {ids}."
                yield fault(f"{told} It should be one entry, {entry.id}.", exchange)


@server_check("RES012")
def unknown_ids_are_not_found(server: Server) -> Iterator[Finding]:
    """Ids that nobody has given out, in the own subscription."""
    token = server.tokens.customer().access_token
    collection = _some(server, ("UsagePoint",))[0].up or ""
    exchange = server.get(f"{collection}/{secrets.token_hex(6)}", token)
    yield from status(exchange, UNKNOWN, "A UsagePoint of an unknown id", "Say that there is none.")


@server_check("RES013")
def retail_customer_levels_by_themselves(server: Server) -> Iterator[Finding]:
    """From Customer to Meter, as far as the feed has them."""
    token = server.tokens.customer()
    if not token.customerResourceURI:
        raise Omit("The customer's grant has no customerResourceURI.")
    feed = fetched(server, token.customerResourceURI, token.access_token)
    entries = [entry for entry in feed.entries if entry.namespace == CUSTOMER]
    for kind in PERSONAL:
        of_kind = [entry for entry in entries if entry.kind == kind]
        yield from _collection_and_members(server, token.access_token, of_kind)


@server_check("RES020")
def resources_are_for_the_customers_token(server: Server) -> Iterator[Finding]:
    """Usage points and blocks are refused to all others."""
    for kind in ("UsagePoint", "IntervalBlock"):
        url = _some(server, (kind,))[0].up or ""
        kinds = ("registration", "client", "none")
        yield from refused_to(server, url, kinds, REFUSED, f"The collection of {kind}s")


@server_check("RES021")
def other_subscriptions_stay_closed(server: Server) -> Iterator[Finding]:
    """A subscription that was never given out, as a batch and as a collection."""
    token = server.tokens.customer()
    own = token.resourceURI.rstrip("/").rpartition("/")[2]
    foreign = _like(own)
    collection = (_some(server, ("UsagePoint",))[0].up or "").replace(own, foreign)
    for url in (token.resourceURI.replace(own, foreign), collection):
        exchange = server.get(url, token.access_token)
        yield from status(exchange, ELSEWHERE, f"A subscription that is not the token's ({url})", "Refuse it.")


@server_check("RES022")
def older_name_of_summaries_is_known(server: Server) -> Iterator[Finding]:
    """`ElectricPowerUsageSummary`, as the summaries were called before."""
    collection = _some(server, ("UsageSummary",))[0].up or ""
    url = f"{collection.rpartition('/')[0]}/ElectricPowerUsageSummary"
    yield from good_document(server.get(url, server.tokens.customer().access_token), f"The older address {url}")


def _some(server: Server, kinds: tuple[str, ...]) -> list[Entry]:
    """The entries of a kind in the customer's batch. `Omit` if there are none."""
    found = [entry for entry in whole(server).of(*kinds) if entry.self and entry.up]
    if not found:
        raise Omit(f"The customer's feed has no {' or '.join(kinds)} with self and up links.")
    return found


def _served(server: Server, kind: str) -> Iterator[Finding]:
    entries = _some(server, (kind,))
    yield from _collection_and_members(server, server.tokens.customer().access_token, entries)


def _collection_and_members(server: Server, token: str, entries: Collection[Entry]) -> Iterator[Finding]:
    """The collections that entries stand in have them, and some of the entries are given each by itself."""
    for up in list(dict.fromkeys(entry.up for entry in entries))[:MOST_TRIED]:
        members = [entry for entry in entries if entry.up == up]
        yield from _collection(server, token, up or "", {entry.id for entry in members})
        for entry in _ends(members):
            exchange = server.get(entry.self or "", token)
            yield from good_document(exchange, f"{entry.kind} by itself ({entry.self})")


def _collection(server: Server, token: str, url: str, wanted: set[str | None]) -> Iterator[Finding]:
    exchange = server.get(url, token)
    wrong = list(good_document(exchange, f"The collection {url}"))
    yield from wrong
    if wrong:
        return
    found = document(answered(exchange))
    if found.feed is None:
        yield fault(f"The collection {url} is no feed.", exchange)
    if missing := wanted - {entry.id for entry in found.entries}:
        told = ", ".join(sorted(map(str, missing))[:MOST_TRIED])
        yield fault(f"The collection {url} lacks {len(missing)} entries that the batch has: {told}.", exchange)


def _ends(entries: list[Entry]) -> Iterable[Entry]:
    """The first and the last."""
    return entries if len(entries) < 2 else (entries[0], entries[-1])


def _like(name: str) -> str:
    """Another id of the same form."""
    if not name.isdigit():
        return secrets.token_hex(max(1, len(name) // 2))
    while (made := "".join(secrets.choice("123456789") for _ in name)) == name:
        pass
    return made
