"""The help and the tour as a browser shows them: in three widths, both languages, by day and by night, and on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.test_pages import PAGE_LIMIT_BYTES, _look, log_in, page_of
from tests.journeys.conftest import World

pytestmark = pytest.mark.browser

ADDRESSES = {
    "en": {"found": "/help?q=solar", "nothing": "/help?q=qwxyz", "article": "/help/chart"},
    "es": {"help": "/help", "tour": "/tour?step=3"},
}


@pytest.mark.parametrize("language", ["en", "es"])
def test_help_and_tour_fit_every_screen_and_read_well(
    browser: Browser, served: str, world: World, tmp_path: Path, language: str
) -> None:
    with page_of(browser) as (page, complaints):
        log_in(page, served, language)
        for name, address in ADDRESSES[language].items():
            answer = page.goto(served + address)
            assert answer
            assert len(answer.body()) < PAGE_LIMIT_BYTES
            _look(page, tmp_path, name)
        assert complaints == []


def test_the_question_mark_opens_the_help_of_the_page_and_a_guide_prints_without_menus(
    browser: Browser, served: str, world: World
) -> None:
    with page_of(browser, width=360, script=False) as (page, _complaints):
        log_in(page, served)
        page.click("a.ask")
        assert page.is_visible("#page-help a:has-text('Read your chart')")
        page.click("#page-help a:has-text('Read your chart')")
        assert page.is_visible("#bar")
        page.emulate_media(media="print")
        assert page.is_visible("#bar")
        assert not page.is_visible(".menu")
        assert not page.is_visible(".parts")
