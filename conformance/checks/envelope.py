"""The Atom envelope, beyond what function blocks ask: the feed's links, one resource to an entry, sensible dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from conformance.document import CUSTOMER, ESPI, Document, Entry, FeedFacts
from conformance.naming import called, here, short
from conformance.suite import Finding, Omit, at, file_check

CERTIFICATE = "https://cert.greenbuttonalliance.org/certificate/"
_CERTIFICATE_HREF = re.compile(
    re.escape(CERTIFICATE) + r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
)
_ZONE = re.compile(r"(Z|[+-]\d{2}:\d{2})\s*$")
PAGING = frozenset({"next", "previous", "prev"})
JUDGED_BY_BLOCKS = frozenset(
    {
        "UsagePoint",
        "LocalTimeParameters",
        "MeterReading",
        "ReadingType",
        "IntervalBlock",
        "UsageSummary",
        "ElectricPowerUsageSummary",
        "ElectricPowerQualitySummary",
    }
)
"""Resources of which the rules of function blocks ask the members of an entry."""


def feed_of(document: Document) -> FeedFacts:
    """The feed of a document that is one.

    Raises:
        Omit: it is no feed.
    """
    if document.feed is None:
        raise Omit("The document is no feed.")
    return document.feed


def moment(text: str | None) -> datetime | None:
    """A date and time with its zone; None where the text is none."""
    try:
        found = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@file_check("ENV001")
def feed_says_where_it_is_from(document: Document) -> Iterator[Finding]:
    """One link `self`, with an address."""
    feed = feed_of(document)
    own = [link for link in feed.links if link.rel == "self"]
    if not own:
        message = "The feed has no link with rel “self”; add one with the address that the feed is served at."
        yield Finding(message, (at(feed.line),))
    for link in own:
        if not (link.href or "").strip():
            yield Finding("The feed's self link has no address (href).", (at(link.line),))
    for link in own[1:]:
        yield Finding("The feed has more than one self link; keep the one it is served at.", (at(link.line),))


@file_check("ENV009")
def certificate_link_is_well_formed(document: Document) -> Iterator[Finding]:
    """At most one in a document, on the feed or, where the document is an entry, on the entry; with an id."""
    links = document.feed.links if document.feed else [link for entry in document.entries for link in entry.links]
    found = [link for link in links if "cert.greenbuttonalliance.org" in (link.href or "")]
    if not found:
        raise Omit("It bears no link to a Green Button certificate.")
    for link in found:
        if link.rel != "related":
            message = f"The link to the certificate has rel “{link.rel}”; it is looked for with rel “related”."
            yield Finding(message, (at(link.line, link.href or ""),))
        if not _CERTIFICATE_HREF.fullmatch(link.href or ""):
            message = (
                f"The certificate is linked as {link.href}; its address is {CERTIFICATE} and the certificate's id."
            )
            yield Finding(message, (at(link.line),))
    for link in found[1:]:
        yield Finding(
            "There is more than one link to a certificate; one is allowed.", (at(link.line, link.href or ""),)
        )


@file_check("ENV002")
def entry_holds_one_resource(document: Document) -> Iterator[Finding]:
    """Exactly one: readers that go by an entry's id and dates cannot tell several in it apart."""
    for entry in document.entries:
        kinds = [kind for _, kind in entry.kinds]
        if not kinds:
            message = f"The entry on line {entry.line} has no resource in its content."
            yield Finding(message, here(entry, short(entry.title or "")))
        elif set(kinds) == {"IntervalBlock"} and len(kinds) > 1:
            message = (
                f"The entry on line {entry.line} holds {len(kinds)} IntervalBlocks, the way of older files; give each"
                " an entry of its own, with its id and dates."
            )
            yield Finding(message, here(entry))
        elif len(kinds) > 1:
            message = (
                f"The entry on line {entry.line} holds {', '.join(kinds[:5])} at once; give each an entry of its own."
            )
            yield Finding(message, here(entry))


@file_check("ENV003")
def other_resources_have_the_members_of_an_entry(document: Document) -> Iterator[Finding]:
    """Id, title, self, up, published and updated on what no function block speaks of."""
    others = [
        entry
        for entry in document.entries
        if entry.kind and entry.namespace != CUSTOMER and entry.kind not in JUDGED_BY_BLOCKS
    ]
    if not others:
        raise Omit("Every resource in it is judged by the rules of its function block.")
    for entry in others:
        missing = lacking(entry)
        if missing:
            yield Finding(f"{called(entry)} has no {', no '.join(missing)}.", here(entry))


