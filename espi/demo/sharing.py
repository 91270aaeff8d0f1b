"""The third parties of the demonstration market, and what customers let them see."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from espi import sharing
from espi.access import Principal, Role
from espi.clock import DAY_S, Clock
from espi.config import Settings
from espi.demo.period import Period
from espi.demo.points import points
from espi.demo.roster import PEOPLE, ZONE
from espi.errors import NotFound
from espi.oauth import client_metadata, registration
from espi.scope import parse
from espi.store import clients, grants
from espi.store.database import Conn

_TERMS = "IntervalDuration=900;BlockDuration=daily;HistoryLength=34128000;SubscriptionFrequency=daily"
_ALL = "13_14_15_16_28_31_32_35_37_39_41_44"
HOME = f"FB=1_3_4_5_{_ALL};{_TERMS}"
PERSON = f"FB=1_3_4_5_{_ALL}_51_53_54_55_56_57_58_59_60_61;{_TERMS}"
PIPES = f"FB=1_3_4_5_10_11_{_ALL};{_TERMS}"
SOLAR = f"FB=1_3_4_5_8_10_11_{_ALL};{_TERMS}"

EXAMPLE = "https://localhost:8445"
"""Where the example third party (`examples/third_party`) is, when it runs beside the custodian."""

NOTIFY = "thirdPartyNotifyUri"
YEAR_DAYS = 365
BEGUN_DAYS_AGO = 90
SOON_DAYS = 6
ENDED_DAYS_AGO = 10
MONTHS = 12


@dataclass(frozen=True)
class Given:
    """A grant. place: the customer's in `PEOPLE`. by: on which road it came."""

    place: int
    scope: str
    personal: bool = False
    by: str = "consent page"


@dataclass(frozen=True)
class Application:
    """A third party. state: what its grants are like. bulk: the id of its bulk feed. staff: who logs in for it."""

    name: str
    state: str
    status: int
    bulk: str
    given: tuple[Given, ...] = ()
    staff: str = ""

    @property
    def client_id(self) -> str:
        """The id of its main client."""
        return self.name.lower().replace(" ", "-")

    @property
    def scopes(self) -> list[str]:
        """What it may ask for."""
        return [f"{scope};BR={self.bulk}" for scope in (PERSON, SOLAR, PIPES, HOME)]

    def number(self, place: int) -> int:
        """Which of its grants a customer's is."""
        return [given.place for given in self.given].index(place)

    def secret(self, kind: str) -> str:
        """The secret of one of its clients, the same every time: it is a demonstration."""
        return f"{self.client_id}-{kind}-demonstration-secret"

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets of all its clients, by kind."""
        return {kind: self.secret(kind) for kind in registration.COMPANIONS}


ONE_METER, SOLAR_HOME, ON_PAPER = 8, 3, 10
"""Places in `PEOPLE`: whose grant is the plainest there is, who has panels on the roof, who signed on paper."""

APPLICATIONS = (
    Application("Quiet Hours", "pending", grants.REVIEW, "quiet", staff="quiet"),
    Application(
        "Kilowatt Diary",
        "active",
        grants.PRODUCTION,
        "diary",
        (
            Given(ONE_METER, PERSON, personal=True),
            Given(0, PIPES),
            Given(1, PIPES),
            Given(SOLAR_HOME, SOLAR),
            Given(ON_PAPER, HOME, by="paper"),
        ),
        staff="diary",
    ),
    Application("Shade and Sun", "expiring", grants.PRODUCTION, "shade", (Given(2, PIPES), Given(9, SOLAR))),
    Application("Old Ledger", "revoked", grants.PRODUCTION, "ledger", (Given(4, HOME),)),
)
ACTIVE = APPLICATIONS[1]


def add(conn: Conn, settings: Settings) -> dict[str, int]:
    """Register the applications with their clients; their ids by name."""
    now_s, found = settings.clock.now_s(), {}
    for application in APPLICATIONS:
        found[application.name] = grants.add_third_party(
            conn, application.name, application.status, _content(application), now_s=now_s
        )
        registration.make_clients(
            conn,
            grants.third_party(conn, found[application.name]),
            now_s=now_s,
            client_id=application.client_id,
            secrets=application.secrets,
            registration_access_token=token_text(f"{application.client_id}/registration"),
        )
    return found


def token_text(name: str) -> str:
    """A token of the demonstration by its name, the same every time."""
    return f"demonstration-{hashlib.sha256(f'espi demonstration {name}'.encode()).hexdigest()[:32]}"


def grant_all(
    conn: Conn, period: Period, customers: Mapping[str, int], point_ids: Mapping[str, int], settings: Settings
) -> None:
    """Let customers agree, each on the day on which he did."""
    for application in APPLICATIONS:
        days_ago = YEAR_DAYS - SOON_DAYS if application.state == "expiring" else BEGUN_DAYS_AGO
        then = earlier(settings, days_ago)
        third_party = grants.third_party_by_name(conn, application.name)
        client = clients.client_by_client_id(conn, application.client_id)
        if third_party is None or client is None:
            raise NotFound(detail=application.name)
        for given in application.given:
            name = PEOPLE[given.place].name
            terms = sharing.Terms(
                parse(f"{given.scope};BR={application.bulk}"),
                tuple(_lived_in(name, period, point_ids, then.clock.now_s())),
                sharing.end_after(then.clock.now_s(), MONTHS, ZONE),
                personal=given.personal,
            )
            customer = Principal(Role.customer, customers[name], "password", PEOPLE[given.place].login)
            sharing.grant(conn, customer, third_party, terms, settings=then, client_id=client.id, by=given.by)


def begin_to_notify(conn: Conn, now_s: int) -> None:
    """Say where the applications want their notifications; until the market is loaded there are none."""
    for application in APPLICATIONS:
        third_party = grants.third_party_by_name(conn, application.name)
        if third_party is not None and NOTIFY not in third_party.content:
            content = {**third_party.content, NOTIFY: f"{EXAMPLE}/notify"}
            grants.change_third_party(conn, third_party.id, content=content, now_s=now_s)


def earlier(settings: Settings, days_ago: int) -> Settings:
    """The settings as if it were some days ago."""
    return replace(settings, clock=Clock(fixed_s=settings.clock.now_s() - days_ago * DAY_S))


def _lived_in(name: str, period: Period, point_ids: Mapping[str, int], now_s: int) -> Iterator[int]:
    today = period.zone.day_of(now_s)
    for point in points():
        for stay, from_day, until_day in period.tenancies(point):
            if stay.person.name == name and from_day <= today < until_day:
                yield point_ids[point.esiid]


def _content(application: Application) -> dict[str, object]:
    return {
        "client_name": application.name,
        "client_uri": EXAMPLE,
        "redirect_uri": [f"{EXAMPLE}/callback"],
        "contacts": [f"{application.client_id}@example.com"],
        "grant_types": list(client_metadata.GRANT_TYPES),
        "scope": application.scopes,
        "software_id": application.client_id,
        "software_version": "1",
        "thirdPartyApplicationDescription": f"{application.name}, of the demonstration market",
        "thirdPartyScopeSelectionScreenURI": f"{EXAMPLE}/scopes",
        "thirdPartyUserPortalScreenURI": EXAMPLE,
    }
