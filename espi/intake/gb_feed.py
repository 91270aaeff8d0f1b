"""A Green Button feed as a graph: which usage point, reading type and meter reading each entry belongs to.

Links are compared by their paths, with or without a host. An entry belongs to what its `self` or `up` link lies below;
where that leads nowhere, to what claims it by a `related` link; where nothing does, to the only one there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Generic, TypeVar
from urllib.parse import urlsplit

from espi.atom.read import Entry, entries
from espi.errors import BadInput

HANGING = {
    "UsageSummary": "usage_summaries",
    "ElectricPowerUsageSummary": "usage_summaries",
    "ElectricPowerQualitySummary": "power_quality",
}
"""Where the row of a resource that belongs to a usage point is kept."""

Row = dict[str, Any]
Thing = TypeVar("Thing")


@dataclass
class MeterReading:
    """A series: its entry, its ReadingType's row, and its blocks with the time each was updated."""

    entry: Entry
    reading_type: Row = field(default_factory=dict)
    blocks: list[tuple[Row, int]] = field(default_factory=list)


@dataclass
class UsagePoint:
    """A usage point with all that hangs from it; local_time is the row of its LocalTimeParameters."""

    entry: Entry
    path: str
    local_time: Row | None = None
    meter_readings: list[MeterReading] = field(default_factory=list)
    usage_summaries: list[Row] = field(default_factory=list)
    power_quality: list[Row] = field(default_factory=list)


@dataclass
class Feed:
    """What a document holds. lost: entries that belong to nothing, and values that could not be understood."""

    usage_points: list[UsagePoint]
    lost: list[str]


def read_feed(stream: BinaryIO, *, limit_bytes: int) -> Feed:
    """Read a whole document. Raises BadInput if it is none, is too long, or holds no usage point."""
    by_resource: dict[str, list[Entry]] = {}
    lost: list[str] = []
    for entry in entries(stream, limit_bytes=limit_bytes):
        by_resource.setdefault(entry.resource, []).append(entry)
        lost += entry.faults
    points = _Places((entry, UsagePoint(entry, _self_path(entry))) for entry in by_resource.get("UsagePoint", ()))
    if not points.all():
        raise BadInput("It holds no usage point.")
    series = _Places((entry, MeterReading(entry)) for entry in by_resource.get("MeterReading", ()))
    types = _Places((entry, entry.row) for entry in by_resource.get("ReadingType", ()))
    zones = _Places((entry, entry.row) for entry in by_resource.get("LocalTimeParameters", ()))
    for point in points.all():
        point.local_time = zones.linked(point.entry) or zones.only()
    for reading in series.all():
        reading.reading_type = types.linked(reading.entry) or types.only() or {}
        _hang(reading.entry, reading, points, "meter_readings", lost)
    for entry in by_resource.get("IntervalBlock", ()):
        owner = series.above(entry)
        if owner is None:
            lost.append(f"an IntervalBlock ({entry.id}) belongs to no MeterReading")
        else:
            owner.blocks.append((entry.row, entry.updated_s or 0))
    for resource, where in HANGING.items():
        for entry in by_resource.get(resource, ()):
            _hang(entry, entry.row, points, where, lost)
    return Feed(points.all(), lost)


def _hang(entry: Entry, thing: object, points: _Places[UsagePoint], where: str, lost: list[str]) -> None:
    owner = points.above(entry)
    if owner is None:
        lost.append(f"a {entry.resource} ({entry.id}) belongs to no UsagePoint")
    else:
        getattr(owner, where).append(thing)


class _Places(Generic[Thing]):
    """Things by the path of their `self` link, and by the paths they claim through `related` links."""

    def __init__(self, things: Iterable[tuple[Entry, Thing]]) -> None:
        self._by_path: dict[str, Thing] = {}
        self._claims: dict[str, Thing] = {}
        for entry, thing in things:
            path = _self_path(entry)
            if path not in self._by_path:
                self._by_path[path] = thing
                for href in entry.hrefs("related"):
                    self._claims.setdefault(_path(href), thing)

    def all(self) -> list[Thing]:
        """Every one, in the document's order."""
        return list(self._by_path.values())

    def only(self) -> Thing | None:
        """The only one there is, if there is one only."""
        return next(iter(self._by_path.values())) if len(self._by_path) == 1 else None

    def linked(self, entry: Entry) -> Thing | None:
        """The one that an entry has a related link to."""
        found = (self._by_path.get(_path(href)) for href in entry.hrefs("related"))
        return next((thing for thing in found if thing is not None), None)

    def above(self, entry: Entry) -> Thing | None:
        """The one that an entry lies below, is claimed by or links to, or the only one."""
        own = [_path(href) for rel in ("up", "self") for href in entry.hrefs(rel)]
        for path in own:
            for place in _and_above(path):
                if place in self._by_path:
                    return self._by_path[place]
        claimed = (self._claims[path] for path in own if path in self._claims)
        return next(claimed, None) or self.linked(entry) or self.only()


def _self_path(entry: Entry) -> str:
    return next((_path(href) for href in entry.hrefs("self")), entry.id)


def _path(href: str) -> str:
    return urlsplit(href).path.strip("/")


def _and_above(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]
