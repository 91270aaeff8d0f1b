"""Ada's home and Sunny, an application that asks for its data: for tests about consent."""

from __future__ import annotations

from dataclasses import dataclass, replace

from espi.access import Principal, Role, TokenKind
from espi.clock import Clock
from espi.config import Settings
from espi.store import clients, directory, grants
from espi.store.database import Conn
from tests import factories
from tests.factories import NOW_S, TODAY

SCOPE = "FB=4_5_15;IntervalDuration=900;BlockDuration=daily;HistoryLength=34128000"
MOVED_IN = TODAY - 100
METER, REP_NAME = "AB1234567", "Bluebonnet Power"


@dataclass(frozen=True)
class Home:
    """A usage point, its meter and REP, whose it is, and who asks for it."""

    point: int
    esiid: str
    customer: int
    sunny: grants.ThirdParty
    client: clients.Client

    @property
    def ada(self) -> Principal:
        return Principal(Role.customer, self.customer, "password", "ada")

    @property
    def asker(self) -> Principal:
        return Principal(Role.third_party, self.sunny.id, str(TokenKind.client), "sunny")

    @property
    def triple(self) -> tuple[str, str, str]:
        return self.esiid, METER, REP_NAME


def home(conn: Conn) -> Home:
    """Ada's home, into which she moved a hundred days ago, and Sunny, an application in production."""
    utility = factories.utility(conn)
    esiid = "10443729000000017"
    point = factories.usage_point(conn, utility, esiid=esiid)
    meter = directory.add_meter(conn, utility, METER)
    directory.install_meter(conn, point, meter, TODAY - 500)
    directory.switch_rep(conn, point, factories.rep(conn, REP_NAME), TODAY - 50)
    ada = factories.tenant(conn, point, MOVED_IN)
    content = {
        "client_name": "Sunny",
        "client_uri": "https://sunny.example",
        "redirect_uri": ["https://sunny.example/callback"],
        "scope": [SCOPE],
    }
    key = grants.add_third_party(conn, "Sunny", grants.PRODUCTION, content)
    client = clients.add_client(conn, role="third_party", party_id=key, kind="main", now_s=NOW_S, client_id="sunny")
    return Home(point, esiid, ada, grants.third_party(conn, key), client)


def later(settings: Settings, seconds: int) -> Settings:
    """The settings some time on."""
    return replace(settings, clock=Clock(fixed_s=settings.clock.now_s() + seconds))
