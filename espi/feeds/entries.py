"""The entries of a feed: rows of the store as ESPI resources, with their ids, links, titles and times."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from espi.atom import write
from espi.atom.grid import BlockRenderer
from espi.atom.links import Hrefs, block_path_id, block_uuid
from espi.clock import instant_s, zone
from espi.feeds.kept import Kept
from espi.resources import codes
from espi.resources.catalogue import REGISTRY
from espi.resources.declare import Resource

if TYPE_CHECKING:
    from espi.day import PackedDay
    from espi.feeds.derived import MonthBlock
    from espi.store.channels import Channel, ReadingTypeRow
    from espi.store.directory import UsagePoint, Utility
    from espi.store.summaries import Summary

RULE_IN_FORCE_S = instant_s("2007-03-11T08:00:00Z")
"""When LocalTimeParameters count as published: the present daylight-saving rule of the United States began to hold."""


MOST_KEPT = 8192

_KEPT: Kept[bytes] = Kept(MOST_KEPT)
"""Entries that do not change from one feed to the next: some kilobytes each."""

_RENDERERS: Kept[BlockRenderer] = Kept(MOST_KEPT // 4)


class Entries:
    """Makes the entries of one feed."""

    def __init__(self, hrefs: Hrefs) -> None:
        self.hrefs = hrefs

    def usage_point(self, point: UsagePoint, there: Mapping[str, bool], named: Sequence[int] = ()) -> bytes:
        """The UsagePoint. there: which summaries the feed has. named: path ids of MeterReadings to name one by one."""
        if named:
            return self._usage_point(point, there, named)
        own = point.uuid, point.path_id, point.esiid, point.service_kind, point.published_s, point.updated_s
        key = (
            self.hrefs.scope_url,
            *own,
            point.utility.local_time_path_id,
            repr(point.content),
            *sorted(there.items()),
        )
        return _KEPT.get(key, lambda: self._usage_point(point, there, ()))

    def _usage_point(self, point: UsagePoint, there: Mapping[str, bool], named: Sequence[int]) -> bytes:
        ids = {"UsagePoint": point.path_id, "LocalTimeParameters": point.utility.local_time_path_id}
        children = {"MeterReading", *(name for name, present in there.items() if present)}
        resource = REGISTRY["UsagePoint"]
        links = self.hrefs.for_row(resource, ids, children=children, child_links={"MeterReading": named})
        row = {"ServiceCategory": {"kind": point.service_kind}, **point.content}
        return write.entry(
            resource,
            row,
            id=point.uuid,
            links=links,
            title=neutral_title(point),
            published_s=point.published_s,
            updated_s=point.updated_s,
        )

    def local_time(self, utility: Utility) -> bytes:
        """The LocalTimeParameters of a utility's zone."""
        key = self.hrefs.resource_url, utility.local_time_path_id, utility.local_time_uuid, utility.zone
        return _KEPT.get(key, lambda: self._local_time(utility))

    def _local_time(self, utility: Utility) -> bytes:
        rule = zone(utility.zone).dst_rule()
        row = {
            "dstEndRule": rule.end_rule,
            "dstOffset": rule.dst_offset_s,
            "dstStartRule": rule.start_rule,
            "tzOffset": rule.tz_offset_s,
        }
        ids = {"LocalTimeParameters": utility.local_time_path_id}
        return self._entry("LocalTimeParameters", row, ids, utility.local_time_uuid, RULE_IN_FORCE_S, RULE_IN_FORCE_S)

    def meter_reading(self, point: UsagePoint, channel: Channel, days: Sequence[int] = ()) -> bytes:
        """The MeterReading of a channel. days: those whose blocks to name one by one."""
        if days:
            return self._meter_reading(point, channel, days)
        own = channel.uuid, channel.path_id, channel.published_s, channel.reading_type.path_id
        key = (self.hrefs.scope_url, point.path_id, *own)
        return _KEPT.get(key, lambda: self._meter_reading(point, channel, ()))

    def _meter_reading(self, point: UsagePoint, channel: Channel, days: Sequence[int]) -> bytes:
        ids = {
            "UsagePoint": point.path_id,
            "MeterReading": channel.path_id,
            "ReadingType": channel.reading_type.path_id,
        }
        blocks = [block_path_id(channel.path_id, day) for day in days]
        resource = REGISTRY["MeterReading"]
        links = self.hrefs.for_row(resource, ids, child_links={"IntervalBlock": blocks})
        return write.entry(
            resource,
            {},
            id=channel.uuid,
            links=links,
            title=resource.element,
            published_s=channel.published_s,
            updated_s=channel.published_s,
        )

    def reading_type(self, kind: ReadingTypeRow) -> bytes:
        """The ReadingType."""
        key = self.hrefs.resource_url, kind.path_id, kind.uuid, kind.published_s, repr(kind.content)
        return _KEPT.get(key, lambda: self._reading_type(kind))

    def _reading_type(self, kind: ReadingTypeRow) -> bytes:
        ids = {"ReadingType": kind.path_id}
        return self._entry("ReadingType", kind.content, ids, kind.uuid, kind.published_s, kind.published_s)

    def blocks(self, point: UsagePoint, channel: Channel, days: Iterable[PackedDay]) -> Iterator[bytes]:
        """The IntervalBlocks of measured days, many a piece."""
        default_quality = channel.reading_type.content.get("defaultQuality")
        make = functools.partial(BlockRenderer, self.hrefs, point, channel, default_quality)
        return _RENDERERS.get(self.blocks_key(point, channel), make).render(days)

    def blocks_key(self, point: UsagePoint, channel: Channel) -> Hashable:
        """What the IntervalBlocks of the same days depend on."""
        default_quality = channel.reading_type.content.get("defaultQuality")
        return self.hrefs.scope_url, point.path_id, channel.path_id, channel.uuid, default_quality

    def made_block(self, point: UsagePoint, channel: Channel, block: MonthBlock) -> bytes:
        """The IntervalBlock of a month of derived readings."""
        day = block.first_day
        ids = {
            "UsagePoint": point.path_id,
            "MeterReading": channel.path_id,
            "IntervalBlock": block_path_id(channel.path_id, day),
        }
        own_id = block_uuid(channel.uuid, day)
        return self._entry("IntervalBlock", block.row(), ids, own_id, block.published_s, block.updated_s)

    def usage_summary(self, point: UsagePoint, bill: Summary) -> bytes:
        """The UsageSummary of a bill."""
        ids = {"UsagePoint": point.path_id, "UsageSummary": bill.path_id}
        return self._entry("UsageSummary", bill.content, ids, bill.uuid, bill.published_s, bill.updated_s)

    def power_quality(self, point: UsagePoint, quality: Summary) -> bytes:
        """The ElectricPowerQualitySummary."""
        name = "ElectricPowerQualitySummary"
        ids = {"UsagePoint": point.path_id, name: quality.path_id}
        return self._entry(name, quality.content, ids, quality.uuid, quality.published_s, quality.updated_s)

    def _entry(
        self, name: str, row: Mapping[str, Any], ids: Mapping[str, int], own_id: str, published_s: int, updated_s: int
    ) -> bytes:
        resource: Resource = REGISTRY[name]
        return write.entry(
            resource,
            row,
            id=own_id,
            links=self.hrefs.for_row(resource, ids),
            title=name,
            published_s=published_s,
            updated_s=updated_s,
        )


def neutral_title(point: UsagePoint) -> str:
    """Words that tell a customer his usage points apart and a stranger nothing: no name, address or whole number."""
    service = codes.SERVICE_KIND.get(point.service_kind, "service").partition(":")[0]
    return f"{service.capitalize()}, number ending in {point.esiid[-4:]}"
