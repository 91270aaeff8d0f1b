"""Files that customers download: at least one kind of metering in full, opaque addresses, personal data apart."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.identity import has_48_bits
from conformance.document import CUSTOMER, ESPI, Document
from conformance.naming import called, here
from conformance.paths import USAGE_FAMILIES, identifiers
from conformance.suite import FILE_CHECKS, Finding, Omit, Unjudged, at, file_check

METERING = {"D078": "electricity", "D079": "natural gas", "D080": "water", "D147": "temperature"}
"""The rule that shows a kind of interval metering, for blocks 5, 10, 11 and 29."""


@file_check("DMD001")
def one_kind_of_metering_is_whole(document: Document) -> Iterator[Finding]:
    """Electricity, gas, water or temperature, as the rule of its block wants it."""
    if not (document.of("IntervalBlock", namespace=ESPI) and document.of("ReadingType", namespace=ESPI)):
        raise Omit("There are no interval blocks with a ReadingType in it.")
    if not any(_met(document, name) for name in METERING):
        message = (
            f"The feed has no {', '.join(METERING.values())} as D078, D079, D080 and D147 want them: a file with"
            " intervals has at least one of them. Each rule says which ReadingType it looks for."
        )
        yield Finding(message, (at(document.feed.line if document.feed else None),))


def _met(document: Document, name: str) -> bool:
    try:
        return not any(True for _ in FILE_CHECKS[name].findings(document))
    except Unjudged:
        return False


@file_check("DMD003")
def addresses_are_below_an_opaque_customer(document: Document) -> Iterator[Finding]:
    """`…/RetailCustomer/9b6c7066e2f1/UsagePoint/…`; a grant's addresses will do too."""
    for point in document.of("UsagePoint", namespace=ESPI):
        way = identifiers(point.self or "")
        if not way or way[0][0] not in USAGE_FAMILIES:
            message = f"{called(point)} has the address {point.self}, below neither RetailCustomer nor Subscription."
            yield Finding(message, here(point))
        elif not has_48_bits(way[0][1]):
            message = f"{called(point)} has an address below {way[0][0]}/{way[0][1]}, which can be guessed."
            yield Finding(message, here(point))


@file_check("DMD007")
def customer_data_are_a_file_of_their_own(document: Document) -> Iterator[Finding]:
    """Without a single resource of usage."""
    spaces = {entry.namespace: entry for entry in document.entries}
    if CUSTOMER not in spaces:
        raise Omit("There are no retail customer data in it.")
    if ESPI in spaces:
        message = (
            f"The file of retail customer data has usage data too: {called(spaces[ESPI])}. Give them in a file of their"
            " own."
        )
        yield Finding(message, here(spaces[ESPI]))
