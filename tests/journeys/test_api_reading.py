"""An application reads what Ada shared: every link, what is new, what it has already; until she takes it back."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from lxml import etree
from werkzeug.test import Client, TestResponse

from espi import scope, sharing
from espi.app import create_app
from espi.atom import schema
from espi.clock import DAY_S, instant_text
from espi.config import Settings
from espi.store import grants, readings, tokens
from espi.store.database import Conn, Database
from espi.store.grants import Authorization
from tests import consent, factories, function_block_rules
from tests.consent import Home
from tests.factories import NOW_S, TODAY
from tests.function_block_rules import Element, entries, hrefs

SCOPE = "FB=1_3_4_5_8_13_15_31_32_35_37_39;IntervalDuration=900;BlockDuration=daily;HistoryLength=34128000"
SHARED_DAYS = 40


@dataclass
class Application:
    """Sunny, with an access token for Ada's home."""

    app: Flask
    database: Database
    settings: Settings
    home: Home
    granted: Authorization
    token: str

    @property
    def resource(self) -> str:
        return f"{self.settings.resource_url}/Batch/Subscription/{self.granted.subscription_path_id}"

    def get(self, href: str, **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {self.token}"
        return Client(self.app).get(href, headers=sent, buffered=True)

    def feed(self, query: str = "") -> Element:
        answer = self.get(self.resource + query)
        assert answer.status_code == 200, answer.data
        assert schema.validate(answer.data) == []
        return etree.fromstring(answer.data)


@pytest.fixture
def sunny(database: Database, settings: Settings) -> Application:
    with database.write() as conn:
        home = consent.home(conn)
        factories.fill(conn, home.point, TODAY - SHARED_DAYS, TODAY)
        granted = _granted(conn, home, settings)
        token = tokens.issue(
            conn,
            kind=tokens.ACCESS,
            authorization_id=granted.id,
            client_id=home.client.id,
            family=tokens.new_family(),
            binding="",
            issued_s=NOW_S,
            expires_s=NOW_S + 3600,
        )
    app = create_app(settings, database=database)
    return Application(app, database, settings, home, granted, token)


def _granted(conn: Conn, home: Home, settings: Settings) -> Authorization:
    terms = sharing.Terms(
        scope=scope.parse(SCOPE),
        usage_point_ids=(home.point,),
        ends_s=NOW_S + 300 * DAY_S,
        from_day=None,
        personal=False,
        language="en",
        text_version=sharing.TEXT_VERSION,
        address="192.0.2.1",
    )
    return sharing.grant(conn, home.ada, home.sunny, terms, settings=settings, client_id=home.client.id)


def test_every_link_of_the_feed_leads_to_something_valid(sunny: Application) -> None:
    feed = sunny.feed()
    assert len(entries(feed, "IntervalBlock")) == SHARED_DAYS
    assert function_block_rules.failures(feed, 1, 4, 5) == []
    waiting, seen = deque(hrefs(feed, "self")), set()
    while waiting:
        href = waiting.popleft()
        if href in seen:
            continue
        seen.add(href)
        answer = sunny.get(href)
        assert answer.status_code == 200, href
        assert schema.validate(answer.data) == []
        links = etree.fromstring(answer.data).iter("{*}link")
        waiting += [link.get("href", "") for link in links if link.get("type", "").startswith("espi-")]
    assert len(seen) > SHARED_DAYS


def test_an_application_that_asks_what_is_new_gets_it_once(sunny: Application) -> None:
    since = instant_text(NOW_S + 1)
    assert entries(sunny.feed(f"?updated-min={since}"), "IntervalBlock") == []
    new = factories.block(sunny.home.point, TODAY)
    corrected = replace(factories.block(sunny.home.point, TODAY - 3, values=[7] * 96), sent_s=NOW_S + 9)
    with sunny.database.write() as conn:
        readings.put_blocks(conn, [new, corrected], file_id=2, now_s=NOW_S + 60)
    found = entries(sunny.feed(f"?updated-min={since}"), "IntervalBlock")
    assert [each.findtext("{*}updated") for each in found] == [instant_text(NOW_S + 60)] * 2
    assert [each.findtext("{*}published") for each in found] == [instant_text(NOW_S), instant_text(NOW_S + 60)]
    assert entries(sunny.feed(f"?updated-min={instant_text(NOW_S + 61)}"), "IntervalBlock") == []


def test_what_it_has_already_costs_nothing(sunny: Application) -> None:
    first = sunny.get(sunny.resource, Accept_Encoding="gzip")
    assert sunny.get(sunny.resource, If_None_Match=first.headers["ETag"]).status_code == 304
    with sunny.database.write() as conn:
        readings.put_blocks(conn, [factories.block(sunny.home.point, TODAY)], file_id=2, now_s=NOW_S)
    assert sunny.get(sunny.resource, If_None_Match=first.headers["ETag"]).status_code == 200


def test_a_revocation_closes_every_address_at_once(sunny: Application) -> None:
    point = hrefs(entries(sunny.feed(), "UsagePoint")[0], "self")[0]
    with sunny.database.write() as conn:
        mine = grants.authorization(conn, sunny.granted.id)
        sharing.end(conn, mine, "customer", settings=sunny.settings, actor=sunny.home.ada)
    for href in (sunny.resource, point, f"{sunny.settings.resource_url}/ReadingType"):
        answer = sunny.get(href)
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_the_pages_of_people_are_not_mounted_there(sunny: Application) -> None:
    answer = sunny.get(f"{sunny.settings.resource_url}/login")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+xml")
    assert sunny.get("https://localhost/healthz").status_code == 200
