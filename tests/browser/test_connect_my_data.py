"""Connect My Data from end to end, in a browser: consent, data, news after a new file, and the end of it."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from espi.clock import zone
from espi.config import Settings
from espi.formats import lse
from espi.intake import load
from espi.store import clients, exchanges, grants, tokens
from tests import factories
from tests.browser.running import WAIT_S, Custodian, custodian, example
from tests.browser.test_pages import page_of
from tests.factories import TODAY
from tests.journeys.conftest import PASSWORD, World

pytestmark = pytest.mark.browser

NEW_DAY = TODAY
"""The first day that the world knows nothing of."""


@pytest.fixture
def served(world: World, settings: Settings, certificate: Path) -> Iterator[Custodian]:
    with custodian(world, settings, certificate) as found:
        yield found


@pytest.fixture
def app_address(served: Custodian, certificate: Path, tmp_path: Path) -> Iterator[str]:
    with example(served, certificate, tmp_path) as address:
        yield address


def send_file(served: Custodian, world: World, value: int = 500) -> None:
    """The utility sends a new day of Ada's home."""
    now_s, where = served.settings.clock.now_s(), zone(factories.ZONE)
    day = factories.block(0, NEW_DAY, values=[value] * 96, sent_s=now_s)
    text = b"".join(lse.write(world.home_esiid, where, [day], now_s))
    name = lse.file_name(factories.DUNS, where.local(now_s).replace(tzinfo=None), 1)
    report = load.load_file(served.database, io.BytesIO(text), name, settings=served.settings)
    assert report.counts.loaded == 1


def make_it_hard(served: Custodian) -> None:
    """The app's token is too old, and the first call with a good one is answered with 202."""
    with served.database.write() as conn:
        third_party = grants.third_party_by_name(conn, "Kilowatt Window")
        assert third_party
        for grant in grants.authorizations_of(conn, third_party.id):
            tokens.expire_authorization_tokens(conn, grant.id, served.settings.clock.now_s())
        for client in clients.clients_of(conn, "third_party", third_party.id):
            exchanges.set_fault(conn, client, 202, 1)


def timeline(page: Page, address: str, wanted: str) -> str:
    """The app's timeline, once it says what is waited for."""
    deadline = time.monotonic() + WAIT_S
    told = ""
    while time.monotonic() < deadline:
        page.goto(address)
        told = page.inner_text(".timeline")
        if re.search(wanted, told):
            return told
        time.sleep(0.2)
    raise AssertionError(f"{wanted!r} did not happen: {told}")


def log_in(page: Page) -> None:
    page.fill("#login", "ada")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")


def test_a_customer_connects_an_app_which_follows_her_readings_until_she_ends_it(
    browser: Browser, served: Custodian, app_address: str, world: World, tmp_path: Path
) -> None:
    with page_of(browser) as (page, complaints):
        page.goto(app_address)
        page.click("text=Start at your utility")
        log_in(page)
        page.screenshot(path=tmp_path / "scopes.png", full_page=True)
        page.click("text=Go to Kilowatt Window")
        page.wait_for_url(f"{app_address}/scopes**")
        page.check("text=Power I used and sent back")
        page.click("text=Connect my utility")
        page.wait_for_url(f"{served.base}/oauth/authorize**")
        page.screenshot(path=tmp_path / "consent.png", full_page=True)
        page.click("text=Yes, share it")
        page.wait_for_url(f"{app_address}/")
        assert "Connection 1: active" in page.inner_text("main")
        assert page.locator("svg.bars").count() == 4
        assert page.locator("svg.bars").first.locator("rect").count() == 60
        page.screenshot(path=tmp_path / "connected.png", full_page=True)

        send_file(served, world)
        told = timeline(page, app_address, r"Fetched 96 readings .* 1 days new, 0 changed")
        assert "Notified of Batch/Subscription/" in told
        assert "updated-min=" in told
        page.screenshot(path=tmp_path / "news.png", full_page=True)

        make_it_hard(served)
        page.click("text=Fetch all again")
        told = page.inner_text(".timeline")
        assert "Not ready yet: 202. Asking again in 2 s." in told
        assert "The access token does not count any more: 401. Refreshing it." in told
        assert "0 days new, 0 changed" in told

        page.goto(f"{served.base}/apps")
        page.screenshot(path=tmp_path / "apps.png", full_page=True)
        page.click("text=Stop sharing with Kilowatt Window")
        timeline(page, app_address, r"The authorization of a customer is ended")
        page.click("text=Fetch all again")
        assert re.search(r"401: the customer ended the connection", page.inner_text(".timeline"))
        assert "ended by the customer" in page.inner_text("main")
        page.screenshot(path=tmp_path / "ended.png", full_page=True)
        assert [each for each in complaints if "/static/" not in each] == []


def test_a_customer_says_no_and_nothing_is_shared(browser: Browser, served: Custodian, app_address: str) -> None:
    with page_of(browser) as (page, complaints):
        page.goto(app_address)
        page.click("text=Connect my utility")
        log_in(page)
        page.click("text=No, share nothing")
        page.wait_for_url(f"{app_address}/")
        assert "the answer is access_denied" in page.inner_text(".timeline")
        assert page.locator("section.connection").count() == 0
        assert [each for each in complaints if "/static/" not in each] == []
