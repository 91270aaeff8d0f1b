"""The developers' pages in a browser: they fit phone and desk, axe finds nothing, and they work without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from espi.app import create_app
from espi.config import Settings
from espi.store import exchanges
from espi.store.database import Database
from espi.store.exchanges import Exchange
from tests import databases
from tests.browser.test_pages import faults, fits, page_of
from tests.factories import NOW_S
from tests.journeys.conftest import Reader, World
from tests.journeys.test_developing import FIELDS, client_of, granted, site

pytestmark = pytest.mark.browser

WIDTHS = (390, 1440)


@pytest.fixture
def app(world: World, settings: Settings) -> Iterator[Flask]:
    """The server over a copy of the world, with a sandbox."""
    databases.restore(world.saved, settings.home).close()
    database = Database(settings.database_url)
    yield create_app(replace(settings, sandbox=True, notify_private=True), database=database)
    database.close()


def look(page: Page, folder: Path, name: str) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        assert (name, width, fits(page), faults(page)) == (name, width, True, [])


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("es", "dark")])
def test_the_pages_fit_and_read_well(
    browser: Browser, served: str, app: Flask, tmp_path: Path, language: str, scheme: str
) -> None:
    with page_of(browser) as (page, complaints):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{served}/developers?language={language}")
        look(page, tmp_path, "start")
        for name, value in FIELDS.items():
            page.fill(f"#{name}", value)
        page.click("main button[type=submit]")
        look(page, tmp_path, "made")
        reader = Reader(app)
        grant, client = granted(reader), client_of(reader)
        call = Exchange(
            client.id, "0123456789abcdef", NOW_S, "GET", "/espi/1_1/resource/Batch/Bulk/<b>", 403, "c", "No."
        )
        exchanges.note(site(reader).database, client, call)
        page.click("main a[href='/developers/console']")
        look(page, tmp_path, "console")
        assert str(grant.subscription_path_id) in page.inner_text("main")
        page.goto(f"{served}/company/calls")
        look(page, tmp_path, "calls")
        assert "0123456789abcdef" in page.inner_text("#calls")
        assert [each for each in complaints if "/static/" not in each] == []


def test_everything_can_be_tried_without_scripts(browser: Browser, served: str, app: Flask) -> None:
    with page_of(browser, script=False) as (page, _complaints):
        page.goto(f"{served}/developers")
        for name, value in FIELDS.items():
            page.fill(f"#{name}", value)
        page.click("main button[type=submit]")
        granted(Reader(app))
        for button, said in (
            ("Notify my app", "on its way"),
            ("Let calls fail", "as you wished"),
            ("Correct the last day", "sent again with other values"),
            ("Let its token expire", "too old from now on"),
            ("End it as the customer would", "has ended"),
        ):
            page.goto(f"{served}/developers/console")
            page.click(f"text={button}")
            assert said in page.inner_text("[role=status]")
