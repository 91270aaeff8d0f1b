"""Invitations and apps in a browser: they fit phone and desk, axe finds nothing, and they work without scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.browser.test_pages import faults, fits, log_in, page_of
from tests.journeys.conftest import World
from tests.journeys.test_inviting import Story, story
from tests.journeys.test_sharing import Shared, shared

__all__ = ["Shared", "Story", "shared", "story"]

pytestmark = pytest.mark.browser

WIDTHS = (390, 1440)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_and_read_well(
    browser: Browser,
    served: str,
    world: World,
    app: Flask,
    story: Story,
    shared: Shared,
    tmp_path: Path,
    language: str,
    scheme: str,
) -> None:
    shared.read()
    link = story.invite()
    addresses = {"invitation": link, "apps": "/apps", "app": shared.page}
    with page_of(browser) as (page, complaints):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{served}{link}?language={language}")
        for name, address in addresses.items():
            if name == "apps":
                log_in(page, served, language)
            complaints.clear()
            page.goto(served + address)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=tmp_path / f"{name}-{width}-{language}-{scheme}.png", full_page=True)
                assert (name, width, fits(page), faults(page)) == (name, width, True, [])
            assert [each for each in complaints if not each.startswith(served)] == []


def test_yes_and_no_look_alike(browser: Browser, served: str, world: World, story: Story) -> None:
    with page_of(browser, script=False) as (page, _complaints):
        page.goto(served + story.invite())
        looks = [
            page.locator(f"button[value={answer}]").evaluate(
                "each => [getComputedStyle(each).backgroundColor, getComputedStyle(each).color,"
                " getComputedStyle(each).fontSize, each.offsetHeight]"
            )
            for answer in ("yes", "no")
        ]
        assert looks[0] == looks[1]


def test_an_invitation_is_accepted_and_ended_without_scripts(
    browser: Browser, served: str, world: World, story: Story
) -> None:
    with page_of(browser, script=False) as (page, _complaints):
        page.goto(served + story.invite())
        page.fill("#meter", "5673")
        page.click("text=Yes, share it")
        assert "can see your energy data now" in page.inner_text("main")
        page.goto(served + story.mailed())
        page.fill("#meter", "5673")
        page.click("text=Stop sharing now")
        assert "cannot see your energy data any more" in page.inner_text("main")
    assert [one.status for one in story.granted] == [0]
