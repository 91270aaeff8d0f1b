from __future__ import annotations

import csv
import io
import json
import re

import pytest
from flask import Flask
from lxml import etree

from espi.atom import schema
from espi.clock import day_date
from espi.store import directory, expiry, readings
from espi.store.database import Database
from espi.web.site import EXTENSION
from tests import factories
from tests.journeys.conftest import MIXED_DAY, MOVED_IN, REP_FROM, Reader, World

YESTERDAY = "Saturday, June 14, 2025"
VALUE = "{http://naesb.org/espi}value"


def bars(page: str) -> int:
    """How many intervals the chart has, gaps included."""
    return page.count('class="hit"')


def readings_in(document: bytes) -> int:
    return sum(1 for each in etree.fromstring(document).iter(VALUE) if each.getparent().tag.endswith("IntervalReading"))


def test_the_first_page_shows_the_meters_of_the_customer_and_no_others(ada: Reader, world: World) -> None:
    page = ada.get("/").text
    assert "12 Analytical Way" in page
    assert f"/usage/{world.home}" in page
    assert str(world.neighbour) not in page
    assert "10443720000000099" not in page


def test_a_meter_opens_with_the_chart_of_yesterday(ada: Reader, world: World) -> None:
    page = ada.get(f"/usage/{world.home}").text
    assert YESTERDAY in page
    assert bars(page) == 96
    assert "Power you sent back" in page
    total = sum(range(100, 196)) / 1000
    assert f"{total:.2f}<small>kWh" in page


def test_a_meter_that_fell_silent_opens_with_the_last_day_that_is_known(reader: Reader, world: World) -> None:
    reader.wait(500 * 86_400)
    reader.log_in("ada")
    page = reader.get(f"/usage/{world.home}").text
    assert YESTERDAY in page
    assert bars(page) == 96
    assert "Nothing was received in the last 30 days." in reader.get("/").text


@pytest.mark.parametrize(("period", "count"), [("day", 96), ("week", 7), ("month", 30), ("year", 12)])
def test_every_period_has_a_bar_and_a_line_of_the_table_for_each_part(
    ada: Reader, world: World, period: str, count: int
) -> None:
    page = ada.get(f"/usage/{world.home}?period={period}").text
    assert bars(page) == count
    assert page.count('<tr><th scope="row">') == count


@pytest.mark.parametrize(("day", "count", "hours"), [("2025-03-09", 92, "23 hours"), ("2024-11-03", 0, "")])
def test_the_day_the_clocks_change_has_its_own_length(
    ada: Reader, world: World, day: str, count: int, hours: str
) -> None:
    page = ada.get(f"/usage/{world.home}?date={day}").text
    assert bars(page) == count
    assert hours in page


def test_estimates_and_gaps_are_told_apart_in_chart_and_table(ada: Reader, world: World) -> None:
    page = ada.get(f"/usage/{world.home}?date={day_date(MIXED_DAY)}").text
    assert "Used, estimated" in page
    assert page.count('class="used estimated" fill="url(#estimated)" x=') == 4
    assert page.count('class="gap" fill="url(#gap)" x=') == 1
    assert page.count("<td>not received yet</td>") == 8
    assert page.count("<td>estimated</td>") == 4


def test_more_or_less_is_said_only_where_both_periods_are_known_in_whole(ada: Reader, world: World) -> None:
    whole = ada.get(f"/usage/{world.home}?date={day_date(MIXED_DAY - 1)}").text
    assert "about the same" in whole
    for day in (MIXED_DAY, MIXED_DAY + 1):
        assert "% less" not in (page := ada.get(f"/usage/{world.home}?date={day_date(day)}").text)
        assert "% more" not in page


def test_a_comparison_marks_what_was_used_before(ada: Reader, world: World) -> None:
    plain, compared = (ada.get(f"/usage/{world.home}?period=week{more}").text for more in ("", "&compare=1"))
    assert 'class="before" x=' not in plain
    assert compared.count('class="before" x=') == 7
    assert "The week before" in compared


def test_the_arrows_lead_to_the_days_beside_and_stop_where_reach_ends(ada: Reader, world: World) -> None:
    page = ada.get(f"/usage/{world.home}?date=2025-06-14").text
    assert "date=2025-06-13" in page
    first = ada.get(f"/usage/{world.home}?date={day_date(MOVED_IN)}").text
    assert 'rel="prev"' not in first
    last = ada.get(f"/usage/{world.home}?date={day_date(factories.TODAY)}").text
    assert 'rel="next"' not in last


