"""How much of each day has come in: for utilities their own, for the regulator and the operator every utility's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from espi import access
from espi.clock import FOREVER, parse_day, zone
from espi.errors import BadInput, NotFound
from espi.intake.completeness import deadlines_of
from espi.portal import chart, lateness, words
from espi.portal.language import say
from espi.portal.session import principal
from espi.store import directory, sent_files, silent
from espi.store.completeness import Completeness, completeness_of
from espi.store.directory import Utility
from espi.web.site import site

pages = Blueprint("completeness", __name__)

DAYS_SHOWN = 30
MOST_DAYS = 92
THOUSAND = 1000


@dataclass(frozen=True)
class Row:
    """A line of the table, in the reader's words. share: how much of what was expected came."""

    day: str
    expected: str
    received: str
    share: str
    late: str
    estimated: str
    partial: str
    refused: str
    missing: str


@pages.get("/completeness")
def overview() -> Response:
    """The days of one utility: a chart first, then every number."""
    with site().database.read() as conn:
        access.require(conn, principal(), "completeness:read", settings=site().settings, target="completeness page")
        own = access.utility_of(principal())
        utilities = [each for each in directory.utilities(conn) if own in (None, each.id)]
        utility = _chosen(utilities)
        first, last = _span(utility)
        found = completeness_of(conn, first, last + 1, [utility.id])
        quiet = silent.silent_count(conn, utility.id)
        came = sent_files.loaded_since(conn, utility.id, zone(utility.zone).day_start_s(first))
    arrived = lateness.arrivals(utility, came, first, last)
    by_day = {each.day: each for each in found}
    page = render_template(
        "completeness.html",
        utilities=[(each.duns, each.name) for each in utilities],
        utility=utility,
        first=words.iso(first),
        last=words.iso(last),
        drawing=drawing(by_day, first, last) if found else None,
        rows=[row(each) for each in reversed(found)],
        facts=_facts(found, quiet),
        late=lateness.drawing(utility, arrived, first, last) if arrived else None,
        arrivals=[_arrival(day, arrived[day]) for day in sorted(arrived, reverse=True)],
        deadline=lateness.hours(deadlines_of(utility.dialect).late_hours * lateness.HOUR_S),
    )
    return Response(page)


def _chosen(utilities: Sequence[Utility]) -> Utility:
    asked = request.args.get("utility")
    found = next((each for each in utilities if asked in (None, "", each.duns)), None)
    if found is None:
        raise NotFound(detail=f"no utility {asked} for this reader")
    return found


def _span(utility: Utility) -> tuple[int, int]:
    """The first and last day asked for; without a wish, the last thirty that are over."""
    asked = request.args.get("from", ""), request.args.get("to", "")
    last = parse_day(asked[1]) if asked[1] else zone(utility.zone).day_of(site().now_s()) - 1
    first = parse_day(asked[0]) if asked[0] else last - DAYS_SHOWN + 1
    if first > last:
        raise BadInput("The first day must not be after the last.")
    if first < 0 or last >= FOREVER:
        raise BadInput("That day is too far away.")
    if last - first >= MOST_DAYS:
        raise BadInput("Ask for three months at most.")
    return first, last


def drawing(by_day: Mapping[int, Completeness], first: int, last: int, *, key: str = "chart") -> Markup:
    """A bar a day: what came stands above the axis, what is missing hangs below it, and a line is what was expected."""
    days = range(first, last + 1)
    every = max(1, -(-len(days) // 5))
    bars = [_bar(by_day.get(day), day, place % every == 0) for place, day in enumerate(days)]
    missing = sum(each.missing for each in by_day.values())
    told = say(
        "One bar for each day: above the line what came, below it what is missing. Missing in all: %(much)s.",
        much=f"{missing:,}",
    )
    title = say("Days of channels that came in")
    return chart.draw(chart.Chart(title, told, say("channels"), bars, key=key), words.axis_amount)


def _bar(found: Completeness | None, day: int, ticked: bool) -> chart.Bar:  # noqa: FBT001 - the axis's own matter
    tick = words.skeleton(day, "MMMd") if ticked else ""
    name = words.skeleton(day, "MMMEd")
    if found is None:
        return chart.Bar(f"{name}: {say('not counted yet')}", None, gap=True, tick=tick)
    label = say(
        "%(day)s: %(received)s of %(expected)s came, %(missing)s are missing",
        day=name,
        received=f"{found.received:,}",
        expected=f"{found.expected:,}",
        missing=f"{found.missing:,}",
    )
    return chart.Bar(
        label,
        found.received * THOUSAND,
        sent_back=found.missing * THOUSAND,
        before=found.expected * THOUSAND,
        tick=tick,
    )


def _facts(found: Sequence[Completeness], quiet: int) -> list[tuple[str, str]]:
    expected, received = sum(each.expected for each in found), sum(each.received for each in found)
    missing, late = sum(each.missing for each in found), sum(each.late for each in found)
    estimated = sum(each.estimated for each in found)
    return [
        (say("Came in"), share(expected - missing, expected)),
        (say("Late"), share(late, received)),
        (say("With estimates"), share(estimated, received)),
        (say("Silent meters now"), f"{quiet:,}"),
    ]


def row(each: Completeness) -> Row:
    """A day's line of the table."""
    return Row(
        day=words.skeleton(each.day, "yMMMEd"),
        expected=f"{each.expected:,}",
        received=f"{each.received:,}",
        share=share(each.expected - each.missing, each.expected),
        late=f"{each.late:,}",
        estimated=f"{each.estimated:,}",
        partial=f"{each.partial:,}",
        refused=f"{each.refused:,}",
        missing=f"{each.missing:,}",
    )


def _arrival(day: int, found: lateness.Arrival) -> tuple[str, str, str, str]:
    """A day's line of the table of lateness: the day, first, last, how many files."""
    name = words.skeleton(day, "yMMMEd")
    return name, lateness.hours(found.first_s), lateness.hours(found.last_s), f"{found.files:,}"


def share(part: int, whole: int) -> str:
    """A share in per cent with two places, rounded down so that all is only said of all."""
    if not whole:
        return "\N{EN DASH}"
    hundredths = 10_000 * part // whole
    return f"{hundredths // 100}.{hundredths % 100:02d}%"
