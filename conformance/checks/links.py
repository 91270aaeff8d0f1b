"""Links: how addresses are built, that they agree letter by letter, lead somewhere, and say what to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from conformance.document import CUSTOMER, ESPI, Document, Entry, FeedFacts, Link
from conformance.naming import called, here, named, short
from conformance.paths import (
    AT_THE_ROOT,
    CUSTOMER_KINDS,
    PARENTS,
    collection,
    ends_in_identifier,
    expected,
    near,
    nests_rightly,
    origin,
    parts,
    target,
)
from conformance.suite import Finding, Omit, at, file_check

CERTIFICATES = "cert.greenbuttonalliance.org"
_TYPE = re.compile(r"(espi|cust)-(feed|entry)/[A-Za-z]+")
JUDGED_BY_BLOCKS = frozenset(
    {
        ("UsagePoint", "LocalTimeParameters"),
        ("MeterReading", "ReadingType"),
        ("MeterReading", "IntervalBlock"),
    }
)
"""From what to what a link is demanded by the rules of a function block, which speak up when it leads nowhere."""
TO_RESOURCES = frozenset({"self", "up", "related"})
SUMMARIES = ("UsageSummary", "ElectricPowerUsageSummary")
REFERENCE = "espi/1_1/resource"


def _entries(document: Document) -> Iterator[Entry]:
    """The entries of resources whose addresses the standard lays down."""
    for entry in document.entries:
        if entry.kind and entry.namespace in {ESPI, CUSTOMER}:
            yield entry


def _links(holder: Entry | FeedFacts) -> Iterator[Link]:
    """Its links to resources: not those to pages, certificates and licences."""
    for link in holder.links:
        if link.rel in TO_RESOURCES and link.href and CERTIFICATES not in link.href.lower():
            yield link


@file_check("LNK001")
def self_ends_in_an_identifier(document: Document) -> Iterator[Finding]:
    """`…/UsagePoint/48c2a0195527`."""
    for entry in _entries(document):
        if entry.self is not None and not ends_in_identifier(entry.self, entry.kind):
            message = f"The self link of {named(entry)} is {entry.self}; it ends in {entry.kind}/ and an identifier."
            yield Finding(message, here(entry))


@file_check("LNK002")
def up_ends_in_the_collection(document: Document) -> Iterator[Finding]:
    """`…/UsagePoint`, with nothing behind it."""
    for entry in _entries(document):
        if entry.up is not None and (parts(entry.up)[-1:] != [entry.kind] or entry.up.strip().endswith("/")):
            message = (
                f"The up link of {named(entry)} is {entry.up}; it ends in {entry.kind}, without an identifier or slash."
            )
            yield Finding(message, here(entry))


@file_check("LNK003")
def self_is_up_and_an_identifier(document: Document) -> Iterator[Finding]:
    """The collection a resource names is the one that its own address is in, letter by letter."""
    for entry in _entries(document):
        if entry.self is None or entry.up is None or collection(entry.self) == entry.up:
            continue
        hint = (
            "they differ in how they are written"
            if near(collection(entry.self), entry.up)
            else "it is in another collection"
        )
        message = (
            f"{called(entry)} has self {entry.self} and up {entry.up}: {hint}. self is up, a slash and the identifier."
        )
        yield Finding(message, here(entry))


@file_check("LNK004")
def addresses_are_nested(document: Document) -> Iterator[Finding]:
    """What belongs to a usage point lies below its address."""
    for entry in _entries(document):
        known = entry.kind in PARENTS and entry.namespace == ESPI
        if known and entry.self is not None and not nests_rightly(entry.self, entry.kind):
            message = f"{called(entry)} has the address {entry.self}; it is built as {expected(entry.kind)}."
            yield Finding(message, here(entry))


@file_check("LNK005")
def shared_resources_are_at_the_root(document: Document) -> Iterator[Finding]:
    """One ReadingType serves many grants: its address is under none of them."""
    for entry in document.of("ReadingType", "LocalTimeParameters", namespace=ESPI):
        shared = entry.kind in AT_THE_ROOT  # the first resource in the entry may be another, which ENV002 speaks of
        if shared and entry.self is not None and not nests_rightly(entry.self, entry.kind):
            message = (
                f"{called(entry)} has the address {entry.self}; it is shared, and built as {expected(entry.kind)}."
            )
            yield Finding(message, here(entry))


@file_check("LNK006")
def related_links_lead_somewhere(document: Document) -> Iterator[Finding]:
    """To an entry of the feed or to a collection that has entries in it, if the feed has any of that kind."""
    reached = {href for entry in document.entries for href in (entry.self, entry.up) if href is not None}
    kinds = {entry.kind for entry in document.entries}
    for entry in _entries(document):
        for href in entry.related:
            kind = target(href)[0]
            if kind in kinds and href not in reached and (entry.kind, kind) not in JUDGED_BY_BLOCKS:
                yield Finding(f"{called(entry)} has a related link to {href}{_why(href, reached)}.", here(entry))


def _why(href: str, reached: Iterable[str]) -> str:
    close = next((other for other in reached if near(href, other)), None)
    if close:
        return f", but the address in the feed is {close}: links are compared letter by letter"
    return ", and nothing in the feed has that address"


@file_check("LNK007")
def usage_points_link_to_their_power_quality(document: Document) -> Iterator[Finding]:
    """To the collection that the entries are in."""
    qualities = document.of("ElectricPowerQualitySummary", namespace=ESPI)
    if not qualities:
        raise Omit("There are no power quality summaries in it.")
    linked = {href for point in document.of("UsagePoint", namespace=ESPI) for href in point.related}
    for up in dict.fromkeys(entry.up for entry in qualities if entry.up is not None):
        if up not in linked:
            first = next(entry for entry in qualities if entry.up == up)
            message = f"No UsagePoint has a related link to {up}, where {named(first)} is: readers do not find it."
            yield Finding(message, here(first))


@file_check("EU_FB01_DE_012")
def usage_points_link_to_their_readings(document: Document) -> Iterator[Finding]:
    """To the collection, not to its members alone."""
    for point in document.of("UsagePoint", namespace=ESPI):
        if not any(target(href) == ("MeterReading", False) for href in point.related):
            message = (
                f"{called(point)} has no related link to its MeterReadings: the address of the collection,"
                f" {point.self}/MeterReading."
            )
            yield Finding(message, here(point))


@file_check("EU_FB15_DE_007")
def summaries_link_to_their_usage_point(document: Document) -> Iterator[Finding]:
    """To exactly one."""
    for entry in document.of(*SUMMARIES, namespace=ESPI):
        points = {href for href in entry.related if target(href) == ("UsagePoint", True)}
        if len(points) != 1:
            message = f"{called(entry)} has related links to {len(points)} UsagePoints; it belongs to one."
            yield Finding(message, here(entry))


@file_check("LNK008")
def addresses_are_absolute_and_https(document: Document) -> Iterator[Finding]:
    """Whole addresses can be fetched, compared and kept; https keeps them private."""
    for line, href, what in _first_of_each(document, lambda href: not href.strip().lower().startswith("https://")):
        yield Finding(f"{what} has a link to {href}; write the whole address, beginning with https.", (at(line),))


def _first_of_each(document: Document, wrong: Callable[[str], bool]) -> Iterator[tuple[int, str, str]]:
    """(line, address, whose) of the first link of the feed and of each entry that is wrong."""
    if document.feed:
        found = next((link for link in _links(document.feed) if wrong(link.href or "")), None)
        if found:
            yield found.line, found.href or "", "The feed"
    for entry in document.entries:
        found = next((link for link in _links(entry) if wrong(link.href or "")), None)
        if found:
            yield found.line, found.href or "", called(entry)


@file_check("LNK009")
def addresses_have_one_origin(document: Document) -> Iterator[Finding]:
    """One scheme, host and port, written one way: a `:443` in one place is enough to break a link."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for holder in (document.feed, *document.entries):
        for link in _links(holder) if holder else ():
            begins = origin(link.href or "")
            if begins and len(found[begins]) < 5:
                found[begins].append((link.line, link.href or ""))
    if len(found) > 1:
        names = sorted(found, key=lambda name: len(found[name]))
        message = (
            f"Addresses begin with {', '.join(names[:5])}; links are compared letter by letter, so write one of them"
            " throughout."
        )
        yield Finding(message, tuple(at(line, href) for line, href in found[names[0]]))