def test_before_move_in_nothing_is_shown_and_the_page_says_why(ada: Reader, world: World) -> None:
    page = ada.get(f"/usage/{world.home}?date={day_date(MOVED_IN - 1)}").text
    assert bars(page) == 0
    assert "You cannot see these days. You can see this meter from March 1, 2025 on." in page


def test_before_move_in_nothing_is_downloaded(ada: Reader, world: World) -> None:
    before = ada.get(f"/usage/{world.home}/download?from=2025-02-20&to=2025-02-28")
    assert readings_in(before.data) == 0
    across = ada.get(f"/usage/{world.home}/download?from=2025-02-27&to=2025-03-02")
    assert readings_in(across.data) == 2 * 2 * 96


def test_after_move_out_the_former_tenant_sees_his_own_days_only(app_of_grace: Reader, world: World) -> None:
    shown = app_of_grace.get(f"/usage/{world.home}?date={day_date(MOVED_IN - 1)}").text
    assert bars(shown) == 96
    hidden = app_of_grace.get(f"/usage/{world.home}?date={day_date(MOVED_IN)}").text
    assert bars(hidden) == 0
    assert readings_in(app_of_grace.get(f"/usage/{world.home}/download?from=2025-03-01&to=2025-06-14").data) == 0


@pytest.mark.parametrize("path", ["", "/download", "?period=year", "/download?format=csv&span=all"])
def test_another_customers_meter_does_not_exist(ada: Reader, world: World, path: str) -> None:
    theirs = ada.get(f"/usage/{world.neighbour}{path}")
    none = ada.get(f"/usage/123456789012345{path}")
    assert theirs.status_code == none.status_code == 404
    strip = re.compile(r"(?<=>|=)[0-9a-f]{16}|\d{15}|value=\"[^\"]+\"")
    assert strip.sub("", theirs.text) == strip.sub("", none.text)


@pytest.mark.parametrize("path", ["/usage/1", "/usage/-1", "/usage/x", "/usage/999999999999999999999999", "/usage/1/x"])
def test_a_guess_finds_nothing(ada: Reader, path: str) -> None:
    assert ada.get(path).status_code == 404


def test_the_green_button_gives_a_valid_feed_of_the_days_chosen(ada: Reader, world: World) -> None:
    answer = ada.get(f"/usage/{world.home}/download?span=dates&from=2025-06-01&to=2025-06-07&format=xml")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    assert re.fullmatch(
        r'attachment; filename="GreenButton_\d+_20250601-20250607\.xml"', answer.headers["Content-Disposition"]
    )
    assert schema.validate(answer.data) == []
    assert readings_in(answer.data) == 7 * 96 * 2
    assert b"Ada" not in answer.data


def test_the_same_request_gives_the_same_bytes(ada: Reader, world: World) -> None:
    path = f"/usage/{world.home}/download?span=year"
    assert ada.get(path).data == ada.get(path).data


def test_days_and_months_come_when_they_are_asked_for(ada: Reader, world: World) -> None:
    path = f"/usage/{world.home}/download?from=2025-04-01&to=2025-04-30"
    assert readings_in(ada.get(f"{path}&series=daily&series=monthly").data) == 2 * (30 + 1)


def test_csv_json_and_lse_tell_the_same_readings(ada: Reader, world: World) -> None:
    path = f"/usage/{world.home}/download?from=2025-06-01&to=2025-06-02&format="
    table = list(csv.DictReader(io.StringIO(ada.get(path + "csv").text)))
    assert len(table) == 2 * 96 * 2
    usage = json.loads(ada.get(path + "json").data)
    assert sum(len(each["readings"]) for each in usage["usage_points"][0]["channels"]) == 2 * 96 * 2
    lse = ada.get(path + "lse")
    assert b"10443720000000017" in lse.data
    assert "attachment" in lse.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "question",
    ["format=exe", "from=yesterday", "from=2025-06-02&to=2025-06-01", "series=all,secret", "from=99999-01-01"],
)
def test_a_question_that_makes_no_sense_is_refused_with_a_reason(ada: Reader, world: World, question: str) -> None:
    answer = ada.get(f"/usage/{world.home}/download?{question}")
    assert answer.status_code == 400
    assert "<h1>" in answer.text


@pytest.mark.parametrize("question", ["date=0001-01-01", "date=9999-12-31&period=year", "date=x", "period=decade"])
def test_no_date_breaks_the_chart_page(ada: Reader, world: World, question: str) -> None:
    assert ada.get(f"/usage/{world.home}?{question}").status_code in {200, 400}