def lacking(entry: Entry) -> list[str]:
    """Which of the members that every entry must have are missing."""
    members = {
        "id": entry.id,
        "title": entry.title,
        "self link": entry.self,
        "up link": entry.up,
        "published": entry.published,
        "updated": entry.updated,
    }
    return [name for name, value in members.items() if value is None]


@file_check("ENV005")
def updated_is_not_before_published(document: Document) -> Iterator[Finding]:
    """An entry cannot have changed before it was there."""
    for entry in document.entries:
        published, updated = moment(entry.published), moment(entry.updated)
        if published and updated and updated < published:
            message = f"{called(entry)} was updated {entry.updated}, before it was published: {entry.published}."
            yield Finding(message, here(entry))


@file_check("ENV006")
def feed_is_as_new_as_its_entries(document: Document) -> Iterator[Finding]:
    """Readers that ask whether a feed has changed look at its own date."""
    feed = feed_of(document)
    own = moment(feed.updated)
    dated = [(when, entry) for entry in document.entries if (when := moment(entry.updated))]
    if own is None or not dated:
        raise Omit("The feed or its entries have no date.")
    newest, entry = max(dated, key=lambda pair: pair[0])
    if own < newest:
        message = (
            f"The feed was updated {feed.updated}, but {thing_dated(entry)}: the feed's date is that of its newest"
            " entry."
        )
        yield Finding(message, (at(feed.line), at(entry.line)))


def thing_dated(entry: Entry) -> str:
    """`the UsagePoint on line 9 has 2024-03-01T00:00:00Z`."""
    return f"the {entry.kind or 'entry'} on line {entry.line} has {entry.updated}"


@file_check("ENV004")
def dates_have_a_zone(document: Document) -> Iterator[Finding]:
    """Without `Z` or an offset nobody can tell which instant is meant."""
    if document.feed and not _has_zone(document.feed.updated):
        message = f"The feed's updated, {document.feed.updated}, has no time zone; end it with Z (UTC) or an offset."
        yield Finding(message, (at(document.feed.line),))
    for entry in document.entries:
        for name, text in (("published", entry.published), ("updated", entry.updated)):
            if not _has_zone(text):
                message = f"{called(entry)} has {name} {text}, without a time zone; end it with Z (UTC) or an offset."
                yield Finding(message, here(entry))


def _has_zone(text: str | None) -> bool:
    return moment(text) is None or bool(_ZONE.search(text or ""))


@file_check("ENV010")
def feed_does_not_page(document: Document) -> Iterator[Finding]:
    """ESPI has no links from page to page: clients do not follow them, and miss the rest."""
    for link in feed_of(document).links:
        if link.rel in PAGING:
            message = (
                f"The feed has a link with rel “{link.rel}”; ESPI clients do not follow it and take this part for the"
                " whole. Pages are asked for with start-index and max-results."
            )
            yield Finding(message, (at(link.line, link.href or ""),))


@file_check("ENV007")
def usage_and_customer_data_are_apart(document: Document) -> Iterator[Finding]:
    """What names the customer is never in one file with what the customer used."""
    usage = next((entry for entry in document.entries if entry.namespace == ESPI), None)
    customer = next((entry for entry in document.entries if entry.namespace == CUSTOMER), None)
    if usage and customer:
        message = (
            f"The feed mixes energy usage ({usage.kind}, line {usage.line}) with retail customer data ({customer.kind},"
            f" line {customer.line}); they are asked for, allowed and sent apart."
        )
        yield Finding(message, (at(usage.line), at(customer.line)))


@file_check("ENV008")
def blocks_come_oldest_first(document: Document) -> Iterator[Finding]:
    """The blocks of one MeterReading, in the order of the document."""
    last: dict[str, tuple[Entry, int]] = {}
    for entry, block in document.blocks():
        if block.start_s is None:
            continue
        before = last.get(entry.up or "")
        if before and block.start_s < before[1]:
            message = (
                f"{called(entry)} comes after a later block of the same MeterReading (line {before[0].line}): oldest"
                " first."
            )
            yield Finding(message, here(entry))
        last[entry.up or ""] = (entry, block.start_s)
