"""The data-quality receipt of an answer or a batch: what should be in it, what is, how much of it is estimated.

Numbers are exact. Intervals are expected of every channel on every local day that is asked for, may be seen, is over
and on which a meter hung there (where that is known). What has no place in the days that are over is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from espi.clock import QUARTER_HOUR_S, day_date, instant_text, zone
from espi.day import ESTIMATED_QUALITIES, DayTotal, PackedDay
from espi.feeds.contents import ALL
from espi.feeds.question import INTERVAL
from espi.store import as_of, channels, quality

if TYPE_CHECKING:
    from espi.feeds.contents import Contents
    from espi.store.channels import Channel
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach, Spans

FORMAT = "green-button-receipt"
PLACES = Decimal("0.000001")
_ESTIMATED = bytes(sorted(ESTIMATED_QUALITIES))
_GAP = b"\xff"


@dataclass(frozen=True)
class Receipt:
    """What is told of the quality of days. Two of the same days, of different usage points, may be added.

    expected, present, estimated: intervals. revisions: how often days were replaced. first_s, last_s: when the first
    and the last of them changed, 0 where nothing is there. failures: of each rule (1 to 18) how many days and intervals
    failed it. as_of_s: at which instant it stood like this.
    """

    from_day: int
    until_day: int
    as_of_s: int
    usage_points: int = 0
    expected: int = 0
    present: int = 0
    estimated: int = 0
    revisions: int = 0
    first_s: int = 0
    last_s: int = 0
    failures: Mapping[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def gaps(self) -> int:
        """How many intervals that are expected are not there."""
        return max(0, self.expected - self.present)

    @property
    def estimated_share(self) -> Decimal:
        """The share of the present intervals that are estimates, with six places; 0 where nothing is present."""
        return (Decimal(self.estimated) / max(1, self.present)).quantize(PLACES)

    def __add__(self, other: Receipt) -> Receipt:
        rules = sorted({*self.failures, *other.failures})
        both = [(rule, self.failures.get(rule, (0, 0)), other.failures.get(rule, (0, 0))) for rule in rules]
        return Receipt(
            min(self.from_day, other.from_day),
            max(self.until_day, other.until_day),
            max(self.as_of_s, other.as_of_s),
            self.usage_points + other.usage_points,
            self.expected + other.expected,
            self.present + other.present,
            self.estimated + other.estimated,
            self.revisions + other.revisions,
            min(filter(None, (self.first_s, other.first_s)), default=0),
            max(self.last_s, other.last_s),
            {rule: (mine[0] + its[0], mine[1] + its[1]) for rule, mine, its in both},
        )

    def told(self) -> dict[str, Any]:
        """It as JSON says it."""
        return {
            "format": FORMAT,
            "version": 1,
            "from": str(day_date(self.from_day)),
            "to": str(day_date(self.until_day - 1)),
            "as_of": instant_text(self.as_of_s),
            "usage_points": self.usage_points,
            "expected": self.expected,
            "present": self.present,
            "gaps": self.gaps,
            "estimated": self.estimated,
            "estimated_share": str(self.estimated_share),
            "revisions": self.revisions,
            "first_update": instant_text(self.first_s) if self.first_s else None,
            "last_update": instant_text(self.last_s) if self.last_s else None,
            "failures": [
                {"rule": f"V{rule:02d}", "days": days, "intervals": intervals}
                for rule, (days, intervals) in self.failures.items()
            ],
        }


def receipt(
    conn: Conn,
    reach: Reach,
    points: Sequence[UsagePoint],
    span: tuple[int, int],
    *,
    now_s: int,
    contents: Contents | None = None,
    as_of_s: int | None = None,
) -> Receipt:
    """Of what an answer holds of usage points on the days of a span, its end not included; their days are read for it.

    contents: what a grant allows, None for all. as_of_s: as it stood at that instant, None is now.
    """
    shown = contents or ALL
    measured = [
        (
            point,
            [
                each
                for each in channels.channels(conn, reach, point.id)
                if each.series == INTERVAL and shown.shows(each)
            ],
        )
        for point in points
    ]
    return receipt_of(
        conn, reach, measured, _days(conn, reach, measured, span, as_of_s), span, now_s=now_s, as_of_s=as_of_s
    )


def receipt_of(
    conn: Conn,
    reach: Reach,
    measured: Sequence[tuple[UsagePoint, Sequence[Channel]]],
    days: Iterable[DayTotal | PackedDay],
    span: tuple[int, int],
    *,
    now_s: int,
    as_of_s: int | None = None,
) -> Receipt:
    """As `receipt`, of usage points with their measured channels and days that the caller has read already."""
    at_s = now_s if as_of_s is None else min(as_of_s, now_s)
    over = max((zone(point.utility.zone).day_of(at_s) for point, _ in measured), default=span[0])
    numbers = {point.id: [each.number for each in own] for point, own in measured}
    asked = list(quality.parts(conn, reach, numbers, *span))
    present, estimated, first_s, last_s = _counted(day for day in days if day.day < over)
    return Receipt(
        *span,
        at_s,
        len(measured),
        sum(_expected(conn, reach, measured, span, at_s)),
        present,
        estimated,
        quality.revisions(conn, asked, as_of_s),
        first_s,
        last_s,
        quality.failures(conn, asked, as_of_s),
    )


def _days(
    conn: Conn,
    reach: Reach,
    measured: Sequence[tuple[UsagePoint, Sequence[Channel]]],
    span: tuple[int, int],
    as_of_s: int | None,
) -> Iterator[DayTotal]:
    for point, own in measured:
        for each in own:
            yield from as_of.day_totals(conn, reach, point.id, each.number, *span, as_of_s)


def _counted(days: Iterable[DayTotal | PackedDay]) -> tuple[int, int, int, int]:
    """Intervals present and estimated, the first and the last change."""
    present = estimated = last_s = 0
    first_s = None
    for day in days:
        absent, guessed = (day.absent, day.estimated) if isinstance(day, DayTotal) else _codes(day)
        present += day.count - absent
        estimated += guessed
        first_s = day.updated_s if first_s is None else min(first_s, day.updated_s)
        last_s = max(last_s, day.updated_s)
    return present, estimated, first_s or 0, last_s


def _codes(day: PackedDay) -> tuple[int, int]:
    """How many intervals of a packed day are absent and estimated."""
    codes, times = (day.quality, 1) if len(day.quality) != 1 else (day.quality, day.count)
    return codes.count(_GAP) * times, sum(map(codes.count, _ESTIMATED)) * times


def _expected(
    conn: Conn, reach: Reach, measured: Sequence[tuple[UsagePoint, Sequence[Channel]]], span: tuple[int, int], at_s: int
) -> Iterator[int]:
    """How many intervals are expected of each usage point."""
    hung = quality.installed(conn, reach, [point.id for point, _ in measured])
    for point, own in measured:
        until = min(span[1], zone(point.utility.zone).day_of(at_s))
        spans: Spans = tuple(_overlap(point.spans, ((span[0], until),)))
        if point.id in hung:
            spans = tuple(_overlap(spans, hung[point.id]))
        for each in own:
            step_s = int(each.reading_type.content.get("intervalLength") or QUARTER_HOUR_S)
            yield sum(_intervals(point.utility.zone, step_s, *some) for some in spans)


def _overlap(these: Iterable[tuple[int, int]], those: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for start, stop in these:
        for first, until in those:
            if max(start, first) < min(stop, until):
                yield max(start, first), min(stop, until)


@lru_cache(maxsize=4096)
def _intervals(zone_name: str, step_s: int, from_day: int, until_day: int) -> int:
    """How many intervals local days have."""
    local = zone(zone_name)
    return (local.day_start_s(until_day) - local.day_start_s(from_day)) // step_s
