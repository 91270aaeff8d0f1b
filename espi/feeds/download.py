"""Download My Data as Atom: which entries go into a feed, and in which order.

For each usage point: UsagePoint, LocalTimeParameters, then for each series MeterReading, ReadingType and its
IntervalBlocks, oldest first, then UsageSummary and ElectricPowerQualitySummary. What usage points share stands once.
The feed is made as it is read, so its size costs no memory, and the same request gives the same bytes while the data
stay.
"""

from __future__ import annotations

import functools
import itertools
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from espi.atom import write
from espi.atom.grid import BlockRenderer
from espi.atom.links import Hrefs, certificate_link
from espi.feeds import derived, series
from espi.feeds.entries import Entries
from espi.feeds.question import INTERVAL, REGISTER, Question
from espi.store import channels, readings, summaries

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.day import DayTotal
    from espi.store.channels import Channel
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach
    from espi.store.summaries import RegisterRead

TITLE = "Green Button Usage Feed"


def download(
    conn: Conn,
    reach: Reach,
    question: Question,
    usage_points: Sequence[UsagePoint],
    *,
    scope: str,
    settings: Settings,
) -> Iterator[bytes]:
    """The feed in pieces. scope: whose feed it is in hrefs, such as `RetailCustomer/100000000000001`.

    Only days within reach are in it. A series without a reading in the span is left out with its MeterReading. Read the
    pieces while the connection is open.
    """
    hrefs = Hrefs(settings.resource_url, scope)
    own = hrefs.batch()
    feed_id = str(uuid.uuid5(uuid.NAMESPACE_URL, own.href))
    links = (own, *certificate_link(settings.certificate_id))
    yield write.feed_head(feed_id, TITLE, stamp(conn, reach, question, usage_points), links)
    feed = _Feed(conn, reach, question, hrefs)
    for usage_point in usage_points:
        yield from feed.usage_point(usage_point)
    yield write.FEED_TAIL


def stamp(conn: Conn, reach: Reach, question: Question, usage_points: Sequence[UsagePoint]) -> int:
    """When something that a feed of this question shows last changed: its `updated`. 0 where there is nothing."""
    span = (question.from_day, question.until_day)
    made_span = derived.whole_months(*span) if question.series != {INTERVAL} else span
    latest = 0
    for point in usage_points:
        latest = max(latest, point.updated_s)
        for channel in channels.channels(conn, reach, point.id):
            latest = max(latest, channel.published_s, channel.reading_type.published_s)
            changes: Iterable[DayTotal | RegisterRead] = ()
            if channel.series == INTERVAL:
                changes = readings.day_totals(conn, reach, point.id, channel.number, *made_span)
            elif channel.series == REGISTER and REGISTER in question.series:
                changes = summaries.register_reads(conn, reach, point.id, channel.number, *made_span)
            latest = max(latest, max((each.updated_s for each in changes), default=0))
        bills = summaries.usage_summaries(conn, reach, point.id, *span)
        qualities = summaries.power_quality(conn, reach, point.id, *span)
        latest = max([latest, *(each.updated_s for each in itertools.chain(bills, qualities))])
    return latest


class _Feed:
    """The entries of one feed, and which shared ones are already in it."""

    def __init__(self, conn: Conn, reach: Reach, question: Question, hrefs: Hrefs) -> None:
        self.conn = conn
        self.reach = reach
        self.question = question
        self.entries = Entries(hrefs)
        self.hrefs = hrefs
        self.span = (question.from_day, question.until_day)
        self.shared: set[int] = set()

    def usage_point(self, point: UsagePoint) -> Iterator[bytes]:
        """A usage point with all that hangs on it."""
        bills = summaries.usage_summaries(self.conn, self.reach, point.id, *self.span)
        qualities = summaries.power_quality(self.conn, self.reach, point.id, *self.span)
        there = {"UsageSummary": bool(bills), "ElectricPowerQualitySummary": bool(qualities)}
        named = dict(self._named(point)) if self.question.child_links else {}
        yield self.entries.usage_point(point, there, [path_id for path_id, days in named.items() if days])
        if self._is_new(point.utility.local_time_path_id):
            yield self.entries.local_time(point.utility)
        for channel, blocks in self._series(point):
            first = next(blocks, None)
            if first is None:
                continue
            yield self.entries.meter_reading(point, channel, named.get(channel.path_id, ()))
            if self._is_new(channel.reading_type.path_id):
                yield self.entries.reading_type(channel.reading_type)
            yield first
            yield from blocks
        for bill in bills:
            yield self.entries.usage_summary(point, bill)
        for quality in qualities:
            yield self.entries.power_quality(point, quality)

    def _series(self, point: UsagePoint) -> Iterator[tuple[Channel, Iterator[bytes]]]:
        """The series that are wanted, each with the entries of its blocks."""
        measured = channels.channels(self.conn, self.reach, point.id)
        for channel in self._intervals(measured):
            default_quality = channel.reading_type.content.get("defaultQuality")
            renderer = BlockRenderer(self.hrefs, point, channel, default_quality)
            days = readings.packed_blocks(self.conn, self.reach, point.id, channel.number, *self.span)
            yield channel, renderer.render(days)
        for channel, blocks in series.made(self.conn, self.reach, self.question, point, measured):
            yield channel, map(functools.partial(self.entries.made_block, point, channel), blocks)

    def _named(self, point: UsagePoint) -> Iterator[tuple[int, list[int]]]:
        """The path ids of the series that are wanted, each with the days that its blocks are named after."""
        measured = channels.channels(self.conn, self.reach, point.id)
        for channel in self._intervals(measured):
            totals = readings.day_totals(self.conn, self.reach, point.id, channel.number, *self.span)
            yield channel.path_id, [each.day for each in totals if each.absent < each.count]
        for channel, blocks in series.made(self.conn, self.reach, self.question, point, measured):
            yield channel.path_id, [block.first_day for block in blocks]

    def _intervals(self, measured: Sequence[Channel]) -> list[Channel]:
        if INTERVAL not in self.question.series:
            return []
        return [channel for channel in measured if channel.series == INTERVAL]

    def _is_new(self, path_id: int) -> bool:
        """Whether something shared is not in the feed yet; it is from now on."""
        known = path_id in self.shared
        self.shared.add(path_id)
        return not known
