"""A third party that would rather ask than be told: it gets each change and each event once, corrections included."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask

from espi import jobs
from espi.app import create_app
from espi.clock import DAY_S, Clock, day_date, instant_s, zone
from espi.config import Settings
from espi.delivery import handlers
from espi.formats import lse
from espi.intake.load import load_file
from espi.store import grants
from espi.store.database import Database
from tests import databases, factories, market_world
from tests.factories import NOW_S, TODAY
from tests.market_world import FLAT, HOME, World

CHICAGO = zone(factories.ZONE)
LATER_S = NOW_S + 5 * DAY_S
"""When the files come: days after those that are there already."""
assert handlers, "what must be told of a file is told by a handler of this layer"


@dataclass
class Market:
    """A server, the utility's files that come in, and clients with a cursor each."""

    settings: Settings
    database: Database
    world: World
    app: Flask
    sent: int = 0
    cursors: dict[tuple[str, str], int] = field(default_factory=dict)

    def send(self, *days: tuple[str, int], wh: int) -> None:
        """A file of days of load, each quarter hour so many Wh, sent an hour after the one before."""
        self.sent += 1
        sent_s = LATER_S + 3600 * self.sent
        here = replace(self.settings, clock=Clock(fixed_s=sent_s))
        text = b"".join(
            b"".join(lse.write(esiid, CHICAGO, [factories.block(0, day, values=[wh] * 96)], sent_s))
            for esiid, day in days
        )
        name = lse.file_name(factories.DUNS, CHICAGO.local(sent_s), self.sent)
        report = load_file(self.database, io.BytesIO(text), name, settings=here)
        assert report.exit_code == 0
        jobs.run_due(jobs.Context(here, self.database))

    def poll(self, who: str, path: str, kind: str, limit: int = 2) -> list[Any]:
        """All that is new since this client asked last."""
        found: list[Any] = []
        while True:
            after = self.cursors.get((who, path), 0)
            answer = market_world.call(self.app, "GET", f"{path}?after={after}&limit={limit}", self.world.tokens[who])
            assert answer.status_code == 200, answer.text
            page = answer.get_json()
            self.cursors[who, path] = page["next"]
            found += page[kind]
            if not page.get("more", bool(page[kind])):
                return found

    def changes(self, who: str) -> list[tuple[str, bool]]:
        return [(each["day"], each["corrected"]) for each in self.poll(who, "/changes", "changes")]


@pytest.fixture
def market(settings: Settings) -> Iterator[Market]:
    database = databases.empty(settings.home)
    world = market_world.make(database)
    with database.write() as conn:
        grants.change_third_party(conn, world.numbers["minds"], now_s=NOW_S, content={"scope": [market_world.SCOPE]})
    later = replace(settings, clock=Clock(fixed_s=NOW_S + 1800))
    yield Market(settings, database, world, create_app(later, database=database))
    database.close()


def text(day: int) -> str:
    return str(day_date(day))


def test_each_change_comes_once_corrections_included(market: Market) -> None:
    market.send((HOME, TODAY), (HOME, TODAY + 1), wh=100)
    assert market.changes("ada") == [(text(TODAY), False), (text(TODAY + 1), False)]
    assert market.changes("ada") == []
    market.send((HOME, TODAY), wh=120)
    market.send((HOME, TODAY + 2), wh=100)
    assert market.changes("ada") == [(text(TODAY), True), (text(TODAY + 2), False)]
    assert market.changes("ada") == []


def test_each_sees_what_changed_of_its_own(market: Market) -> None:
    market.send((HOME, TODAY), wh=100)
    market.send((FLAT, TODAY + 1), wh=100)
    seen = {who: market.changes(who) for who in ("ada", "minds", "other", "rep")}
    both = [(text(TODAY), False), (text(TODAY + 1), False)]
    assert seen == {"ada": both[:1], "minds": both, "other": [], "rep": both}


def test_a_change_names_the_block_in_the_subscription_that_opens_it(market: Market) -> None:
    market.send((HOME, TODAY), wh=100)
    (of_grant,) = market.poll("ada", "/changes", "changes")
    (of_client,) = market.poll("minds", "/changes", "changes")
    assert of_grant == of_client
    scope = f"{market.settings.resource_url}/Subscription/{market.world.numbers['subscription']}"
    point = f"{scope}/UsagePoint/{of_grant['usage_point']}/MeterReading/{of_grant['meter_reading']}"
    assert of_grant["href"].startswith(f"{point}/IntervalBlock/")
    assert of_grant["usage_point"] == market.world.numbers["home_path"]
    assert instant_s(of_grant["updated"]) == LATER_S + 3600


def test_events_tell_of_new_and_corrected_data_once(market: Market) -> None:
    market.poll("minds", "/events", "events")
    market.send((HOME, TODAY), wh=100)
    market.send((HOME, TODAY), wh=120)
    told = market.poll("minds", "/events", "events", limit=1)
    assert [each["kind"] for each in told] == ["usage.new", "usage.corrected"]
    assert all("updated-min=" in each["resources"][0] for each in told)
    assert market.poll("minds", "/events", "events") == []
    assert market.poll("other", "/events", "events") == []


def test_what_is_ended_is_not_told_of_any_more(market: Market) -> None:
    path = f"/authorizations/{market.world.numbers['grant_path']}"
    assert market_world.call(market.app, "DELETE", path, market.world.tokens["minds"]).status_code == 200
    market.send((HOME, TODAY), wh=100)
    assert market.changes("minds") == []
    assert [each["kind"] for each in market.poll("minds", "/events", "events")][-1] == "authorization.ended"