@file_check("LNK010")
def links_say_their_type(document: Document) -> Iterator[Finding]:
    """The attribute `type` on every link of an entry."""
    for entry in _entries(document):
        bare = [link for link in entry.links if link.type is None]
        if bare:
            message = (
                f"{called(entry)} has {len(bare)} links without type; for example"
                f" {_type_of(bare[0], entry) or 'espi-entry/UsagePoint'}."
            )
            yield Finding(message, (at(bare[0].line, bare[0].href or ""),))


@file_check("LNK011")
def types_are_right(document: Document) -> Iterator[Finding]:
    """`espi-feed/MeterReading` for a collection, `espi-entry/ReadingType` for a member, `cust-…` for the customer's."""
    for entry in _entries(document):
        for link in _links(entry):
            if link.type is None:
                continue
            right = _type_of(link, entry)
            if right and link.type != right and not _lenient(entry, link):
                message = (
                    f"{called(entry)} has a link of type “{short(link.type)}” to {link.href}; its type is {right}."
                )
                yield Finding(message, (at(link.line),))
            elif not right and not _TYPE.fullmatch(link.type) and link.rel in {"self", "up"}:
                message = (
                    f"{called(entry)} has a link of type “{short(link.type)}”; types are espi-feed/ or espi-entry/ and"
                    " a resource."
                )
                yield Finding(message, (at(link.line),))


def _type_of(link: Link, entry: Entry) -> str:
    """The type a link has by its address; empty where that does not tell."""
    kind, member = target(link.href or "")
    if not kind:
        return ""
    customer = entry.namespace == CUSTOMER if kind == entry.kind else kind in CUSTOMER_KINDS
    return f"{'cust' if customer else 'espi'}-{'entry' if member else 'feed'}/{kind}"


def _lenient(entry: Entry, link: Link) -> bool:
    """The interface description of the Alliance itself types this one as a feed."""
    return (entry.kind, link.type) == ("IntervalBlock", "espi-feed/MeterReading")


@file_check("LNK012")
def addresses_are_below_the_endpoint(document: Document) -> Iterator[Finding]:
    """`…/espi/1_1/resource/…`, in every version of the standard."""
    for line, href, what in _first_of_each(document, _elsewhere):
        yield Finding(f"{what} has a link to {href}; addresses of resources contain /{REFERENCE}/.", (at(line),))


def _elsewhere(href: str) -> bool:
    return bool(origin(href)) and f"/{REFERENCE}/" not in f"/{'/'.join(parts(href))}/"
