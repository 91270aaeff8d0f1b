"""The series of a usage point that a feed holds: intervals as they are or by the hour, and days, months, registers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from espi.clock import Zone, zone
from espi.day import PackedDay
from espi.feeds import derived
from espi.feeds.contents import ALL
from espi.feeds.days import Again, Days
from espi.feeds.derived import MonthBlock
from espi.feeds.hourly import by_the_hour, fits
from espi.feeds.question import DAILY, HOURLY, INTERVAL, MONTHLY, REGISTER, Question, Times
from espi.store import channels, summaries
from espi.store.channels import Channel, hourly_type, reading_type_code
from espi.store.identity import path_id_for, uuid_for

if TYPE_CHECKING:
    from espi.store.by_month import Part
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach
    from espi.store.summaries import RegisterRead

FROM_REGISTER = 4000
"""What is added to a channel's number for the days that its register's differences make."""

BY_THE_HOUR = 5000
"""What is added to a channel's number for the hours that its intervals make."""

OPEN_S = -(2**62)
"""Before every instant; its negative is after every one."""

_GAP = b"\xff"


@dataclass(frozen=True)
class Measured:
    """The days of a channel as a feed shows them: read anew each time, each with a reading."""

    days: Days
    stored: Again[PackedDay]
    number: int
    zone: Zone
    hourly: bool
    costs: bool
    times: Times

    def __iter__(self) -> Iterator[PackedDay]:
        return self._shown(iter(self.stored))

    @property
    def parts(self) -> Sequence[Part]:
        """See `Days.parts`."""
        return self.days.parts

    def within(self, part: Part) -> Iterator[PackedDay]:
        """Those of a part."""
        return self._shown(self.days.within(self.number, part))

    def told_by(self, part: Part) -> Hashable:
        """What those of a part are told by from any others of the channel, and from what they were before."""
        start_s, end_s = self.zone.day_start_s(part.from_day - 1), self.zone.day_start_s(part.until_day + 1)
        return part, self.hourly, self.costs, self.times.about(start_s, end_s)

    def _shown(self, found: Iterator[PackedDay]) -> Iterator[PackedDay]:
        if not self.costs:
            found = (day if day.costs is None else day._replace(costs=None) for day in found)
        found = filter(has_reading, map(by_the_hour, found) if self.hourly else found)
        return filter(_holder(self.times), found) if self.times.by_interval else found


@dataclass(frozen=True)
class Series:
    """A MeterReading of a feed. days: its blocks, a day each, where it is measured; months: where it is made.

    source: the number of the channel whose rows it is read from. Each block of either has a reading; they are read anew
    each time.
    """

    channel: Channel
    source: int
    days: Again[PackedDay] | Measured | None = None
    months: Again[MonthBlock] | None = None

    def first_days(self) -> list[int]:
        """The days that its blocks are named after."""
        return [day.day for day in self.days or ()] + [block.first_day for block in self.months or ()]


def series_in(
    conn: Conn, reach: Reach, question: Question, point: UsagePoint, days: Days | None = None
) -> list[Series]:
    """The series that are wanted and allowed, in feed order. A series may turn out to have no block.

    days: what takes in the measured channels.
    """
    contents = question.contents or ALL
    there = channels.channels(conn, reach, point.id)
    shown = [channel for channel in there if contents.shows(channel)]
    days = days or Days(conn, reach, question, point.id)
    asked = _Asked(conn, reach, question, point, days, derived.whole_months(question.from_day, question.until_day))
    found: list[Series] = []
    if not question.series.isdisjoint({INTERVAL, HOURLY}):
        found = [asked.measured(channel) for channel in shown if channel.series == INTERVAL]
    for channel in shown:
        if channel.series in question.series and channel.series in {DAILY, MONTHLY} and channel.of_number is not None:
            found.append(asked.summed(channel, channel.of_number))
        if channel.series == REGISTER and REGISTER in question.series:
            found += asked.registers(channel, there)
    return found


def has_reading(day: PackedDay) -> bool:
    """Whether anything of a day is known."""
    return day.quality != _GAP and bool(day.quality.strip(_GAP))


