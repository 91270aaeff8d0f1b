"""One resource alone, as the document of an Atom entry: the same entry that stands in the feed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from espi.atom import write
from espi.atom.links import Hrefs, block_path_id
from espi.clock import next_month
from espi.errors import NotFound
from espi.feeds.contents import ALL
from espi.feeds.entries import Entries
from espi.feeds.question import Question
from espi.feeds.series import Series, series_in
from espi.store import summaries

if TYPE_CHECKING:
    from espi.store.channels import ReadingTypeRow
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint, Utility
    from espi.store.reach import Reach
    from espi.store.summaries import Summary

_DAY_DIGITS = 10**5


@dataclass(frozen=True)
class Entry:
    """An entry as a document. updated_s: when it last changed."""

    document: bytes
    updated_s: int

    @classmethod
    def of(cls, text: bytes, updated_s: int) -> Entry:
        """The document of an entry of a feed."""
        return cls(write.as_document(text), updated_s)


class Single:
    """Finds single resources of usage points. Raises `NotFound` for what is not there.

    question: over all days that may be asked about; its times and page do not count.
    """

    def __init__(self, conn: Conn, reach: Reach, question: Question, hrefs: Hrefs) -> None:
        self._conn = conn
        self._reach = reach
        self._question = question
        self._contents = question.contents or ALL
        self._entries = Entries(hrefs)

    def usage_point(self, point: UsagePoint) -> Entry:
        """A usage point."""
        there = {"UsageSummary": bool(self._bills(point)), "ElectricPowerQualitySummary": bool(self._qualities(point))}
        return Entry.of(self._entries.usage_point(point, there), point.updated_s)

    def meter_reading(self, point: UsagePoint, path_id: int) -> Entry:
        """A series of a usage point."""
        channel = self.series(point, path_id).channel
        return Entry.of(self._entries.meter_reading(point, channel), channel.published_s)

    def series(self, point: UsagePoint, path_id: int, question: Question | None = None) -> Series:
        """The series whose MeterReading has this number."""
        for each in series_in(self._conn, self._reach, question or self._question, point):
            if each.channel.path_id == path_id:
                return each
        raise NotFound(detail=f"no meter reading {path_id}")

    def interval_block(self, point: UsagePoint, meter_reading: int, path_id: int) -> Entry:
        """A block of a series."""
        day = path_id % _DAY_DIGITS
        if block_path_id(meter_reading, day) != path_id:
            raise NotFound(detail=f"no interval block {path_id}")
        only = replace(self._question, from_day=day, until_day=day + 1)
        series = self.series(point, meter_reading, only)
        for packed in series.days or ():
            return Entry.of(b"".join(self._entries.blocks(point, series.channel, [packed])), packed.updated_s)
        if series.months:
            whole = replace(only, until_day=next_month(day))
            for block in self.series(point, meter_reading, whole).months or ():
                if block.first_day == day:
                    return Entry.of(self._entries.made_block(point, series.channel, block), block.updated_s)
        raise NotFound(detail=f"no interval block {path_id}")

    def block_of_any(self, point: UsagePoint, path_id: int) -> Entry:
        """A block of whichever series of the usage point has it."""
        day = path_id % _DAY_DIGITS
        for each in series_in(self._conn, self._reach, self._question, point):
            if block_path_id(each.channel.path_id, day) == path_id:
                return self.interval_block(point, each.channel.path_id, path_id)
        raise NotFound(detail=f"no interval block {path_id}")

    def usage_summary(self, point: UsagePoint, path_id: int) -> Entry:
        """A bill's summary."""
        bill = _with(self._bills(point), path_id)
        bill = replace(bill, content=self._contents.summary(bill.content))
        return Entry.of(self._entries.usage_summary(point, bill), bill.updated_s)

    def power_quality(self, point: UsagePoint, path_id: int) -> Entry:
        """A summary of power quality."""
        quality = _with(self._qualities(point), path_id)
        return Entry.of(self._entries.power_quality(point, quality), quality.updated_s)

    def reading_type(self, kind: ReadingTypeRow) -> Entry:
        """A reading type."""
        return Entry.of(self._entries.reading_type(kind), kind.published_s)

    def local_time(self, utility: Utility) -> Entry:
        """The time parameters of a utility."""
        return Entry.of(self._entries.local_time(utility), 0)

    def _bills(self, point: UsagePoint) -> list[Summary]:
        if not self._contents.usage_summaries:
            return []
        return summaries.usage_summaries(self._conn, self._reach, point.id, *self._span)

    def _qualities(self, point: UsagePoint) -> list[Summary]:
        if not self._contents.power_quality:
            return []
        return summaries.power_quality(self._conn, self._reach, point.id, *self._span)

    @property
    def _span(self) -> tuple[int, int]:
        return self._question.from_day, self._question.until_day


def _with(found: Iterable[Summary], path_id: int) -> Summary:
    for each in found:
        if each.path_id == path_id:
            return each
    raise NotFound(detail=f"no summary {path_id}")
