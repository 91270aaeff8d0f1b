"""The consent page and scope selection in a browser: they fit phone and desk, and axe finds nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from espi.clock import FOREVER
from espi.store import directory, parties
from espi.web.site import EXTENSION
from tests import factories
from tests.browser.test_pages import faults, fits, log_in, page_of
from tests.journeys.conftest import World
from tests.journeys.test_connecting import PERSONAL, Wattwise, wattwise

__all__ = ["wattwise"]

pytestmark = pytest.mark.browser

WIDTHS = (390, 1440)


@pytest.fixture
def second_meter(app: Flask, world: World) -> None:
    """Ada has a barn too."""
    with app.extensions[EXTENSION].database.write() as conn:
        utility = directory.utility_by_duns(conn, factories.DUNS)
        assert utility is not None
        barn = directory.add_usage_point(conn, utility.id, "10443720000000555", now_s=factories.NOW_S, title="Barn")
        ada = parties.has_customer(conn, 2)
        assert ada
        directory.add_tenancy(conn, barn, 2, factories.TODAY - 10, FOREVER)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_and_read_well(
    browser: Browser,
    served: str,
    second_meter: None,
    wattwise: Wattwise,
    tmp_path: Path,
    language: str,
    scheme: str,
) -> None:
    addresses = {
        "consent": wattwise.address(scope=PERSONAL),
        "list": "/third-parties",
        "selection": f"/third-parties/scope-selection?ThirdPartyID={wattwise.client_id}",
        "refused": wattwise.address(client_id="nobody"),
    }
    with page_of(browser) as (page, complaints):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        log_in(page, served, language)
        for name, address in addresses.items():
            complaints.clear()
            page.goto(served + address)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=tmp_path / f"{name}-{width}-{language}-{scheme}.png", full_page=True)
                assert (name, width, fits(page), faults(page)) == (name, width, True, [])
            if name == "consent":
                assert complaints == []


def test_yes_and_no_look_alike_and_the_answer_reaches_the_third_party(
    browser: Browser, served: str, wattwise: Wattwise
) -> None:
    """Without scripts, and with the browser holding the page to its policy about where forms may lead."""
    with page_of(browser, script=False) as (page, complaints):
        log_in(page, served, "en")
        page.goto(served + wattwise.address())
        looks = [
            page.locator(f"button[value={answer}]").evaluate(
                "each => [getComputedStyle(each).backgroundColor, getComputedStyle(each).color,"
                " getComputedStyle(each).fontSize, each.offsetHeight]"
            )
            for answer in ("yes", "no")
        ]
        assert looks[0] == looks[1]
        page.route("https://wattwise.example/**", lambda route: route.fulfill(status=200, body="thanks"))
        complaints.clear()
        page.click("text=Yes, share it")
        page.wait_for_url("https://wattwise.example/**")
        assert "code=" in page.url
        assert not [each for each in complaints if "form-action" in each]
    assert len(wattwise.grants()) == 1
