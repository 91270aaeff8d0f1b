"""Retail customer data: the chain from customer to accounts, agreements, places and meters, and what each says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from conformance.checks.envelope import lacking
from conformance.document import CUSTOMER, Document, Entry
from conformance.naming import called, here, short
from conformance.paths import CUSTOMER_KINDS, PARENTS, ends_in_identifier, expected, nests_rightly, parts, target
from conformance.suite import FileFunction, Finding, Omit, at, file_check

_HASHED = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[35][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
ADDRESSES = ("Organisation/streetAddress", "Organisation/postalAddress")
USAGE_POINT = re.compile(r"https://[^/\s]+/\S*/UsagePoint/[^/\s]+")


def _of(document: Document, kind: str) -> Sequence[Entry]:
    return document.of(kind, namespace=CUSTOMER)


def _some(document: Document, kind: str) -> Sequence[Entry]:
    found = _of(document, kind)
    if not found:
        raise Omit(f"There is no {kind} in it.")
    return found


def _says(entry: Entry, *paths: str) -> bool:
    """Whether one of the elements is there with a text."""
    facts = entry.facts
    return any(facts.get(path, "").strip() for path in paths)


def _addressed(name: str, paths: Sequence[str], what: str) -> None:
    """Declare that every customer's address has one of some elements."""

    @file_check(name)
    def check(document: Document) -> Iterator[Finding]:
        wanted = [f"{address}/{path}" for address in ADDRESSES for path in paths]
        for entry in _some(document, "Customer"):
            if not _says(entry, *wanted):
                message = f"{called(entry)} has no {what}: fill Organisation/streetAddress/{' or '.join(paths)}."
                yield Finding(message, here(entry))


_addressed("RC_FB55_DE_001", ("streetDetail/addressGeneral", "poBox"), "street address or box")
_addressed("RC_FB55_DE_002", ("townDetail/name",), "town")
_addressed("RC_FB55_DE_003", ("townDetail/stateOrProvince",), "state or province")


def _every_account(name: str, wrong: Callable[[Entry], str]) -> None:
    """Declare what holds for every CustomerAccount; `wrong` says what does not, or nothing."""

    @file_check(name)
    def check(document: Document) -> Iterator[Finding]:
        for entry in _some(document, "CustomerAccount"):
            said = wrong(entry)
            if said:
                yield Finding(f"{called(entry)} {said}.", here(entry))


def _no_hash(entry: Entry) -> str:
    if entry.id is not None and _HASHED.fullmatch(entry.id.strip()):
        return ""
    return f"has the id {short(entry.id or '(none)')}; it is urn:uuid: and a UUID of version 5 or 3"


def _no_member(entry: Entry) -> str:
    if entry.self is not None and ends_in_identifier(entry.self, "CustomerAccount"):
        return ""
    return f"has the self link {entry.self or '(none)'}; it ends in CustomerAccount/ and an identifier"


def _no_collection(entry: Entry) -> str:
    if entry.up is not None and parts(entry.up)[-1:] == ["CustomerAccount"] and not entry.up.endswith("/"):
        return ""
    return f"has the up link {entry.up or '(none)'}; it ends in CustomerAccount"


def _customers_of(entry: Entry) -> set[str]:
    return {href for href in entry.related if target(href) == ("Customer", True)}


def _leads_to(kind: str) -> Callable[[Entry], bool]:
    return lambda entry: any(target(href)[0] == kind for href in entry.related)


@file_check("RC_FB56_DE_001")
def customers_link_to_accounts(document: Document) -> Iterator[Finding]:
    """By the address of the collection, or of a member."""
    accounts = {href for entry in _of(document, "CustomerAccount") for href in (entry.self, entry.up)}
    for entry in _some(document, "Customer"):
        linked = [href for href in entry.related if target(href)[0] == "CustomerAccount"]
        if not linked:
            yield Finding(f"{called(entry)} has no related link to a CustomerAccount.", here(entry))
        elif accounts and accounts.isdisjoint(linked):
            message = f"{called(entry)} has a related link to {linked[0]}, where no CustomerAccount of the feed is."
            yield Finding(message, here(entry))


