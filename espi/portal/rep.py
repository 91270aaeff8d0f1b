"""A REP's first page: how many meters it serves, what it gained and lost, and whether their readings came in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template
from markupsafe import Markup

from espi.clock import month_start
from espi.delivery.rep_counts import SERVED_DAYS
from espi.portal import chart, rep_words, words
from espi.portal.completeness import share
from espi.portal.language import say
from espi.store.served import RepCount, rep_counts
from espi.web.site import site

if TYPE_CHECKING:
    from collections.abc import Mapping

pages = Blueprint("rep", __name__, url_prefix="/rep")

CAME_DAYS = 30
MONTHS = 13
THOUSAND = 1000
DASH = "\N{EN DASH}"


@pages.get("")
def overview() -> Response:
    """Meters served by month, and readings by day: from the counts that are kept, so as quick for a million."""
    with site().database.read() as conn:
        own, _reach = rep_words.desk(conn, "first page")
        today = rep_words.today(conn)
        counted = rep_counts(conn, own.id, today - SERVED_DAYS, today + 1)
    by_day = {each.day: each for each in counted}
    months = _months(counted)
    lately = [by_day[day] for day in range(today - CAME_DAYS, today) if day in by_day]
    page = render_template(
        "rep.html",
        rep=own,
        counted=bool(counted),
        tiles=_tiles(by_day, lately, today),
        served=_served(months) if months else None,
        months=[_month_row(each, counted) for each in reversed(months)],
        came=_came(by_day, today) if counted else None,
        days=[_day_row(each) for each in reversed(lately)],
        yesterday=words.iso(today - 1),
        first=words.iso(today - CAME_DAYS),
    )
    return Response(page)


def _months(counted: Sequence[RepCount]) -> list[RepCount]:
    """The last day of each month that was counted."""
    last = {month_start(each.day): each for each in counted}
    return list(last.values())[-MONTHS:]


def _tiles(by_day: Mapping[int, RepCount], lately: Sequence[RepCount], today: int) -> list[tuple[str, str, str]]:
    """Name, number and what goes with it."""
    now, before = by_day.get(today), by_day.get(today - 1)
    came = share(before.came, before.served) if before and before.came is not None else DASH
    much = (
        say("%(came)s of %(served)s meters", came=f"{before.came:,}", served=f"{before.served:,}")
        if before and before.came is not None
        else say("not counted yet")
    )
    return [
        (say("Meters served today"), f"{now.served:,}" if now else DASH, say("as the market's record says")),
        (say("Readings of yesterday"), came, much),
        (say("Gained in 30 days"), f"{sum(each.gained for each in lately):,}", say("first days with you")),
        (say("Lost in 30 days"), f"{sum(each.lost for each in lately):,}", say("switched away, or ended")),
    ]


def _served(months: Sequence[RepCount]) -> Markup:
    bars = [
        chart.Bar(
            say("%(month)s: %(number)s meters", month=words.month(each.day), number=f"{each.served:,}"),
            each.served * THOUSAND,
            tick=words.skeleton(each.day, "MMM"),
            minor=bool((len(months) - place) % 3 != 1),
        )
        for place, each in enumerate(months)
    ]
    told = say("One bar for each month: how many meters you served on its last day, or today.")
    drawn = chart.Chart(say("Meters that you serve"), told, "", bars, key="served")
    return chart.draw(drawn, words.axis_amount)


def _came(by_day: Mapping[int, RepCount], today: int) -> Markup:
    days = range(today - CAME_DAYS, today)
    bars = [_came_bar(by_day.get(day), day, ticked=place % 6 == 0) for place, day in enumerate(days)]
    told = say("One bar for each day: above the line the meters whose readings are here, below it those still missing.")
    drawn = chart.Chart(say("Meters with readings, day by day"), told, "", bars, key="came")
    return chart.draw(drawn, words.axis_amount)


def _came_bar(found: RepCount | None, day: int, *, ticked: bool) -> chart.Bar:
    name, tick = words.skeleton(day, "MMMEd"), words.skeleton(day, "MMMd") if ticked else ""
    if found is None or found.came is None:
        return chart.Bar(f"{name}: {say('not counted yet')}", None, gap=True, tick=tick)
    label = say(
        "%(day)s: readings of %(came)s of %(served)s meters",
        day=name,
        came=f"{found.came:,}",
        served=f"{found.served:,}",
    )
    return chart.Bar(
        label,
        found.came * THOUSAND,
        sent_back=max(0, found.served - found.came) * THOUSAND,
        before=found.served * THOUSAND,
        tick=tick,
    )


def _month_row(last: RepCount, counted: Sequence[RepCount]) -> tuple[str, str, str, str]:
    month = month_start(last.day)
    own = [each for each in counted if month_start(each.day) == month]
    gained, lost = sum(each.gained for each in own), sum(each.lost for each in own)
    return words.month(last.day), f"{last.served:,}", f"{gained:,}", f"{lost:,}"


def _day_row(each: RepCount) -> tuple[str, str, str, str]:
    came = each.came
    missing = DASH if came is None else f"{max(0, each.served - came):,}"
    return words.skeleton(each.day, "yMMMEd"), f"{each.served:,}", DASH if came is None else f"{came:,}", missing
