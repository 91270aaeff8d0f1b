"""The page about completeness, and what a customer is told of a silent meter, in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.browser.test_pages import faults, fits, page_of
from tests.journeys.conftest import PASSWORD, World
from tests.journeys.test_watching_completeness import counted

pytestmark = pytest.mark.browser
__all__ = ["counted"]


def log_in(page: Page, served: str, who: str, language: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{served}/login?language={language}")
    page.fill("#login", who)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(f"{served}/**")


@pytest.mark.parametrize(("width", "language"), [(390, "es"), (1440, "en"), (390, "en"), (1440, "es")])
def test_the_pages_fit_and_read_well(
    browser: Browser, counted: Flask, served: str, world: World, tmp_path: Path, width: int, language: str
) -> None:
    places = {"clerk": ["/completeness"], "ada": ["/", f"/usage/{world.home}"], "regulator": ["/completeness"]}
    with page_of(browser, width=width) as (page, complaints):
        for who, addresses in places.items():
            log_in(page, served, who, language)
            for place, address in enumerate(addresses):
                page.goto(served + address)
                page.screenshot(path=tmp_path / f"{who}-{place}-{width}-{language}.png", full_page=True)
                assert (address, fits(page), faults(page)) == (address, True, [])
        assert complaints == []
