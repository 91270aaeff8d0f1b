"""Readings as Smart Meter Texas' CSV: the same amounts as the store has, and nothing that JSON would not tell."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from espi.clock import day_number
from espi.formats.market_csv import HEADING
from espi.store import queue, readings
from tests import factories
from tests.factories import NOW_S
from tests.unit.market.conftest import Caller

DAYS = "from=2025-06-08&to=2025-06-10"
CSV = "text/csv; charset=utf-8"


def rows_of(call: Caller, path: str, who: str, **more: Any) -> list[dict[str, str]]:
    answer = call("GET", path, who, **more)
    assert (answer.status_code, answer.content_type) == (200, CSV), answer.text
    assert answer.text.startswith(HEADING + "\r\n")
    return list(csv.DictReader(answer.text.splitlines()))


def wh(rows: list[dict[str, str]]) -> Decimal:
    return sum((Decimal(each["USAGE_KWH"]) for each in rows), Decimal(0)) * 1000


@pytest.mark.parametrize(("query", "accept"), [("&format=csv", ""), ("", "text/csv"), ("&series=hourly", "text/csv")])
def test_a_rep_gets_what_the_store_has_to_the_watt_hour(call: Caller, query: str, accept: str) -> None:
    path = f"/usage-points/{call.n('home_path')}/readings?{DAYS}"
    told = call.get(path, "rep")["usage_points"][0]
    flows = [each for each in told["channels"] if each["flow"] in {"forward", "reverse"} and each["unit"] == "Wh"]
    rows = rows_of(call, path + query, "rep", headers={"Accept": accept} if accept else {})
    assert wh(rows) == sum(reading["value"] for each in flows for reading in each["readings"]) > 0
    assert {each["ESIID"] for each in rows} == {f"'{told['esiid']}"}


@pytest.mark.parametrize(("day", "count"), [("2025-03-09", 92), ("2025-03-10", 96), ("2025-11-02", 100)])
def test_days_on_which_the_clocks_change_have_as_many_rows_as_they_have_quarters(
    call: Caller, day: str, count: int
) -> None:
    block = factories.block(call.n("home"), day_number(dt.date.fromisoformat(day)), values=[1] * count)
    with call.database.write() as conn:
        file = queue.take_file(conn, "first.lse", "0" * 64, 1, "lse", NOW_S)
        readings.put_blocks(conn, [block], file_id=file.id, now_s=NOW_S)
    path = f"/usage-points/{call.n('home_path')}/readings?from={day}&to={day}&format=csv"
    rows = rows_of(call, path, "rep")
    assert len(rows) == int(wh(rows)) == count


def test_who_may_not_know_the_number_is_not_told_it(call: Caller) -> None:
    path = f"/usage-points/{call.n('home_path')}/readings?{DAYS}"
    number = call.get(path, "rep")["usage_points"][0]["esiid"]
    assert call.get(path, "ada")["usage_points"][0]["esiid"] is None
    assert number not in call("GET", f"{path}&format=csv", "ada").text


def test_what_is_not_open_is_not_there_in_either_form(call: Caller) -> None:
    refusals = [
        call("GET", f"/usage-points/{path_id}/readings?{DAYS}{query}", "ada")
        for path_id in (call.n("flat_path"), 999_999)
        for query in ("", "&format=csv")
    ]
    assert {each.status_code for each in refusals} == {403}
    assert len({(each.get_json()["title"], each.get_json().get("detail")) for each in refusals}) == 1


@pytest.mark.parametrize("query", ["series=daily", "series=monthly", "version=all"])
def test_what_csv_cannot_say_is_refused_before_anything_is_sent(call: Caller, query: str) -> None:
    answer = call("GET", f"/usage-points/{call.n('home_path')}/readings?{DAYS}&format=csv&{query}", "ada")
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
