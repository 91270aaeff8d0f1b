"""The meters one may see, the chart of each, and Download My Data."""

from __future__ import annotations

import contextlib
import itertools
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, render_template, request, url_for
from markupsafe import Markup

from espi import access, feeds, usage
from espi.clock import day_date, day_number, instant_s, parse_day, zone
from espi.errors import BadInput
from espi.intake import retention
from espi.portal import beside, chart, figure, glance, held, periods, words
from espi.portal.language import say
from espi.portal.session import principal, redirected
from espi.store import directory, identity, silent
from espi.web.site import site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach

pages = Blueprint("customer", __name__)

DESKS = (
    ("file:send", "tdsp.overview"),
    ("served:read", "rep.overview"),
    ("ticket:answer", "desk.queue"),
    ("totals:read", "regulator.overview"),
)
"""Where those begin who have a desk rather than meters: by the first of these that they may do."""
MOST_CARDS = 12
SPARK_DAYS = 14
ASKED = ("span", "from", "to", "as-of", "known")
"""What says which days of a download, and as of when."""
SIGNS = {
    0: "M13 3L5 14h6l-1 7 9-12h-6z",
    1: "M12 3c1 4 6 6 6 11a6 6 0 0 1-12 0c0-3 2-4 3-6 1 1 1 2 2 3 1-2 2-5 1-8z",
    2: "M12 3c3 4 6 7 6 11a6 6 0 0 1-12 0c0-4 3-7 6-11z",
}


@dataclass(frozen=True)
class Card:
    """A usage point on the first page."""

    path_id: int
    title: str
    service: str
    service_name: str
    sign: str
    last_four: str
    spark: Markup | None
    latest: str = ""
    latest_day: str = ""
    month: str = ""
    silent: bool = False
    whose: str = ""


@pages.get("/")
def home() -> Response:
    """The usage points within reach; who has many gets a search instead."""
    asker = principal()
    for action, endpoint in DESKS:
        if access.may(asker, action):
            return redirected(url_for(endpoint))
    if not access.may(asker, "usage:read"):
        return Response(render_template("home.html", points=[], nothing=True))
    with site().database.read() as conn:
        reach = access.reach(conn, asker, "usage:read", settings=site().settings)
        points = directory.usage_points(conn, reach)
        if len(points) > MOST_CARDS:
            return redirected(url_for("business.search"))
        if len(points) == 1:
            return usage_page(points[0].path_id)
        quiet = silent.silences(conn, reach, [point.id for point in points if Window.of(point).is_open])
        others = _others_looked_at(conn, points)
        cards = [
            replace(_card(conn, reach, point), silent=point.id in quiet, whose=others.get(point.id, ""))
            for point in points
        ]
    return Response(render_template("home.html", points=cards))


def _others_looked_at(conn: Conn, points: Sequence[UsagePoint]) -> dict[int, str]:
    """Whose homes the reader sees by somebody's leave, in words; who lives there is shown that he looked."""
    others = held.whose(conn)
    for point in points:
        if point.id in others:
            target = f"usage point {point.path_id}"
            access.reach(conn, principal(), "usage:read", settings=site().settings, target=target)
    return {key: one.said for key, one in others.items()}


@pages.get("/usage/<int(max=999999999999999):path_id>", endpoint="usage")
def usage_page(path_id: int) -> Response:
    """The chart of a day, week, month or year of one usage point, and the form to download its data."""
    kind = request.args.get("period", "day")
    if kind not in usage.VIEWS:
        raise BadInput("A period is day, week, month or year.")
    compare = "compare" in request.args
    with site().database.read() as conn:
        asked_for = f"usage point {path_id}"
        reach = access.reach(conn, principal(), "usage:read", settings=site().settings, target=asked_for)
        point = directory.usage_point(conn, reach, path_id=path_id)
        seen = Window.of(point)
        asked = request.args.get("date")
        shown = checked(parse_day(asked)) if asked else latest_day(conn, reach, point, seen)
        view = usage.VIEWS[kind](conn, reach, point, shown)
        before = usage.VIEWS[kind](conn, reach, point, view.from_day - 1) if compare else None
        drawn = figure.make(point, view, before, beside.of(conn, reach, point, view), seen.today)
        begins = not (asked or "period" in request.args)
        glanced = _glance(conn, reach, point, seen) if begins and seen.is_open else None
        quiet = silent.silences(conn, reach, [point.id] if seen.is_open else []).get(point.id)
        other = held.whose(conn).get(point.id)
    page = render_template(
        "usage.html",
        point=point,
        title=title_of(point),
        last_four=point.esiid[-4:],
        period=kind,
        compare=1 if compare else None,
        date=words.iso(shown),
        figure=drawn,
        glance=glanced,
        asks_now=begins and seen.is_open and access.may(principal(), "usage:ask-now") and (not other or other.joint),
        other=other,
        silent_since=words.day(quiet.since_day) if quiet else "",
        **_steps(kind, view, seen),
        **_choices(view, seen, drawn),
    )
    return Response(page)


