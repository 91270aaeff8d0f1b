"""Elements of the resources, beyond their schema: codes that are listed, and what registrations and grants say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from conformance import codes
from conformance.document import CUSTOMER, ESPI, Document, Entry
from conformance.naming import called, here, short, whole
from conformance.suite import Finding, Omit, at, file_check

SUMMARIES = ("UsageSummary", "ElectricPowerUsageSummary")
MEASURED_SINCE_S = 631_152_000
"""1990: no authorization expires before."""

NUMBERS: Mapping[str, Collection[str]] = {
    "UsagePoint/ServiceCategory/kind": codes.SERVICE,
    "UsagePoint/phaseCode": codes.PHASE,
    "ReadingType/accumulationBehaviour": codes.ACCUMULATION,
    "ReadingType/commodity": codes.COMMODITY,
    "ReadingType/dataQualifier": codes.QUALIFIER,
    "ReadingType/defaultQuality": codes.QUALITY,
    "ReadingType/flowDirection": codes.FLOW,
    "ReadingType/kind": codes.KIND,
    "ReadingType/phase": codes.PHASE,
    "ReadingType/measuringPeriod": codes.MEASURING,
    **{f"{summary}/qualityOfReading": codes.QUALITY for summary in SUMMARIES},
    **{f"{summary}/commodity": codes.COMMODITY for summary in SUMMARIES},
    **{f"{summary}/costAdditionalDetailLastPeriod/itemKind": codes.ITEM for summary in SUMMARIES},
    **codes.STATUSES,
}
"""Which list the number at a path is from; units are told by their name alone."""


def _resources(document: Document) -> Iterator[Entry]:
    """Every resource, a bare one too."""
    if document.bare:
        yield document.bare
    yield from document.entries


def _leaves(entry: Entry) -> Iterator[tuple[str, str]]:
    """(path from the resource's own name, text) of every leaf, repeated ones each time; of blocks none."""
    if entry.blocks:
        return
    for path in entry.facts:
        for text in entry.every(path):
            yield f"{entry.kind}/{path}", text.strip()


def _number(text: str) -> str:
    found = whole(text)
    return text if found is None else str(found)


@file_check("ELM001")
def numbers_are_codes(document: Document) -> Iterator[Finding]:
    """The schema takes any number; a reader knows those of the list."""
    for entry in _resources(document):
        if entry.namespace != ESPI:
            continue
        for path, text in _leaves(entry):
            listed = _listed(path)
            if listed is not None and _number(text) not in listed:
                yield Finding(_unlisted(entry, path, text, listed), here(entry, path=path))
        for block in entry.blocks:
            for quality in block.qualities:
                if _number(quality) not in codes.QUALITY:
                    message = (
                        f"{called(entry)} has readings of quality {short(quality)}, a code that the standard does not"
                        " list."
                    )
                    yield Finding(message, (at(block.line),))


def _listed(path: str) -> Collection[str] | None:
    """The list that the number at a path is from."""
    if path == "ReadingType/timeAttribute":
        return {*codes.PERIOD, *codes.MEASURING}  # codes of measuringPeriod here are REQ.21 1.0: LEG003 speaks of them
    if path.endswith("/uom"):
        return codes.UNIT
    return NUMBERS.get(path)


def _unlisted(entry: Entry, path: str, text: str, listed: Collection[str]) -> str:
    name = path.partition("/")[2]
    message = f"{called(entry)} has {name} {short(text)}, a code that the standard does not list"
    return message + (f"; it knows {', '.join(sorted(listed, key=int))}." if len(listed) <= 12 else ".")


@file_check("ELM002")
def words_are_codes(document: Document) -> Iterator[Finding]:
    """The schema takes any word here."""
    for entry in document.entries:
        if entry.namespace != CUSTOMER:
            continue
        for path, text in _leaves(entry):
            listed = codes.WORDS.get(path)
            if listed is not None and text not in listed:
                close = next((word for word in listed if word.lower() == text.lower()), "")
                hint = f"; the standard writes {close}" if close else ", which the standard does not list"
                yield Finding(
                    f"{called(entry)} has {path.partition('/')[2]} “{short(text)}”{hint}.", here(entry, path=path)
                )


@file_check("ELM003")
def currencies_exist(document: Document) -> Iterator[Finding]:
    """A number of ISO 4217: 840 for the US dollar, 124 for the Canadian one."""
    for entry in document.entries:
        for path, text in _leaves(entry):
            if path.endswith("/currency") and _number(text) not in codes.CURRENCIES:
                message = (
                    f"{called(entry)} has the currency {short(text)}; write the number that ISO 4217 gives it: 840 for"
                    " the US dollar, 124 for the Canadian dollar."
                )
                yield Finding(message, here(entry, path=path))


@file_check("ELM004")
def reading_types_can_be_understood(document: Document) -> Iterator[Finding]:
    """How values accumulate, of what, and which way."""
    for entry in document.of("ReadingType", namespace=ESPI):
        missing = [name for name in ("accumulationBehaviour", "commodity", "flowDirection") if not entry.present(name)]
        if missing:
            message = f"{called(entry)} has no {', no '.join(missing)}: readers must guess what its values mean."
            yield Finding(message, here(entry))


def _of(document: Document, kind: str) -> list[Entry]:
    found = [entry for entry in _resources(document) if (entry.kind, entry.namespace) == (kind, ESPI)]
    if not found:
        raise Omit(f"There is no {kind} in it.")
    return found


@file_check("ELM005")
def expiry_is_an_instant(document: Document) -> Iterator[Finding]:
    """`expires_at` in an Authorization is a time; `expires_in` of the token's answer is a duration."""
    for entry in _of(document, "Authorization"):
        expires_s = whole(entry.facts.get("expires_at"))
        if expires_s is not None and expires_s < MEASURED_SINCE_S:
            message = (
                f"{called(entry)} has expires_at {expires_s}, a duration; it is the second since 1970 when the token"
                " ends."
            )
            yield Finding(message, here(entry))


@file_check("ELM006")
def authorization_names_itself(document: Document) -> Iterator[Finding]:
    """`authorizationURI` is the self link, and what it opens is fetched by https."""
    for entry in _of(document, "Authorization"):
        own = entry.facts.get("authorizationURI", "").strip()
        if own and entry.self is not None and own != entry.self:
            yield Finding(f"{called(entry)} has authorizationURI {own}, but the self link {entry.self}.", here(entry))
        for name in ("resourceURI", "authorizationURI", "customerResourceURI"):
            text = entry.facts.get(name, "").strip()
            if text and not text.startswith("https://"):
                yield Finding(f"{called(entry)} has {name} {short(text)}; it begins with https.", here(entry))


@file_check("ELM007")
def authorization_holds_no_token(document: Document) -> Iterator[Finding]:
    """Tokens are in the answer of the token endpoint and nowhere else."""
    for entry in _of(document, "Authorization"):
        for path in entry.facts:
            name = path.rpartition("/")[2]
            if re.search("token", name, re.IGNORECASE) and name not in {"token_type", "token_endpoint_auth_method"}:
                message = (
                    f"{called(entry)} has the element {name}: whoever may read the authorization could use the token."
                )
                yield Finding(message, here(entry))


@file_check("ELM008")
def registration_names_itself(document: Document) -> Iterator[Finding]:
    """`registration_client_uri` is the self link."""
    for entry in _of(document, "ApplicationInformation"):
        own = entry.facts.get("registration_client_uri", "").strip()
        if own and entry.self is not None and own != entry.self:
            yield Finding(
                f"{called(entry)} has registration_client_uri {own}, but the self link {entry.self}.", here(entry)
            )


@file_check("ELM009")
def buckets_have_names(document: Document) -> Iterator[Finding]:
    """Codes for time of use, critical peak and tier are named by ProgramIdMappings, where the feed has any."""
    named: dict[str, set[str]] = {}
    for entry in document.of("ProgramIdMappings", namespace=ESPI):
        kinds = entry.every("programIdMapping/tOUorCPPorConsumptionTier")
        for kind, code in zip(kinds, entry.every("programIdMapping/code"), strict=False):
            named.setdefault(kind.strip(), set()).add(code.strip())
    if not named:
        raise Omit("There are no ProgramIdMappings in it.")
    told: set[tuple[str, str]] = set()
    for entry, block in document.blocks():
        for name, code in sorted(block.buckets):
            kind = "consumptiontier" if name == "consumptionTier" else name
            if kind in named and code not in named[kind] and code != "0" and (kind, code) not in told:
                told.add((kind, code))
                message = f"{called(entry)} has readings with {name} {code}, which no ProgramIdMappings name."
                yield Finding(message, (at(block.line),))


@file_check("ELM010")
def measurements_name_a_reading_type_of_the_feed(document: Document) -> Iterator[Finding]:
    """`readingTypeRef` is the self link of a ReadingType, letter by letter."""
    known = {entry.self for entry in document.of("ReadingType", namespace=ESPI)}
    for entry in document.entries:
        for path, text in _leaves(entry):
            if path.endswith("/readingTypeRef") and text not in known:
                message = (
                    f"{called(entry)} has {path.partition('/')[2]} {text}; no ReadingType in the feed has that self"
                    " link."
                )
                yield Finding(message, here(entry))


@file_check("ELM011")
def notifications_name_whole_addresses(document: Document) -> Iterator[Finding]:
    """A BatchList's resources are fetched as they stand."""
    if document.bare is None or document.bare.kind != "BatchList":
        raise Omit("The document is no BatchList.")
    for text in document.bare.every("resources"):
        if not text.strip().startswith(("https://", "sftp://")):
            message = (
                f"The BatchList names {short(text)}; write the whole address, beginning with https (or sftp for bulk"
                " files)."
            )
            yield Finding(message, here(document.bare))
