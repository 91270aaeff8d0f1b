"""People who are new here, in a browser, with nothing but what is on the pages and in their mailboxes."""

from __future__ import annotations

import email
import email.policy
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from espi import config
from espi.clock import Clock
from espi.store import accounts, directory, parties
from tests import databases, factories, network
from tests.browser.running import WAIT_S, Custodian, custodian
from tests.factories import NOW_S, TODAY
from tests.journeys.conftest import PASSWORD, World

pytestmark = pytest.mark.browser

ESIID, METER, SELLER = "10443720000000888", "M8888", "Sunflower Power"
NEW = "seven quiet otters dance"


@pytest.fixture(scope="module")
def served(world: World, certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Custodian]:
    """The market with its mails, and a flat whose tenant has no account yet."""
    home = tmp_path_factory.mktemp("newcomers")
    settings = config.load(databases.environment(home), home=home, clock=Clock(fixed_s=NOW_S), log_level="ERROR")
    with network.loopback_allowed(), custodian(world, settings, certificate) as found:
        with found.database.write() as conn:
            utility = directory.utility_by_duns(conn, factories.DUNS)
            assert utility
            point = factories.usage_point(conn, utility.id, esiid=ESIID)
            factories.tenant(conn, point, TODAY - 60, name="Nina Simon")
            directory.switch_rep(conn, point, parties.add_rep(conn, SELLER, "955000009", "95009"), TODAY - 60)
            directory.install_meter(conn, point, directory.add_meter(conn, utility.id, METER), TODAY - 60)
            factories.fill(conn, point, TODAY - 30, TODAY + 1)
            ada = accounts.account_named(conn, "ada")
            assert ada
            accounts.set_address(conn, ada.id, "ada@example.com")
        yield found


@contextmanager
def page_of(browser: Browser, *, width: int, language: str = "en-US") -> Iterator[Page]:
    """A browser of somebody's own, which speaks his language."""
    context = browser.new_context(
        viewport={"width": width, "height": 844}, locale=language, ignore_https_errors=True, reduced_motion="reduce"
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def mailed(served: Custodian, to: str, path: str) -> str:
    """The link to a page in somebody's mail, once one came."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        for file in sorted((served.settings.home / "mail").glob("*.eml"), reverse=True):
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            text = message.get_content()  # type: ignore[attr-defined]
            if message["To"] == to and (link := re.search(rf"{served.base}/{path}/[\w-]+", text)):
                return link[0]
        time.sleep(0.05)
    raise AssertionError(f"no mail came to {to}")


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_new_customer_comes_to_the_first_chart_and_file_in_spanish(browser: Browser, served: Custodian) -> None:
    with page_of(browser, width=390, language="es-US") as page:
        page.goto(served.base)
        page.click("text=Crear una cuenta")
        page.get_by_label("ESIID").fill(ESIID)
        page.get_by_label("Número del medidor").fill(METER)
        page.get_by_label("Quién le vende la electricidad").select_option(label=SELLER)
        page.get_by_label("Su correo electrónico").fill("nina@example.com")
        page.click("text=Continuar")
        assert "Revise su correo" in page.inner_text("h1")
        page.goto(mailed(served, "nina@example.com", "register"))
        page.get_by_label("Contraseña", exact=True).fill(NEW)
        page.get_by_label("La misma contraseña otra vez").fill(NEW)
        page.click("text=Mostrar mi medidor")
        page.wait_for_url(f"{served.base}/")
        assert page.get_attribute("html", "lang") == "es"
        assert page.locator("svg.chart g").count() == 96, "yesterday, by the quarter hour"
        assert fits(page)
        with page.expect_download() as taken:
            page.click("main button:has-text('Descargar mis datos')")
        assert Path(taken.value.path()).read_text().count("<espi:IntervalReading>") == 96
        page.click("text=Cerrar sesión")
        assert "Iniciar sesión" in page.inner_text("main")


def test_somebody_is_let_into_a_home_on_her_phone_and_shown_out_again(browser: Browser, served: Custodian) -> None:
    with page_of(browser, width=1440) as ada, page_of(browser, width=390) as mary:
        ada.goto(f"{served.base}/login")
        ada.fill("#login", "ada")
        ada.fill("#password", PASSWORD)
        ada.click("main button[type=submit]")
        ada.click("text=Who sees my data")
        ada.click("text=People who see my home")
        ada.get_by_label("Who is it?").fill("Mum")
        ada.get_by_label("The person's mail address").fill("mary@example.com")
        ada.get_by_label("Your name, as the person knows you").fill("Ada")
        ada.get_by_label("Your password").fill(PASSWORD)
        ada.click("text=Send the invitation")
        assert "Has not answered yet" in ada.inner_text("main")

        mary.goto(mailed(served, "mary@example.com", "people/answer"))
        assert "Ada lets you see a home" in mary.inner_text("h1")
        assert fits(mary)
        assert Axe().run(mary).response["violations"] == []
        mary.get_by_label("Password", exact=True).fill(NEW)
        mary.get_by_label("The same password again").fill(NEW)
        mary.click("text=Make it, and show me the home")
        mary.wait_for_url(f"{served.base}/")
        assert "This is the home of Ada." in mary.inner_text("main")
        assert mary.locator("svg.chart").count()
        assert fits(mary)

        ada.click("text=When they have looked")
        assert "Mum (mary@example.com)" in ada.inner_text("main")
        ada.click("text=Who can see my data")
        ada.click("text=End it for Mum")
        assert "sees nothing of your home" in ada.inner_text("main")
        mary.reload()
        assert "There is no meter that you may see" in mary.inner_text("main")