@pages.get("/usage/<int(max=999999999999999):path_id>/download")
def download(path_id: int) -> Response:
    """Download My Data: the file streams from the database to the reader."""
    wanted = request.args.get("format", "xml")
    series = feeds.series_of(",".join(request.args.getlist("series")))
    asker = principal()
    with contextlib.ExitStack() as stack:
        conn = stack.enter_context(site().database.read())
        reach = access.reach(conn, asker, "usage:download", settings=site().settings, target=f"usage point {path_id}")
        point = directory.usage_point(conn, reach, path_id=path_id)
        question = feeds.Question(*_asked_span(Window.of(point)), series=series).as_it_stood(_as_of_s(point))
        scope = f"RetailCustomer/{identity.path_id_for(conn, f'{asker.role}/{asker.id}')}"
        made = feeds.download_as(
            wanted, conn, reach, question, [point], scope=scope, settings=site().settings, with_receipt=True
        )
        first = next(made.chunks, b"")  # what cannot be made is refused here, before the answer has begun
        response = Response(itertools.chain([first], made.chunks), content_type=made.media_type)
        response.headers["Content-Disposition"] = f'attachment; filename="{made.file_name}"'
        asked: dict[str, Any] = {name: request.args[name] for name in ASKED if request.args.get(name)}
        about = url_for("customer.receipt", path_id=path_id, **asked)
        response.headers["Link"] = f'<{about}>; rel="describedby"; type="application/json"'
        response.call_on_close(stack.pop_all().close)
    return response


@pages.get("/usage/<int(max=999999999999999):path_id>/receipt")
def receipt(path_id: int) -> Response:
    """What the readings of a download are worth, as JSON; it is asked for like the download."""
    with site().database.read() as conn:
        asked_for = f"usage point {path_id}"
        reach = access.reach(conn, principal(), "usage:download", settings=site().settings, target=asked_for)
        point = directory.usage_point(conn, reach, path_id=path_id)
        question = feeds.Question(*_asked_span(Window.of(point))).as_it_stood(_as_of_s(point))
        told = feeds.receipt_for(conn, reach, question, [point], site().settings).told()
    return Response(json.dumps(told, indent=1), content_type="application/json")


@dataclass(frozen=True)
class Window:
    """The days that may be asked for: within reach, not older than what is kept, not after today."""

    first: int
    last: int
    today: int

    @property
    def is_open(self) -> bool:
        """Whether today is in it: the reader lives there, or serves it, still."""
        return self.last == self.today

    @classmethod
    def of(cls, point: UsagePoint) -> Window:
        """The window of a usage point within a reader's reach."""
        today = zone(point.utility.zone).day_of(site().now_s())
        kept = retention.first_day(point.utility, site().settings)
        last = min(today, point.spans[-1][1] - 1)
        return cls(min(max(point.spans[0][0], kept), last), last, today)


def _glance(conn: Conn, reach: Reach, point: UsagePoint, seen: Window) -> glance.Glance:
    return glance.at(conn, reach, point, usage.meter_of(conn, reach, point), seen.first)


def latest_day(conn: Conn, reach: Reach, point: UsagePoint, seen: Window) -> int:
    """The last whole day of which something is known, else the last day of the window that is over."""
    over = min(seen.last, seen.today - 1)
    if known := _known_days(usage.month(conn, reach, point, over), point, over):
        return known[-1]
    for year in range(day_date(over).year, day_date(seen.first).year - 1, -1):
        last = min(over, day_number(day_date(over).replace(year=year, month=12, day=31)))
        if months := _known_days(usage.year(conn, reach, point, last), point, over):
            known = _known_days(usage.month(conn, reach, point, months[-1]), point, over)
            return known[-1] if known else over
    return over


def _known_days(view: usage.View, point: UsagePoint, over: int) -> list[int]:
    """The first days of the bars of which something is known, up to a day."""
    where = zone(point.utility.zone)
    days = (where.day_of(bar.start_s) for bar in view.bars if not bar.absent)
    return [day for day in days if day <= over]


