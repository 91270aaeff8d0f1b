"""A custodian and everybody who calls it: customers, an application with its three clients, a REP, a utility."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import Client as Browser
from werkzeug.test import TestResponse

from espi import config, scope, sharing
from espi.access import Principal, Role, TokenKind
from espi.api import Mount, make
from espi.clock import DAY_S, Clock
from espi.config import Settings
from espi.oauth import registration
from espi.oauth.party_clients import PartyClient, rep_client, utility_client
from espi.oauth.tokens import client_authorization
from espi.store import clients, directory, grants, queue, tokens
from espi.store.database import Conn, Database
from espi.store.grants import Authorization, ThirdParty
from tests import databases, factories
from tests.factories import NOW_S, TODAY

ROOT = "/espi/1_1/resource"
SCOPE = "FB=1_3_4_5_13_15_17_31_35_37_39_41_44_51_54_55_56_57_58_59_60_61;IntervalDuration=900;HistoryLength=34128000"
SINCE = TODAY - 20
SECRET = "a-secret-of-forty-characters-for-the-test"
ADDRESS = {
    "streetDetail": {"addressGeneral": "12 Agave Lane"},
    "townDetail": {"name": "Springfield", "stateOrProvince": "TX"},
}
SITE = "https://sunny.example"
CONTENT = {
    "redirect_uri": [f"{SITE}/ThirdParty/espi/1_1/OAuthCallBack"],
    "thirdPartyNotifyUri": f"{SITE}/ThirdParty/espi/1_1/Notification",
    "thirdPartyScopeSelectionScreenURI": f"{SITE}/ThirdParty/RetailCustomer/ScopeSelection",
    "thirdPartyUserPortalScreenURI": f"{SITE}/ThirdParty/home",
    "client_uri": f"{SITE}/ThirdParty",
    "software_id": "sunny",
    "software_version": "1.0",
    "scope": [SCOPE],
    "contacts": [],
    "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
}


@dataclass(frozen=True)
class Custodian:
    """The application that answers, what is in its database, and a token of each kind by the letters of the standard.

    Tokens: A and A2 of two customers' grants to sunny, C and R of sunny, C-other and R-other of another application,
    REP, U, D, expired, revoked, and none.
    """

    app: Mount
    database: Database
    settings: Settings
    sunny: ThirdParty
    grant: Authorization
    second: Authorization
    utility: int
    points: tuple[int, int]
    rep: PartyClient
    tokens: Mapping[str, str]

    def call(self, method: str, path: str, token: str = "", body: bytes | str = b"", **headers: str) -> TestResponse:
        """A call at the resource endpoint with the token of a kind."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token and token != "none":
            sent["Authorization"] = f"Bearer {self.tokens[token]}"
        browser = Browser(self.app)
        path, _, query = path.partition("?")
        return browser.open(ROOT + path, method=method, query_string=query, data=body, headers=sent, buffered=True)

    def get(self, path: str, token: str, **headers: str) -> TestResponse:
        return self.call("GET", path, token, **headers)


@dataclass(frozen=True)
class Filled:
    """A filled database that nobody changes, and what is in it."""

    saved: databases.Saved
    made: Mapping[str, Any]


def fill(folder: Path) -> Filled:
    """Fill a database."""
    database = databases.empty(folder)
    with database.write() as conn:
        made = make_custodian(conn, settings_of(folder))
    database.close()
    return Filled(databases.save(folder), made)


@contextlib.contextmanager
def opened(filled: Filled, folder: Path, **given: Any) -> Iterator[Custodian]:
    """The server over a copy of it. given: further settings."""
    settings = settings_of(folder, **given)
    database = databases.restore(filled.saved, folder)
    app = Mount(Flask("elsewhere"), make(settings, database))
    yield Custodian(app=app, database=database, settings=settings, **filled.made)
    database.close()


def settings_of(folder: Path, **given: Any) -> Settings:
    """Settings with a home of their own; notifications may go to this machine."""
    usual = {"clock": Clock(fixed_s=NOW_S), "log_level": "ERROR", "notify_private": True}
    return config.load(databases.environment(folder), home=folder, **{**usual, **given})


