"""The tour: a few steps through what a reader can do here, shown with his own figures, to be left at any time.

Which steps there are follows from what he may do. How far he has come is kept with his login.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, g, render_template, request, url_for
from markupsafe import Markup

from espi import access, usage
from espi.clock import day_date, zone
from espi.errors import BadInput
from espi.portal import beside, figure, words
from espi.portal.customer import Window, latest_day, title_of
from espi.portal.language import count, say
from espi.portal.session import principal, redirected
from espi.store import directory, grants, tours
from espi.store.completeness import completeness_of
from espi.store.third_parties import own_program
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint

pages = Blueprint("tour", __name__)

DAYS_LOOKED_AT = 30


@dataclass(frozen=True)
class Step:
    """A page of the tour. figures: numbers of his own, each with its name. leads: where to see more, and its name."""

    title: str
    texts: Sequence[str]
    figures: Sequence[tuple[str, str]] = ()
    drawing: Markup | None = None
    leads: tuple[str, str] | None = None


@dataclass(frozen=True)
class Shown:
    """What the steps about one meter speak of: his first one, and the last day that is known of it."""

    points: Sequence[UsagePoint]
    view: usage.View
    drawn: figure.Figure

    @property
    def point(self) -> UsagePoint:
        """The meter."""
        return self.points[0]


Make = Callable[["Conn"], Step]


@pages.app_context_processor
def _for_every_page() -> dict[str, object]:
    return {"tour_offer": offered}


@pages.get("/tour")
def show() -> Response:
    """The step asked for, else the one where the reader left off."""
    steps = _steps()
    with site().database.read() as conn:
        seen = tours.progress(conn, g.login.id)
        place = _place(len(steps), seen.step if seen and not seen.ended else 0)
        step = steps[place](conn)
    page = render_template(
        "tour.html",
        step=step,
        number=place + 1,
        steps=len(steps),
        earlier=url_for("tour.show", step=place) if place else "",
        is_last=place + 1 == len(steps),
    )
    return Response(page)


@pages.post("/tour")
def go() -> Response:
    """Note how far the reader has come, and show the next step; or end the tour."""
    most = len(_steps())
    step = request.form.get("step", 1, int)
    if not 1 <= step <= most:
        raise BadInput("There is no such step.")
    ended = request.form.get("go") == "end" or step == most
    with site().database.write() as conn:
        tours.put_progress(conn, g.login.id, tours.Progress(0 if ended else step, ended))
    return redirected(url_for("customer.home") if ended else url_for("tour.show", step=step + 1))


def offered() -> bool:
    """Whether the page that is being drawn offers the tour: the first page does, until he has begun or declined."""
    if request.endpoint != "customer.home" or not g.get("login"):
        return False
    with site().database.read() as conn:
        return tours.progress(conn, g.login.id) is None


def _place(most: int, otherwise: int) -> int:
    """Which step is asked for, from 0."""
    asked = request.args.get("step", otherwise + 1, int)
    return min(max(asked, 1), most) - 1


def _steps() -> list[Make]:
    """The steps for the reader: those about single meters only where he does not look after whole utilities."""
    reader = principal()
    has_meters = access.may(reader, "usage:read") and not access.may(reader, "completeness:read")
    every: list[tuple[bool, Make]] = [
        (True, _welcome),
        (has_meters, _meters),
        (has_meters, _day),
        (has_meters, _bar),
        (has_meters, _known),
        (has_meters, _file),
        (access.may(reader, "access-log:read"), _apps),
        (access.may(reader, "completeness:read"), _complete),
        (access.may(reader, "grant:invite"), _console),
        (True, _help),
    ]
    return [make for wanted, make in every if wanted]


def _welcome(_conn: Conn) -> Step:
    return Step(
        say("Welcome, %(name)s", name=g.login.name),
        [
            say("This tour shows the main things in a few steps, with your own numbers."),
            say("You can leave it at any time. You find it again under Help."),
        ],
    )


def _meters(conn: Conn) -> Step:
    points = _points(conn)
    title = say("Your meters")
    if not points:
        return Step(title, [say("There is no meter that you may see yet. This step comes alive when there is one.")])
    point = points[0]
    first = words.day(point.spans[0][0])
    return Step(
        title,
        [
            count("You can see %(num)s meter.", "You can see %(num)s meters.", len(points)),
            say("This is %(name)s. You can see it from %(first)s on.", name=title_of(point), first=first),
        ],
        leads=(url_for("customer.usage", path_id=point.path_id), say("Open this meter")),
    )


def _day(conn: Conn) -> Step:
    shown = _shown(conn)
    if shown is None:
        return _nothing(say("A day in one picture"))
    day = words.day(shown.view.from_day, "full")
    return Step(
        say("A day in one picture"),
        [
            say("On %(day)s you used %(much)s. Each bar is a part of that day.", day=day, much=_total(shown))
            if access.may(principal(), "access-log:read")
            else say(
                "On %(day)s this meter measured %(much)s. Each bar is a part of that day.", day=day, much=_total(shown)
            ),
            say("The newest days are still on their way: they come one or two days later."),
        ],
        drawing=shown.drawn.drawing,
        leads=(_day_of(shown), say("Open this day")),
    )


def _bar(conn: Conn) -> Step:
    shown = _shown(conn)
    if shown is None or not shown.view.total:
        return _nothing(say("The tallest bar"))
    bars = shown.view.bars
    place = max(range(len(bars)), key=lambda each: bars[each].kwh_wh)
    much = figure.Measure.of(shown.view).text(bars[place].kwh_wh)
    when = shown.drawn.rows[place].name
    return Step(
        say("The tallest bar"),
        [
            say("The tallest bar of that day is %(when)s, with %(much)s.", when=when, much=much),
            say("Think of what was on then. That is where saving is easiest."),
        ],
        figures=[(when, much), (say("The whole day"), _total(shown))],
        leads=(_day_of(shown), say("Open this day")),
    )


def _known(conn: Conn) -> Step:
    shown = _shown(conn)
    if shown is None:
        return _nothing(say("Measured, estimated, missing"))
    states = [row.state for row in shown.drawn.rows]
    return Step(
        say("Measured, estimated, missing"),
        [
            say("Each bar also tells how it is known. Stripes mean estimated. A hatched space means not received."),
            say("An estimate can change when the real reading comes. Missing is never shown as zero."),
        ],
        figures=[(state, str(states.count(state))) for state in dict.fromkeys(states)],
        leads=(url_for("help.article", name="corrections"), say("Why values change")),
    )


def _file(conn: Conn) -> Step:
    shown = _shown(conn)
    texts = [
        say("Below each chart is Download My Data. Choose days and a kind of file, then press the button."),
        say("The file is yours to keep, or to give to an app."),
    ]
    leads = (url_for("help.article", name="files"), say("What to do with the file"))
    if shown is not None:
        leads = (_day_of(shown), say("Go to the download"))
    return Step(say("Take your data with you"), texts, leads=leads)


def _apps(conn: Conn) -> Step:
    reader = principal()
    reach = access.reach(conn, reader, "access-log:read", settings=site().settings, target="tour")
    live = [each for each in grants.authorizations(conn, reach, customer_id=reader.id) if _is_live(each)]
    told = (
        count("At the moment %(num)s app sees your data.", "At the moment %(num)s apps see your data.", len(live))
        if live
        else say("At the moment no app sees your data.")
    )
    return Step(
        say("Who sees my data"),
        [told, say("Nobody is let in unless you say yes, and you can stop each one at once.")],
        leads=(url_for("apps.overview"), say("See the list")),
    )


def _complete(conn: Conn) -> Step:
    access.require(conn, principal(), "completeness:read", settings=site().settings, target="tour")
    own = access.utility_of(principal())
    utility = next((each for each in directory.utilities(conn) if own in (None, each.id)), None)
    title = say("How complete the data are")
    if utility is None:
        return _nothing(title)
    today = zone(utility.zone).day_of(site().now_s())
    found = completeness_of(conn, today - DAYS_LOOKED_AT, today, [utility.id])
    if not found:
        return _nothing(title)
    last = found[-1]
    figures = [
        (say("Expected"), f"{last.expected:,}"),
        (say("Came in"), f"{last.received:,}"),
        (say("Missing"), f"{last.missing:,}"),
    ]
    return Step(
        title,
        [
            say("These are the numbers of %(name)s for %(day)s.", name=utility.name, day=words.day(last.day)),
            say("The page has each day with what came late, was estimated or is missing."),
        ],
        figures=figures,
        leads=(url_for("completeness.overview"), say("Open the page")),
    )


def _console(_conn: Conn) -> Step:
    return Step(
        say("Your console"),
        [
            say("It lists your clients, every call with its answer, and every notification."),
            say("In a sandbox you can also cause faults and see what your app does."),
        ],
        leads=(url_for("developer.console"), say("To your console")),
    )


def _help(_conn: Conn) -> Step:
    return Step(
        say("Help is on every page"),
        [
            say("At the end of each page you find help with just that page."),
            say("The help page has all articles, with a search in English and Spanish."),
        ],
        leads=(url_for("help.overview"), say("Go to the help")),
    )


def _nothing(title: str) -> Step:
    return Step(title, [say("Nothing has come in yet that could be shown here. Come back in a day or two.")])


def _points(conn: Conn) -> list[UsagePoint]:
    reach = access.reach(conn, principal(), "usage:read", settings=site().settings, target="tour")
    return directory.usage_points(conn, reach)


def _shown(conn: Conn) -> Shown | None:
    """His first meter of which something is known, on the last day that is known."""
    reach = access.reach(conn, principal(), "usage:read", settings=site().settings, target="tour")
    points = directory.usage_points(conn, reach)
    for point in points[:3]:
        seen = Window.of(point)
        view = usage.day(conn, reach, point, latest_day(conn, reach, point, seen))
        drawn = figure.make(point, view, None, beside.of(conn, reach, point, view), seen.today)
        if drawn.rows:
            return Shown([point], view, drawn)
    return None


def _total(shown: Shown) -> str:
    return f"{shown.drawn.total}\N{NO-BREAK SPACE}{shown.drawn.unit}"


def _day_of(shown: Shown) -> str:
    date = day_date(shown.view.from_day).isoformat()
    return url_for("customer.usage", path_id=shown.point.path_id, period="day", date=date)


def _is_live(grant: grants.Authorization) -> bool:
    """Whether it lets somebody else in now; his own programs are he himself."""
    return grant.status == grants.ACTIVE and grant.ends_s > site().now_s() and not own_program(grant.terms)
