"""The market's reports, the matrix and change requests in a browser: they fit and read well, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from espi.access import Principal, Role
from espi.clock import month_start
from espi.helpdesk import change_control, counting
from espi.helpdesk.change_control import Written
from espi.store import change_requests, market_counts
from espi.web.site import EXTENSION, Site
from tests import factories
from tests.browser.looking import enter as log_in
from tests.browser.test_pages import faults, fits, page_of
from tests.factories import NOW_S, TODAY

pytestmark = pytest.mark.browser

OPEN = [
    "/reports",
    "/reports/accounts",
    "/reports/api-use?per=day",
    "/compliance",
    "/change-requests",
    "/change-requests/1",
]
PLACES = {"regulator": OPEN, "clerk": ["/change-requests/1"], "bluebonnet": ["/change-requests/new"]}


@pytest.fixture
def market(app: Flask) -> Flask:
    """The night has counted, programs have called, and utilities vote on a request."""
    site: Site = app.extensions[EXTENSION]
    rep, regulator = Principal(Role.rep, 1, "password"), Principal(Role.regulator, 1, "password")
    wish = Written("Send the day's file earlier", "It comes late.", "It comes at six.", "Utilities.")
    with site.database.write() as conn:
        counting.count_market(conn, NOW_S)
        counts = {
            (factories.DUNS, "homes"): 1234,
            (factories.DUNS, "businesses"): 4,
            (factories.DUNS, "meters"): 90_000,
        }
        market_counts.put_counts(conn, "accounts", month_start(TODAY - 30), counts)
        calls = {(TODAY - back, who, "answered"): 90 for back in range(1, 30) for who in ("rep", "third_party")}
        market_counts.add_counts(conn, "api-use", calls)
        found = change_control.submit(conn, wish, settings=site.settings, actor=rep)
        change_control.comment(conn, found, "We can, from April on.", settings=site.settings, actor=rep)
        change_control.call_vote(conn, found, 14, settings=site.settings, actor=regulator)
        assert change_requests.requests(conn)
    return app


@pytest.mark.parametrize(("width", "language"), [(360, "es"), (1440, "en")])
def test_the_pages_fit_and_read_well(
    browser: Browser, market: Flask, served: str, tmp_path: Path, width: int, language: str
) -> None:
    with page_of(browser, width=width) as (page, complaints):
        for who, addresses in PLACES.items():
            log_in(page, served, who, language)
            for place, address in enumerate(addresses):
                page.goto(served + address)
                page.screenshot(path=tmp_path / f"{who}-{place}-{width}-{language}.png", full_page=True)
                assert (address, fits(page), faults(page)) == (address, True, [])
        assert complaints == []