@dataclass(frozen=True)
class _Asked:
    """A question about one usage point. months: its span in whole months."""

    conn: Conn
    reach: Reach
    question: Question
    point: UsagePoint
    days: Days
    months: tuple[int, int]

    def measured(self, channel: Channel) -> Series:
        """A channel's intervals, by the hour if that is wanted and they are shorter."""
        hourly = HOURLY in self.question.series and fits(channel.reading_type.content.get("intervalLength", 0))
        days = Measured(
            self.days,
            self.days.of(channel.number),
            channel.number,
            zone(self.point.utility.zone),
            hourly=hourly,
            costs=self.question.contents is None or self.question.contents.costs,
            times=self.question.times,
        )
        return Series(_by_hour(self.conn, self.point, channel) if hourly else channel, channel.number, days=days)

    def summed(self, channel: Channel, of_number: int) -> Series:
        """A channel's daily or monthly sums."""
        sums = derived.daily if channel.series == DAILY else derived.monthly

        def months() -> Iterator[MonthBlock]:
            totals = self.days.totals(of_number, self.months)
            return _within(self.question.times, derived.month_blocks(sums(totals)))

        return Series(channel, of_number, months=Again(months))

    def registers(self, channel: Channel, there: Sequence[Channel]) -> list[Series]:
        """A register's reads; and the days that their differences make, where these are not the intervals' days."""
        default_quality = channel.reading_type.content.get("defaultQuality")

        def reads() -> Iterator[MonthBlock]:
            made = derived.registers(self._reads(channel.number, self.months), default_quality)
            return _within(self.question.times, derived.month_blocks(made))

        return [Series(channel, channel.number, months=Again(reads)), *self._register_days(channel, there)]

    def _register_days(self, register: Channel, there: Sequence[Channel]) -> list[Series]:
        days = {each.of_number: each for each in there if each.series == DAILY}.get(register.of_number)
        if days is None or days.of_number is None:
            return []
        place = zone(self.point.utility.zone)
        exponent = _exponent(register) - _exponent(days)
        first, last = self.months

        def differences() -> Iterator[derived.Made]:
            reads = self._reads(register.number, (first, last + 1))
            made_days = derived.register_days(reads, place, exponent)
            return (each for each in made_days if each.day < last)

        totals = self.days.totals(days.of_number, (first, last))
        if not derived.differs(differences(), derived.daily(totals), exponent):
            return []
        own = _renamed(self.conn, self.point, days, FROM_REGISTER + days.of_number)

        def months() -> Iterator[MonthBlock]:
            return _within(self.question.times, derived.month_blocks(differences()))

        return [Series(own, register.number, months=Again(months))]

    def _reads(self, number: int, span: tuple[int, int]) -> list[RegisterRead]:
        """What a register showed. Reads keep no history: one that came after the instant asked for is left out."""
        found = summaries.register_reads(self.conn, self.reach, self.point.id, number, *span)
        as_of_s = self.question.as_of_s
        return found if as_of_s is None else [each for each in found if each.updated_s <= as_of_s]


def _within(times: Times, blocks: Iterator[MonthBlock]) -> Iterator[MonthBlock]:
    return (block for block in blocks if times.changed(block.updated_s) and times.hold(*block.bounds))


def _holder(times: Times) -> Callable[[PackedDay], bool]:
    """Whether a day's interval lies within; most days do as a whole, so that nobody asks for their first reading."""
    low = OPEN_S if times.published_min_s is None else times.published_min_s
    high = -OPEN_S if times.published_max_s is None else times.published_max_s

    def holds(day: PackedDay) -> bool:
        start_s = day.start_s
        return (start_s >= low and start_s + day.interval_s * day.count <= high) or times.hold(*_bounds(day))

    return holds


def _bounds(day: PackedDay) -> tuple[int, int]:
    """Where the interval of a day's block begins and ends: with its first and last reading."""
    if len(day.quality) == 1:
        return day.start_s, day.start_s + day.count * day.interval_s
    first = day.count - len(day.quality.lstrip(_GAP))
    last = len(day.quality.rstrip(_GAP))
    return day.start_s + first * day.interval_s, day.start_s + last * day.interval_s


def _by_hour(conn: Conn, point: UsagePoint, channel: Channel) -> Channel:
    content = hourly_type(channel.reading_type.content)
    code = reading_type_code(content)
    name = f"reading-type/{code}"
    kind = replace(
        channel.reading_type, code=code, uuid=uuid_for(conn, name), path_id=path_id_for(conn, name), content=content
    )
    return replace(_renamed(conn, point, channel, BY_THE_HOUR + channel.number), reading_type=kind)


def _renamed(conn: Conn, point: UsagePoint, channel: Channel, number: int) -> Channel:
    name = f"channel/{point.utility.duns}/{point.esiid}/{number}"
    return replace(channel, number=number, uuid=uuid_for(conn, name), path_id=path_id_for(conn, name))


def _exponent(channel: Channel) -> int:
    return int(channel.reading_type.content.get("powerOfTenMultiplier", 0))
