"""Small documents for tests of the checks: a usage feed and a customer feed, of which each test turns one screw."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from uuid import NAMESPACE_URL, uuid5

from conformance.document import Document, read
from conformance.outcome import Outcome
from conformance.run import Result, judge_file

ENDPOINT = "https://custodian.example/DataCustodian/espi/1_1/resource"
GRANT = f"{ENDPOINT}/Subscription/3492ad65d05a"
POINT = f"{GRANT}/UsagePoint/d6e21286621a"
READING = f"{POINT}/MeterReading/401efb2d64c8"
TYPE = f"{ENDPOINT}/ReadingType/419d0ee3f1ad"
LOCAL = f"{ENDPOINT}/LocalTimeParameters/8cb6279a8e1b"
CUSTOMER = f"{ENDPOINT}/RetailCustomer/3492ad65d05a/Customer/b6c45863875e"

PUBLISHED, UPDATED = "2023-06-01T05:00:00Z", "2024-12-01T07:10:00Z"
QUARTER_S, HOUR_S, DAY_S = 900, 3600, 86_400
JULY_S = 1719810000
"""2024-07-01 00:00 in Chicago."""
SPRING_S, AUTUMN_S = 1710050400, 1730610000
"""Midnight in Chicago of the days in 2024 when the clocks change."""

ELECTRICITY = {
    "accumulationBehaviour": "4",
    "commodity": "1",
    "currency": "840",
    "flowDirection": "1",
    "intervalLength": "900",
    "kind": "12",
    "phase": "769",
    "powerOfTenMultiplier": "0",
    "uom": "72",
}
LOCAL_TIME = {"dstEndRule": "B40E2000", "dstOffset": "3600", "dstStartRule": "360E2000", "tzOffset": "-21600"}

Readings = Sequence[tuple[int, int, int]]
"""(start, duration, value) of each reading."""


def identifier(name: str) -> str:
    """A lasting id."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"


def every(start_s: int, count: int, length_s: int = QUARTER_S, value: int = 60) -> list[tuple[int, int, int]]:
    """Readings one after the other."""
    return [(start_s + place * length_s, length_s, value + place % 7) for place in range(count)]


def elements(facts: dict[str, str], prefix: str = "espi") -> str:
    """Elements with a text each; `a/b` nests."""
    return "".join(_element(path.split("/"), text, prefix) for path, text in facts.items())


def _element(path: Sequence[str], text: str, prefix: str) -> str:
    inside = _element(path[1:], text, prefix) if len(path) > 1 else text
    return f"<{prefix}:{path[0]}>{inside}</{prefix}:{path[0]}>"


@dataclass(frozen=True)
class Made:
    """An entry, as it will be written."""

    kind: str
    self: str | None
    content: str
    related: Sequence[str] = ()
    title: str | None = "Title"
    id: str | None = ""
    up: str | None = ""
    published: str | None = PUBLISHED
    updated: str | None = UPDATED
    prefix: str = "espi"
    types: bool = True

    def xml(self) -> str:
        """The element."""
        up = (self.self or "").rsplit("/", 1)[0] if self.up == "" else self.up
        own_id = identifier(self.self or "none") if self.id == "" else self.id
        parts = [
            "" if own_id is None else f"<id>{own_id}</id>",
            self._link("self", self.self),
            self._link("up", up),
            *(self._link("related", href) for href in self.related),
            "" if self.title is None else f"<title>{self.title}</title>",
            "" if self.published is None else f"<published>{self.published}</published>",
            "" if self.updated is None else f"<updated>{self.updated}</updated>",
            f'<content type="application/xml">{self.content}</content>',
        ]
        return f"<entry>{''.join(parts)}</entry>\n"

    def _link(self, rel: str, href: str | None) -> str:
        if href is None:
            return ""
        *_, before, last = ["", "", *href.rsplit("/", 2)]
        family = "cust" if self.prefix == "cust" else "espi"
        member = any(letter.isdigit() for letter in last)
        said = f'type="{family}-{"entry" if member else "feed"}/{before if member else last}" ' if self.types else ""
        return f'<link rel="{rel}" {said}href="{href}"/>'


