"""Names and codes of ESPI 1.x, understood and reported as such."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance import codes
from conformance.document import CUSTOMER, ESPI, Document
from conformance.document.names import split
from conformance.naming import called, here, named, short
from conformance.suite import Finding, Omit, at, file_check

OLD_NAMES: Mapping[str, Mapping[str, str]] = {
    "ApplicationInformation": {
        "dataCustodianThirdPartyId": "client_id",
        "dataCustodianThirdPartySecret": "client_secret",
        "dataCustodianDefaultBatchResource": "dataCustodianBulkRequestURI",
        "thirdPartyApplicationName": "client_name",
        "thirdPartyDefaultBatchResource": "",
        "thirdPartyDefaultNotifyResource": "thirdPartyNotifyUri",
        "thirdPartyDefaultOAuthCallback": "redirect_uri",
        "thirdPartyEmail": "contacts",
        "thirdPartyName": "client_name",
    },
    "Authorization": {"authorizationServer": "", "resource": "resourceURI", "thirdParty": ""},
}
"""What REQ.21 1.0 called things, and today's name where there is one (tokens are another rule's matter)."""
OWNER = "http://naesb.org/"


@file_check("LEG001")
def summaries_have_todays_name(document: Document) -> Iterator[Finding]:
    """`UsageSummary`, since it is of gas and water too."""
    for entry in document.of("ElectricPowerUsageSummary", namespace=ESPI):
        message = (
            f"{called(entry)} is the usage summary of ESPI 1.x; write UsageSummary, with the same elements, and change"
            " the addresses (…/UsageSummary/…) and the usage point's link with it."
        )
        yield Finding(message, here(entry))


@file_check("LEG002")
def no_element_is_of_the_first_edition(document: Document) -> Iterator[Finding]:
    """Names that today's schemas do not have any more."""
    for entry in document.entries:
        if "Subscription" in {kind for _, kind in entry.kinds}:
            message = (
                f"The entry on line {entry.line} holds a Subscription, an element of ESPI 1.0; a grant is an"
                " Authorization now."
            )
            yield Finding(message, here(entry))
        old = OLD_NAMES.get(entry.kind, {})
        for name, today in old.items():
            if entry.present(name):
                hint = f"today's name is {today}" if today else "nothing took its place"
                yield Finding(f"{called(entry)} has {name}, an element of ESPI 1.0; {hint}.", here(entry))
        if entry.present("BatchItemInfo"):
            yield Finding(f"{called(entry)} has BatchItemInfo; today's name is batchItemInfo.", here(entry))


@file_check("LEG003")
def time_attribute_is_a_period(document: Document) -> Iterator[Finding]:
    """In ESPI 1.0 `timeAttribute` held what `measuringPeriod` holds today."""
    for entry in document.of("ReadingType", namespace=ESPI):
        code = entry.facts.get("timeAttribute", "").strip()
        if code in codes.MEASURING and code not in codes.PERIOD:
            message = (
                f"The {named(entry)} has timeAttribute {code} ({codes.MEASURING[code]}), the way of ESPI 1.0: that is"
                " measuringPeriod now, and timeAttribute is 0 or a period of interest."
            )
            yield Finding(message, here(entry))


@file_check("LEG004")
def namespaces_are_those_of_espi(document: Document) -> Iterator[Finding]:
    """One for energy usage, one for retail customers; they bear no version."""
    if not document.entries and document.bare is None and not document.root:
        raise Omit("There is nothing in it.")
    for entry in document.entries:
        for namespace, kind in entry.kinds:
            if namespace not in {ESPI, CUSTOMER}:
                message = (
                    f"The {kind or 'resource'} on line {entry.line} is in {_said(namespace)}; resources are in {ESPI}"
                    f" or {CUSTOMER}."
                )
                yield Finding(message, here(entry))
    made_up = {name for name in document.namespaces if name.lower().startswith(OWNER) and name not in {ESPI, CUSTOMER}}
    made_up -= {namespace for entry in document.entries for namespace, _ in entry.kinds}
    made_up -= {split(document.root)[0]} if document.bare else set()
    for namespace in sorted(made_up):
        yield Finding(f"Elements are in {_said(namespace)}, which the standard does not have.", (at(None),))


def _said(namespace: str) -> str:
    return f"the namespace {short(namespace)}" if namespace else "no namespace"
