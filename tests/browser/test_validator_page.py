"""The public validator and the kit's report in a browser: they fit, read well, print, and need no script."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from conformance.outcome import Outcome
from conformance.report.page import as_html
from conformance.report.whole import Change, Comparison, Report
from conformance.samples import catalogue
from tests.browser.test_pages import faults, fits, page_of
from tests.conformance.made_verdicts import MADE_S, SUBJECT, verdict

pytestmark = pytest.mark.browser

WIDTHS = (360, 1440)
Scheme = Literal["light", "dark"]
UNFOLD = "document.querySelectorAll('details').forEach(each => each.open = each.querySelectorAll('tr').length < 50)"
"""Opens all that is folded, save for long tables, which are like short ones and take long to look at."""
CHANGE = Change(SUBJECT, "D001", "The feed has an id.", "pass", "fail")


def look(page: Page, folder: Path, name: str, scheme: Scheme) -> None:
    """As phone and desk show it, folded and unfolded."""
    page.emulate_media(color_scheme=scheme)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=folder / f"{name}-{scheme}-{width}.png", full_page=True)
        assert (name, width, fits(page)) == (name, width, True)
    page.evaluate(UNFOLD)
    assert (name, fits(page), faults(page)) == (name, True, [])
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    assert (name, fits(page)) == (name, True)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A file with something wrong in it, and few rules that are about it."""
    path = tmp_path / "July.xml"
    path.write_bytes(catalogue.good("notification").replace(b"resources>", b"resource>"))
    return path


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("es", "dark")])
def test_the_pages_fit_and_read_well(
    browser: Browser, served: str, broken: Path, tmp_path: Path, language: str, scheme: Scheme
) -> None:
    with page_of(browser) as (page, complaints):
        page.goto(f"{served}/validate?language={language}")
        look(page, tmp_path, "form", scheme)
        page.set_input_files("#file", broken)
        page.click("main button[type=submit]")
        assert page.locator(".kit h2").first.inner_text() == "July.xml"
        look(page, tmp_path, "report", scheme)
        assert complaints == []


def test_with_scripts_off_one_comes_from_the_login_checks_a_file_and_keeps_the_report(
    browser: Browser, served: str, broken: Path
) -> None:
    with page_of(browser, script=False) as (page, _complaints):
        page.goto(f"{served}/login")
        page.click("footer a[href='/validate']")
        page.set_input_files("#file", broken)
        page.click("main button[type=submit]")
        with page.expect_download() as taken:
            page.click("text=Keep it for programs")
        assert taken.value.suggested_filename == "conformance.json"
        assert json.loads(Path(taken.value.path()).read_text("utf-8"))["outcome"] == Outcome.FAIL


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_with_every_outcome_fits_and_reads_well(browser: Browser, tmp_path: Path, scheme: Scheme) -> None:
    claimed = verdict(claimed=frozenset({1, 4, 5, 15}))
    compared = Comparison("2026-01-01T00:00:00Z", (CHANGE,))
    report = Report((claimed, replace(verdict(), subject="August.xml")), MADE_S, compared)
    with page_of(browser, script=True) as (page, complaints):
        page.set_content(as_html(report))
        look(page, tmp_path, "whole", scheme)
        assert complaints == []


def test_what_is_not_right_can_be_shown_alone_without_a_script(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(as_html(Report((verdict(),), MADE_S)), "utf-8")
    with page_of(browser, script=False) as (page, _complaints):
        page.goto(path.as_uri())
        assert page.locator("#s1-fb05").is_visible()
        page.check("#s1-only")
        assert not page.locator("#s1-fb05").is_visible()
        assert page.locator("#s1-fb01").is_visible()


def test_what_is_not_right_is_on_paper_with_its_findings(browser: Browser, tmp_path: Path) -> None:
    with page_of(browser) as (page, _complaints):
        page.set_content(as_html(Report((verdict(),), MADE_S)))
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = false)")
        assert not page.get_by_text("Usage point 1 has no title.").nth(1).is_visible()
        page.emulate_media(media="print")
        page.pdf(path=tmp_path / "report.pdf")
        assert page.get_by_text("Usage point 1 has no title.").nth(1).is_visible()