def _card(conn: Conn, reach: Reach, point: UsagePoint) -> Card:
    today = zone(point.utility.zone).day_of(site().now_s())
    views = [usage.month(conn, reach, point, day) for day in (today - 31, today - 1)]
    start_s = zone(point.utility.zone).day_start_s(today)
    bars = [bar for bar in (*views[0].bars, *views[1].bars) if bar.start_s < start_s][-SPARK_DAYS:]
    known = [bar for bar in bars if not bar.absent]
    plain = Card(
        path_id=point.path_id,
        title=title_of(point),
        service={1: "gas", 2: "water"}.get(point.service_kind, "electricity"),
        service_name=service_name(point.service_kind),
        sign=SIGNS.get(point.service_kind, SIGNS[0]),
        last_four=point.esiid[-4:],
        spark=None,
    )
    if not known:
        return plain
    return Card(
        **{
            **vars(plain),
            "spark": chart.sparkline([None if bar.absent else bar.kwh_wh for bar in bars]),
            "latest": figure.Measure.of(views[1]).text(known[-1].kwh_wh),
            "month": glance.month_line(conn, reach, point, usage.meter_of(conn, reach, point)),
            "latest_day": words.day(zone(point.utility.zone).day_of(known[-1].start_s)),
        }
    )


def title_of(point: UsagePoint) -> str:
    """What a page calls a usage point: its title, or only the end of its number where it has none."""
    if point.title and point.title != point.esiid:
        return point.title
    return say("%(service)s meter …%(last)s", service=service_name(point.service_kind), last=point.esiid[-4:])


def service_name(kind: int) -> str:
    """What a page calls what is delivered (ESPI ServiceKind)."""
    return {1: say("Gas"), 2: say("Water")}.get(kind, say("Electricity"))


def _steps(kind: str, view: usage.View, seen: Window) -> dict[str, Any]:
    """Where the arrows lead, and what they are called; None where there is nothing to see."""
    names = {"day": say("Day"), "week": say("Week"), "month": say("Month"), "year": say("Year")}
    earlier = view.from_day - 1 if view.from_day > seen.first else None
    later = view.until_day if view.until_day <= seen.last else None
    return {
        "periods": list(names.items()),
        "earlier": None if earlier is None else words.iso(min(earlier, seen.last)),
        "later": None if later is None else words.iso(max(later, seen.first)),
        "earlier_name": periods.before_name(kind),
        "later_name": periods.after_name(kind),
        "first_day": words.iso(seen.first),
        "last_day": words.iso(seen.last),
        "home": url_for("customer.home"),
        "home_name": say("Your meters"),
    }


def _choices(view: usage.View, seen: Window, drawn: figure.Figure) -> dict[str, Any]:
    """What the download form offers."""
    spans = [
        ("month", say("The last 30 days")),
        ("year", say("The last 13 months")),
        ("all", say("All there is")),
    ]
    inside = max(view.from_day, seen.first), min(view.until_day - 1, seen.last)
    if not drawn.outside:
        spans.insert(0, ("shown", drawn.heading))
    return {
        "spans": spans,
        "shown_from": words.iso(inside[0]) if not drawn.outside else "",
        "shown_to": words.iso(inside[1]) if not drawn.outside else "",
        "formats": [
            ("xml", "Green Button (XML)", say("for apps and services that read Green Button")),
            ("csv", "CSV", say("for a spreadsheet: one row for each reading, in the columns of Smart Meter Texas")),
            ("json", "JSON", say("for your own programs: every reading with how it is known")),
            (
                "ha",
                "Home Assistant (CSV)",
                say("for the energy page of your own smart home: a running total by the hour"),
            ),
            ("lse", "LSE", say("the form used in the Texas market, for companies that work with it")),
        ],
        "series": [
            ("interval", say("Each reading, as in the day chart")),
            ("daily", say("A total for each day")),
            ("monthly", say("A total for each month")),
            ("register", say("What the meter's dial showed")),
        ],
    }


def _as_of_s(point: UsagePoint) -> int | None:
    """As of when it is asked for: an instant, or the end of a local day (`known`); None for now and what is to come."""
    asked, known = request.args.get("as-of", ""), request.args.get("known", "")
    if not (asked or known):
        return None
    local = zone(point.utility.zone)
    found = instant_s(asked) if asked else local.day_start_s(checked(parse_day(known)) + 1) - 1
    return found if found < site().now_s() else None


def checked(day: int) -> int:
    """A day that there may be data of. Raises `BadInput`."""
    if not 1970 < day_date(day).year < 9999:
        raise BadInput("That day is too far away.")
    return day


def _asked_span(seen: Window) -> tuple[int, int]:
    """The days asked for, the end not included. Days out of reach are left out further down, by the reach itself."""
    span = request.args.get("span", "dates")
    until = seen.last + 1
    if span == "month":
        return max(seen.first, until - 30), until
    if span == "year":
        return max(seen.first, until - 13 * 366 // 12), until
    first, last = request.args.get("from", ""), request.args.get("to", "")
    if span == "all" or not (first or last):
        return seen.first, until
    asked = (parse_day(first) if first else seen.first), (parse_day(last) if last else seen.last)
    if asked[0] > asked[1]:
        raise BadInput("The first day must not be after the last.")
    return asked[0], asked[1] + 1
