"""A meter at a glance: how much, compared with what, and whether anything is wrong.

What is compared is alike: a day with the same weekdays before it, a month so far with as many days of the month before
and of the same month a year ago. Where some of those days are missing, the page says so and gives no percentage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from espi import usage
from espi.clock import day_date, day_number, month_start, next_month, zone
from espi.portal import words
from espi.portal.figure import Measure
from espi.portal.language import count, say
from espi.store import readings

if TYPE_CHECKING:
    from espi.day import DayTotal
    from espi.store.channels import Channel
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach

WEEK = 7
WEEKS = 4
"""So many of the same weekdays say what is usual."""

LATELY_DAYS = 30
CURRENCY = "$"

Totals = Mapping[int, "DayTotal"]


@dataclass(frozen=True)
class Tile:
    """A number with its name, and what it is compared with. period, day: the view that shows it."""

    name: str
    value: str
    unit: str
    notes: Sequence[str] = ()
    period: str = ""
    day: str = ""


@dataclass(frozen=True)
class Glance:
    """What stands above the chart. worries: what is not as it should be, in sentences; calm: the one if nothing is."""

    tiles: Sequence[Tile]
    worries: Sequence[str]
    calm: str = ""


def at(conn: Conn, reach: Reach, point: UsagePoint, meter: usage.Meter, first_day: int) -> Glance:
    """A usage point as it stands today. first_day: the first that the reader may see."""
    today = zone(point.utility.zone).day_of(reach.at_s)
    shown = meter.used or meter.surplus
    if shown is None:
        return Glance((), [say("Nothing was received in the last 30 days.")])
    month = month_start(today - 1)
    since = min(month_start(month - 1), today - LATELY_DAYS, today - WEEK * WEEKS - WEEK)
    lately = _totals(conn, reach, point, shown, since, today)
    known = [day for day, each in lately.items() if each.absent < each.count]
    if not known or known[-1] < today - LATELY_DAYS:
        return Glance((), [say("Nothing was received in the last 30 days.")])
    last = known[-1]
    measure = Measure.of(meter)
    so_far = (month_start(last), last + 1)
    year_ago = _year_before(so_far[0])
    totals = {**_totals(conn, reach, point, shown, year_ago, next_month(year_ago)), **lately}
    tiles = [_day(totals, last, today, measure), _month(totals, so_far, measure)]
    tiles += _further(conn, reach, point, meter, so_far, measure)
    worries = list(_worries(lately, range(max(first_day, today - LATELY_DAYS), today)))
    return Glance(tiles, worries, say("Every reading of the last 30 days is there, and all were measured."))


def month_line(conn: Conn, reach: Reach, point: UsagePoint, meter: usage.Meter) -> str:
    """The month so far in one line, for the card of a meter; nothing where nothing is known of it."""
    today = zone(point.utility.zone).day_of(reach.at_s)
    first = month_start(today - 1)
    if meter.used is None:
        return ""
    totals = _totals(conn, reach, point, meter.used, month_start(first - 1), today)
    known = [day for day, each in totals.items() if each.absent < each.count and day >= first]
    if not known:
        return ""
    tile = _month(totals, (first, known[-1] + 1), Measure.of(meter))
    return f"{tile.name}: {tile.value} {tile.unit}"


def _totals(
    conn: Conn, reach: Reach, point: UsagePoint, channel: Channel, from_day: int, until_day: int
) -> dict[int, DayTotal]:
    found = readings.day_totals(conn, reach, point.id, channel.number, from_day, until_day)
    return {each.day: each for each in found}


def _year_before(first: int) -> int:
    """The first day of the same month, a year ago."""
    date = day_date(first)
    return day_number(date.replace(year=date.year - 1))


def _sum(totals: Totals, days: Sequence[int]) -> tuple[int, int]:
    """What some days add up to, and of how many of them everything is known."""
    found = [totals[day] for day in days if day in totals]
    return sum(each.total for each in found), sum(each.absent == 0 for each in found)


def _day(totals: Totals, last: int, today: int, measure: Measure) -> Tile:
    total = totals[last].total
    name = say("Yesterday") if last == today - 1 else words.heading(last, "EEEE, MMM d")
    notes = []
    before = [last - WEEK * weeks for weeks in range(1, WEEKS + 1)]
    past, whole = _sum(totals, before)
    if whole == WEEKS:
        usual = past // WEEKS
        notes.append(
            say("A usual %(weekday)s: %(much)s", weekday=words.day(last, "EEEE"), much=measure.text(usual))
            + compared(total, usual, whole=totals[last].absent == 0)
        )
    if totals[last].absent:
        notes.append(say("Part of this day was not received yet."))
    return _tile(name, total, measure, notes, "day", last)


def _month(totals: Totals, so_far: tuple[int, int], measure: Measure) -> Tile:
    first, until = so_far
    length = until - first
    total, whole = _sum(totals, range(first, until))
    notes = []
    for start in (month_start(first - 1), _year_before(first)):
        days = range(start, min(start + length, next_month(start)))
        past, known = _sum(totals, days)
        if not known:
            continue
        alike = range(first, first + len(days))
        mine, mine_whole = (total, whole) if len(days) == length else _sum(totals, alike)
        sure = known == len(days) and mine_whole == len(days)
        missing = say("some days are missing")
        note = say("Same days of %(month)s: %(much)s", month=words.month(start, inside=True), much=measure.text(past))
        notes.append(note + (compared(mine, past, whole=True) if sure else f" ({missing})"))
    name = count("%(month)s, %(num)s day so far", "%(month)s, %(num)s days so far", length, month=_month_name(first))
    return _tile(name, total, measure, notes, "month", first)


def _month_name(first: int) -> str:
    return words.heading(first, "MMMM")


def _tile(name: str, total: int, measure: Measure, notes: Sequence[str], period: str, day: int) -> Tile:
    value, _, unit = measure.text(total).partition("\N{NO-BREAK SPACE}")
    return Tile(name, value, unit, tuple(notes), period, words.iso(day))


def compared(now: int, past: int, *, whole: bool) -> str:
    """How much more or less this is, in brackets; nothing where that would not be fair."""
    if not whole or past <= 0:
        return ""
    percent = (200 * abs(now - past) + past) // (2 * past)
    if percent == 0:
        return f" ({say('about the same')})"
    more = say("now %(percent)s%% more", percent=percent)
    return f" ({more if now > past else say('now %(percent)s%% less', percent=percent)})"


def _further(
    conn: Conn, reach: Reach, point: UsagePoint, meter: usage.Meter, so_far: tuple[int, int], measure: Measure
) -> Iterator[Tile]:
    """What was sent back, and what the month cost, where these are known."""
    if meter.used and meter.surplus:
        sent = _totals(conn, reach, point, meter.surplus, *so_far)
        if sent:
            total, _ = _sum(sent, range(*so_far))
            name = say("Sent back in %(month)s", month=words.day(so_far[0], "MMMM"))
            yield _tile(name, total, measure, (), "month", so_far[0])
    costs = usage.costs(conn, reach, point, meter, so_far)
    if costs:
        notes = [] if len(costs) == so_far[1] - so_far[0] else [say("Of some days the cost is not known.")]
        name = say("Cost in %(month)s", month=words.day(so_far[0], "MMMM"))
        yield Tile(name, words.money(sum(costs.values())), "", notes, "month", words.iso(so_far[0]))


def _worries(totals: Totals, days: range) -> Iterator[str]:
    """What is missing or estimated of some days."""
    missing = sum(day not in totals or totals[day].absent == totals[day].count for day in days)
    partly = sum(day in totals and 0 < totals[day].absent < totals[day].count for day in days)
    estimated = sum(day in totals and totals[day].estimated > 0 for day in days)
    if missing:
        yield count(
            "%(num)s day of the last 30 was not received yet.", "%(num)s days of the last 30 were not received yet.",
            missing,
        )  # fmt: skip
    if partly:
        yield count(
            "Of %(num)s day of the last 30 a part was not received yet.",
            "Of %(num)s days of the last 30 a part was not received yet.",
            partly,
        )
    if estimated:
        yield count(
            "%(num)s day of the last 30 is estimated, all or in part; what was measured takes its place later.",
            "%(num)s days of the last 30 are estimated, all or in part; what was measured takes their place later.",
            estimated,
        )
