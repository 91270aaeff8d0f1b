"""What stands beside the bars of a chart where it is known: cost, temperature outside, and when a day was corrected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from espi import usage
from espi.day import ABSENT
from espi.portal import chart, words
from espi.portal.language import say
from espi.portal.periods import days_of_bars
from espi.store import channels, readings

if TYPE_CHECKING:
    from espi.clock import Zone
    from espi.day import DayBlock
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach

TEMPERATURE = 46
"""ESPI's kind of reading for it; the unit is kelvin."""


@dataclass(frozen=True)
class Beside:
    """One value for each bar. costs: hundred-thousandths of the currency. degrees: tenths of a degree Fahrenheit.

    corrected_s: when the day of a bar was last changed after it was first there; None if it never was, or the bar is
    several days.
    """

    costs: Sequence[int | None]
    degrees: Sequence[int | None]
    corrected_s: Sequence[int | None]

    @property
    def has_costs(self) -> bool:
        """Whether any cost is known."""
        return any(cost is not None for cost in self.costs)

    @property
    def has_degrees(self) -> bool:
        """Whether any temperature is known."""
        return any(each is not None for each in self.degrees)


def of(conn: Conn, reach: Reach, point: UsagePoint, view: usage.View) -> Beside:
    """What stands beside the bars of a view."""
    meter = usage.meter_of(conn, reach, point)
    own = _blocks(conn, reach, point, meter.used.number, view) if meter.used and view.kind == "day" else []
    corrected = _corrected(conn, reach, point, meter, view)
    if view.kind == "day":
        costs = _costs_of(own, view)
    else:
        by_day = usage.costs(conn, reach, point, meter, (view.from_day, view.until_day))
        costs = [_sum(by_day, *days) for days in days_of_bars(view)] if by_day else [None] * len(view.bars)
    return Beside(costs, _degrees(conn, reach, point, view), corrected)


def _blocks(conn: Conn, reach: Reach, point: UsagePoint, number: int, view: usage.View) -> list[DayBlock]:
    return list(readings.blocks(conn, reach, point.id, number, view.from_day, view.until_day))


def _costs_of(blocks: Sequence[DayBlock], view: usage.View) -> list[int | None]:
    """The cost of each interval of a day."""
    known = {
        block.start_s + place * block.interval_s: cost
        for block in blocks
        if block.costs is not None
        for place, cost in enumerate(block.costs.tolist())
    }
    return [None if bar.absent else known.get(bar.start_s) for bar in view.bars]


def _sum(by_day: dict[int, int], first: int, until: int) -> int | None:
    found = [by_day[day] for day in range(first, until) if day in by_day]
    return sum(found) if found else None


def _corrected(conn: Conn, reach: Reach, point: UsagePoint, meter: usage.Meter, view: usage.View) -> list[int | None]:
    """When each day was last changed after it was first there."""
    if view.kind == "year":
        return [None] * len(view.bars)
    changed: dict[int, int] = {}
    for channel in filter(None, (meter.used, meter.surplus)):
        for each in readings.day_totals(conn, reach, point.id, channel.number, view.from_day, view.until_day):
            if each.updated_s > each.published_s > 0:
                changed[each.day] = max(changed.get(each.day, 0), each.updated_s)
    return [changed.get(first) for first, _until in days_of_bars(view)]


def _degrees(conn: Conn, reach: Reach, point: UsagePoint, view: usage.View) -> list[int | None]:
    """How warm it was outside: at the beginning of each interval of a day, else on average."""
    channel = next(
        (
            each
            for each in channels.channels(conn, reach, point.id)
            if each.series == "interval" and each.reading_type.content.get("kind") == TEMPERATURE
        ),
        None,
    )
    if channel is None:
        return [None] * len(view.bars)
    power = int(channel.reading_type.content.get("powerOfTenMultiplier", 0))
    blocks = _blocks(conn, reach, point, channel.number, view)
    if view.kind == "day":
        return [_at(blocks, bar.start_s, power) for bar in view.bars]
    means = {block.day: mean for block in blocks if (mean := _mean(block)) is not None}
    found: list[int | None] = []
    for first, until in days_of_bars(view):
        known = [means[day] for day in range(first, until) if day in means]
        found.append(fahrenheit(sum(known) // len(known), power) if known else None)
    return found


def _at(blocks: Sequence[DayBlock], start_s: int, power: int) -> int | None:
    for block in blocks:
        place = (start_s - block.start_s) // block.interval_s
        if 0 <= place < len(block.values) and block.qualities[place] != ABSENT:
            return fahrenheit(int(block.values[place]), power)
    return None


def _mean(block: DayBlock) -> int | None:
    known = block.values[block.qualities != ABSENT]
    return int(known.sum()) // known.size if known.size else None


def fahrenheit(kelvins: int, power: int) -> int:
    """Kelvins times ten to a power, in tenths of a degree Fahrenheit."""
    thousandths = kelvins * int(10 ** (power + 3)) if power >= -3 else kelvins // int(10 ** (-3 - power))
    return ((thousandths - 273_150) * 9 // 5 + 32_000) // 100


def warmth(beside: Beside) -> Markup | None:
    """The temperatures as a line below the chart; None where there are none."""
    known = [each for each in beside.degrees if each is not None]
    if not known:
        return None
    return chart.strip(beside.degrees, degrees_text(min(known)), degrees_text(max(known)))


def degrees_text(tenths: int) -> str:
    """Tenths of a degree as it is written."""
    return f"{(tenths + 5) // 10}\N{NO-BREAK SPACE}°F"


def facts_beside(beside: Beside) -> Iterator[tuple[str, str]]:
    """What it cost in all, and from where to where the temperature went."""
    if beside.has_costs:
        yield say("Cost"), words.money(sum(cost for cost in beside.costs if cost is not None))
    known = [each for each in beside.degrees if each is not None]
    if known:
        low, high = degrees_text(min(known)), degrees_text(max(known))
        yield say("Outside"), say("%(low)s to %(high)s", low=low, high=high)


def notes_beside(view: usage.View, beside: Beside, where: Zone) -> Iterator[str]:
    """When a day was corrected."""
    changed_s = next((each for each in beside.corrected_s if each), None)
    if changed_s and view.kind == "day":
        when = words.day(where.day_of(changed_s))
        yield say("Readings of this day were completed or corrected on %(day)s.", day=when)


def label_beside(cost: int | None, degrees: int | None) -> str:
    """What a bar says of its cost and temperature."""
    return ("" if cost is None else f" · {words.money(cost)}") + (
        "" if degrees is None else f" · {degrees_text(degrees)}"
    )
