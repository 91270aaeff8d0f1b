"""A utility's desk in a browser: it repairs a refused file, and its pages fit, read well and keep their policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from espi.clock import day_date, instant_text
from espi.intake import completeness
from espi.store import directory, vee
from espi.store.vee import Result
from espi.web.site import EXTENSION
from tests.browser.test_completeness_page import log_in
from tests.browser.test_pages import faults, fits, page_of
from tests.factories import DUNS, NOW_S, TODAY
from tests.journeys.conftest import Reader, World
from tests.journeys.test_tdsp_brand import change
from tests.journeys.test_tdsp_files import FLAT, STRANGER, clerk, day_of, named, work
from tests.unit.portal.test_png import picture

pytestmark = pytest.mark.browser
__all__ = ["clerk"]

LOOKS = {"en": (360, "light"), "es": (1440, "dark")}
"""Width and scheme by language."""


@pytest.fixture
def night(app: Flask, world: World) -> Flask:
    """The flat's last day is still to come; what is there is counted."""
    with app.extensions[EXTENSION].database.write() as conn:
        (utility,) = directory.utilities(conn)
        completeness.count_days(conn, utility, range(TODAY - 14, TODAY + 1), NOW_S)
        home = directory.usage_point_ids(conn, utility.id, [world.home_esiid])[world.home_esiid]
        vee.put_results(conn, [Result(TODAY - day, home, 4, 8, day, None, NOW_S) for day in (1, 2, 3)])
    return app


def send(page: Page, served: str, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    page.goto(f"{served}/tdsp/files")
    page.set_input_files("#file", path)
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{served}/tdsp/files/s*")


def test_a_utility_repairs_a_refused_file(browser: Browser, night: Flask, served: str, tmp_path: Path) -> None:
    bad = day_of(FLAT, TODAY - 1).replace(b"235959", b"120000") + day_of(STRANGER, TODAY - 1)
    with page_of(browser, script=False, width=390) as (page, complaints):
        log_in(page, served, "clerk", "en")
        assert page.url.endswith("/tdsp")
        send(page, served, tmp_path / named(1), bad)
        work(night)
        page.click("text=Look again")
        assert "It is not a full day." in page.inner_text("main")
        send(page, served, tmp_path / named(2), day_of(FLAT, TODAY - 1))
        work(night)
        page.click("text=Look again")
        assert "Everything in it was accepted." in page.inner_text("main")
        with page.expect_download() as coming:
            page.click("text=Download the response file")
        assert coming.value.suggested_filename == f"{named(2)}.response.csv"
        assert "00,,,,," in Path(coming.value.path()).read_text("utf-8")
        page.click(".menu >> text=Unknown meters")
        page.click("text=Add it and load what waits")
        assert "1 meter-day that waited for it is loaded." in page.inner_text("main")
        work(night)
        page.goto(f"{served}/completeness?from={day_date(TODAY - 1)}&to={day_date(TODAY - 1)}")
        assert "100.00%" in page.inner_text("main")
        assert complaints == []


def test_every_page_fits_and_reads_well(
    browser: Browser, night: Flask, served: str, world: World, clerk: Reader, tmp_path: Path
) -> None:
    _fill(browser, night, served, tmp_path)
    assert change(clerk, picture()).status_code == 303
    about = ("/tdsp", "/tdsp/files", "/tdsp/files/s1", "/tdsp/files/s2", "/tdsp/parked", "/tdsp/validation/8")
    further = ("/tdsp/validation", "/tdsp/events", f"/tdsp/events/{world.neighbour}", "/tdsp/brand", "/completeness")
    with page_of(browser) as (page, complaints):
        for language, (width, scheme) in LOOKS.items():
            log_in(page, served, "clerk", language)
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            for place, address in enumerate((*about, *further)):
                page.goto(served + address)
                page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
                page.screenshot(path=tmp_path / f"{place}-{language}.png", full_page=True)
                assert (address, width, fits(page)) == (address, width, True)
                if language == "en" or place in (0, 8, 9):
                    assert (address, width, faults(page)) == (address, width, [])
        log_in(page, served, "ada", "es")
        page.goto(f"{served}/account")
        page.screenshot(path=tmp_path / "customer.png")
        assert "¿Sin luz?" in page.inner_text("footer")
        assert (fits(page), faults(page), complaints) == (True, [], [])


def _fill(browser: Browser, app: Flask, served: str, folder: Path) -> None:
    """A file with a refused day and an unknown meter, one that is refused whole, and market events."""
    sent = instant_text(NOW_S - 60)
    events = [
        "EVENT_ID,SENT,ESIID,EVENT,FROM,UNTIL,METER",
        f"E1,{sent},{FLAT},meter-exchange,2025-04-01,,M-7",
        f"E2,{sent},{FLAT},de-energize,2025-05-01,,",
        f"E3,{sent},{FLAT},energize,2025-05-10,,",
        f"E4,{sent},{STRANGER},de-energize,2025-05-01,,",
        f"E5,{sent},{FLAT},move-out,2020-01-01,,",
    ]
    files = (
        (named(1), day_of(FLAT, TODAY - 1).replace(b"235959", b"120000") + day_of(STRANGER, TODAY - 1)),
        ("readings.csv", b"x"),
        (f"{DUNS}MarketEvents20250615120000001.csv", "\n".join(events).encode()),
        (named(3), b"".join(day_of(FLAT, TODAY - day) for day in range(1, 12))),
    )
    with page_of(browser, script=False) as (page, _complaints):
        log_in(page, served, "clerk", "en")
        for name, content in files:
            send(page, served, folder / name, content)
    work(app)
