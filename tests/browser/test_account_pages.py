"""Accounts in a browser: a passkey made, used and refused, and how the pages look on every screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from espi.web.site import EXTENSION
from tests.browser.test_pages import _look, log_in, page_of
from tests.factories import NOW_S
from tests.journeys.conftest import PASSWORD, World
from tests.journeys.test_registering import Home, home, link, mails

__all__ = ["home"]  # a fixture

pytestmark = pytest.mark.browser


@pytest.fixture
def here(app: Flask, served: str) -> str:
    """The server by its name, since a passkey belongs to a name and not to an address."""
    base = served.replace("127.0.0.1", "localhost")
    site = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(site, settings=replace(site.settings, base_url=base))
    return base


def phone(page: Page) -> None:
    """Give the browser an authenticator with a finger that is always there."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_made_and_lets_its_owner_in_without_a_password(browser: Browser, here: str, world: World) -> None:
    with page_of(browser) as (page, complaints):
        phone(page)
        log_in(page, here)
        page.goto(f"{here}/account")
        page.click("text=Add a passkey")
        page.fill("#key-name", "Ada's phone")
        page.fill("#key-password", PASSWORD)
        page.click("form[action='/account/passkeys/new'] button")
        page.click("button:has-text('Make')")
        page.wait_for_url("**/account?told=factor")
        assert "Ada's phone" in page.inner_text("main")
        page.click("text=Log out >> nth=0")
        page.wait_for_url("**/login")
        page.click("text=Log in with a passkey")
        page.click("text=Use my passkey")
        page.wait_for_url(f"{here}/")
        page.goto(f"{here}/account")
        page.click("summary:has-text('Remove')")
        page.fill("input[id^=remove-]", PASSWORD)
        page.click("text=Remove this passkey")
        page.wait_for_url("**/account?told=factor")
        page.goto(f"{here}/login")
        assert "Ada's phone" not in page.inner_text("main")
        page.context.clear_cookies()
        page.goto(f"{here}/login/passkey")
        page.click("text=Use my passkey")
        page.wait_for_selector("text=That did not work")
        told = [each for each in complaints if "401" not in each and "Clear-Site-Data" not in each]
        assert [each for each in told if not each.startswith(here)] == [], "requests go to the server's name"


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_about_accounts_fits_every_screen_and_reads_well(
    app: Flask, browser: Browser, served: str, world: World, home: Home, tmp_path: Path, language: str
) -> None:
    with page_of(browser) as (page, complaints):
        for name, address in {"register": "/register", "recover": "/recover", "passkey": "/login/passkey"}.items():
            page.goto(f"{served}{address}?language={language}")
            _look(page, tmp_path, name)
        page.goto(f"{served}/register")
        for field in ("esiid", "meter", "email"):
            page.fill(f"#{field}", home.facts()[field])
        page.select_option("#rep", home.rep)
        page.click("main button[type=submit]")
        page.wait_for_selector("text=nina@example.com")
        page.goto(served + link(mails(app)[-1]))
        _look(page, tmp_path, "confirm")
        for field in ("#new_password", "#again"):
            page.fill(field, "blue tram over seven")
        page.click("main button[type=submit]")
        page.wait_for_url(f"{served}/")
        page.goto(f"{served}/account")
        _look(page, tmp_path, "account")
        page.fill("#code-password", "blue tram over seven")
        page.click("form[action='/account/code'] button")
        _look(page, tmp_path, "code")
        page.fill("#code", pyotp.TOTP(page.inner_text("main code").replace(" ", "")).at(NOW_S))
        page.click("main button[type=submit]")
        page.wait_for_selector("ol.codes")
        _look(page, tmp_path, "codes")
        page.goto(f"{served}/account/close")
        _look(page, tmp_path, "close")
        assert complaints == []
