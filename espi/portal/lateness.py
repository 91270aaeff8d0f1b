"""How late the days of a utility came in: hours from a day's end until its first and its last file were loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from espi.intake.completeness import bounds, deadlines_of
from espi.portal import chart, words
from espi.portal.language import count, say
from espi.store.directory import Utility
from espi.store.queue import ReceivedFile

THOUSAND = 1000
HOUR_S = 3600
TOP_HOURS = 96
"""Bars are no taller than that: one file of an old day must not make all others flat."""


@dataclass(frozen=True)
class Arrival:
    """When a day's readings came: seconds from the day's end until the first and the last file that changed it."""

    first_s: int
    last_s: int
    files: int


def arrivals(utility: Utility, files: Iterable[ReceivedFile], first: int, last: int) -> dict[int, Arrival]:
    """What files that were done with tell of days, by day."""
    found: dict[int, list[int]] = {}
    for file in files:
        for day in file.days:
            if first <= day <= last and file.finished_s is not None:
                found.setdefault(day, []).append(max(0, file.finished_s - bounds(utility, day).end_s))
    return {day: Arrival(min(took), max(took), len(took)) for day, took in found.items()}


def hours(seconds: int) -> str:
    """Hours in words, rounded up; days where they are many."""
    whole = -(-seconds // HOUR_S)
    if whole > TOP_HOURS:
        return count("%(num)s day", "%(num)s days", whole // 24)
    return count("%(num)s hour", "%(num)s hours", whole)


def drawing(utility: Utility, found: Mapping[int, Arrival], first: int, last: int) -> Markup:
    """A bar a day: the hours until its first file was in; the line is the deadline."""
    limit = deadlines_of(utility.dialect).late_hours
    days = range(first, last + 1)
    every = max(1, -(-len(days) // 5))
    bars = [_bar(found.get(day), day, limit, place % every == 0) for place, day in enumerate(days)]
    told = say(
        "One bar for each day: the hours from its end until its first file was loaded. "
        "The line is the deadline, %(limit)s.",
        limit=hours(limit * HOUR_S),
    )
    key = chart.Chart(say("Hours until the first file"), told, say("hours"), bars, key="late")
    return chart.draw(key, words.axis_amount)


def _bar(found: Arrival | None, day: int, limit: int, ticked: bool) -> chart.Bar:  # noqa: FBT001 - the axis's own matter
    tick, name = words.skeleton(day, "MMMd") if ticked else "", words.skeleton(day, "MMMEd")
    if found is None:
        return chart.Bar(f"{name}: {say('no file told of it')}", None, gap=True, tick=tick)
    label = say("%(day)s: first file after %(hours)s", day=name, hours=hours(found.first_s))
    tall = min(-(-found.first_s // HOUR_S), TOP_HOURS) * THOUSAND
    return chart.Bar(label, max(tall, THOUSAND // 2), before=limit * THOUSAND, tick=tick)