def make_custodian(conn: Conn, settings: Settings) -> dict[str, Any]:
    """Fill a database; what `Custodian` is made of."""
    utility = factories.utility(conn)
    points = tuple(factories.usage_point(conn, utility) for _ in range(3))
    people = [directory.add_customer(conn, name, "residential", content=_content(name)) for name in ("Ada", "Grace")]
    for point, person in zip(points, (*people, people[0]), strict=True):
        directory.add_tenancy(conn, point, person, TODAY - 100)
        meter = directory.add_meter(conn, utility, f"M{point}")
        directory.install_meter(conn, point, meter, TODAY - 200)
        factories.fill(conn, point, SINCE, TODAY)
    rep_id = factories.rep(conn)
    directory.switch_rep(conn, points[0], rep_id, TODAY - 10)
    directory.switch_rep(conn, points[1], rep_id, TODAY - 30, TODAY - 5)
    sunny = _application(conn, "Sunny", CONTENT)
    other = _application(conn, "Overcast", CONTENT)
    grant = share(conn, settings, sunny, people[0], points[:1])
    second = share(conn, settings, sunny, people[1], points[1:2])
    rep = rep_client(conn, rep_id, settings)
    found = {
        "A": issue(conn, grant),
        "A2": issue(conn, second),
        "C": _own(conn, sunny, "admin", TokenKind.client, settings),
        "R": _own(conn, sunny, "registration", TokenKind.registration, settings),
        "C-other": _own(conn, other, "admin", TokenKind.client, settings),
        "R-other": _own(conn, other, "registration", TokenKind.registration, settings),
        "REP": issue(conn, rep.authorization),
        "U": issue(conn, utility_client(conn, utility, TokenKind.upload, settings).authorization),
        "D": issue(conn, utility_client(conn, utility, TokenKind.custodian, settings).authorization),
        "expired": issue(conn, grant, expires_s=NOW_S - 1),
        "revoked": issue(conn, grant),
    }
    tokens.revoke(conn, found["revoked"], NOW_S)
    return {
        "sunny": sunny,
        "grant": grant,
        "second": second,
        "utility": utility,
        "points": points[:2],
        "rep": rep,
        "tokens": found,
    }


def share(
    conn: Conn,
    settings: Settings,
    third_party: ThirdParty,
    customer: int,
    points: tuple[int, ...],
    *,
    text: str = SCOPE,
    personal: bool = True,
) -> Authorization:
    """A customer's consent for 300 days."""
    terms = sharing.Terms(
        scope=scope.parse(text),
        usage_point_ids=points,
        ends_s=settings.clock.now_s() + 300 * DAY_S,
        from_day=None,
        personal=personal,
        language="en",
        text_version=sharing.TEXT_VERSION,
        address="192.0.2.1",
    )
    ada = Principal(Role.customer, customer, "password", "ada")
    main = registration.main_client(conn, third_party.id)
    return sharing.grant(conn, ada, third_party, terms, settings=settings, client_id=main.id)


def issue(conn: Conn, authorization: Authorization, *, expires_s: int = NOW_S + 3600) -> str:
    """An access token."""
    text = tokens.issue(
        conn,
        kind=tokens.ACCESS,
        authorization_id=authorization.id,
        client_id=authorization.client_id,
        family=tokens.new_family(),
        binding="",
        issued_s=NOW_S,
        expires_s=expires_s,
    )
    grants.set_token_end(conn, authorization.id, expires_s)
    return text


def receive_file(conn: Conn, at_s: int) -> None:
    """A file that came in, with nothing in it."""
    found = queue.take_file(conn, f"file-{at_s}", "0" * 64, None, "lse", at_s)
    queue.finish(conn, found.id, queue.LOADED, at_s, {})


def later(settings: Settings, seconds: int) -> Settings:
    """The settings some time on."""
    return replace(settings, clock=Clock(fixed_s=settings.clock.now_s() + seconds))


def _content(name: str) -> dict[str, Any]:
    return {"Customer": {"Organisation": {"organisationName": name, "streetAddress": ADDRESS}}}


def _application(conn: Conn, name: str, content: Mapping[str, Any]) -> ThirdParty:
    key = grants.add_third_party(conn, name, grants.PRODUCTION, {**content, "client_name": name}, now_s=NOW_S)
    registration.make_clients(conn, grants.third_party(conn, key), now_s=NOW_S, client_id=name.lower())
    return grants.third_party(conn, key)


def _own(conn: Conn, third_party: ThirdParty, client_kind: str, kind: TokenKind, settings: Settings) -> str:
    (client,) = [each for each in clients.clients_of(conn, "third_party", third_party.id) if each.kind == client_kind]
    return issue(conn, client_authorization(conn, client, kind, settings))