@file_check("RC_FB56_DE_002")
def there_is_an_account(document: Document) -> Iterator[Finding]:
    """At least one."""
    yield from _missing(document, "CustomerAccount")


def _missing(document: Document, kind: str) -> Iterator[Finding]:
    if not any(entry.namespace == CUSTOMER for entry in document.entries):
        raise Omit("There are no retail customer data in it.")
    if not _of(document, kind):
        line = document.feed.line if document.feed else None
        yield Finding(f"The feed has no {kind} entry.", (at(line),))


_every_account("RC_FB56_DE_003", _no_hash)
_every_account("RC_FB56_DE_004", lambda entry: "has no title" if entry.title is None else "")
_every_account("RC_FB56_DE_005", _no_member)


@file_check("RC_FB56_DE_006")
def accounts_have_addresses_of_their_own(document: Document) -> Iterator[Finding]:
    """No two with one self link."""
    lines: dict[str, list[int]] = defaultdict(list)
    for entry in _some(document, "CustomerAccount"):
        if entry.self is not None:
            lines[entry.self].append(entry.line)
    for href, where in lines.items():
        if len(where) > 1:
            message = f"{len(where)} CustomerAccounts have the self link {href}."
            yield Finding(message, tuple(at(line) for line in where[:5]))


_every_account("RC_FB56_DE_007", _no_collection)
_every_account("RC_FB56_DE_008", lambda entry: "" if _customers_of(entry) else "has no related link to its Customer")


def _two_customers(entry: Entry) -> str:
    count = len(_customers_of(entry))
    return f"has related links to {count} Customers; it belongs to one" if count > 1 else ""


_every_account("RC_FB56_DE_009", _two_customers)
_every_account("RC_FB56_DE_010", lambda entry: "" if _says(entry, "accountId") else "has no accountId")
_every_account("RC_FB56_DE_011", lambda entry: "has no published" if entry.published is None else "")
_every_account("RC_FB56_DE_012", lambda entry: "has no updated" if entry.updated is None else "")


def _no_agreement(entry: Entry) -> str:
    return "" if _leads_to("CustomerAgreement")(entry) else "has no related link to a CustomerAgreement"


_every_account("RC_FB58_DE_010", _no_agreement)


def _members(entry: Entry) -> Iterator[Finding]:
    """What the entry lacks of what every entry has."""
    missing = lacking(entry)
    if missing:
        yield Finding(f"{called(entry)} has no {', no '.join(missing)}.", here(entry))


def _present(name: str, kind: str, further: FileFunction | None = None) -> None:
    """Declare that the feed has a resource of a kind, whose entries have all their members."""

    @file_check(name)
    def check(document: Document) -> Iterator[Finding]:
        yield from _missing(document, kind)
        for entry in _of(document, kind):
            yield from _members(entry)
        if further:
            yield from further(document)


_present("RCD001", "Customer")


@file_check("RCD002")
def customers_have_names(document: Document) -> Iterator[Finding]:
    """In `customerName`, or in the name of the organisation (`name` until 4.0)."""
    for entry in _some(document, "Customer"):
        if not _says(entry, "customerName", "name", "Organisation/organisationName", "Organisation/name"):
            message = f"{called(entry)} has no name: fill customerName or Organisation/organisationName."
            yield Finding(message, here(entry))


def _agreements_link_to_accounts(document: Document) -> Iterator[Finding]:
    for entry in _of(document, "CustomerAgreement"):
        if not _leads_to("CustomerAccount")(entry):
            yield Finding(f"{called(entry)} has no related link to its CustomerAccount.", here(entry))


_present("RCD003", "CustomerAgreement", _agreements_link_to_accounts)