def test_a_long_download_is_compressed_for_who_can_read_that(ada: Reader, world: World) -> None:
    import zlib  # noqa: PLC0415 - only here

    path = f"/usage/{world.home}/download?span=all"
    packed = ada.get(path, **{"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert zlib.decompress(packed.data, wbits=31) == ada.get(path).data
    assert len(packed.data) * 10 < len(ada.get(path).data)


def test_a_rep_finds_a_meter_and_sees_the_days_it_served_it(reader: Reader, world: World) -> None:
    reader.log_in("bluebonnet")
    found = reader.get(f"/usage-points?esiid=1044372&day={day_date(REP_FROM)}").text
    assert "1 usage point found." in found
    assert "April 1, 2025 to April 30, 2025" in found
    assert "0 usage points found." in reader.get("/usage-points?day=2025-05-01").text
    assert bars(reader.get(f"/usage/{world.home}?date=2025-04-30").text) == 96
    assert bars(reader.get(f"/usage/{world.home}?date=2025-05-01").text) == 0
    whole = reader.get(f"/usage/{world.home}/download?from=2025-02-20&to=2025-06-14")
    assert readings_in(whole.data) == 30 * 96 * 2
    assert reader.get(f"/usage/{world.neighbour}").status_code == 404


def test_a_utilitys_clerk_sees_the_meters_it_serves(reader: Reader, world: World) -> None:
    reader.log_in("clerk")
    assert "2 usage points found." in reader.get("/usage-points").text
    assert bars(reader.get(f"/usage/{world.neighbour}").text) == 96


def test_a_regulator_sees_no_single_meter(reader: Reader, world: World) -> None:
    reader.log_in("regulator")
    assert reader.get("/").headers["Location"] == "/reports"
    assert reader.get(f"/usage/{world.home}").status_code == 403
    assert reader.get("/usage-points").status_code == 403


@pytest.fixture
def app_of_grace(reader: Reader) -> Reader:
    """Grace, logged in with her code."""
    import pyotp  # noqa: PLC0415 - only here

    from tests.journeys.conftest import TOTP_SECRET  # noqa: PLC0415 - only here

    reader.log_in("grace")
    reader.fill_in("/login/code", "/login/code", code=pyotp.TOTP(TOTP_SECRET).at(factories.NOW_S))
    reader.get("/?language=en")
    return reader


def test_a_download_can_be_as_it_was_known_on_an_earlier_day(ada: Reader, world: World) -> None:
    path = f"/usage/{world.home}/download?from=2025-06-01&to=2025-06-02"
    for known, count in (("2025-06-14", 0), ("2025-06-15", 2 * 2 * 96), ("2031-01-01", 2 * 2 * 96)):
        assert readings_in(ada.get(f"{path}&known={known}").data) == count
    assert readings_in(ada.get(f"{path}&as-of=2025-06-15T16:59:59Z").data) == 0
    assert ada.get(f"{path}&as-of=noon").status_code == 400


def test_a_download_names_its_receipt(ada: Reader, world: World) -> None:
    answer = ada.get(
        f"/usage/{world.home}/download?from=2025-06-10&to=2025-06-10&format=csv&known=2025-06-15&_external=1"
    )
    address, _, relation = answer.headers["Link"].partition(">")
    assert 'rel="describedby"' in relation
    told = ada.get(address.lstrip("<")).get_json()
    assert (told["from"], told["to"], told["expected"], told["present"]) == ("2025-06-10", "2025-06-10", 192, 96 + 88)
    assert told["estimated_share"] == "0.021739"
    usage = json.loads(ada.get(f"/usage/{world.home}/download?from=2025-06-10&to=2025-06-10&format=json").data)
    assert usage["quality"] == told


def test_a_meter_can_be_seen_as_far_back_as_its_utility_keeps(app: Flask, world: World) -> None:
    database: Database = app.extensions[EXTENSION].database
    long_ago = factories.TODAY - 8 * 366
    with database.write() as conn:
        (utility,) = directory.utilities(conn)
        point = directory.usage_point_ids(conn, utility.id, [world.home_esiid])[world.home_esiid]
        readings.put_blocks(conn, [factories.block(point, long_ago)], file_id=9, now_s=factories.NOW_S)
    clerk = Reader(app)
    clerk.log_in("clerk")
    page = f"/usage/{world.home}"
    for years, there in ((9, True), (7, False)):
        with database.write() as conn:
            expiry.set_retention(conn, utility.id, years)
        first = re.search(r'min="([0-9-]+)"', clerk.get(page).text)
        assert first
        assert (first[1] <= str(day_date(long_ago))) is there
        found = clerk.get(f"{page}/download?format=csv&span=all").text
        assert (day_date(long_ago).strftime("%m/%d/%Y") in found) is there
