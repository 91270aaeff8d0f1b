"""Links and ids of entries: every href of the server is built here, so that equal things have equal hrefs.

ESPI clients match links by exact string equality. The shape is the one that every known reader accepts: typed links,
`self` and `up`, `related` to the collections below and to single resources, and the way back from children to parents.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from espi.atom.names import CERTIFICATE_URL
from espi.resources.catalogue import REGISTRY
from espi.resources.declare import CONTAINERS, Resource

PathId = int | str
Ids = Mapping[str, PathId]
"""Path ids by element name: `{"UsagePoint": 100000000000001, "MeterReading": ...}`."""

_DAY_DIGITS: Final = 10**5


@dataclass(frozen=True, slots=True)
class Link:
    """An `atom:link`. type: what the target is, such as `espi-entry/UsagePoint`; empty leaves the attribute out."""

    rel: str
    href: str
    type: str = ""


class Hrefs:
    """The hrefs below one resource endpoint for one holder of resources.

    resource_url: the endpoint, such as `https://dc.example.com/espi/1_1/resource`. scope: `Subscription/{id}`,
    `RetailCustomer/{id}`, for downloads, or nothing for the custodian itself, whose usage points are at the root.
    """

    def __init__(self, resource_url: str, scope: str) -> None:
        self.resource_url = resource_url.rstrip("/")
        self.scope = scope.strip("/")
        self.scope_url = f"{self.resource_url}/{self.scope}".rstrip("/")

    def collection(self, resource: Resource, ids: Ids) -> str:
        """The href of the collection a resource is in. `KeyError` when an id of a resource above it is missing."""
        return f"{self._parent(resource, ids)}/{resource.element}"

    def member(self, resource: Resource, ids: Ids) -> str:
        """The href of one resource. `KeyError` when its id or one above it is missing."""
        return f"{self.collection(resource, ids)}/{ids[resource.element]}"

    def _parent(self, resource: Resource, ids: Ids) -> str:
        if self.scope and self.scope.partition("/")[0] in resource.under:
            return self.scope_url
        above = [REGISTRY[name] for name in resource.under if name and name not in CONTAINERS]
        for parent in above:
            if parent.element in ids:
                return self.member(parent, ids)
        if above and "" not in resource.under:
            raise KeyError(f"{resource.element} needs the path id of {above[0].element}")
        if "" not in resource.under:
            return self.scope_url
        return self.resource_url

    def usage_points(self) -> str:
        """The collection of usage points."""
        return self.collection(REGISTRY["UsagePoint"], {})

    def usage_point(self, usage_point: PathId) -> str:
        """One usage point."""
        return self.member(REGISTRY["UsagePoint"], {"UsagePoint": usage_point})

    def meter_readings(self, usage_point: PathId) -> str:
        """The collection of meter readings of a usage point."""
        return self.collection(REGISTRY["MeterReading"], {"UsagePoint": usage_point})

    def meter_reading(self, usage_point: PathId, meter_reading: PathId) -> str:
        """One meter reading."""
        return self.member(REGISTRY["MeterReading"], {"UsagePoint": usage_point, "MeterReading": meter_reading})

    def interval_blocks(self, usage_point: PathId, meter_reading: PathId) -> str:
        """The collection of interval blocks of a meter reading."""
        ids = {"UsagePoint": usage_point, "MeterReading": meter_reading}
        return self.collection(REGISTRY["IntervalBlock"], ids)

    def interval_block(self, usage_point: PathId, meter_reading: PathId, block: PathId) -> str:
        """One interval block."""
        ids = {"UsagePoint": usage_point, "MeterReading": meter_reading, "IntervalBlock": block}
        return self.member(REGISTRY["IntervalBlock"], ids)

    def reading_type(self, reading_type: PathId) -> str:
        """One reading type, at the root."""
        return self.member(REGISTRY["ReadingType"], {"ReadingType": reading_type})

    def local_time(self, local_time: PathId) -> str:
        """One set of local time parameters, at the root."""
        return self.member(REGISTRY["LocalTimeParameters"], {"LocalTimeParameters": local_time})

    def usage_summary(self, usage_point: PathId, summary: PathId) -> str:
        """One bill's summary."""
        return self.member(REGISTRY["UsageSummary"], {"UsagePoint": usage_point, "UsageSummary": summary})

    def power_quality(self, usage_point: PathId, summary: PathId) -> str:
        """One power quality summary."""
        ids = {"UsagePoint": usage_point, "ElectricPowerQualitySummary": summary}
        return self.member(REGISTRY["ElectricPowerQualitySummary"], ids)

    def batch(self) -> Link:
        """The feed's own `self` link: `Batch/Subscription/{id}`, or `Batch/RetailCustomer/{id}/UsagePoint`."""
        if self.scope.startswith("RetailCustomer/"):
            return Link("self", f"{self.resource_url}/Batch/{self.scope}/UsagePoint", "espi-feed/UsagePoint")
        kind = self.scope.partition("/")[0]
        return Link("self", f"{self.resource_url}/Batch/{self.scope}", f"espi-feed/{kind}")

    def for_row(
        self,
        resource: Resource,
        ids: Ids,
        *,
        children: Container[str] | None = None,
        child_links: Mapping[str, Iterable[PathId]] | None = None,
    ) -> tuple[Link, ...]:
        """The links of an entry, from the declaration: self, up, related, collections, the way back.

        ids: of the resource, of those above it, and of the single resources it links to (which are left out when not
        given). children: which of the declared collections there are; None for all that are not deprecated.
        child_links: path ids of children by element name, for the few clients that cannot follow a collection.
        """
        links = [self._self_link(resource, ids), self._feed_link("up", resource, ids)]
        links += [self._entry_link(REGISTRY[name], ids) for name in resource.related if name in ids]
        for name in resource.children:
            child = REGISTRY[name]
            if name in children if children is not None else not child.deprecated:
                links.append(self._feed_link("related", child, ids))
            for path_id in (child_links or {}).get(name, ()):
                links.append(self._entry_link(child, {**ids, name: path_id}))
        links += [self._entry_link(REGISTRY[name], ids) for name in resource.back if name in ids]
        return tuple(links)

    def _self_link(self, resource: Resource, ids: Ids) -> Link:
        return Link("self", self.member(resource, ids), f"{resource.link_prefix}-entry/{resource.element}")

    def _feed_link(self, rel: str, resource: Resource, ids: Ids) -> Link:
        return Link(rel, self.collection(resource, ids), f"{resource.link_prefix}-feed/{resource.element}")

    def _entry_link(self, resource: Resource, ids: Ids) -> Link:
        return Link("related", self.member(resource, ids), f"{resource.link_prefix}-entry/{resource.element}")


def certificate_link(certificate_id: str) -> tuple[Link, ...]:
    """The link to the Green Button certificate, as a tuple of one, or of none while the custodian is not certified."""
    if not certificate_id:
        return ()
    return (Link("related", CERTIFICATE_URL + certificate_id, "text/html"),)


def block_uuid(channel_uuid: str, day: int) -> str:
    """The id of a day's block: the channel's with the day number for its last eight hex digits."""
    if not 0 <= day < 1 << 32:
        raise ValueError(f"day {day} does not fit eight hex digits")
    return f"{channel_uuid[:-8]}{day:08x}"


def block_path_id(channel_path_id: int, day: int) -> int:
    """The path id of a day's block: ten digits of the channel's, then the day number in five."""
    if not 0 <= day < _DAY_DIGITS:
        raise ValueError(f"day {day} does not fit five digits")
    return channel_path_id // _DAY_DIGITS * _DAY_DIGITS + day
