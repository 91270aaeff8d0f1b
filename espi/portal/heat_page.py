"""The page of a year, hour by hour: the picture, what it says in words, and the table of months by hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from flask import Blueprint, Response, render_template, request, url_for

from espi import access, usage
from espi.clock import day_date, day_number, month_start, next_month, parse_day, zone
from espi.portal import customer, heat, words
from espi.portal.figure import Measure
from espi.portal.language import say
from espi.portal.periods import DASH
from espi.portal.session import principal
from espi.store import directory
from espi.web.site import site

if TYPE_CHECKING:
    from espi.portal.heat import Cells, Grid
    from espi.store.directory import UsagePoint

pages = Blueprint("heat", __name__)

SENT = "sent"


@dataclass(frozen=True)
class Row:
    """A month of the table: its name, its page, the mean of each hour, and the whole."""

    name: str
    href: str
    hours: Sequence[str]
    total: str


@pages.get("/usage/<int(max=999999999999999):path_id>/year")
def year(path_id: int) -> Response:
    """Twelve months of one usage point, hour by hour; `flow=sent` of what was sent back."""
    sent = request.args.get("flow") == SENT
    with site().database.read() as conn:
        target = f"usage point {path_id}"
        reach = access.reach(conn, principal(), "usage:read", settings=site().settings, target=target)
        point = directory.usage_point(conn, reach, path_id=path_id)
        seen = customer.Window.of(point)
        asked = request.args.get("date")
        last = customer.checked(parse_day(asked)) if asked else customer.latest_day(conn, reach, point, seen)
        span = span_of(last)
        meter = usage.meter_of(conn, reach, point)
        channel = meter.surplus if sent else meter.used
        where = zone(point.utility.zone)
        expected = range(max(span[0], seen.first), min(span[1], seen.last + 1, seen.today))
        grid = heat.read(conn, reach, point.id, channel, where, span, expected) if channel else None
    shown = {
        "point": point,
        "title": customer.title_of(point),
        "heading": f"{words.skeleton(span[0], 'yMMM')} {DASH} {words.skeleton(span[1] - 1, 'yMMM')}",
        "sent": sent,
        "has_surplus": meter.surplus is not None and meter.used is not None,
        "earlier": words.iso(span[0] - 1) if span[0] > seen.first else "",
        "later": words.iso(min(span[1] + 364, seen.last)) if span[1] <= seen.last else "",
        "date": words.iso(last),
    }
    if grid is not None and not grid.is_empty:
        shown |= _said(point, grid, Measure.of(meter), sent=sent)
    return Response(render_template("heat.html", **shown))


def span_of(day: int) -> tuple[int, int]:
    """The twelve whole months that end with the one a day is in."""
    until = next_month(month_start(day))
    end = day_date(until)
    return day_number(end.replace(year=end.year - 1)), until


def _said(point: UsagePoint, grid: Grid, measure: Measure, *, sent: bool) -> dict[str, Any]:
    shades = heat.edges(grid)
    title = say("What you sent back in each hour") if sent else say("What you used in each hour")
    by_hour = [_mean(grid.cells[:, hour : hour + 1]) for hour in range(heat.HOURS)]
    facts = list(_facts(grid, by_hour, measure, sent=sent))
    how = say("One column for each day, one row for each hour. The stronger the color, the more.")
    drawing = heat.draw(grid, shades, title, f"{how} {facts[0][2]}", list(_months(point, grid, measure)))
    return {
        "title_of_picture": title,
        "drawing": drawing,
        "facts": facts,
        "legend": list(_legend(shades, measure)),
        "unit": measure.unit,
        "hours": [_hour(hour) for hour in range(heat.HOURS)],
        "scale": [(_hour(hour), hour) for hour in range(0, heat.HOURS, 6)],
        "rows": list(_rows(point, grid, measure)),
        "has_estimates": bool((grid.marks == heat.ESTIMATED).any()),
        "has_gaps": bool((grid.marks == heat.MISSING).any()),
        "zone": point.utility.zone.split("/")[-1].replace("_", " "),
    }


def _mean(cells: Cells) -> int | None:
    known = cells[cells >= 0]
    return int(known.sum()) // known.size if known.size else None


def _hour(hour: int) -> str:
    return words.hour(dt.datetime(2000, 1, 1, hour, tzinfo=dt.UTC))


def _facts(
    grid: Grid, by_hour: Sequence[int | None], measure: Measure, *, sent: bool
) -> Iterator[tuple[str, str, str]]:
    """Name, value, and the sentence of both."""
    known = [(amount, hour) for hour, amount in enumerate(by_hour) if amount is not None]
    most, hour = max(known, key=lambda each: (each[0], -each[1]))
    much = measure.text(most)
    sentence = (
        say("On an average day you send back most in the hour from %(hour)s: %(much)s.", hour=_hour(hour), much=much)
        if sent
        else say("On an average day you use most in the hour from %(hour)s: %(much)s.", hour=_hour(hour), much=much)
    )
    yield say("Highest hour"), say("%(hour)s, %(much)s on average", hour=_hour(hour), much=much), sentence
    if not sent:
        least, quiet = min(known)
        much = measure.text(least)
        yield say("Lowest hour"), say("%(hour)s, %(much)s on average", hour=_hour(quiet), much=much), ""
    totals = np.where((grid.cells >= 0).any(1), np.where(grid.cells >= 0, grid.cells, 0).sum(1), -1)
    place = int(totals.argmax())
    yield say("Highest day"), f"{words.day(grid.from_day + place, 'medium')}, {measure.text(int(totals[place]))}", ""


def _months(point: UsagePoint, grid: Grid, measure: Measure) -> Iterator[heat.Month]:
    for first, until in grid.months():
        cells = grid.of(first, until)
        known = cells[cells >= 0]
        much = measure.text(int(known.sum())) if known.size else say("nothing received")
        href = url_for("customer.usage", path_id=point.path_id, period="month", date=words.iso(first))
        yield heat.Month(first, until, words.skeleton(first, "MMM"), f"{words.month(first)}: {much}", href)


def _legend(shades: Sequence[int], measure: Measure) -> Iterator[tuple[str, str]]:
    """The class of each shade and the amounts it stands for."""
    texts = [words.amount(measure.thousandths(edge), 2) for edge in shades]
    if not texts:
        return
    yield "s0", say("under %(much)s", much=texts[0])
    for place in range(1, len(texts)):
        yield f"s{place}", say("%(low)s to %(high)s", low=texts[place - 1], high=texts[place])
    yield f"s{len(texts)}", say("%(much)s or more", much=texts[-1])


def _rows(point: UsagePoint, grid: Grid, measure: Measure) -> Iterator[Row]:
    for first, until in grid.months():
        cells = grid.of(first, until)
        means = [_mean(cells[:, hour : hour + 1]) for hour in range(heat.HOURS)]
        known = cells[cells >= 0]
        yield Row(
            words.month(first),
            url_for("customer.usage", path_id=point.path_id, period="month", date=words.iso(first)),
            [DASH if mean is None else words.amount(measure.thousandths(mean), 2) for mean in means],
            words.amount(measure.thousandths(int(known.sum())), 1) if known.size else DASH,
        )
