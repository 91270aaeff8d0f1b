"""ESPI documents to plain values: feeds of readings, authorizations, lists of what is new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

ATOM = "{http://www.w3.org/2005/Atom}"
ESPI = "{http://naesb.org/espi}"
UNITS = {"72": ("kWh", 3), "38": ("kW", 3), "169": ("therm", 0), "128": ("gal", 0), "23": ("°C", 0)}
"""Of `uom` codes: the unit that people read, and how many powers of ten it is above the code's own."""
FLOWS = {"1": "used", "19": "sent back", "4": "net", "0": ""}
NOON_S = 12 * 3600


class NotUnderstood(Exception):
    """A document that is no ESPI."""


@dataclass
class Block:
    """A day of one series. readings: (start, duration, value), in epoch seconds and as sent. updated: of its entry."""

    start_s: int
    day: str
    updated: str
    readings: list[tuple[int, int, int]]

    @property
    def total(self) -> int:
        """What the day's readings add up to."""
        return sum(value for _start, _duration, value in self.readings)


@dataclass
class Series:
    """The readings of a meter in one direction. href: the self link of the MeterReading, by which it is known.

    power: a value is so many powers of ten of the unit.
    """

    href: str
    title: str
    unit: str = ""
    power: int = 0
    flow: str = ""
    place: str = ""
    blocks: dict[int, Block] = field(default_factory=dict)

    def shown(self, value: int) -> float:
        """A value in the unit, for the eye."""
        return value * float(10.0**self.power)


@dataclass(frozen=True)
class Entry:
    """An Atom entry: its links by their rel, its resource and the resource's name."""

    name: str
    title: str
    updated: str
    links: dict[str, list[str]]
    resource: Element

    @property
    def href(self) -> str:
        """Its own address."""
        return self.links.get("self", [""])[0]

    @property
    def parent(self) -> str:
        """The address of what it belongs to: its `up` link without the last word."""
        return self.links.get("up", [""])[0].rpartition("/")[0]

    def text(self, path: str, default: str = "") -> str:
        """The text of an element inside the resource: names of the ESPI namespace, apart by slashes."""
        return self.resource.findtext("/".join(ESPI + name for name in path.split("/")), default)


def parse(document: bytes) -> Element:
    """The root of a document. One with a DTD is refused: no ESPI document has one, and they can do harm."""
    builder = TreeBuilder()
    reader = expat.ParserCreate(namespace_separator="}")

    def refuse(*_what: object) -> None:
        raise NotUnderstood("a document with a DTD is refused")

    def start(name: str, attributes: dict[str, str]) -> None:
        builder.start(_braced(name), attributes)

    reader.StartDoctypeDeclHandler = refuse
    reader.StartElementHandler = start
    reader.EndElementHandler = lambda name: builder.end(_braced(name))
    reader.CharacterDataHandler = builder.data
    try:
        reader.Parse(document, True)
    except expat.ExpatError as err:
        raise NotUnderstood(f"this is no XML: {err}") from err
    return builder.close()


def _braced(name: str) -> str:
    return f"{{{name}" if "}" in name else name


def notified(document: bytes) -> list[str]:
    """The addresses that a BatchList names."""
    root = parse(document)
    if root.tag != f"{ESPI}BatchList":
        raise NotUnderstood("this is no BatchList")
    return [each.text.strip() for each in root.findall(f"{ESPI}resources") if each.text]


def entries(document: bytes) -> Iterator[Entry]:
    """The entries of a feed, or the one entry that a document is."""
    root = parse(document)
    for each in [root] if root.tag == f"{ATOM}entry" else root.findall(f"{ATOM}entry"):
        content = each.find(f"{ATOM}content")
        if content is None or len(content) == 0:
            continue
        links: dict[str, list[str]] = {}
        for link in each.findall(f"{ATOM}link"):
            links.setdefault(link.get("rel", ""), []).append(link.get("href", ""))
        title, updated = (each.findtext(ATOM + name, "") for name in ("title", "updated"))
        yield Entry(content[0].tag.rpartition("}")[2], title, updated, links, content[0])


def series(document: bytes) -> list[Series]:
    """The series of a feed of readings, each with its blocks."""
    found: dict[str, list[Entry]] = {}
    for entry in entries(document):
        found.setdefault(entry.name, []).append(entry)
    places = {entry.href: entry.title for entry in found.get("UsagePoint", [])}
    types = {entry.href: entry for entry in found.get("ReadingType", [])}
    times = found.get("LocalTimeParameters", [])
    offset_s = int(times[0].text("tzOffset", "0")) if times else 0
    made: dict[str, Series] = {}
    for entry in found.get("MeterReading", []):
        kind = next((types[href] for href in entry.links.get("related", []) if href in types), None)
        one = Series(entry.href, entry.title, place=places.get(entry.parent, ""))
        if kind:
            _describe(one, kind)
        made[entry.href] = one
    for entry in found.get("IntervalBlock", []):
        if entry.parent in made:
            block = _block(entry, offset_s)
            made[entry.parent].blocks[block.start_s] = block
    return list(made.values())


def _describe(one: Series, kind: Entry) -> None:
    one.unit, above = UNITS.get(kind.text("uom"), (f"uom {kind.text('uom')}", 0))
    one.flow = FLOWS.get(kind.text("flowDirection"), "")
    one.power = int(kind.text("powerOfTenMultiplier", "0")) - above


def _block(entry: Entry, offset_s: int) -> Block:
    """A block is a local day, and noon of a day has the same date with and without daylight saving."""
    start_s = int(entry.text("interval/start"))
    date = dt.datetime.fromtimestamp(start_s + NOON_S + offset_s, dt.UTC).date()
    readings = [
        (
            int(each.findtext(f"{ESPI}timePeriod/{ESPI}start", "0")),
            int(each.findtext(f"{ESPI}timePeriod/{ESPI}duration", "0")),
            int(each.findtext(f"{ESPI}value", "0")),
        )
        for each in entry.resource.findall(f"{ESPI}IntervalReading")
    ]
    return Block(start_s, date.isoformat(), entry.updated, readings)


def as_json(one: Series) -> dict[str, Any]:
    """A series as its file keeps it."""
    return {**vars(one), "blocks": [vars(block) for block in one.blocks.values()]}


def from_json(kept: dict[str, Any]) -> Series:
    """The series that a file has kept."""
    blocks = [Block(**{**block, "readings": [tuple(each) for each in block["readings"]]}) for block in kept["blocks"]]
    return Series(**{**kept, "blocks": {block.start_s: block for block in blocks}})