def _agreements_have_places(document: Document) -> Iterator[Finding]:
    """A place for every agreement that links to one."""
    places = {href for entry in _of(document, "ServiceLocation") for href in (entry.self, entry.up)}
    for entry in _of(document, "CustomerAgreement"):
        linked = [href for href in entry.related if target(href)[0] == "ServiceLocation"]
        if linked and places and places.isdisjoint(linked):
            message = f"{called(entry)} has a related link to {linked[0]}, where no ServiceLocation of the feed is."
            yield Finding(message, here(entry))


_present("RCD004", "ServiceLocation", _agreements_have_places)


@file_check("RCD005")
def places_name_usage_points(document: Document) -> Iterator[Finding]:
    """By whole https addresses, the self links of the usage feed, each once."""
    for entry in _some(document, "ServiceLocation"):
        named = [text.strip() for text in entry.every("UsagePoints/UsagePoint")]
        for text in dict.fromkeys(named):
            if not USAGE_POINT.fullmatch(text):
                message = (
                    f"{called(entry)} names the UsagePoint {short(text)}; write the whole https address that is its"
                    " self link in the usage feed."
                )
                yield Finding(message, here(entry))
            if named.count(text) > 1:
                yield Finding(
                    f"{called(entry)} names the UsagePoint {short(text)} {named.count(text)} times.", here(entry)
                )


def _suppliers_have_organisations(document: Document) -> Iterator[Finding]:
    for entry in _of(document, "ServiceSupplier"):
        if not entry.present("Organisation"):
            yield Finding(f"{called(entry)} has no Organisation.", here(entry))


_present("RCD006", "ServiceSupplier", _suppliers_have_organisations)


def _at_a_place(kind: str) -> FileFunction:
    def check(document: Document) -> Iterator[Finding]:
        places = [entry for entry in _of(document, "ServiceLocation") if entry.self is not None]
        for entry in _of(document, kind):
            own = [href for href in entry.related if target(href) == ("ServiceLocation", True)]
            nested = any((entry.self or "").startswith(f"{place.self}/") for place in places)
            if not own and not nested:
                yield Finding(
                    f"{called(entry)} belongs to no ServiceLocation, by its links or its address.", here(entry)
                )

    return check


_present("RCD007", "Meter", _at_a_place("Meter"))
_present("RCD008", "EndDevice", _at_a_place("EndDevice"))


def _dates_are_whole(document: Document) -> Iterator[Finding]:
    for entry in _of(document, "ProgramDateIdMappings"):
        names = ("programDateType", "code", "name")
        missing = [name for name in names if not _says(entry, f"programDateIdMapping/{name}")]
        if entry.present("programDateIdMapping") and missing:
            yield Finding(f"{called(entry)} has a programDateIdMapping without {' and '.join(missing)}.", here(entry))


_present("RCD009", "ProgramDateIdMappings", _dates_are_whole)


def _statements_can_be_fetched(document: Document) -> Iterator[Finding]:
    for entry in _of(document, "Statement"):
        addresses = [text.strip() for text in entry.every("statementRef/statementURL")]
        if not addresses:
            yield Finding(
                f"{called(entry)} has no statementRef with a statementURL: there is nothing to fetch.", here(entry)
            )
        for text in addresses:
            if not text.startswith("https://"):
                yield Finding(
                    f"{called(entry)} has the statementURL {short(text)}; write a whole https address.", here(entry)
                )


_present("RCD010", "Statement", _statements_can_be_fetched)


@file_check("RCD011")
def addresses_are_nested(document: Document) -> Iterator[Finding]:
    """Customer, account, agreement, place, meter: each below the one before."""
    for entry in document.entries:
        known = entry.namespace == CUSTOMER and entry.kind in CUSTOMER_KINDS & PARENTS.keys()
        if known and entry.self is not None and not nests_rightly(entry.self, entry.kind):
            message = f"{called(entry)} has the address {entry.self}; it is built as {expected(entry.kind)}."
            yield Finding(message, here(entry))
