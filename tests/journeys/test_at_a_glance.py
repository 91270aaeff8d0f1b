"""What a customer learns without a click: how much, compared with what, and whether anything is wrong."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from flask import Flask

from espi.clock import day_date, parse_day, zone
from espi.day import ACTUAL_QUALITY, DayBlock
from espi.store import directory, readings
from espi.store.database import Conn
from espi.web.site import EXTENSION, Site
from tests import factories
from tests.journeys.conftest import Reader, World

DAY_KWH = sum(range(100, 196)) / 1000


def site_of(app: Flask) -> Site:
    found: Site = app.extensions[EXTENSION]
    return found


def home_id(conn: Conn, world: World) -> int:
    (utility,) = directory.utilities(conn)
    return directory.usage_point_ids(conn, utility.id, [world.home_esiid])[world.home_esiid]


def put(app: Flask, world: World, day: int, now_s: int = factories.NOW_S, **how: object) -> None:
    """A further day of Ada's."""
    with site_of(app).database.write() as conn:
        block = factories.block(home_id(conn, world), day, sent_s=factories.NOW_S + 9)
        block = replace(block, **how)  # type: ignore[arg-type]
        readings.put_blocks(conn, [block], file_id=3, now_s=now_s)


def words(page: str) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\N{NO-BREAK SPACE}", " ")


def test_who_has_one_meter_gets_straight_to_it(ada: Reader, world: World) -> None:
    page = ada.get("/").text
    assert "<h1>12 Analytical Way</h1>" in page
    assert f'action="/usage/{world.home}/download"' in page


def test_a_day_is_compared_with_its_weekday_and_a_month_with_as_many_days(ada: Reader) -> None:
    said = words(ada.get("/").text)
    assert f"Yesterday {DAY_KWH:.2f} kWh A usual Saturday: {DAY_KWH:.2f} kWh (about the same)" in said
    fortnight = 14 * DAY_KWH
    assert "June, 14 days so far" in said
    assert f"Same days of May 2025: {fortnight:.1f} kWh" in said
    assert "Sent back in June" in said


def test_a_month_of_which_days_are_missing_gets_no_percentage(ada: Reader, app: Flask, world: World) -> None:
    said = words(ada.get("/").text)
    assert "Same days of May 2025" in said
    assert "more" not in said.partition("Same days of May 2025")[2].partition("Sent back")[0]
    assert "Of 1 day of the last 30 a part was not received yet." in said
    assert "1 day of the last 30 is estimated, all or in part" in said


def test_what_the_intervals_cost_is_told_where_it_is_known(ada: Reader, app: Flask, world: World) -> None:
    assert "Cost in June" not in ada.get("/").text
    put(app, world, factories.TODAY - 1, costs=np.full(96, 1234, np.int64))
    said = words(ada.get("/").text)
    assert "Cost in June $1.18 Of some days the cost is not known." in said


def test_a_year_stands_hour_by_hour_in_picture_and_table(ada: Reader, world: World) -> None:
    page = ada.get(f"/usage/{world.home}/year").text
    assert page.count("<a href=") >= 24
    assert f"/usage/{world.home}?period=month&amp;date=2025-06-01" in page
    paths = re.findall(r'<path class="s\d" d="([^"]+)"', page)
    hours = sum(int(each) for path in paths for each in re.findall(r"v(\d+)", path))
    seen_days = factories.TODAY - parse_day("2025-03-01")
    assert hours == 24 * seen_days - 2 - 1  # a gap of two hours; the hour that spring leaves out
    assert page.count('<tr><th scope="row">') == 12
    assert "Jul 2024 \N{EN DASH} Jun 2025" in page


def test_an_hour_that_comes_twice_is_the_mean_of_both(app: Flask, world: World, ada: Reader) -> None:
    autumn = parse_day("2025-11-02")
    ada.wait((autumn + 2 - factories.TODAY) * 86_400)
    ada.log_in("ada")
    values = np.zeros(100, np.int64)
    values[4:8], values[8:12] = 100, 300
    put(app, world, autumn, values=values, qualities=np.full(100, ACTUAL_QUALITY, np.uint8))
    page = ada.get(f"/usage/{world.home}/year?date={day_date(autumn)}").text
    november = page[page.index("November 2025</a></th>") :]
    assert re.findall(r'<td class="n">([\d.]+)', november)[:3] == ["0.00", "0.80", "0.00"]


