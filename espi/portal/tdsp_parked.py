"""Meters that nobody knows but whose readings wait: add them, and what waits is loaded, or dismiss it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request, url_for

from espi.clock import DAY_S
from espi.errors import BadInput, NotFound
from espi.intake import parked_meter
from espi.portal import tdsp_words, words
from espi.portal.language import count, say
from espi.portal.session import principal, redirected
from espi.store import audit, sent_files
from espi.store.directory import Utility
from espi.store.sent_files import ParkedMeter
from espi.web.site import site

pages = Blueprint("tdsp_parked", __name__, url_prefix="/tdsp/parked")

MOST = 200
LONGEST = 64
CHANNELS = {1: "1", 4: "4"}


@dataclass(frozen=True)
class Line:
    """A meter in the list, in the reader's words."""

    esiid: str
    since: str
    days_ago: int
    waits: str
    days: str
    channels: str
    known: bool


@pages.get("")
def overview() -> Response:
    """The meters, the longest waiting first."""
    return _page("")


@pages.post("")
def act() -> Response:
    """Add a meter or dismiss what waits for it."""
    form, here = request.form, site()
    esiid, wish = form.get("esiid", "")[:LONGEST], form.get("act", "")
    with here.database.write() as conn:
        utility = tdsp_words.require(conn, f"parked meter {esiid}")
        if not sent_files.parked_meters(conn, utility.id, esiid):
            raise NotFound("Nothing waits for this meter any more.", detail=f"nothing is parked for {esiid}")
        if wish == "dismiss":
            days, events = sent_files.dismiss(conn, utility.id, esiid)
            detail = {"days": days, "events": events}
        elif wish == "add":
            title, meter = form.get("title", "").strip(), form.get("meter", "").strip()
            if len(title) > LONGEST or len(meter) > LONGEST:
                raise BadInput("That is too long.")
            days = parked_meter.add(conn, utility, esiid, now_s=here.now_s(), title=title, meter=meter)
            detail = {"days": days}
        else:
            raise BadInput("Choose what to do with the meter.")
        audit.record(
            conn,
            at_s=here.now_s(),
            actor=str(principal()),
            action=f"parked:{wish}",
            target=f"usage point {utility.duns}/{esiid}",
            rule="espi.portal.tdsp_parked",
            allowed=True,
            detail=detail,
        )
    return redirected(url_for("tdsp_parked.overview", told=wish, n=days))


def _page(refused: str) -> Response:
    with site().database.read() as conn:
        utility = tdsp_words.require(conn, "parked meters")
        found = sent_files.parked_meters(conn, utility.id)
    page = render_template(
        "tdsp_parked.html",
        meters=[_line(utility, each) for each in found[:MOST]],
        more=max(0, len(found) - MOST),
        days=sum(each.days for each in found),
        refused=refused,
        told=_told(),
    )
    return Response(page)


def _line(utility: Utility, found: ParkedMeter) -> Line:
    said = []
    if found.days:
        said.append(count("%(num)s meter-day", "%(num)s meter-days", found.days))
    if found.events:
        said.append(count("%(num)s event", "%(num)s events", found.events))
    days = ""
    if found.first_day is not None and found.last_day is not None:
        first, last = words.day(found.first_day, "medium"), words.day(found.last_day, "medium")
        days = first if first == last else f"{first} \N{EN DASH} {last}"
    names = {1: say("sent back"), 4: say("used")}
    return Line(
        esiid=found.esiid,
        since=tdsp_words.moment(utility, found.since_s) if found.since_s else "",
        days_ago=max(0, site().now_s() - found.since_s) // DAY_S if found.since_s else 0,
        waits=", ".join(said),
        days=days,
        channels=", ".join(names.get(each, str(each)) for each in found.channels),
        known=found.known,
    )


def _told() -> str:
    number = min(request.args.get("n", 0, int), 1_000_000)
    said = {
        "add": count(
            "The meter is known now, and %(num)s meter-day that waited for it is loaded.",
            "The meter is known now, and %(num)s meter-days that waited for it are loaded.",
            number,
        ),
        "dismiss": count(
            "Dismissed: %(num)s meter-day was thrown away. If it comes again, it waits again.",
            "Dismissed: %(num)s meter-days were thrown away. If they come again, they wait again.",
            number,
        ),
    }
    return said.get(request.args.get("told", ""), "")
