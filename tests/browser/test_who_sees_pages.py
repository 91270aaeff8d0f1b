"""Who can see my data, in a browser: an invitation on a phone, the end of all access, a token that reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.test_pages import faults, fits, log_in, page_of
from tests.journeys.conftest import PASSWORD, World
from tests.journeys.test_inviting import Story, story
from tests.journeys.test_sharing import Shared, shared

__all__ = ["Shared", "Story", "shared", "story"]

pytestmark = pytest.mark.browser

WIDTHS = (360, 768, 1440)
PHONE = 390


def look(page: Page, folder: Path, name: str) -> None:
    """Look at a page as phone, tablet and desk show it, and let axe look, with everything on it unfolded."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        assert (name, width, fits(page)) == (name, width, True)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    assert (name, fits(page), faults(page)) == (name, True, [])


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_pages_fit_and_read_well(
    browser: Browser, served: str, world: World, story: Story, shared: Shared, tmp_path: Path, language: str
) -> None:
    shared.read()
    story.invite(story.ada_esiid)
    with page_of(browser) as (page, complaints):
        log_in(page, served, language)
        page.goto(f"{served}/own-tokens")
        page.fill("#name", "Home Assistant")
        page.fill("#password", PASSWORD)
        complaints.clear()
        page.click("main form.stacked button")
        look(page, tmp_path, f"made-{language}")
        addresses = {
            "apps": "/apps",
            "end": "/apps/end",
            "log": "/access-log?who=all",
            "tokens": "/own-tokens",
            "invitation": f"/invitations/mine/{story.invitation.number}",
        }
        for name, address in addresses.items():
            page.goto(served + address)
            look(page, tmp_path, f"{name}-{language}")
        assert complaints == []


def test_an_invitation_is_accepted_on_a_phone_with_a_sample_before_and_all_ended_after(
    browser: Browser, served: str, world: World, story: Story, shared: Shared
) -> None:
    story.invite(story.ada_esiid)
    with page_of(browser, width=PHONE, script=False) as (page, _complaints):
        log_in(page, served)
        page.goto(f"{served}/apps")
        assert "Waits for your answer" in page.inner_text("main")
        page.click("text=See what Sunny would get")
        sample = page.inner_text(".sampled")
        assert "12 Analytical Way" in sample
        assert "kWh" in sample
        assert page.locator(".sampled .spark rect").count() >= 96
        page.click("text=Yes, share it")
        assert "Sunny can see your energy data now" in page.inner_text("main")
        page.click("text=Who can see my data >> nth=-1")
        assert "Waits for your answer" not in page.inner_text("main")
        page.click("text=Stop sharing with all of them")
        told = page.inner_text("main")
        for said in ("Moony", "Sunny", "at once", "within a minute", "stays with it", "a receipt for each"):
            assert said in told, said
        page.click("text=Yes, stop all of it")
        assert "All ended." in page.inner_text("main")
        assert page.locator("text=You ended it").count() == 2
    assert [one.status for one in story.granted] == [0]
    assert shared.now.status == 0


def test_a_token_is_made_and_reads_what_the_page_says(browser: Browser, served: str, world: World) -> None:
    with page_of(browser, width=PHONE, script=False) as (page, _complaints):
        log_in(page, served)
        page.goto(f"{served}/apps")
        page.click("text=Tokens for my own programs")
        page.fill("#name", "My script")
        page.fill("#password", PASSWORD)
        page.click("main form.stacked button")
        token = page.inner_text("pre.code >> nth=0").strip()
        answer = page.request.get(
            f"{served}/api/v1/usage-points/{world.home}/readings?series=daily",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status == 200
        assert len(json.loads(answer.body())["usage_points"][0]["channels"]) == 2
        page.goto(f"{served}/own-tokens")
        assert token not in page.content()
        page.click("text=What they have read")
        assert "Your own program: My script" in page.inner_text("main")
        page.goto(f"{served}/own-tokens")
        page.click("text=End the token of My script")
        assert "that token opens nothing" in page.inner_text("main")
        again = page.request.get(f"{served}/api/v1/usage-points", headers={"Authorization": f"Bearer {token}"})
        assert again.status == 401
