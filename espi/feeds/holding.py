"""What a feed holds of one usage point: its series and summaries, read once for its stamp and its entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from espi.clock import zone
from espi.feeds import derived
from espi.feeds.contents import ALL
from espi.feeds.days import Days
from espi.feeds.question import INTERVAL, REGISTER, Question
from espi.feeds.series import Series, series_in
from espi.store import summaries
from espi.store.readings import Newest

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach
    from espi.store.summaries import Summary


@dataclass(frozen=True)
class Holding:
    """A usage point, what was asked of it, and what there is; of readings only how to read them."""

    point: UsagePoint
    question: Question
    series: list[Series]
    bills: list[Summary]
    qualities: list[Summary]
    days: Days

    @classmethod
    def of(cls, conn: Conn, reach: Reach, question: Question, point: UsagePoint) -> Holding:
        """What there is of a usage point."""
        contents = question.contents or ALL
        span = question.from_day, question.until_day
        bills: list[Summary] = []
        if contents.usage_summaries:
            found = summaries.usage_summaries(conn, reach, point.id, *span)
            bills = [replace(each, content=contents.summary(each.content)) for each in found]
        qualities = summaries.power_quality(conn, reach, point.id, *span) if contents.power_quality else []
        days = Days(conn, reach, question, point.id)
        return cls(
            point,
            question,
            series_in(conn, reach, question, point, days),
            list(_wanted(bills, "billingPeriod", question, point)),
            list(_wanted(qualities, "summaryInterval", question, point)),
            days,
        )

    def newest(self, conn: Conn, reach: Reach) -> Newest:
        """The last change of anything that it holds. Where months are made, all their days count."""
        span = self.question.from_day, self.question.until_day
        registers: set[int] = set()
        if any(each.months for each in self.series):
            span = derived.whole_months(*span)
            registers = {each.source for each in self.series if each.channel.series == REGISTER}
            measured = {each.source for each in self.series} - registers
            found = self.days.newest_of(sorted(measured), span)
        else:
            found = self.days.newest()
        for each in (*self.bills, *self.qualities):
            found = found.with_other(Newest(each.updated_s, 1, 0))
        for number in registers:
            reads = summaries.register_reads(conn, reach, self.point.id, number, *span)
            if self.question.as_of_s is not None:
                reads = [each for each in reads if each.updated_s <= self.question.as_of_s]
            last_s = max((each.updated_s for each in reads), default=0)
            found = found.with_other(Newest(last_s, len(reads), sum(each.value for each in reads)))
        made = [self.point.updated_s]
        made += [max(each.channel.published_s, each.channel.reading_type.published_s) for each in self.series]
        return found.with_other(Newest(max(made), 0, 0))

    @property
    def there(self) -> Mapping[str, bool]:
        """Which summaries there are."""
        return {"UsageSummary": bool(self.bills), "ElectricPowerQualitySummary": bool(self.qualities)}

    @property
    def measured(self) -> list[Series]:
        """The series of intervals."""
        return [each for each in self.series if each.channel.series == INTERVAL]


def _wanted(found: Iterable[Summary], period: str, question: Question, point: UsagePoint) -> Iterable[Summary]:
    """Those summaries that changed and lie within the times asked for."""
    times = question.times
    for each in found:
        if times.changed(each.updated_s) and (not times.by_interval or times.hold(*_bounds(each, period, point))):
            yield each


def _bounds(summary: Summary, name: str, point: UsagePoint) -> tuple[int, int]:
    """Which instants a summary is about: its own period, else its local days."""
    period: Mapping[str, Any] = summary.content.get(name) or {}
    if "start" in period and "duration" in period:
        return int(period["start"]), int(period["start"]) + int(period["duration"])
    place = zone(point.utility.zone)
    return place.day_start_s(summary.from_day), place.day_start_s(summary.until_day)
