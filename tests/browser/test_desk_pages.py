"""The pages of the desk, the operator, notices and the status in a browser: they fit, axe is content, no complaint."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from espi import helpdesk
from espi.access import Principal, Role
from espi.clock import DAY_S
from espi.portal import session
from espi.store import grants, people, staff
from espi.store.notices import Written
from espi.web.site import EXTENSION, Site
from tests.browser.test_pages import PAGE_LIMIT_BYTES, WIDTHS, faults, fits, page_of
from tests.journeys.test_help_desk import REASON, operators

pytestmark = pytest.mark.browser
__all__ = ["operators"]

OLGA = Principal(Role.operator, 0, "password", "olga")


@pytest.fixture
def desk(operators: Flask) -> dict[str, list[str]]:
    """A question, a case, a notice, a proposal and a third party; whose pages are where."""
    site: Site = operators.extensions[EXTENSION]
    settings, now_s = site.settings, site.now_s()
    with site.database.write() as conn:
        ada = next(each for each in staff.logins(conn, text="ada") if each.name == "ada")
        asked = helpdesk.Asked("customer", "A day is empty", "Monday.", "missing", login_id=ada.id, name="ada")
        ticket = helpdesk.open_ticket(conn, asked, settings=settings)
        helpdesk.note(conn, ticket, OLGA, "A silent meter?", settings=settings)
        case, _ = helpdesk.look_up(conn, OLGA, "mail", "ada", ticket=ticket.number, reason=REASON, settings=settings)
        words = {"title_en": "Later", "title_es": "Más tarde", "text_en": "Later.", "text_es": "Más tarde."}
        outage = Written(
            kind="outage", component="intake", starts_s=now_s + 4 * DAY_S, ends_s=now_s + 5 * DAY_S, **words
        )
        notice = helpdesk.publish(conn, outage, settings=settings, actor=OLGA)
        helpdesk.propose(
            conn,
            "nadia",
            email="n@example.com",
            language="es",
            role="operator",
            party_id=0,
            reason=REASON,
            settings=settings,
            actor=OLGA,
        )
        key = grants.add_third_party(conn, "Charts", grants.REVIEW)
        people.add_login(conn, "charts", "x" * 12, "third_party", key)
        party = grants.third_party(conn, key).path_id
    assert case is not None
    return {
        "": ["/contact", "/notices", f"/notices/{notice.id}", "/status"],
        "ada": [f"/tickets/{ticket.number}", "/tickets"],
        "olga": [
            "/desk",
            f"/desk/tickets/{ticket.number}",
            "/desk/replies",
            "/desk/look-up",
            f"/desk/cases/{case.id}",
            "/operator",
            "/operator/jobs",
            "/operator/files",
            "/operator/third-parties",
            f"/operator/third-parties/{party}",
            "/operator/accounts",
            "/operator/roles",
            "/notices/new",
        ],
        "charts": ["/standing"],
    }


def enter(page: Page, app: Flask, served: str, name: str) -> None:
    """Be logged in as somebody, or as nobody."""
    site: Site = app.extensions[EXTENSION]
    page.context.clear_cookies()
    if name:
        with site.database.write() as conn:
            login = next(each for each in staff.logins(conn, text=name) if each.name == name)
            token = people.start_session(conn, login.id, site.now_s())
        page.context.add_cookies([{"name": session.COOKIE, "value": token, "url": served, "secure": True}])


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("es", "dark")])
def test_the_pages_fit_and_read_well(
    browser: Browser,
    operators: Flask,
    served: str,
    desk: dict[str, list[str]],
    language: str,
    scheme: str,
    tmp_path: Path,
) -> None:
    with page_of(browser, scheme="light" if scheme == "light" else "dark") as (page, complaints):
        page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        for name, addresses in desk.items():
            enter(page, operators, served, name)
            for address in addresses:
                answer = page.goto(f"{served}{address}?language={language}")
                assert answer
                assert (address, answer.status) == (address, 200)
                assert len(answer.body()) < PAGE_LIMIT_BYTES
                page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 900})
                    assert (address, width, fits(page)) == (address, width, True)
                assert (address, faults(page)) == (address, [])
        assert complaints == []


def test_the_desk_unlocks_a_login_without_scripts(
    browser: Browser, operators: Flask, served: str, desk: dict[str, list[str]]
) -> None:
    site: Site = operators.extensions[EXTENSION]
    with site.database.write() as conn:
        ada = next(each for each in staff.logins(conn, text="ada") if each.name == "ada")
        for _ in range(people.MOST_FAILURES):
            people.settle(conn, people.Attempt(ada.id, right=False), site.now_s())
    operators.config["WTF_CSRF_CHECK_DEFAULT"] = True
    with page_of(browser, script=False, width=390) as (page, complaints):
        enter(page, operators, served, "olga")
        page.goto(f"{served}/desk/look-up?language=en")
        page.fill("#reason", REASON)
        page.select_option("#way", "mail")
        page.fill("#what", "ada")
        page.click("main form button[type=submit]")
        page.wait_for_url("**/desk/cases/*")
        page.fill(f"#unlock-{ada.id}", REASON)
        page.click("text=Unlock")
        page.wait_for_url("**told=unlock")
        assert "The customer is told by mail" in page.inner_text("main")
        assert complaints == []
    with site.database.read() as conn:
        assert staff.login_of(conn, ada.id).failures == 0
