"""What only a browser can tell: that pages fit, read well to machines that help people, and obey their own policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from espi.clock import day_date
from tests.journeys.conftest import MIXED_DAY, PASSWORD, World

Scheme = Literal["light", "dark"]

pytestmark = pytest.mark.browser

WIDTHS = (360, 768, 1440)
SCHEMES: tuple[Scheme, ...] = ("light", "dark", "light")
PAGE_LIMIT_BYTES = 200_000
ANSWERS = {"en": ("Yesterday", "Log in"), "es": ("Ayer", "Iniciar sesión")}


LEFT = "net::ERR_ABORTED"
"""What a browser says of a request that it gave up because it went to another page."""


@contextmanager
def page_of(
    browser: Browser,
    *,
    width: int = 1440,
    scheme: Literal["light", "dark"] = "light",
    language: str = "en-US",
    script: bool = True,
) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what the browser complains about: its console, scripts, and requests that fail or leave the site."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        locale="en-US",
        ignore_https_errors=True,
        java_script_enabled=script,
        reduced_motion="reduce",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.extend([] if request.failure == LEFT else [request.url]))
    page.on("request", lambda request: complaints.extend([] if "//127.0.0.1:" in request.url else [request.url]))
    try:
        yield page, complaints
    finally:
        context.close()


def log_in(page: Page, served: str, language: str = "en") -> None:
    page.goto(f"{served}/login?language={language}")
    page.fill("#login", "ada")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(f"{served}/")


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def faults(page: Page) -> list[str]:
    """What axe finds."""
    found = Axe().run(page)
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found.response["violations"]]


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_fits_every_screen_and_reads_well(
    browser: Browser, served: str, world: World, tmp_path: Path, language: str
) -> None:
    addresses = {
        "home": "/",
        "day": f"/usage/{world.home}?date={day_date(MIXED_DAY)}&compare=1",
        "month": f"/usage/{world.home}?period=month",
        "year": f"/usage/{world.home}?period=year&compare=1",
        "hours": f"/usage/{world.home}/year",
        "now": f"/usage/{world.home}/now",
        "alerts": "/alerts",
        "outside": f"/usage/{world.home}?date=2025-02-01",
        "missing": "/usage/1",
        "search": "/usage-points",
    }
    with page_of(browser) as (page, complaints):
        page.goto(f"{served}/login?language={language}")
        assert ANSWERS[language][1] in page.inner_text("main")
        _look(page, tmp_path, "login")
        log_in(page, served, language)
        assert ANSWERS[language][0] in page.inner_text("main")
        for name, address in addresses.items():
            complaints.clear()
            answer = page.goto(served + address)
            assert answer
            assert len(answer.body()) < PAGE_LIMIT_BYTES
            _look(page, tmp_path, name)
            assert [each for each in complaints if "404" not in each] == []


def _look(page: Page, folder: Path, name: str) -> None:
    """Look at a page as phone, tablet and desk show it, by day and by night, with everything on it unfolded."""
    for width, scheme in zip(WIDTHS, SCHEMES, strict=True):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
        assert (name, width, fits(page)) == (name, width, True)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    looks: tuple[tuple[int, Scheme], ...] = ((WIDTHS[0], "light"), (WIDTHS[-1], "dark"))
    for width, scheme in looks:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert (name, width, fits(page), faults(page)) == (name, width, True, [])


def test_with_scripts_off_one_can_log_in_look_and_download(browser: Browser, served: str, world: World) -> None:
    with page_of(browser, script=False) as (page, complaints):
        log_in(page, served)
        assert page.locator("svg.chart g").count() == 96
        page.click(".segments >> text=Month")
        assert page.locator("svg.chart g").count() == 30
        page.click("text=The last 30 days")
        with page.expect_download() as taken:
            page.click("main button:has-text('Download My Data')")
        assert taken.value.suggested_filename.endswith("-20250615.xml")
        assert Path(taken.value.path()).read_bytes().startswith(b"<?xml")
        assert [each for each in complaints if "/download" not in each] == []


def test_one_can_go_from_the_login_to_a_file_by_keyboard_alone(browser: Browser, served: str, world: World) -> None:
    with page_of(browser) as (page, _complaints):
        page.goto(f"{served}/login")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.focus("#login")
        page.keyboard.type("ada")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{served}/")
        _tab_to(page, "Download My Data")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
        with page.expect_download() as taken:
            page.keyboard.press("Enter")
        assert taken.value.suggested_filename.endswith(".xml")


def _tab_to(page: Page, text: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") == text:
            return
    raise AssertionError(f"the keyboard does not reach {text!r}")


def test_at_four_times_the_size_nothing_is_lost(browser: Browser, served: str, world: World) -> None:
    with page_of(browser, width=320) as (page, _complaints):
        log_in(page, served)
        page.goto(f"{served}/usage/{world.home}")
        assert fits(page)
