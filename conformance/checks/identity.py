"""Identifiers: their form, that each names one thing, and that the same thing keeps its own from file to file."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from conformance.checks.envelope import moment
from conformance.document import Document, Entry
from conformance.naming import called, short
from conformance.pairing import pairs
from conformance.paths import identifiers
from conformance.suite import Evidence, Finding, Omit, at, file_check, pair_check

_ID = re.compile(r"urn:uuid:([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})")
HASHED = "35"
"""The versions of UUID that are made from a name, and so come out the same each time."""
HEX_DIGITS, BASE64_DIGITS = 12, 8
"""How many of either carry 48 bits."""


def _ids(document: Document) -> Iterator[tuple[str, str, int]]:
    """(id, what it is on, line) of the feed and of every entry that has one."""
    if document.feed and document.feed.id is not None:
        yield document.feed.id, "The feed", document.feed.line
    for entry in document.entries:
        if entry.id is not None:
            yield entry.id, called(entry), entry.line


@file_check("IDS001")
def id_is_a_uuid_urn(document: Document) -> Iterator[Finding]:
    """`urn:uuid:` and a UUID, in lower case: readers compare ids letter by letter."""
    for text, what, line in _ids(document):
        if not _ID.fullmatch(text.strip()):
            message = (
                f"{what} has the id “{short(text)}”; an id is urn:uuid: and a UUID of 32 hexadecimal digits in groups."
            )
            yield Finding(message, (at(line),))
        elif text != text.lower():
            yield Finding(
                f"{what} has the id {text.strip()} with capital letters; write it in lower case.", (at(line),)
            )


@file_check("IDS002")
def id_is_made_from_a_name(document: Document) -> Iterator[Finding]:
    """Version 5 (or 3): random ones are new with every download."""
    for text, what, line in _ids(document):
        found = _ID.fullmatch(text.strip())
        if found and found.group(1)[14] not in HASHED:
            message = (
                f"{what} has an id of version {found.group(1)[14]}: {text.strip()}. Make ids from the thing's own"
                " lasting name (version 5), so that they are the same in every file."
            )
            yield Finding(message, (at(line),))


@file_check("EU_FB01_DE_005")
def ids_are_unique(document: Document) -> Iterator[Finding]:
    """No two of a feed and its entries have one id."""
    lines: dict[str, list[int]] = defaultdict(list)
    for text, _, line in _ids(document):
        lines[text.strip().lower()].append(line)
    for name, where in lines.items():
        if len(where) > 1:
            message = (
                f"The id {name} stands {len(where)} times; readers keep only one of the entries. Lines: {_list(where)}."
            )
            yield Finding(message, tuple(at(line) for line in where[:5]))


def _list(lines: list[int]) -> str:
    shown = ", ".join(map(str, lines[:8]))
    return shown if len(lines) <= 8 else f"{shown} …"


@file_check("IDS005")
def identifiers_in_addresses_are_hard_to_guess(document: Document) -> Iterator[Finding]:
    """At least 48 bits: twelve hexadecimal digits, or eight characters of base 64."""
    seen: dict[tuple[str, str], Entry] = {}
    for entry in document.entries:
        for kind, name in identifiers(entry.self or ""):
            seen.setdefault((kind, name), entry)
    if not seen:
        raise Omit("No address in it has an identifier.")
    for (kind, name), entry in seen.items():
        if not has_48_bits(name):
            message = (
                f"The address of {kind} ends in “{short(name)}”, which can be guessed: use at least {HEX_DIGITS}"
                f" hexadecimal digits or {BASE64_DIGITS} characters of base 64 that are not counted up."
            )
            yield Finding(message, (at(entry.line, entry.self or ""),))


def has_48_bits(name: str) -> bool:
    """Whether an identifier is long enough for its alphabet; hyphens of a UUID do not count."""
    if re.fullmatch(r"[0-9a-fA-F-]+", name):
        return len(name.replace("-", "")) >= HEX_DIGITS
    return len(name) >= BASE64_DIGITS


@pair_check("IDS003")
def the_same_thing_keeps_its_id(document: Document, previous: Document) -> Iterator[Finding]:
    """What has the same address, or is the same block of the same readings, has the id it had before."""
    matched = pairs(document, previous)
    if not matched:
        raise Omit("The two files have no resource in common.")
    for new, old in matched:
        if new.id is not None and old.id is not None and new.id.strip().lower() != old.id.strip().lower():
            message = (
                f"{called(new)} has the id {new.id.strip()}; in the earlier file it had {old.id.strip()}. Readers take"
                " it for a new thing and count its data twice."
            )
            yield Finding(message, (at(new.line, new.self or ""), _before(old)))


@pair_check("IDS006")
def an_id_is_never_given_to_another_thing(document: Document, previous: Document) -> Iterator[Finding]:
    """An id of the earlier file names the same kind of thing, and the same span of readings."""
    uses = Counter((entry.id or "").strip().lower() for entry in previous.entries)
    before = {name: entry for entry in previous.entries if uses[name := (entry.id or "").strip().lower()] == 1 and name}
    for entry in document.entries:
        old = before.get((entry.id or "").strip().lower())
        if old is None:
            continue
        if old.kind != entry.kind:
            message = (
                f"{called(entry)} has an id that the earlier file gave to something else ({old.kind}): {entry.id}."
            )
            yield Finding(message, (at(entry.line), _before(old)))
        elif _starts(old) and _starts(entry) and not _starts(old) & _starts(entry):
            message = f"{called(entry)} has the id of another block in the earlier file, of other times: {entry.id}."
            yield Finding(message, (at(entry.line), _before(old)))


def _starts(entry: Entry) -> set[int]:
    return {block.start_s for block in entry.blocks if block.start_s is not None}


@pair_check("IDS004")
def a_change_moves_the_date_forward(document: Document, previous: Document) -> Iterator[Finding]:
    """A correction keeps its published date and has a later updated date."""
    for new, old in pairs(document, previous):
        before, after = moment(old.updated), moment(new.updated)
        if before is None or after is None:
            continue
        if after < before:
            message = (
                f"{called(new)} was updated {new.updated}; the earlier file says {old.updated}: the date went back."
            )
            yield Finding(message, (at(new.line), _before(old)))
        elif after == before and _content(new) != _content(old):
            message = f"{called(new)} has changed since the earlier file, and its updated, {new.updated}, has not."
            yield Finding(message, (at(new.line), _before(old)))


def _content(entry: Entry) -> tuple[object, ...]:
    blocks = tuple((block.start_s, block.duration_s, block.reading_count, block.total) for block in entry.blocks)
    facts = {path: text.strip() for path, text in entry.facts.items() if not entry.blocks}
    return blocks, sorted(facts.items())


def _before(entry: Entry) -> Evidence:
    return Evidence("In the earlier file", entry.self or "", line=entry.line)
