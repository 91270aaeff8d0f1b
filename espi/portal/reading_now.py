"""Read the meter now: asking, and where the request is, told as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, url_for

from espi import access, usage
from espi.clock import Zone, zone
from espi.formats import units
from espi.portal import words
from espi.portal.customer import title_of
from espi.portal.language import say
from espi.portal.session import principal, redirected
from espi.store import audit, directory, on_demand
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.on_demand import OnDemandRead

pages = Blueprint("reading_now", __name__)

ACTION = "usage:ask-now"
MOST_SHOWN = 10


@dataclass(frozen=True)
class Asked:
    """A request as the page shows it. look: the class of its mark; steps: what happened when."""

    state: str
    look: str
    value: str
    steps: list[tuple[str, str]]


@pages.get("/usage/<int(max=999999999999999):path_id>/now")
def overview(path_id: int) -> Response:
    """What was asked for, what became of it, and the button."""
    now_s = site().now_s()
    with site().database.read() as conn:
        reach = access.reach(conn, principal(), ACTION, settings=site().settings, target=f"usage point {path_id}")
        point = directory.usage_point(conn, reach, path_id=path_id)
        found = on_demand.reads(conn, reach, point.id, MOST_SHOWN)
        answered = on_demand.completed_since(conn, point.id, now_s - usage.HOUR_S)
    where = zone(point.utility.zone)
    next_s = answered[-usage.ANSWERS_AN_HOUR] + usage.HOUR_S if len(answered) >= usage.ANSWERS_AN_HOUR else 0
    page = render_template(
        "reading_now.html",
        point=point,
        title=title_of(point),
        connected=usage.reads_on_demand(point),
        under_way=any(_lives(each, now_s) for each in found),
        asked=[_asked(each, where, now_s) for each in found],
        left=max(0, usage.ANSWERS_AN_HOUR - len(answered)),
        next_at=words.time_of_day(where, next_s) if next_s else "",
        minutes=usage.ANSWER_WITHIN_S // 60,
    )
    return Response(page)


@pages.post("/usage/<int(max=999999999999999):path_id>/now")
def ask(path_id: int) -> Response:
    """Ask the meter."""
    me = principal()
    with site().database.write() as conn:
        reach = access.reach(conn, me, ACTION, settings=site().settings, target=f"usage point {path_id}")
        point = directory.usage_point(conn, reach, path_id=path_id)
        made = usage.ask_now(conn, reach, point, site().now_s())
        audit.record(
            conn,
            at_s=site().now_s(),
            actor=str(me),
            action=ACTION,
            target=f"usage point {path_id}",
            rule=reach.rule,
            allowed=made.state != on_demand.LIMITED,
            detail={"read": made.number, "state": made.state},
        )
    return redirected(url_for("reading_now.overview", path_id=path_id))


def _lives(each: OnDemandRead, now_s: int) -> bool:
    return each.under_way and each.asked_s >= now_s - usage.ANSWER_WITHIN_S


def _asked(each: OnDemandRead, where: Zone, now_s: int) -> Asked:
    state = each.state if not each.under_way or _lives(each, now_s) else on_demand.TIMED_OUT
    names = {
        on_demand.REQUESTED: (say("Asked"), "wait"),
        on_demand.SENT: (say("On its way to the meter"), "wait"),
        on_demand.PENDING: (say("On its way to the meter"), "wait"),
        on_demand.COMPLETED: (say("Answered"), "on"),
        on_demand.FAILED: (say("The meter could not be read"), "bad"),
        on_demand.TIMED_OUT: (say("No answer"), "bad"),
        on_demand.LIMITED: (say("Not asked: two answers an hour are the limit"), "bad"),
    }
    name, look = names[state]
    value = ""
    if each.value is not None:
        uom = each.uom or 0
        text = words.amount(units.thousandths(each.value, uom, each.power_of_ten or 0))
        value = f"{text} {units.NAMES.get(uom, ('', 0))[0]}"
    moments = [
        (say("asked"), each.asked_s),
        (say("sent to the utility"), each.sent_s),
        (say("read by the meter"), each.read_s),
        (say("over"), each.closed_s),
    ]
    steps = [(step, _moment(where, at_s)) for step, at_s in moments if at_s is not None]
    return Asked(name, look, value, steps)


def _moment(where: Zone, at_s: int) -> str:
    return f"{words.day(where.day_of(at_s), 'medium')}, {words.time_of_day(where, at_s)}"