def resource(kind: str, inside: str, prefix: str = "espi") -> str:
    """A resource element."""
    return f"<{prefix}:{kind}>{inside}</{prefix}:{kind}>"


def block(readings: Readings, *, start_s: int | None = None, duration_s: int | None = None, more: str = "") -> str:
    """An IntervalBlock that covers its readings, unless told else; `more` goes into each reading after its value."""
    begins = readings[0][0] if start_s is None else start_s
    lasts = max(start + length for start, length, _ in readings) - begins if duration_s is None else duration_s
    inside = f"<espi:interval><espi:duration>{lasts}</espi:duration><espi:start>{begins}</espi:start></espi:interval>"
    for start, length, value in readings:
        inside += (
            f"<espi:IntervalReading><espi:timePeriod><espi:duration>{length}</espi:duration><espi:start>{start}</espi:start>"
            f"</espi:timePeriod><espi:value>{value}</espi:value>{more}</espi:IntervalReading>"
        )
    return resource("IntervalBlock", inside)


@dataclass(frozen=True)
class Usage:
    """A usage feed of one usage point with one MeterReading."""

    blocks: Sequence[str] = field(default_factory=lambda: [block(every(JULY_S, 96))])
    local: dict[str, str] = field(default_factory=lambda: dict(LOCAL_TIME))
    type: dict[str, str] = field(default_factory=lambda: dict(ELECTRICITY))
    point: dict[str, str] = field(default_factory=lambda: {"ServiceCategory/kind": "0"})
    more: Sequence[Made] = ()
    updated: str = UPDATED
    title: str = "Green Button Usage Feed"
    links: str = f'<link rel="self" type="espi-feed/Subscription" href="{ENDPOINT}/Batch/Subscription/3492ad65d05a"/>'
    related: Sequence[str] = ()
    """Further links of the usage point."""
    change: dict[str, dict[str, object]] = field(default_factory=dict)
    """Members of entries to change, by their kind."""

    def entries(self) -> list[Made]:
        """The entries."""
        made = [
            Made(
                "UsagePoint",
                POINT,
                resource("UsagePoint", elements(self.point)),
                (f"{POINT}/MeterReading", LOCAL, *self.related),
            ),
            Made("LocalTimeParameters", LOCAL, resource("LocalTimeParameters", elements(self.local))),
            Made("MeterReading", READING, "<espi:MeterReading/>", (f"{READING}/IntervalBlock", TYPE)),
            Made("ReadingType", TYPE, resource("ReadingType", elements(self.type))),
        ]
        made += [
            Made("IntervalBlock", f"{READING}/IntervalBlock/{place:04d}65e9a0c0", content)
            for place, content in enumerate(self.blocks)
        ]
        made += self.more
        return [replace(one, **self.change.get(one.kind, {})) for one in made]  # type: ignore[arg-type]

    def xml(self) -> bytes:
        """The document."""
        return feed(self.entries(), title=self.title, updated=self.updated, links=self.links)


def feed(entries: Iterable[Made], *, title: str = "Feed", updated: str = UPDATED, links: str = Usage.links) -> bytes:
    """A feed of these entries."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"'
        ' xmlns:espi="http://naesb.org/espi" xmlns:cust="http://naesb.org/espi/customer">'
        f"<id>{identifier('feed')}</id><title>{title}</title><updated>{updated}</updated>{links}\n"
        f"{''.join(one.xml() for one in entries)}</feed>"
    ).encode()


@cache
def document(content: bytes, name: str = "feed.xml") -> Document:
    """The document, read once for all that ask for it."""
    return read(content, name=name)


def result(
    content: bytes,
    rule: str,
    *,
    previous: bytes | None = None,
    name: str = "feed.xml",
    blocks: Collection[int] | None = None,
) -> Result:
    """What the kit says of one requirement."""
    earlier = None if previous is None else document(previous)
    (found,) = judge_file(document(content, name), previous=earlier, only={rule}, blocks=blocks)
    assert found.outcome is not Outcome.ERROR, (found.why, found.evidence)
    return found


def messages(content: bytes, rule: str, *, previous: bytes | None = None, name: str = "feed.xml") -> list[str]:
    """What it finds; nothing where the requirement is met or does not apply."""
    return [finding.message for finding in result(content, rule, previous=previous, name=name).findings]