def test_a_year_of_sun_is_a_picture_of_its_own(ada: Reader, world: World) -> None:
    assert "What you sent back in each hour" in ada.get(f"/usage/{world.home}/year?flow=sent").text


def test_a_year_without_readings_says_what_to_do(ada: Reader, world: World) -> None:
    assert "Try another year" in ada.get(f"/usage/{world.home}/year?date=2020-05-01").text


def test_the_neighbours_year_is_nobodys_business(ada: Reader, world: World) -> None:
    assert ada.get(f"/usage/{world.neighbour}/year").status_code == 404


def test_days_before_one_moved_in_are_not_in_the_picture(ada: Reader, world: World) -> None:
    page = ada.get(f"/usage/{world.home}/year").text
    assert "February 2025: nothing received" in page


def test_a_day_that_was_corrected_says_so_in_word_and_shape(ada: Reader, app: Flask, world: World) -> None:
    later = site_of(app).now_s() + 3600
    put(app, world, factories.TODAY - 3, later, values=np.full(96, 200, np.int64))
    page = ada.get(f"/usage/{world.home}?period=month").text
    assert "<td>measured, corrected on Jun 15, 2025</td>" in page
    assert page.count('class="ring"') == 2  # the bar's, and the legend's
    day = ada.get(f"/usage/{world.home}?date=2025-06-12").text
    assert "Readings of this day were completed or corrected on June 15, 2025." in day


def test_cost_stands_in_facts_bars_and_table(ada: Reader, app: Flask, world: World) -> None:
    put(app, world, factories.TODAY - 1, costs=np.full(96, 1234, np.int64))
    day = ada.get(f"/usage/{world.home}?date=2025-06-14").text
    assert "<dt>Cost</dt><dd>$1.18</dd>" in day
    assert day.count('<td class="n">$0.01</td>') == 96
    month = ada.get(f"/usage/{world.home}?period=month").text
    assert month.count('<td class="n">$1.18</td>') == 1


def test_temperature_stands_below_the_bars_and_in_the_table(ada: Reader, app: Flask, world: World) -> None:
    kind = {"kind": 46, "uom": 6, "powerOfTenMultiplier": -1, "intervalLength": 3600, "accumulationBehaviour": 12}
    with site_of(app).database.write() as conn:
        home = home_id(conn, world)
        directory.add_interval_channel(conn, home, 20, kind, factories.NOW_S)
        warm = np.array([2931] * 12 + [3031] * 12, np.int64)
        start_s = zone(factories.ZONE).day_start_s(factories.TODAY - 1)
        codes = np.full(24, ACTUAL_QUALITY, np.uint8)
        block = DayBlock(home, 20, factories.TODAY - 1, start_s, 3600, warm, codes)
        readings.put_blocks(conn, [block], file_id=4, now_s=factories.NOW_S)
    day = ada.get(f"/usage/{world.home}?date=2025-06-14").text
    assert "Temperature outside" in day
    assert "<dt>Outside</dt><dd>68\N{NO-BREAK SPACE}°F to 86\N{NO-BREAK SPACE}°F</dd>" in day
    assert day.count('<td class="n">68\N{NO-BREAK SPACE}°F</td>') == 48
    assert "77\N{NO-BREAK SPACE}°F" in ada.get(f"/usage/{world.home}?period=year").text


def test_what_is_missing_of_the_last_days_may_still_come(ada: Reader, world: World) -> None:
    assert "<td>not received yet</td>" in ada.get(f"/usage/{world.home}?date=2025-06-10").text
    ada.wait(10 * 86_400)
    ada.log_in("ada")
    page = ada.get(f"/usage/{world.home}?date=2025-06-10").text
    assert "<td>not received</td>" in page
    assert "<td>not received yet</td>" not in page
