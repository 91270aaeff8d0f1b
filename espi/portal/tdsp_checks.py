"""What validation found in a utility's readings: by rule and by day, and down to the meters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from espi import access
from espi.clock import FOREVER, day_date, parse_day, zone
from espi.errors import BadInput, NotFound
from espi.intake.vee.rules import REFUSED_BY, RULES, Check, When
from espi.portal import chart, tdsp_words, words
from espi.portal.language import say
from espi.portal.session import principal
from espi.store import vee, vee_counts
from espi.store.database import Conn
from espi.store.directory import Utility
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.reach import Reach

pages = Blueprint("tdsp_checks", __name__, url_prefix="/tdsp/validation")

DAYS_SHOWN = 14
MOST_DAYS = 31
MOST_METERS = 500
THOUSAND = 1000

Found = Mapping[tuple[int, int], tuple[int, int]]
"""Channels and intervals by day and rule."""


@dataclass(frozen=True)
class Line:
    """A rule in the table, in the reader's words. spark: its days, drawn small."""

    number: int
    id: str
    asks: str
    follows: str
    channels: str
    intervals: str
    spark: Markup
    opens: bool


@pages.get("")
def overview() -> Response:
    """A chart of the days, then every rule with how often it was failed."""
    with site().database.read() as conn:
        reach = _reach(conn, "validation")
        utility = tdsp_words.own_utility(conn)
        first, last = _span(utility)
        found = _found(conn, reach, utility, first, last)
    lines = [_line(rule.check, found, first, last) for rule in RULES]
    page = render_template(
        "tdsp_checks.html",
        first=words.iso(first),
        last=words.iso(last),
        lines=lines,
        any=bool(found),
        drawing=_drawing(found, first, last),
        days=_days(found, first, last),
    )
    return Response(page)


@pages.get("/<int(max=99):number>")
def rule(number: int) -> Response:
    """The meters that failed a rule."""
    with site().database.read() as conn:
        reach = _reach(conn, f"validation rule {number}")
        utility = tdsp_words.own_utility(conn)
        if number not in {int(each.check) for each in RULES}:
            raise NotFound(detail=f"no rule {number}")
        first, last = _span(utility)
        found = vee_counts.failing(conn, reach, number, first, last + 1, MOST_METERS + 1)
    check = Check(number)
    meters = [
        (each, words.skeleton(each.day, "yMMMEd"), words.iso(each.day), _channel(each.channel))
        for each in found[:MOST_METERS]
    ]
    asks, follows = _asks()[check], _follows(check)
    page = render_template(
        "tdsp_check.html",
        id=check.id,
        asks=asks,
        follows=follows,
        meters=meters,
        more=len(found) > MOST_METERS,
        first=words.day(first),
        last=words.day(last),
        from_day=words.iso(first),
        to_day=words.iso(last),
    )
    return Response(page)


def _reach(conn: Conn, target: str) -> Reach:
    return access.reach(conn, principal(), "vee:read", settings=site().settings, target=target)


def _span(utility: Utility) -> tuple[int, int]:
    """The first and last day asked for; without a wish, the last fourteen that are over."""
    asked = request.args.get("from", ""), request.args.get("to", "")
    last = parse_day(asked[1]) if asked[1] else zone(utility.zone).day_of(site().now_s()) - 1
    first = parse_day(asked[0]) if asked[0] else last - DAYS_SHOWN + 1
    if first > last:
        raise BadInput("The first day must not be after the last.")
    if first < 0 or last >= FOREVER:
        raise BadInput("That day is too far away.")
    if last - first >= MOST_DAYS:
        raise BadInput("Ask for a month at most.")
    return first, last


def _found(conn: Conn, reach: Reach, utility: Utility, first: int, last: int) -> Found:
    """What rules found, and what intake refused or parked, which are rules too."""
    rows = vee_counts.counts_by_day(conn, reach, first, last + 1)
    found = {(each.day, each.rule): (each.channels, each.intervals) for each in rows}
    for day in range(first, last + 1):
        refused = vee.refusals(conn, utility.id, f"{day_date(day):%Y%m%d}")
        blocks = {check: refused.get(code, 0) for code, check in REFUSED_BY.items()}
        blocks[Check.METER_KNOWN] = vee.parked_on(conn, utility.id, day)
        found |= {(day, int(check)): (number, 0) for check, number in blocks.items() if number}
    return found


