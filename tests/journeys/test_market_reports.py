"""The regulator opens reports on the market, takes a file along, and can work out nothing that is hidden."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask

from espi.clock import month_start
from espi.helpdesk import counting
from espi.jobs import Context, plan, run_due
from espi.store import market_counts
from espi.store.report_list import REPORTS
from espi.web.site import EXTENSION, Site
from tests import factories
from tests.factories import NOW_S, TODAY
from tests.journeys.conftest import Reader

MONTH = month_start(TODAY)


@pytest.fixture
def regulator(app: Flask) -> Reader:
    """Logged in; the night has counted, and the month before has made-up numbers."""
    site: Site = app.extensions[EXTENSION]
    with site.database.write() as conn:
        counting.count_market(conn, NOW_S)
        counts = {
            (factories.DUNS, "homes"): 1234,
            (factories.DUNS, "businesses"): 4,
            (factories.DUNS, "meters"): 90_000,
        }
        market_counts.put_counts(conn, "accounts", month_start(MONTH - 1), counts)
    reader = Reader(app)
    reader.log_in("regulator")
    return reader


def test_the_overview_has_a_chart_and_a_number_for_each_report(regulator: Reader) -> None:
    page = regulator.get("/reports").text
    for report in REPORTS:
        assert f'<a href="/reports/{report.name}">{report.title}</a>' in page
    assert "<strong>1,234+</strong>" in page
    assert page.count('role="img"') >= 2
    assert "Ada" not in page
    assert "Todas las cuentas" in regulator.get("/reports?language=es").text


def test_a_report_has_every_number_and_hides_the_small_ones(regulator: Reader) -> None:
    page = regulator.get("/reports/accounts").text
    assert '<td class="n">1,234</td><td class="n">&lt;5</td><td class="n">1,234+</td><td class="n">90,000</td>' in page
    assert "May 2025" in page
    assert "An empty box with a dashed edge is a number from 1 to 4" in page
    assert 'class="hidden"' in page
    one = regulator.get(f"/reports/accounts?subject={factories.DUNS}&from=2025-05&to=2025-05").text
    assert one.count('<tr><th scope="row">') == 1


def test_the_file_says_what_the_page_says(regulator: Reader) -> None:
    page = regulator.get("/reports/accounts?from=2025-05&to=2025-06").text
    assert "/reports/accounts.csv?per=month&amp;from=2025-05&amp;to=2025-06" in page
    answer = regulator.get("/reports/accounts.csv?from=2025-05&to=2025-06")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}"))))
    assert rows[1] == ["2025-05", "Lone Star Wires", "1234", "<5", "1234+", "90000", ""]
    assert rows[2][:5] == ["2025-06", "Lone Star Wires", "<5", "0", "0+"], "Ada and Grace, who are too few"


def test_every_report_opens_by_month_and_where_it_may_by_day(regulator: Reader) -> None:
    for report in REPORTS:
        for per in report.periods:
            assert regulator.get(f"/reports/{report.name}?per={per}").status_code == 200
        assert regulator.get(f"/reports/{report.name}.csv").status_code == 200
    assert regulator.get("/reports/accounts?per=day").status_code == 400
    assert regulator.get("/reports/accounts?from=2025-07&to=2025-06").status_code == 400
    assert regulator.get("/reports/none").status_code == 404


@pytest.mark.parametrize("who", ["ada", "bluebonnet", "clerk"])
def test_reports_are_for_regulator_and_operator(app: Flask, who: str) -> None:
    other = Reader(app)
    other.log_in(who)
    assert other.get("/reports").status_code == 403
    assert other.get("/reports/accounts.csv").status_code == 403
    assert "Market reports" not in other.get("/").text


def test_the_night_counts_by_itself(app: Flask) -> None:
    site: Site = app.extensions[EXTENSION]
    context = Context(site.settings, site.database)
    plan(context)
    run_due(context)
    with site.database.read() as conn:
        kept = set(market_counts.kept_counts(conn, market_counts.ACCOUNTS, MONTH, MONTH + 1))
    assert (MONTH, factories.DUNS, "homes", 2) in kept
