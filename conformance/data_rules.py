"""Declaring the certification's data rules: most say the same of several resources, so they are written as tables.

Each function here registers one check for each requirement it is given. The rules speak of the energy usage namespace
only. They compare texts and addresses exactly as they stand, and an entry that holds several resources of one name is
judged as the rules judge it: what any of them has, the entry has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from conformance.document.names import ESPI
from conformance.naming import called, counted, here
from conformance.suite import Finding, file_check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.document import Document, Entry

_NUMBER = re.compile(r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)").fullmatch


@dataclass(frozen=True, slots=True)
class Resource:
    """What a rule speaks of: how findings call it, and the element or elements it is in a content."""

    label: str
    names: tuple[str, ...]

    def entries(self, document: Document) -> Sequence[Entry]:
        """The entries that hold it."""
        return document.of(*self.names, namespace=ESPI)

    def lacking(self, document: Document, path: str) -> Iterator[Entry]:
        """The entries whose resource has no element at a path."""
        return document.lacking(path, *self.names)

    def led_to(self, document: Document, rel: str) -> Counter[str]:
        """How many links of a relation lead from its entries to each address."""
        return document.led_to(rel, *self.names)


USAGE_POINT = Resource("UsagePoint", ("UsagePoint",))
LOCAL_TIME = Resource("LocalTimeParameters", ("LocalTimeParameters",))
METER_READING = Resource("MeterReading", ("MeterReading",))
READING_TYPE = Resource("ReadingType", ("ReadingType",))
INTERVAL_BLOCK = Resource("IntervalBlock", ("IntervalBlock",))
SUMMARY = Resource("usage summary", ("UsageSummary", "ElectricPowerUsageSummary"))
QUALITY_SUMMARY = Resource("ElectricPowerQualitySummary", ("ElectricPowerQualitySummary",))


def feed_has(rule: str, resource: Resource) -> None:
    """The feed has at least one entry of the resource."""

    @file_check(rule)
    def feed_has_an_entry(document: Document) -> Iterator[Finding]:
        if document.feed is not None and not resource.entries(document):
            names = " or ".join(resource.names)
            yield Finding(f"The feed has no entry with a {names} in its content.", ())


def envelope(
    resource: Resource, *, identifier: str, title: str, published: str, updated: str, own: str, up: str, unique: str
) -> None:
    """What all resources ask of their entries: the ids of the rules for each member."""
    _member(identifier, resource, "id")
    _member(title, resource, "title")
    _member(published, resource, "published")
    _member(updated, resource, "updated")
    has_link(own, resource, "self")
    has_link(up, resource, "up")
    _own_address(unique, resource)


def _member(rule: str, resource: Resource, member: str) -> None:
    @file_check(rule)
    def entry_has_member(document: Document) -> Iterator[Finding]:
        for entry in resource.entries(document):
            if getattr(entry, member) is None:
                yield Finding(f"{called(entry)} has no <{member}>.", here(entry))


def has_link(rule: str, resource: Resource, rel: str) -> None:
    """Every entry of the resource has a link of the relation, with an address."""

    @file_check(rule)
    def entry_has_link(document: Document) -> Iterator[Finding]:
        for entry in resource.entries(document):
            if not entry.hrefs(rel):
                yield Finding(f"{called(entry)} has no link with rel “{rel}” and an address (href).", here(entry))


def _own_address(rule: str, resource: Resource) -> None:
    """No two entries share a self link. As the rule is written, an entry without one fails too, and one with two."""

    @file_check(rule)
    def self_is_its_own(document: Document) -> Iterator[Finding]:
        known = resource.led_to(document, "self")
        for entry in resource.entries(document):
            hrefs = dict.fromkeys(entry.hrefs("self"))
            found = sum(known[href] for href in hrefs)
            if not found:
                yield Finding(f"{called(entry)} has no self link that could be its own.", here(entry))
            elif found > 1:
                message = f"{called(entry)} has a self link that is not its own: {counted(found, 'link')} lead there."
                yield Finding(message, here(entry, "\n".join(hrefs)))


def has_elements(resource: Resource, rules: Mapping[str, str]) -> None:
    """Every resource has an element at each path; several paths, parted by a space, belong to one rule."""
    for rule, paths in rules.items():
        _elements(rule, resource, paths.split())


def _elements(rule: str, resource: Resource, paths: Sequence[str]) -> None:
    @file_check(rule)
    def resource_has_elements(document: Document) -> Iterator[Finding]:
        for path in paths:
            for entry in resource.lacking(document, path):
                yield Finding(f"{called(entry)} has no {_steps(path)}.", here(entry, path=path))


def has_parts(resource: Resource, element: str, rules: Mapping[str, str]) -> None:
    """Where a resource has the element, that has each of these parts."""
    for rule, part in rules.items():
        _part(rule, resource, element, part)


def _part(rule: str, resource: Resource, element: str, part: str) -> None:
    @file_check(rule)
    def element_has_part(document: Document) -> Iterator[Finding]:
        without = {id(entry) for entry in resource.lacking(document, element)}
        for entry in resource.lacking(document, f"{element}/{part}"):
            if id(entry) not in without:
                yield Finding(f"{called(entry)} has a <{element}> without <{part}>.", here(entry, path=element))


def _steps(path: str) -> str:
    """`<duration> in <interval>` for `interval/duration`."""
    return " in ".join(f"<{name}>" for name in reversed(path.split("/")))


def leads_to(
    rule: str, resource: Resource, rel: str, target: Resource, its_rel: str, *, exactly_one: bool = True
) -> None:
    """An entry's links of one relation meet the links of another relation of the target's entries: once, or at all.

    Addresses are compared as texts: scheme, host, port, case and a slash at the end count.
    """

    @file_check(rule)
    def links_meet(document: Document) -> Iterator[Finding]:
        known = target.led_to(document, its_rel)
        for entry in resource.entries(document):
            hrefs = dict.fromkeys(entry.hrefs(rel))
            found = sum(known[href] for href in hrefs)
            if found == 1 or (found and not exactly_one):
                continue
            wanted = "exactly one" if exactly_one else "at least one"
            message = (
                f"{called(entry)}: {counted(found, f'{its_rel} link')} of {target.label} entries"
                f" equal{'s' if found == 1 else ''} its {rel} link{'' if rel != 'related' else 's'}; {wanted} should."
            )
            yield Finding(message, here(entry, "\n".join(hrefs) or f"It has no {rel} link."))


def has_type(rule: str, label: str, **wanted: int) -> None:
    """Some ReadingType of the feed has all these values."""

    @file_check(rule)
    def reading_type_exists(document: Document) -> Iterator[Finding]:
        if document.feed is not None and not any(is_type(entry, wanted) for entry in READING_TYPE.entries(document)):
            values = ", ".join(f"{name} {value}" for name, value in wanted.items())
            yield Finding(f"No ReadingType gives {label} ({values}).{nearest(document, wanted)}")


Wanted = Mapping[str, int | tuple[int, ...]]


def is_type(entry: Entry, wanted: Wanted) -> bool:
    """Whether a ReadingType has these values, or one of several."""
    return all(fact_is(entry, "ReadingType", name, *_several(value)) for name, value in wanted.items())


def _several(value: int | tuple[int, ...]) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,)


def fact_is(entry: Entry, kind: str, path: str, *values: int) -> bool:
    """Whether a leaf of the entry's resource is, as a number, one of these values."""
    return any(number(text) in values for text in entry.every(path, kind))


def number(text: str) -> Decimal | None:
    """The number a text is in XPath, so that ` 04 ` is 4; None for anything else."""
    bare = text.strip(" \t\r\n")
    return Decimal(bare) if _NUMBER(bare) else None


def nearest(document: Document, wanted: Wanted) -> str:
    """What keeps the ReadingType that fits best from fitting."""
    misses = [
        [name for name, value in wanted.items() if not fact_is(entry, "ReadingType", name, *_several(value))]
        for entry in READING_TYPE.entries(document)
    ]
    best = min(misses, key=len, default=[])
    if not best or len(best) == len(wanted):
        return ""
    return f" The nearest differs in {', '.join(best)}."
