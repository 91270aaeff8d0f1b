"""The time that the demonstration market covers: thirteen whole months and the days since, up to yesterday."""

from __future__ import annotations

from dataclasses import dataclass

from espi.clock import FOREVER, Zone, day_date, month_start, next_month, zone
from espi.demo.roster import ZONE, Point, Stay

MONTHS = 13


@dataclass(frozen=True)
class Period:
    """From the first day of a month until a day that is no longer in it."""

    first_day: int
    until_day: int

    @property
    def zone(self) -> Zone:
        """Everything in the market is in one zone."""
        return zone(ZONE)

    def month(self, number: int) -> int:
        """The first day of a month of the period, counted from 0."""
        day = self.first_day
        for _ in range(number):
            day = next_month(day)
        return day

    def tenancies(self, point: Point) -> list[tuple[Stay, int, int]]:
        """Who lived at a point from which day until which."""
        begins = [self.month(stay.from_month) + stay.from_day for stay in point.stays]
        ends = [begin - point.vacant_days for begin in begins[1:]]
        return list(zip(point.stays, begins, [*ends, FOREVER], strict=True))

    def meters(self, point: Point) -> list[tuple[str, int]]:
        """The serial numbers of a point's meters, each with the day it was hung."""
        exchanged = [] if point.exchanged_month is None else [self.month(point.exchanged_month) + 8]
        return list(zip(point.meters, [self.first_day, *exchanged], strict=True))

    def bills(self, point: Point) -> list[tuple[int, int]]:
        """The spans that are billed: whole months within one tenancy, or the part of a month that was lived there."""
        found = []
        day = self.first_day
        while next_month(day) <= self.until_day:
            for _, begin, end in self.tenancies(point):
                span = max(day, begin), min(next_month(day), end)
                if span[0] < span[1]:
                    found.append(span)
            day = next_month(day)
        return found


def up_to(now_s: int, first_day: int | None = None) -> Period:
    """The period that ends with yesterday; first_day: where an earlier load began, if there was one."""
    until_day = zone(ZONE).day_of(now_s)
    if first_day is None:
        first_day = month_start(until_day - 1)
        for _ in range(MONTHS):
            first_day = month_start(first_day - 1)
    return Period(first_day, until_day)


def text(day: int) -> str:
    """A day as people write it in files: 2014-02-01."""
    return day_date(day).isoformat()
