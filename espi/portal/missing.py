"""Which bars of a view lack what was used, though what was sent back at the same time is known: a gap, not a zero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from espi import usage
from espi.clock import zone
from espi.day import ABSENT
from espi.portal.periods import days_of_bars
from espi.store import directory, readings

if TYPE_CHECKING:
    from espi.store.channels import Channel
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach

DELTA = 4
TO_CUSTOMER, NET = 1, 4


def starts(conn: Conn, reach: Reach, point: UsagePoint, view: usage.View) -> frozenset[int]:
    """The starts of those bars, in epoch seconds. Where there is no surplus, the view itself says what is missing."""
    if not view.has_surplus:
        return frozenset()
    channel = _used(conn, reach, point)
    if channel is None:
        return frozenset()
    if view.kind == "day":
        found = set(_known_starts(conn, reach, channel, view.from_day))
        return frozenset(bar.start_s for bar in view.bars) - found
    span = (view.from_day, view.until_day)
    totals = readings.day_totals(conn, reach, point.id, channel.number, *span)
    where = zone(point.utility.zone)
    known = {each.day for each in totals if each.absent < each.count}
    lacking = (first for first, until in days_of_bars(view) if known.isdisjoint(range(first, until)))
    return frozenset(where.day_start_s(first) for first in lacking)


def _used(conn: Conn, reach: Reach, point: UsagePoint) -> Channel | None:
    """The channel that the view's bars stand for: what was delivered, else the net of both."""
    by_flow = {
        channel.reading_type.content.get("flowDirection"): channel
        for channel in reversed(directory.channels(conn, reach, point.id))
        if channel.series == "interval" and channel.reading_type.content.get("accumulationBehaviour") == DELTA
    }
    return by_flow.get(TO_CUSTOMER) or by_flow.get(NET)


def _known_starts(conn: Conn, reach: Reach, channel: Channel, day: int) -> Iterator[int]:
    for block in readings.blocks(conn, reach, channel.usage_point_id, channel.number, day, day + 1):
        for place, quality in enumerate(block.qualities.tolist()):
            if quality != ABSENT:
                yield block.start_s + place * block.interval_s
