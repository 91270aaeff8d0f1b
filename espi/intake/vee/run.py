"""What `espi vee run` does with each meter: the rules first, then estimates, then the rules' and estimators' report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from espi.clock import Zone, day_date
from espi.day import DayBlock
from espi.formats.lse import can_write
from espi.intake.vee.examine import Finding, examine, to_estimate
from espi.intake.vee.fill import Estimate, fill
from espi.intake.vee.premise import Premise
from espi.intake.vee.read_lse import Unread
from espi.intake.vee.rules import RULES
from espi.intake.vee.series import Day, series_of
from espi.intake.vee.thresholds import Thresholds


@dataclass(slots=True)
class Meter:
    """A channel of a meter. days: those to look at. before: its history, by which they are judged and estimated."""

    esiid: str
    channel: int
    days: dict[int, Day] = field(default_factory=dict)
    before: Mapping[int, Day] = field(default_factory=dict)
    premise: Premise = field(default_factory=Premise)


class Line(NamedTuple):
    """A line of the report: a rule or estimator, the channel's day, how many intervals from which on, and their Wh."""

    by: str
    esiid: str
    channel: int
    day: str
    from_interval: int
    intervals: int
    wh: int


HEADING = ("RULE", "ESIID", "CHANNEL", "DAY", "FROM_INTERVAL", "INTERVALS", "WH")
"""Of the report as CSV. A rule's FROM_INTERVAL is the first of its intervals, from 1 on; 0 where a day is meant."""


@dataclass
class Report:
    """What was found and estimated.

    left: intervals that stayed without a value. unwritten: days that LSE has no words for.
    """

    lines: list[Line] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    meter_days: int = 0
    written: int = 0
    unwritten: int = 0
    left: int = 0

    def summary(self) -> Iterator[str]:
        """A line for each rule and estimator that found something, then what became of the days."""
        days, intervals = Counter[str](), Counter[str]()
        for by in {line.by for line in self.lines}:
            mine = [line for line in self.lines if line.by == by]
            days[by] = len({(line.esiid, line.channel, line.day) for line in mine})
            intervals[by] = sum(line.intervals for line in mine)
        for unread in self.unread:
            days[unread.check.id] += 1
        asks = {rule.check.id: rule.asks for rule in RULES}
        for by in sorted(days, key=lambda name: (name[0] == "E", name)):
            yield f"{by} days={days[by]} intervals={intervals[by]} {asks.get(by, 'estimated')}"
        yield (
            f"days={self.meter_days} written={self.written} unwritten={self.unwritten} unread={len(self.unread)} "
            f"left={self.left}"
        )


def work_on(
    meter: Meter, zone: Zone, thresholds: Thresholds, report: Report, *, only_estimated: bool
) -> Iterator[DayBlock]:
    """The days of a meter as they are to be sent; with `only_estimated` those that were estimated in.

    Days that are still not whole are left out, and counted.
    """
    days = sorted(meter.days)
    first = min([*meter.before, *days])
    series = series_of(meter.esiid, meter.channel, zone, {**meter.before, **meter.days}, first, days[-1] + 1)
    findings = examine(series, days, meter.premise, thresholds)
    filled = fill(series, to_estimate(series, findings), meter.premise, thresholds)
    report.meter_days += len(days)
    report.left += filled.left
    report.lines += [_finding(meter, finding) for finding in findings]
    report.lines += [_estimate(meter, estimate) for estimate in filled.estimates]
    estimated = {estimate.day for estimate in filled.estimates}
    for block in filled.series.blocks(day for day in days if day in estimated or not only_estimated):
        if can_write(block, zone):
            report.written += 1
            yield block
        else:
            report.unwritten += 1


def days_of_history(thresholds: Thresholds) -> int:
    """How many days before the first are looked at."""
    return max(7 * thresholds.like_weeks, thresholds.estimated_days)


def _finding(meter: Meter, finding: Finding) -> Line:
    first = 0 if finding.places is None else int(finding.places.argmax()) + 1
    day = str(day_date(finding.day))
    return Line(finding.check.id, meter.esiid, meter.channel, day, first, finding.intervals, 0)


def _estimate(meter: Meter, made: Estimate) -> Line:
    day = str(day_date(made.day))
    return Line(made.by.value, meter.esiid, meter.channel, day, made.start + 1, made.stop - made.start, made.wh)
