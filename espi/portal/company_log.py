"""What a company's programs asked of us: how much of what is allowed, day by day, and call by call."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, render_template, request

from espi.clock import DAY_S, Clock, instant_text
from espi.portal import chart, words
from espi.portal.company_desk import Company, company, tabs
from espi.portal.language import say
from espi.store import exchanges, market_counts, quotas
from espi.web.site import site

if TYPE_CHECKING:
    from markupsafe import Markup

    from espi.store.database import Conn
    from espi.store.exchanges import Exchange

pages = Blueprint("company_log", __name__, url_prefix="/company/calls")

DAYS, HOURS, HOUR_S = 14, 24, 3600
SHOWN = 25
THOUSAND = 1000
KILO = 1024


@dataclass(frozen=True)
class Day:
    """The calls of a day (UTC), in the reader's words."""

    day: str
    answered: str
    refused: str
    failed: str
    size: str


@pages.get("")
def overview() -> Response:
    """Calls by day as a chart, use of what is allowed, and the last calls with their answers."""
    wanted, every = request.args.get("request", "").strip(), request.args.get("calls") == "all"
    with site().database.read() as conn:
        own = company(conn)
        today = site().now_s() // DAY_S
        by_day = market_counts.own_calls(conn, [each.id for each in own.clients], today - DAYS + 1, today + 1)
        if wanted:
            calls = exchanges.by_request_id(conn, own.clients, wanted)
        else:
            calls = exchanges.exchanges_of(conn, own.clients, failed=not every, limit=SHOWN)
        limits = _limits(conn, own)
    days = range(today - DAYS + 1, today + 1)
    page = render_template(
        "company_log.html",
        company=own,
        tabs=tabs("company_log.overview"),
        drawing=_drawing(by_day, days) if by_day else None,
        rows=[_row(each, by_day[each]) for each in reversed(days) if each in by_day],
        limits=limits,
        calls=[_call(own, each) for each in calls],
        wanted=wanted,
        every=every,
        keeps_all=own.sandbox,
        kept_days=exchanges.KEPT_DAYS,
    )
    return Response(page)


def _drawing(by_day: dict[int, Counter[str]], days: range) -> Markup:
    """A bar a day: what was answered stands above the line, what was not hangs below it."""
    bars = []
    for place, day in enumerate(days):
        found = by_day.get(day, Counter())
        good, bad = found["answered"], _bad(found)
        label = say(
            "%(day)s: %(good)s answered, %(bad)s refused or failed",
            day=words.skeleton(day, "MMMEd"),
            good=f"{good:,}",
            bad=f"{bad:,}",
        )
        tick = words.skeleton(day, "MMMd") if place % 3 == 0 else ""
        bars.append(chart.Bar(label, good * THOUSAND, sent_back=bad * THOUSAND, tick=tick, minor=place % 6 != 0))
    told = say("One bar for each day: above the line calls that were answered, below it those refused or failed.")
    return chart.draw(chart.Chart(say("Calls by day"), told, say("calls"), bars), words.axis_amount)


def _bad(found: Counter[str]) -> int:
    return found["refused"] + found["too-many"] + found["failed"]


def _row(day: int, found: Counter[str]) -> Day:
    return Day(
        day=words.skeleton(day, "yMMMEd"),
        answered=f"{found['answered']:,}",
        refused=f"{found['refused'] + found['too-many']:,}",
        failed=f"{found['failed']:,}",
        size=size_text(found[market_counts.BYTES]),
    )


def size_text(size: int) -> str:
    """Bytes as people read them, rounded down."""
    units = iter(("B", "KB", "MB", "GB", "TB"))
    unit = next(units)
    while size >= KILO and (greater := next(units, "")):
        size, unit = size // KILO, greater
    return f"{size:,} {unit}"


def _limits(conn: Conn, own: Company) -> list[dict[str, Any]]:
    """How much of each limit of the market's interface was used: the fullest window of the last day, and now."""
    settings, now_s = site().settings, Clock().now_s()  # windows are of the machine's own time (`espi.market.rate`)
    asked = [
        (say("Calls a minute"), "calls", settings.calls_a_minute),
        (say("Changes an hour"), "changes", settings.changes_an_hour),
    ]
    found = []
    for name, kind, most in asked:
        subjects = [f"{kind}/{each.client_id}" for each in own.clients]
        by_hour = quotas.fullest_by_hour(conn, subjects, now_s - HOURS * HOUR_S)
        fullest = max(by_hour.values(), default=0)
        said = say("%(used)s of %(most)s in the fullest", used=f"{fullest:,}", most=f"{most:,}") if most else ""
        found.append(
            {
                "name": name,
                "said": said or say("no limit"),
                "drawing": _use(name, kind, by_hour, most, now_s) if most else None,
                "near": bool(most) and fullest * 5 >= most * 4,
            }
        )
    return found


def _use(name: str, kind: str, by_hour: dict[int, int], most: int, now_s: int) -> Markup:
    """The fullest window of each of the last hours, each beside the limit."""
    bars, last = [], now_s // HOUR_S
    for hour in range(last - HOURS + 1, last + 1):
        used = by_hour.get(hour * HOUR_S, 0)
        clock = instant_text(hour * HOUR_S)[11:16]
        label = say("%(hour)s UTC: %(used)s of %(most)s", hour=clock, used=f"{used:,}", most=f"{most:,}")
        tick = clock if (hour - last) % 6 == 0 else ""
        bars.append(chart.Bar(label, used * THOUSAND, before=most * THOUSAND, tick=tick))
    told = say("One bar for each of the last 24 hours: the fullest window in it. The line is the limit.")
    return chart.draw(chart.Chart(name, told, say("calls"), bars, key=kind), words.axis_amount)


def _call(own: Company, call: Exchange) -> dict[str, object]:
    names = {each.id: each.client_id for each in own.clients}
    return {
        "at": instant_text(call.at_s),
        "call": f"{call.method} {call.route}",
        "status": call.status,
        "why": f"{call.code} {call.reason}".strip(),
        "size": size_text(call.size) if call.size else "",
        "client": names.get(call.client_id, ""),
        "id": call.request_id,
    }
