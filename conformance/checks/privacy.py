"""Personal data where they must not be: in names and addresses of things, and in what is about usage alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from conformance import personal
from conformance.document import CUSTOMER, ESPI, Document, Entry
from conformance.naming import here
from conformance.paths import identifiers
from conformance.suite import Finding, Omit, at, file_check

OF_THE_THIRD_PARTY = frozenset({"ApplicationInformation"})
"""Resources that give a company's own contacts."""
WHOSE = frozenset({"RetailCustomer", "Subscription", "UsagePoint", "Customer", "CustomerAccount", "Batch"})
"""Resources whose identifier in an address could be the customer's number."""
SECRETS = ("userID", "password")
NUMBERS_OF_THE_CUSTOMER = ("accountId", "agreementId", "serialNumber")
SHORTEST_NUMBER = 5
WITHOUT_TEXTS = frozenset({"IntervalBlock", "MeterReading"})
"""Resources without texts of their own."""


def _usage(document: Document) -> list[Entry]:
    found = [entry for entry in document.entries if entry.namespace == ESPI]
    if not found:
        raise Omit("There are no usage data in it.")
    return found


def _customer(document: Document) -> list[Entry]:
    found = [entry for entry in document.entries if entry.namespace == CUSTOMER]
    if not found:
        raise Omit("There are no retail customer data in it.")
    return found


def _what(entry: Entry) -> str:
    """The entry without its title, which may be what the finding is about."""
    return f"The {entry.kind} on line {entry.line}"


@file_check("PII001")
def usage_data_are_named_by_nothing_personal(document: Document) -> Iterator[Finding]:
    """Ids, addresses and titles are seen by everybody on the way."""
    entries = _usage(document)
    if document.feed:
        for kind in personal.kinds(document.feed.title or ""):
            yield Finding(f"The feed's title holds {kind}.", (at(document.feed.line),))
    for entry in entries:
        for kind in personal.kinds(entry.title or ""):
            message = f"{_what(entry)} has a title with {kind}: titles say what a thing is, not whose or where."
            yield Finding(message, here(entry))
        yield from _in_addresses(entry)
    yield from _telling_identifiers(entries)


def _in_addresses(entry: Entry) -> Iterator[Finding]:
    for text in (entry.id, entry.self, entry.up, *entry.related):
        shown = personal.email(text or "")
        if shown:
            message = (
                f"{_what(entry)} has an id or an address with an e-mail address ({shown}); use an identifier that says"
                " nothing."
            )
            yield Finding(message, here(entry))
            return


def _telling_identifiers(entries: list[Entry]) -> Iterator[Finding]:
    """Identifiers of digits alone, as the numbers of accounts, premises and meters are."""
    seen: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in entries:
        for kind, name in identifiers(entry.self or ""):
            if kind in WHOSE:
                seen[kind].setdefault(name, entry)
    for kind, names in seen.items():
        telling = [name for name in names if _is_number(name)]
        if telling and _more_than_chance(telling, len(names)):
            message = (
                f"Addresses name a {kind} by digits alone, {personal.hidden(telling[0])} with {len(telling[0])} digits,"
                " like the number of an account, a premise or a meter; use an identifier that says nothing."
            )
            yield Finding(message, here(names[telling[0]]))


def _is_number(name: str) -> bool:
    return name.isdecimal() and len(name) in personal.LENGTHS_OF_NUMBERS and not personal.is_time(name)


def _more_than_chance(telling: list[str], count: int) -> bool:
    """Whether it is not one of many random hexadecimal identifiers that happens to have no letter."""
    return len(telling) * 2 > count and (len(telling) > 1 or len(telling[0]) not in personal.HEX_LENGTHS)


@file_check("PII002")
def usage_data_hold_nothing_personal(document: Document) -> Iterator[Finding]:
    """Who the customer is belongs into retail customer data, which are asked for apart."""
    for entry in _usage(document):
        if entry.kind in OF_THE_THIRD_PARTY | WITHOUT_TEXTS:
            continue
        for path in entry.facts:
            for text in entry.every(path):
                for kind in personal.kinds(text, numbers=False):
                    yield Finding(f"{_what(entry)} holds {kind} in {path}.", here(entry, path=path))


@file_check("PII003")
def file_name_is_not_personal(document: Document) -> Iterator[Finding]:
    """Files are attached, forwarded and kept in folders that others see."""
    name = document.name
    stem = name.rpartition(".")[0]
    if not stem:
        raise Omit("The document has no file's name.")
    for kind in personal.kinds(re.sub("[_+]", " ", stem)):
        yield Finding(
            f"The name of the file holds {kind}; name it by an identifier that says nothing, and the dates.",
            (at(None),),
        )


@file_check("PII004")
def customer_data_hold_no_password(document: Document) -> Iterator[Finding]:
    """`electronicAddress` has elements for a login; nobody should fill them."""
    for entry in _customer(document):
        for path in entry.facts:
            if path.rpartition("/")[2] in SECRETS:
                yield Finding(
                    f"{_what(entry)} gives {path}; never send a login with customer data.", here(entry, path=path)
                )


@file_check("PII005")
def customer_data_are_named_by_nothing_personal(document: Document) -> Iterator[Finding]:
    """Ids and addresses are in the logs of everybody on the way."""
    entries = _customer(document)
    numbers = {
        text.strip().lower(): name
        for entry in entries
        for name in NUMBERS_OF_THE_CUSTOMER
        if len((text := entry.facts.get(name, "")).strip()) >= SHORTEST_NUMBER
    }
    for entry in entries:
        yield from _in_addresses(entry)
        for segment in {name.lower() for _, name in identifiers(entry.self or "")}:
            if segment in numbers:
                message = (
                    f"{_what(entry)} has an address with the customer's {numbers[segment]} ({personal.hidden(segment)})"
                    " in it."
                )
                yield Finding(message, here(entry))
    yield from _telling_identifiers(entries)
