"""A utility's market events: the last that came, what has no effect and why, what waits; one meter's timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, request

from espi import access
from espi.clock import DAY_S, FOREVER, day_date, zone
from espi.formats.market_events import Kind, from_text
from espi.portal import tdsp_words, timeline, words
from espi.portal.language import say
from espi.portal.session import principal
from espi.store import directory, event_lists, market_events
from espi.store.completeness import OFF
from espi.store.database import Conn
from espi.store.directory import UsagePoint, Utility
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.reach import Reach

pages = Blueprint("tdsp_events", __name__, url_prefix="/tdsp/events")

MOST = 100
LATELY_DAYS = 30
LONGEST = 64
LEAST_DAYS = 60
MONTHS = 12


@dataclass(frozen=True)
class Line:
    """An event in a list, in the reader's words."""

    esiid: str
    path_id: int
    kind: str
    at: str
    came: str
    number: str
    refusal: str


@pages.get("")
def overview() -> Response:
    """The events that came last, or only those without effect, and those that wait."""
    only = request.args.get("show", "")
    esiid = request.args.get("esiid", "").strip()[:LONGEST]
    with site().database.read() as conn:
        reach = _reach(conn, "market events")
        utility = tdsp_words.own_utility(conn)
        found = event_lists.latest_events(conn, reach, MOST, without_effect=only == "void", esiid=esiid)
        void = event_lists.latest_events(conn, reach, MOST, without_effect=True)
        counted = event_lists.event_counts(conn, reach, site().now_s() - LATELY_DAYS * DAY_S)
        waiting = event_lists.waiting_events(conn, utility.id, MOST)
    kinds = kind_names()
    page = render_template(
        "tdsp_events.html",
        events=[_line(utility, each) for each in found],
        waiting=[_waiting(utility, each) for each in waiting],
        void=len(void),
        only=only,
        esiid=esiid,
        counted=[(kinds.get(kind, kind), f"{number:,}") for kind, number in counted.items()],
    )
    return Response(page)


@pages.get("/<int(max=999999999999999):path_id>")
def one(path_id: int) -> Response:
    """What befell one usage point, drawn and listed; who lives there is not shown."""
    with site().database.read() as conn:
        reach = _reach(conn, f"market events of usage point {path_id}")
        point = directory.usage_point(conn, reach, path_id=path_id)
        events = market_events.events_of(conn, reach, point.id)
        today = zone(point.utility.zone).day_of(site().now_s())
        lanes = _lanes(conn, reach, point, today)
    local = zone(point.utility.zone)
    days = [span.from_day for lane in lanes for span in lane.spans if span.from_day > 0]
    days += [local.day_of(each.at_s) for each in events if each.at_s and not each.refusal]
    first = min([*days, today - LEAST_DAYS])
    title = say("What befell the meter")
    told = "; ".join(f"{lane.name}: {', '.join(span.told for span in lane.spans) or lane.empty}" for lane in lanes)
    page = render_template(
        "tdsp_event.html",
        point=point,
        drawing=timeline.draw(title, told, lanes, first, today + 1, _ticks(first, today)),
        lanes=lanes,
        events=[_line(point.utility, _listed(point, each)) for each in reversed(events)],
    )
    return Response(page)


def kind_names() -> dict[str, str]:
    """What kinds of events are called."""
    return {
        Kind.SWITCH: say("Switch of REP"),
        Kind.DROP: say("REP drops it"),
        Kind.MOVE_IN: say("Move-in"),
        Kind.MOVE_OUT: say("Move-out"),
        Kind.EXCHANGE: say("Meter exchanged"),
        Kind.REMOVE: say("Meter removed"),
        Kind.ENERGIZE: say("Power on"),
        Kind.DE_ENERGIZE: say("Power off"),
        Kind.OUTAGE: say("Outage"),
        Kind.DRIFT: say("Clock off"),
        Kind.TEST: say("Test mode"),
        Kind.TAMPER: say("Tampering"),
        Kind.CANCEL: say("Taken back"),
    }


def _reach(conn: Conn, target: str) -> Reach:
    return access.reach(conn, principal(), "market-event:read", settings=site().settings, target=target)


def _line(utility: Utility, found: event_lists.Listed) -> Line:
    return Line(
        esiid=found.esiid,
        path_id=found.path_id,
        kind=kind_names().get(found.kind, found.kind),
        at=tdsp_words.moment(utility, found.at_s) if found.at_s else "",
        came=tdsp_words.moment(utility, found.taken_s),
        number=found.event_id,
        refusal=found.refusal,
    )


def _listed(point: UsagePoint, each: market_events.Known) -> event_lists.Listed:
    said = each.event_id, each.kind, each.at_s, each.sent_s, each.taken_s, each.refusal, each.file_id
    return event_lists.Listed(point.esiid, point.path_id, *said)


def _waiting(utility: Utility, found: event_lists.Waiting) -> Line:
    event = from_text(found.text)
    return Line(
        esiid=found.esiid,
        path_id=0,
        kind=kind_names().get(event.kind, str(event.kind)),
        at=tdsp_words.moment(utility, event.at_s) if event.at_s else "",
        came=tdsp_words.moment(utility, found.received_s) if found.received_s else "",
        number=event.event_id,
        refusal="",
    )


def _lanes(conn: Conn, reach: Reach, point: UsagePoint, today: int) -> list[timeline.Lane]:
    """REP of record, tenancies (withheld), meters and power."""
    names = {each.id: each.name for each in directory.reps(conn)}
    reps = [
        _span(each.from_day, each.until_day, names.get(each.of_id, ""))
        for each in directory.reps_of_record(conn, reach, point.id)
    ]
    meters = [
        _span(each.from_day, each.until_day, each.serial_number) for each in directory.meters(conn, reach, point.id)
    ]
    local = zone(point.utility.zone)
    until_s = local.day_start_s(today + 1)
    happened = market_events.happenings(conn, reach, 0, until_s, point.id, point.id).get(point.id, [])
    off = [
        _span(local.day_of(each.from_s), local.day_of(min(each.until_s, until_s) - 1) + 1, say("Power off"), off=True)
        for each in happened
        if each.kind == OFF
    ]
    withheld = say("Not shown: you may not see who lives where.")
    return [
        timeline.Lane(say("REP of record"), reps, say("none known")),
        timeline.Lane(say("Tenancies"), [], withheld),
        timeline.Lane(say("Meters"), meters, say("none known")),
        timeline.Lane(say("Power"), off, say("always on, as far as we know")),
    ]


def _span(from_day: int, until_day: int, name: str, *, off: bool = False) -> timeline.Span:
    until = say("until now") if until_day >= FOREVER else say("until %(day)s", day=words.day(until_day - 1, "medium"))
    told = say("%(name)s: from %(first)s, %(last)s", name=name, first=_first(from_day), last=until)
    return timeline.Span(from_day, until_day, name, told, off)


def _first(day: int) -> str:
    return words.day(day, "medium") if day > 0 else say("the beginning")


def _ticks(first: int, today: int) -> list[tuple[int, str]]:
    """Firsts of months, few enough to read."""
    begins = [day for day in range(first + 1, today + 1) if day_date(day).day == 1]
    step = -(-len(begins) // 6) or 1
    return [(day, words.skeleton(day, "yMMM")) for day in begins[::step]]