def _line(check: Check, found: Found, first: int, last: int) -> Line:
    by_day = [found.get((day, int(check)), (0, 0)) for day in range(first, last + 1)]
    channels, intervals = (sum(each[place] for each in by_day) for place in (0, 1))
    when = next(each.when for each in RULES if each.check is check)
    return Line(
        number=int(check),
        id=check.id,
        asks=_asks()[check],
        follows=_follows(check),
        channels=f"{channels:,}",
        intervals=f"{intervals:,}",
        spark=chart.sparkline([each[0] or None for each in by_day]),
        opens=bool(channels) and when is not When.REFUSAL,
    )


def _days(found: Found, first: int, last: int) -> list[tuple[str, str]]:
    """What the chart shows, as a table: the day, and its rules with their numbers."""
    lines = []
    for day in range(last, first - 1, -1):
        some = [f"{Check(rule).id}: {number[0]:,}" for (of, rule), number in sorted(found.items()) if of == day]
        lines.append((words.skeleton(day, "yMMMEd"), ", ".join(some)))
    return lines


def _drawing(found: Found, first: int, last: int) -> Markup:
    totals = Counter[int]()
    for (day, _rule), (channels, _intervals) in found.items():
        totals[day] += channels
    days = range(first, last + 1)
    every = max(1, -(-len(days) // 5))
    bars = [_bar(totals[day], day, place % every == 0) for place, day in enumerate(days)]
    told = say("One bar for each day: how often a rule was failed, all rules together.")
    return chart.draw(chart.Chart(say("Failures a day"), told, say("failures"), bars, key="checks"), words.axis_amount)


def _bar(total: int, day: int, ticked: bool) -> chart.Bar:  # noqa: FBT001 - the axis's own matter
    label = say("%(day)s: %(much)s failures", day=words.skeleton(day, "MMMEd"), much=f"{total:,}")
    return chart.Bar(label, total * THOUSAND, tick=words.skeleton(day, "MMMd") if ticked else "")


def _channel(number: int) -> str:
    return {1: say("sent back"), 4: say("used")}.get(number, str(number))


def _follows(check: Check) -> str:
    when = next(each for each in RULES if each.check is check)
    said = {
        "refused with 03": say("The day is refused (03). Send a whole day."),
        "refused with 01": say("The day is refused (01). Set up the channel, or mend the file."),
        "refused with 04": say("The day is refused (04). Send it once it is over."),
        "parked until it is": say("It waits. Add the meter, or dismiss it."),
        "flag": say("The day is marked. Look at the meter."),
        "estimate": say("An estimate takes the value's place. Send the actual value when you have it."),
        "flag; estimate if V09 fails too": say("The day is marked; the value is estimated if V09 fails too."),
        "report to the utility": say("It is told to you. Have somebody look at the meter."),
    }
    return said.get(when.follows, when.follows)


def _asks() -> Mapping[Check, str]:
    """What each rule looks for, in words."""
    return dict(zip((each.check for each in RULES), _sentences(), strict=True))


def _sentences() -> Sequence[str]:
    return (
        say("The block is not a full local day"),
        say("Interval, unit or channel is not as set up here"),
        say("The meter is not known"),
        say("The meter's clock is off"),
        say("Intervals have no value"),
        say("Values are below zero"),
        say("Values are above what the meter can pass"),
        say("One value is far above the third highest"),
        say("Intervals do not add up to the dial's advance"),
        say("The day is far from like days"),
        say("Zeros although there is power"),
        say("The same value again and again"),
        say("Energy is sent back where no generation is registered"),
        say("Energy is used although the power is off"),
        say("The same values as another day"),
        say("Test mode or tampering on that day"),
        say("Nothing but estimates for days"),
        say("The day has not ended"),
    )
