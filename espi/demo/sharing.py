"""The third parties of the demonstration market and what customers let them see."""

from __future__ import annotations

from dataclasses import dataclass

from espi.clock import DAY_S, FOREVER
from espi.demo.period import Period
from espi.demo.points import points
from espi.demo.roster import PEOPLE
from espi.store import grants
from espi.store.database import Conn

SCOPE = "FB=1_3_4_5_13_15_31_37_39;IntervalDuration=900;BlockDuration=daily;HistoryLength=34128000"
YEAR_DAYS = 365
SOON_DAYS = 6


@dataclass(frozen=True)
class Application:
    """A third party. state: what its grants are like. customers: the places in `PEOPLE` of those who granted."""

    name: str
    state: str
    status: int
    customers: tuple[int, ...] = ()

    @property
    def host(self) -> str:
        """Where it would be, in a domain that is nobody's."""
        return f"https://{self.name.split()[0].lower()}.example"


APPLICATIONS = (
    Application("Quiet Hours", "pending", grants.REVIEW),
    Application("Kilowatt Diary", "active", grants.PRODUCTION, (0, 1, 3)),
    Application("Shade and Sun", "expiring", grants.PRODUCTION, (2, 9)),
    Application("Old Ledger", "revoked", grants.PRODUCTION, (4,)),
)


def add(conn: Conn, period: Period, customers: dict[str, int], point_ids: dict[str, int], now_s: int) -> None:
    """Register the applications and note the grants."""
    for application in APPLICATIONS:
        third_party = grants.add_third_party(conn, application.name, application.status, _content(application, now_s))
        for place in application.customers:
            name = PEOPLE[place].name
            own = [
                (point_ids[point.esiid], max(from_day, period.first_day), min(until_day, FOREVER))
                for point in points()
                for stay, from_day, until_day in period.tenancies(point)
                if stay.person.name == name
            ]
            starts_s, ends_s = _times(application.state, now_s)
            grants.add_authorization(
                conn,
                third_party,
                customers[name],
                own,
                scope=SCOPE,
                starts_s=starts_s,
                ends_s=ends_s,
                now_s=now_s,
                status=grants.REVOKED if application.state == "revoked" else grants.ACTIVE,
            )


def _times(state: str, now_s: int) -> tuple[int, int]:
    if state == "expiring":
        return now_s - (YEAR_DAYS - SOON_DAYS) * DAY_S, now_s + SOON_DAYS * DAY_S
    return now_s - 90 * DAY_S, now_s + (YEAR_DAYS - 90) * DAY_S


def _content(application: Application, now_s: int) -> dict[str, object]:
    return {
        "dataCustodianId": "espi-demonstration",
        "dataCustodianApplicationStatus": application.status,
        "thirdPartyApplicationDescription": f"{application.name}, of the demonstration market",
        "thirdPartyNotifyUri": f"{application.host}/espi/1_1/notification",
        "client_name": application.name,
        "client_uri": application.host,
        "redirect_uri": [f"{application.host}/callback"],
        "client_id_issued_at": now_s,
        "scope": [SCOPE],
    }
