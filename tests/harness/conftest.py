"""The certification harness's side: its registration with three clients, its calls as it makes them, one customer.

The harness plays the third party. It posts token requests with the parameters in the address and an empty body, sends
`Content-Type: Application/atom+xml` with every GET, and reads its ids off the ends of the addresses in token responses.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from lxml import etree
from werkzeug.test import Client, TestResponse

from espi import config
from espi.app import create_app
from espi.atom import schema
from espi.clock import Clock, zone
from espi.config import Settings
from espi.oauth.registration import make_clients
from espi.store import directory, grants, people, summaries
from espi.web.site import EXTENSION, Site
from tests import databases, factories
from tests.factories import NOW_S, TODAY
from tests.journeys.conftest import PASSWORD, Reader

CERTIFICATE_ID = "00000000-0000-5000-8000-000000000000"
CERTIFICATE = f"https://cert.greenbuttonalliance.org/certificate/{CERTIFICATE_ID}"
BASE_URL = "https://dc.example"
SITE = "https://harness.example"
REDIRECT = f"{SITE}/ThirdParty/espi/1_1/OAuthCallBack"
STATE = "ee148ec2-9892-466e-a013-4dedf1eb3018"
SCOPE = "FB=1_3_4_5_13_14_15_35_37_39_41_44;IntervalDuration=900;BlockDuration=daily;HistoryLength=34128000"
DAYS = 5
MEMBERS = {"access_token", "token_type", "expires_in", "refresh_token", "scope", "resourceURI", "authorizationURI"}
NAMES = {"atom": "http://www.w3.org/2005/Atom", "espi": "http://naesb.org/espi"}
CLIENT, REGISTRATION, ADMIN = "third_party", "REGISTRATION_third_party", "third_party_admin"


@dataclass(frozen=True)
class World:
    """A filled database that nobody changes; the clients' secrets by client id; the application; the usage point."""

    saved: databases.Saved
    secrets: Mapping[str, str]
    application: int
    usage_point: int


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One customer with one meter reading of five blocks and a bill; the harness as a third party."""
    folder = tmp_path_factory.mktemp("harness")
    database = databases.empty(folder)
    with database.write() as conn:
        point = factories.usage_point(conn, factories.utility(conn), esiid="10443720000000017")
        customer = factories.tenant(conn, point, TODAY - 200)
        factories.fill(conn, point, TODAY - DAYS, TODAY)
        summaries.put_usage_summary(conn, point, TODAY - 30, TODAY, _bill(), now_s=NOW_S)
        people.add_login(conn, "ada", PASSWORD, "customer", customer)
        key = grants.add_third_party(conn, "Harness", grants.PRODUCTION, _registration(), now_s=NOW_S)
        third_party = grants.third_party(conn, key)
        made = make_clients(conn, third_party, now_s=NOW_S, client_id=CLIENT)
        number = directory.usage_points(conn, factories.reach_of((point, TODAY, TODAY + 1)))[0].path_id
    database.close()
    kinds = {CLIENT: "main", REGISTRATION: "registration", ADMIN: "admin"}
    return World(
        databases.save(folder), {name: made.secrets[kind] for name, kind in kinds.items()}, third_party.path_id, number
    )


def _registration() -> dict[str, Any]:
    return {
        "redirect_uri": [REDIRECT],
        "client_uri": f"{SITE}/ThirdParty",
        "logo_uri": f"{SITE}/ThirdParty/logo.png",
        "thirdPartyNotifyUri": f"{SITE}/ThirdParty/espi/1_1/Notification",
        "thirdPartyScopeSelectionScreenURI": f"{SITE}/ThirdParty/RetailCustomer/ScopeSelection",
        "thirdPartyUserPortalScreenURI": f"{SITE}/ThirdParty/home",
        "thirdPartyApplicationDescription": "Plays a third party.",
        "thirdPartyApplicationStatus": 1,
        "thirdPartyApplicationType": 1,
        "thirdPartyApplicationUse": 1,
        "thirdPartyPhone": "+1 555 0100",
        "software_id": "harness",
        "software_version": "5",
        "scope": [SCOPE],
    }


def _bill() -> dict[str, Any]:
    local = zone(factories.ZONE)
    start_s, end_s = local.day_start_s(TODAY - 30), local.day_start_s(TODAY)
    return {
        "billingPeriod": {"duration": end_s - start_s, "start": start_s},
        "currency": 840,
        "overallConsumptionLastPeriod": {"powerOfTenMultiplier": 0, "timeStamp": end_s, "uom": 72, "value": 412_000},
        "qualityOfReading": 14,
        "statusTimeStamp": end_s,
        "commodity": 1,
    }


@dataclass
class Harness:
    """What the harness does, and what it keeps: the tokens and addresses that it was given."""

    app: Flask
    world: World

    @property
    def site(self) -> Site:
        found: Site = self.app.extensions[EXTENSION]
        return found

    def open(self, method: str, uri: str, body: bytes = b"", **headers: str) -> TestResponse:
        """A call; the harness rewrites hosts, so that absolute and relative addresses lead to the same place."""
        path, _, query = uri.removeprefix(BASE_URL).partition("?")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        client = Client(self.app, use_cookies=False)
        return client.open(
            "/",
            method=method,
            base_url=BASE_URL,
            query_string=query,
            data=body,
            headers=sent,
            buffered=True,
            environ_overrides={"PATH_INFO": path},
        )

    def get(self, uri: str, token: str | None, method: str = "GET", body: bytes = b"") -> TestResponse:
        """A call at the resource server with its headers; token None is none at all, empty an empty header."""
        headers = {
            "Accept": "application/atom+xml",
            "Content-Type": "Application/atom+xml",
            "Accept-Encoding": "identity",
        }
        if token is not None:
            headers["Authorization"] = f"Bearer {token}" if token else ""
        return self.open(method, uri, body, **headers)

    def put(self, uri: str, token: str | None, body: bytes) -> TestResponse:
        return self.get(uri, token, "PUT", body)

    def delete(self, uri: str, token: str | None) -> TestResponse:
        return self.get(uri, token, "DELETE")

    def post_token(self, client: str = CLIENT, basic: str | None = None, **parameters: str) -> TestResponse:
        """A token request as the harness makes it. basic: instead of the right credentials."""
        pair = base64.b64encode(f"{client}:{self.world.secrets[client]}".encode()).decode()
        accepts = "application/json, application/*+json"
        return self.open(
            "POST",
            f"/oauth/token?{urlencode(parameters, safe=':/=;')}",
            Authorization=f"Basic {pair if basic is None else basic}",
            Accept=accepts,
        )

    def get_token(self, basic: str | None = None, **parameters: str) -> TestResponse:
        """The negative token requests, which are GETs."""
        pair = base64.b64encode(f"{CLIENT}:{self.world.secrets[CLIENT]}".encode()).decode()
        proof = f"Basic {pair if basic is None else basic}"
        return self.open("GET", f"/oauth/token?{urlencode(parameters, safe=':/=;?')}", Authorization=proof)

    def token_of(self, client: str, **parameters: str) -> dict[str, Any]:
        found = self.post_token(client, grant_type="client_credentials", **parameters)
        assert found.status_code == 200, found.text
        return dict(json.loads(found.text))

    def registration(self) -> dict[str, Any]:
        """R: the token of the registration, asked for as in the set-up."""
        return self.token_of(REGISTRATION, scope="FB=36_40")

    def admin(self) -> dict[str, Any]:
        """C: the client token."""
        return self.token_of(ADMIN)

    def authorize_uri(self, **changes: str | None) -> str:
        """In the harness's order, with the scope not encoded."""
        asked: dict[str, str | None] = {
            "client_id": CLIENT, "redirect_uri": REDIRECT, "response_type": "code", "scope": SCOPE, "state": STATE,
            **changes,
        }  # fmt: skip
        return "/oauth/authorize?" + "&".join(f"{name}={value}" for name, value in asked.items() if value is not None)

    def consent(self, answer: str = "yes") -> str:
        """The customer logs in, and says yes or no; the address that he is sent back to."""
        reader = Reader(self.app)
        assert reader.log_in("ada").status_code == 303
        address = self.authorize_uri()
        chosen = {"answer": answer, "usage_point": str(self.world.usage_point), "months": "12", "history": "all"}
        sent = reader.fill_in(address, address, **chosen)
        assert sent.status_code in {302, 303}, sent.text
        return sent.headers["Location"]

    def code(self) -> str:
        found = parse_qs(urlsplit(self.consent()).query)
        assert found["state"] == [STATE]
        return found["code"][0]

    def exchange(self, code: str) -> TestResponse:
        return self.post_token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT)

    def customer(self) -> dict[str, Any]:
        """A: the customer's token, by consent and exchange."""
        found = self.exchange(self.code())
        assert found.status_code == 200, found.text
        return dict(json.loads(found.text))

    def wait(self, seconds: int) -> None:
        """Let time pass, for pages and resources alike."""
        later = replace(self.site.settings, clock=Clock(fixed_s=self.site.now_s() + seconds))
        self.app = create_app(later, database=self.site.database)


@pytest.fixture
def harness_settings(tmp_path: Path) -> Settings:
    return config.load(
        databases.environment(tmp_path),
        home=tmp_path,
        clock=Clock(fixed_s=NOW_S),
        base_url=BASE_URL,
        certificate_id=CERTIFICATE_ID,
        certification_harness=True,
        notify_private=True,
        log_level="ERROR",
    )


@pytest.fixture
def harness(world: World, harness_settings: Settings) -> Iterator[Harness]:
    database = databases.restore(world.saved, harness_settings.home)
    yield Harness(create_app(harness_settings, database=database), world)
    database.close()


def ended_path(uri: str) -> str:
    """The id at the end of an address."""
    return uri.rstrip("/").rpartition("/")[2]


def root_of(answer: TestResponse) -> etree._Element:
    """The document of an answer that is 200 and keeps to the schemas."""
    assert answer.status_code == 200, answer.text
    assert schema.validate(answer.data) == []
    return etree.fromstring(answer.data)


def found_in(root: etree._Element, path: str) -> list[Any]:
    """What an XPath finds."""
    found = root.xpath(path, namespaces=NAMES)
    return found if isinstance(found, list) else [found]
