"""What we brought to a company: news that was posted, files of whole days, why some failed, and a retry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, render_template, request, url_for

from espi import access
from espi.access import Role
from espi.clock import DAY_S
from espi.delivery import bulk
from espi.delivery.bulk_part import Order
from espi.errors import NotFound
from espi.portal import desk_words, words
from espi.portal.company_desk import Company, company, tabs
from espi.portal.company_log import size_text
from espi.portal.language import count, say
from espi.portal.session import redirected
from espi.store import audit, events
from espi.store import jobs as outbox
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.jobs import Job

pages = Blueprint("company_deliveries", __name__, url_prefix="/company/deliveries")

SHOWN = 50
BULK_DAYS = 31
ACCEPTED, MOVED, REFUSED, BROKEN = 200, 300, 400, 500


@pages.get("")
def overview() -> Response:
    """News and files, what failed first."""
    wanted = request.args.get("state", "")
    state = wanted if wanted in {events.WAITING, events.DELIVERED, events.GIVEN_UP} else ""
    with site().database.read() as conn:
        own = company(conn)
        posted = events.deliveries(conn, own.who.id, state=state, limit=SHOWN) if own.third_party else []
        kinds = events.kinds(conn, posted)
        lost = len(events.undelivered(conn, own.who.id, limit=SHOWN)) if own.third_party else 0
        rows = [_row(conn, each, kinds.get(each.event_id, "")) for each in posted]
        today = site().now_s() // DAY_S
        orders = bulk.recent(conn, Role(own.role), own.who.id, range(today - BULK_DAYS, today + 1))
    page = render_template(
        "company_deliveries.html",
        company=own,
        tabs=tabs("company_deliveries.overview"),
        rows=rows,
        states=_states(),
        state=state,
        lost=count("%(num)s message has not arrived.", "%(num)s messages have not arrived.", lost) if lost else "",
        files=[_files(sign, parts) for sign, parts in orders],
        told_of=own.third_party is not None,
        resends=access.may(own.who, "delivery:resend"),
        told=say("On its way again. Look at it here in a moment.") if request.args.get("told") else "",
    )
    return Response(page)


@pages.post("/resend")
def resend() -> Response:
    """Post a message again, post all that waits now, or make the files that failed again."""
    here, form = site(), request.form
    with here.database.write() as conn:
        own = company(conn, "delivery:resend")
        if form.get("what") == "all":
            for each in events.undelivered(conn, own.who.id, limit=SHOWN):
                events.resend(conn, each.id, here.now_s())
            target = "all that has not arrived"
        elif form.get("day"):
            day = form.get("day", 0, int)
            if not bulk.retry(conn, Order(Role(own.role), own.who.id, day), here.now_s()):
                raise NotFound
            target = f"files of day {day}"
        else:
            found = events.delivery(conn, form.get("delivery", 0, int))
            if found.third_party_id != own.who.id:
                raise NotFound(detail=f"delivery {found.id} is not of {own.who}")
            events.resend(conn, found.id, here.now_s())
            target = f"delivery {found.id}"
        _note(conn, own, target)
    return redirected(url_for("company_deliveries.overview", told="sent"))


def _row(conn: Conn, sent: events.Delivery, kind: str) -> dict[str, Any]:
    tries = events.attempts(conn, sent.id)
    last = tries[-1] if tries else None
    return {
        "id": sent.id,
        "kind": kind,
        "uri": sent.uri,
        "form": say("BatchList") if sent.format == events.BATCH_LIST else say("webhook"),
        "state": _states()[sent.state],
        "good": sent.state == events.DELIVERED,
        "at": desk_words.moment(last.at_s if last else sent.due_s),
        "next": desk_words.moment(sent.due_s) if sent.state == events.WAITING and tries else "",
        "why": "" if last is None or sent.state == events.DELIVERED else _why(last),
        "tries": [
            {
                "at": desk_words.moment(each.at_s),
                "status": each.status or "-",
                "ms": f"{each.milliseconds:,}",
                "said": _why(each) if not ACCEPTED <= each.status < MOVED else say("It took it."),
            }
            for each in tries
        ],
    }


def _why(last: events.Attempt) -> str:
    """Why a try failed, in plain words, and what to do."""
    if not last.status:
        return say("We got no answer: %(answer)s", answer=say(last.answer) if last.answer else "")
    if last.status < REFUSED:
        return say(
            "It sent us on to another address (%(status)s). We do not follow: enter that one.", status=last.status
        )
    if last.status < BROKEN:
        return say("It refused our message (%(status)s). Look into its log.", status=last.status)
    return say("It failed (%(status)s). Look into its log.", status=last.status)


def _states() -> dict[str, str]:
    return {
        events.WAITING: say("On its way"),
        events.DELIVERED: say("Arrived"),
        events.GIVEN_UP: say("Given up"),
    }


def _files(sign: Job, parts: list[Job]) -> dict[str, Any]:
    """The files of a day: how many are made, how much, and why one failed."""
    failed = [each for each in (*parts, sign) if each.state == outbox.FAILED]
    made = sum(each.state == outbox.DONE for each in parts)
    size = sum(int(each.result.get("bytes", 0)) for each in parts if each.state == outbox.DONE)
    state = say("Ready") if sign.state == outbox.DONE else say("Failed") if failed else say("Being made")
    day = int(sign.payload["day"])
    return {
        "day": day,
        "name": words.skeleton(day, "yMMMEd"),
        "made": say("%(made)s of %(all)s", made=made, all=len(parts)),
        "size": size_text(size),
        "state": state,
        "good": sign.state == outbox.DONE,
        "why": failed[0].error if failed else "",
    }


def _note(conn: Conn, own: Company, target: str) -> None:
    audit.record(
        conn,
        at_s=site().now_s(),
        actor=str(own.who),
        action="delivery:resend",
        target=target,
        rule="espi.portal.company_deliveries",
        allowed=True,
    )
