"""The other road to a grant: a third party asks by mail, the customer says yes behind the link, without an account."""

from __future__ import annotations

import email
import email.policy
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser

from espi.config import Settings
from espi.store import directory
from tests import factories
from tests.browser.running import WAIT_S, Custodian, custodian
from tests.browser.test_pages import faults, page_of
from tests.consent import METER, REP_NAME, SCOPE
from tests.factories import TODAY
from tests.journeys.conftest import World

pytestmark = pytest.mark.browser

FLAT = "10443720000000123"
SITE = "https://127.0.0.1:9"


@pytest.fixture
def served(world: World, settings: Settings, certificate: Path) -> Iterator[Custodian]:
    with custodian(world, settings, certificate) as found:
        yield found


@pytest.fixture
def flat(served: Custodian) -> str:
    """Joan's flat; she has no account here. Gives the ESIID."""
    with served.database.write() as conn:
        utility = directory.utility_by_duns(conn, factories.DUNS)
        assert utility
        point = factories.usage_point(conn, utility.id, esiid=FLAT)
        directory.install_meter(conn, point, directory.add_meter(conn, utility.id, f"{METER}3"), TODAY - 900)
        known = next(one for one in directory.reps(conn) if one.name == REP_NAME)
        directory.switch_rep(conn, point, known.id, TODAY - 5)
        factories.tenant(conn, point, TODAY - 300, name="Joan Clarke")
        factories.fill(conn, point, TODAY - 20, TODAY)
    return FLAT


class ThirdParty:
    """A program that calls the custodian."""

    def __init__(self, served: Custodian, certificate: Path) -> None:
        self.base = served.base
        self.http = requests.Session()
        self.http.verify, self.http.trust_env = str(certificate), False
        asked = {"client_name": "Sunny", "redirect_uris": [f"{SITE}/callback"], "scope": SCOPE}
        self.client = self._json(self.http.post(f"{self.base}/oauth/register", json=asked))
        self.token = self.tokens(grant_type="client_credentials")["access_token"]

    def tokens(self, **form: str) -> dict[str, Any]:
        who = self.client["client_id"], self.client["client_secret"]
        return self._json(self.http.post(f"{self.base}/oauth/token", data=form, auth=who))

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self._json(self.http.request(method, f"{self.base}/api/v1{path}", json=body, headers=headers))

    def get(self, address: str, token: str) -> requests.Response:
        return self.http.get(address, headers={"Authorization": f"Bearer {token}"})

    @staticmethod
    def _json(answer: requests.Response) -> dict[str, Any]:
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found


def mailed(served: Custodian, number: int) -> str:
    """The link in the mail of that number, once it was sent."""
    folder = served.settings.home / "mail"
    deadline = time.monotonic() + WAIT_S
    while len(found := sorted(folder.glob("*.eml"))) < number:
        assert time.monotonic() < deadline, "no mail came"
        time.sleep(0.1)
    message = email.message_from_bytes(found[number - 1].read_bytes(), policy=email.policy.default)
    text = message.get_content()  # type: ignore[attr-defined]
    link = re.search(rf"{served.base}/invitations/[\w-]+", text)
    assert link, text
    return link[0]


def test_who_has_no_account_says_yes_by_mail_and_ends_it_by_mail(
    browser: Browser, served: Custodian, flat: str, certificate: Path, tmp_path: Path
) -> None:
    sunny = ThirdParty(served, certificate)
    premise = {"esiid": flat, "meter": f"{METER}3", "rep": REP_NAME}
    asked = {"premises": [premise], "email": "joan@example.com", "months": 6, "scope": SCOPE}
    invited = sunny.ask("POST", "/invitations", asked)
    assert invited["state"] == "PENDING"

    with page_of(browser, width=390) as (page, complaints):
        page.goto(mailed(served, 1))
        assert "Sunny asks to see your energy data" in page.inner_text("h1")
        assert faults(page) == []
        page.screenshot(path=tmp_path / "invitation.png", full_page=True)
        page.fill("#meter", "5673")
        page.click("text=Yes, share it")
        assert "can see your energy data now" in page.inner_text("main")

        accepted = sunny.ask("GET", f"/invitations/{invited['number']}")
        assert accepted["state"] == "ACTIVE"
        code = sunny.ask("POST", f"/invitations/{invited['number']}/code")["authorization_code"]
        tokens = sunny.tokens(grant_type="authorization_code", code=code, redirect_uri=f"{SITE}/callback")
        assert tokens["resourceURI"] == accepted["resource_uri"]
        feed = sunny.get(tokens["resourceURI"], tokens["access_token"])
        assert feed.status_code == 200
        assert feed.text.count("<espi:IntervalReading>") == 20 * 96

        page.goto(mailed(served, 2))
        page.fill("#meter", "5673")
        page.click("text=Stop sharing now")
        assert "cannot see your energy data any more" in page.inner_text("main")
        assert sunny.get(tokens["resourceURI"], tokens["access_token"]).status_code == 401
        assert [each for each in complaints if "/static/" not in each] == []
