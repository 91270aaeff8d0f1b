"""A file comes in; the application is told where to look; what it finds there is exactly what the file changed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from lxml import etree

from espi import jobs
from espi.api import Mount, make
from espi.clock import day_date, zone
from espi.delivery import handlers
from espi.intake.load import load_file
from espi.jobs import Context
from espi.store import directory, grants
from tests import custodian, factories
from tests.custodian import Custodian
from tests.factories import DUNS, TODAY
from tests.listener import Listener, listening
from tests.unit.intake.lse_samples import block_text

ESPI = "{http://naesb.org/espi}"


@dataclass
class Market:
    """A custodian, an application that listens, and the time."""

    custodian: Custodian
    listener: Listener
    files: int = 0

    def load(self, *readings: tuple[int, int], wh: int) -> None:
        """A file an hour later with days of readings, each of a usage point by its place and a day."""
        self.files += 1
        here = self.custodian
        settings = custodian.later(here.settings, 600)
        self.custodian = replace(here, settings=settings, app=Mount(Flask("elsewhere"), make(settings, here.database)))
        with here.database.read() as conn:
            reach = factories.reach_of_utility(here.utility)
            known = {one.id: one.esiid for one in directory.usage_points(conn, reach)}
        esiids = [known[point] for point in here.points]
        text = "".join(
            block_text(
                esiids[place],
                f"{day_date(day):%Y%m%d}",
                values=[f"0.{wh:03d}"] * 96,
                sent=f"2025061612{self.files:02d}00",
            )
            for place, day in readings
        )
        name = f"{DUNS}IntervalData2025061612{self.files:02d}00001.lse"
        load_file(here.database, io.BytesIO(text.encode()), name, settings=settings)

    def told(self) -> list[str]:
        """The addresses that were posted since the last time, after what is due was done."""
        assert handlers.kinds()
        self.listener.posted.clear()
        jobs.run_due(Context(self.custodian.settings, self.custodian.database))
        return [etree.fromstring(posted.body).findtext(f"{ESPI}resources") or "" for posted in self.listener.posted]

    def days(self, uri: str, token: str) -> dict[int, set[int]]:
        """The values of each day's readings that an address gives."""
        answer = self.custodian.get(uri.removeprefix(self.custodian.settings.resource_url), token)
        assert answer.status_code == 200, answer.text
        local = zone(factories.ZONE)
        found: dict[int, set[int]] = {}
        for reading in etree.fromstring(answer.data).iter(f"{ESPI}IntervalReading"):
            start = int(reading.findtext(f"{ESPI}timePeriod/{ESPI}start") or 0)
            found.setdefault(local.day_of(start), set()).add(int(reading.findtext(f"{ESPI}value") or 0))
        return found


@pytest.fixture
def market(loopback: None, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    filled = custodian.fill(tmp_path_factory.mktemp("filled"))
    base = custodian.settings_of(tmp_path)
    with (
        listening(base, tmp_path_factory.mktemp("listener")) as listener,
        custodian.opened(filled, tmp_path, trust_ca=listener.authority) as opened,
    ):
        with opened.database.write() as conn:
            content = {**opened.sunny.content, "thirdPartyNotifyUri": f"{listener.url}/notify"}
            grants.change_third_party(conn, opened.sunny.id, content=content, now_s=factories.NOW_S)
        found = Market(opened, listener)
        found.told()
        yield found


def test_new_and_corrected_days_are_told_and_fetched_and_nothing_else(market: Market) -> None:
    ada, grace = market.custodian.grant.subscription_path_id, market.custodian.second.subscription_path_id
    market.load((0, TODAY - 30), (0, TODAY - 3), wh=555)
    (uri,) = market.told()
    assert f"/Batch/Subscription/{ada}?updated-min=" in uri
    assert market.days(uri, "A") == {TODAY - 30: {555}, TODAY - 3: {555}}
    market.load((0, TODAY - 3), (1, TODAY - 1), wh=777)
    first, second = market.told()
    assert f"/{ada}?" in first
    assert f"/{grace}?" in second
    assert market.days(first, "A") == {TODAY - 3: {777}}
    assert market.days(second, "A2") == {TODAY - 1: {777}}
    assert market.told() == []


def test_who_has_taken_his_consent_back_is_told_of_no_more(market: Market) -> None:
    with market.custodian.database.write() as conn:
        grants.set_authorization_status(conn, market.custodian.grant.id, grants.REVOKED, now_s=factories.NOW_S)
    market.load((0, TODAY - 3), wh=555)
    assert market.told() == []
