"""The regulator's program reads reports, as JSON and as CSV; nobody else's does, and small numbers are hidden."""

from __future__ import annotations

import pytest

from espi.clock import month_start
from espi.store import market_counts
from espi.store.report_list import REPORTS
from tests import factories
from tests.factories import TODAY
from tests.unit.market.conftest import Caller

MONTH = month_start(TODAY)


@pytest.fixture
def counted(call: Caller) -> Caller:
    """Accounts are counted for two months; 3 businesses are too few to be told."""
    with call.database.write() as conn:
        for month, homes in ((month_start(MONTH - 1), 20), (MONTH, 21)):
            counts = {
                (factories.DUNS, "homes"): homes,
                (factories.DUNS, "businesses"): 3,
                (factories.DUNS, "meters"): 90,
            }
            market_counts.put_counts(conn, "accounts", month, counts)
    return call


def test_the_list_declares_what_each_report_tells(counted: Caller) -> None:
    reports = counted.get("/reports", "regulator")["reports"]
    assert [each["name"] for each in reports] == [each.name for each in REPORTS]
    assert all(each["columns"] for each in reports)


def test_a_report_hides_what_is_small_in_json_and_csv_alike(counted: Caller) -> None:
    found = counted.get("/reports/accounts?from=2025-06", "regulator")
    (row,) = found["rows"]
    assert (row["period"], row["subject"], row["name"]) == ("2025-06", factories.DUNS, "Lone Star Wires")
    cells = {each["column"]: (each["number"], each["shown"]) for each in row["cells"]}
    assert cells["homes"] == (21, "21")
    assert cells["businesses"] == (None, "<5")
    assert cells["accounts"] == (21, "21+")
    assert cells["reach"] == (None, "")
    assert "3" not in counted("GET", "/reports/accounts?format=csv", "regulator").text.splitlines()[1].split(",")


@pytest.mark.parametrize(
    ("query", "accept", "is_csv"),
    [("", "text/csv", True), ("?format=csv", "", True), ("?format=json", "text/csv", False), ("", "*/*", False)],
)
def test_the_form_is_chosen_by_accept_or_by_format(counted: Caller, query: str, accept: str, is_csv: bool) -> None:
    headers = {"Accept": accept} if accept else {}
    answer = counted("GET", f"/reports/accounts{query}", "regulator", headers=headers)
    assert answer.status_code == 200
    assert (answer.content_type == "text/csv; charset=utf-8") == is_csv
    if is_csv:
        assert [line.split(",")[2] for line in answer.text.splitlines()] == ["Homes", "20", "21"]


def test_what_makes_no_sense_is_refused(counted: Caller) -> None:
    for query, status in (("from=2025-07&to=2025-06", 422), ("per=day", 422), ("from=June", 400), ("subject=1", 404)):
        assert counted("GET", f"/reports/accounts?{query}", "regulator").status_code == status
    assert counted("GET", "/reports/none", "regulator").status_code == 400
    assert counted("GET", "/reports", "regulator", headers={"Accept": "text/csv"}).status_code == 406


@pytest.mark.parametrize("who", ["ada", "minds", "rep", "wires"])
def test_reports_are_for_the_regulator(counted: Caller, who: str) -> None:
    assert counted("GET", "/reports", who).status_code == 403
    assert counted("GET", "/reports/accounts", who).status_code == 403
