"""A REP that has gained a customer asks for the days before its first one; unasked, they stay closed."""

from __future__ import annotations

from espi import access
from espi.access import Principal
from espi.clock import day_date, day_number, month_start, next_month, zone
from espi.config import Settings
from espi.errors import Conflict
from espi.store import audit, directory, parties
from espi.store.database import Conn
from espi.store.history_requests import put_history_request

RESIDENTIAL = "residential"


def ask_history(conn: Conn, rep: Principal, esiid: str, *, settings: Settings) -> tuple[int, int]:
    """Open the days before a REP's first one as far back as may be: from which local day until which, not included.

    The customer's move-in bounds them. `NotFound` where it is not REP of record today; `Conflict` where nobody lives
    there, or the customer moved in later than it became REP of record: there is no history of his.
    """
    reach = access.reach(conn, rep, "history:ask", settings=settings, target=esiid)
    point = directory.usage_point(conn, reach, esiid=esiid)
    now_s = settings.clock.now_s()
    today = zone(point.utility.zone).day_of(now_s)
    first = next(start for start, until in point.spans if start <= today < until)
    tenant = next(
        (one for one in parties.tenancies(conn, reach, point.id) if one.from_day <= today < one.until_day), None
    )
    if tenant is None or tenant.from_day > first:
        raise Conflict("Whoever lives there was not yet there before your first day: there is no history.")
    kind = parties.customer(conn, reach, tenant.of_id).kind
    months = settings.rep_history_months if kind == RESIDENTIAL else settings.rep_history_months_commercial
    since = months_before(first, months)
    put_history_request(conn, point.id, rep.id, asked_day=today, days=first - since, asked_s=now_s)
    audit.record(
        conn,
        at_s=now_s,
        actor=str(rep),
        action="history:ask",
        target=f"usage point {point.id}",
        rule=reach.rule,
        allowed=True,
        detail={"from": day_date(since).isoformat(), "until": day_date(first).isoformat()},
    )
    return since, first


def months_before(day: int, months: int) -> int:
    """The same day of the month so many months before, or that month's last."""
    date = day_date(day)
    year, month = divmod(date.year * 12 + date.month - 1 - months, 12)
    start = day_number(date.replace(year=year, month=month + 1, day=1))
    return min(start + date.day - 1, next_month(month_start(start)) - 1)
