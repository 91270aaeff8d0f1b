"""A household of the demonstration market: what Maria wants to be told and was told, and whom she lets see her home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from espi import access, usage
from espi.access import Principal, Role
from espi.clock import DAY_S, zone
from espi.demo.roster import PEOPLE, ZONE
from espi.formats import units
from espi.sharing import end_after, holders
from espi.store import alerts, directory, holdings, people, readings
from espi.store.alerts import Alert, AlertRule
from espi.store.holdings import FRIEND, JOINT

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.store.database import Conn

MARIA, NOAH = PEOPLE[0], PEOPLE[-1]
LOOKED_AT_DAYS = 60
MOST_TOLD = 3
GUESTS = ((FRIEND, NOAH.name, f"{NOAH.login}@example.com", NOAH.login), (JOINT, "Grandma", "grandma@example.com", ""))
"""What each may do, his name and address, and as whom he has accepted."""


def settle(conn: Conn, settings: Settings) -> None:
    """Put it all there, unless it is."""
    maria = _customer(conn, MARIA.login)
    if holdings.given(conn, maria.id):
        return
    _be_told(conn, maria, settings)
    _let_in(conn, maria, settings)


def _be_told(conn: Conn, maria: Principal, settings: Settings) -> None:
    """Alerts of the days on which she used most lately, above a limit in whole kilowatt hours."""
    now_s = settings.clock.now_s()
    reach = access.reach(conn, maria, "alert:set", settings=settings, target="demonstration")
    for point in directory.usage_points(conn, reach)[:1]:
        meter = usage.meter_of(conn, reach, point)
        if meter.used is None:
            return
        today = zone(ZONE).day_of(now_s)
        days = readings.day_totals(conn, reach, point.id, meter.used.number, today - LOOKED_AT_DAYS, today)
        ranked = sorted(days, key=lambda day: (-day.total, day.day))
        if len(ranked) <= MOST_TOLD:
            return
        whole = units.thousandths(ranked[MOST_TOLD].total, meter.unit, meter.power_of_ten) // 1000 + 1
        most = units.amount(whole * 1000, meter.unit, meter.power_of_ten)
        for kind, limit in ((alerts.DAY, most), (alerts.UNUSUAL, 0), (alerts.SILENT, 0)):
            set_s = now_s - LOOKED_AT_DAYS * DAY_S
            alerts.put_rule(
                conn,
                AlertRule(point.id, maria.id, kind, meter.used.number, meter.unit, meter.power_of_ten, limit, set_s),
            )
        for day in ranked[:MOST_TOLD]:
            if day.total > most:
                found_s = zone(ZONE).day_start_s(day.day + 1) + DAY_S // 4
                told = day.day, meter.unit, meter.power_of_ten, day.total, most, found_s
                alerts.put_alert(conn, Alert(point.id, maria.id, alerts.DAY, *told, mailed=False))


def _let_in(conn: Conn, maria: Principal, settings: Settings) -> None:
    now_s = settings.clock.now_s()
    for kind, name, email, login in GUESTS:
        last_day = zone(ZONE).day_of(end_after(now_s, 6, ZONE)) if kind == FRIEND else None
        asked = holders.Asked(MARIA.name, name, email, kind, holdings.EVERY_HOME, last_day)
        made = holders.invite(conn, maria, asked, settings)
        if login:
            holders.accept(conn, made, _customer(conn, login), settings)


def _customer(conn: Conn, login: str) -> Principal:
    return Principal(Role.customer, people.party_named(conn, Role.customer, login), "password", login)
