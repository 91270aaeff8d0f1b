"""The charts' bars: each day as long as it is, gaps shown as gaps, surplus apart, and nothing out of reach."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from espi import usage
from espi.clock import day_date, parse_day
from espi.day import ABSENT, ESTIMATED_QUALITY, DayBlock
from espi.store import channels, directory, readings
from espi.store.channels import reading_type_for_lse
from espi.store.database import Conn
from espi.store.directory import UsagePoint
from espi.store.reach import Reach
from espi.usage import View
from tests import factories
from tests.metered import CHICAGO, NOW_S, World

DAY = parse_day("2014-02-05")


class Home:
    """A solar home whose readings are put day by day."""

    def __init__(self, conn: Conn, world: World) -> None:
        self.conn = conn
        self.world = world
        directory.add_usage_point(conn, world.utility, "1", now_s=NOW_S, title="Home")
        self.id = directory.usage_point_ids(conn, world.utility, ["1"])["1"]
        for number in (4, 1):
            channels.add_interval_channel(conn, self.id, number, reading_type_for_lse(number), NOW_S)

    def put(self, day: int, value: int, *, channel: int = 4, estimated: int = 0, absent: int = 0) -> None:
        count = CHICAGO.quarter_hours(day)
        qualities = np.full(count, 17, np.uint8)
        qualities[:estimated] = ESTIMATED_QUALITY
        qualities[count - absent :] = ABSENT
        values = np.full(count, value, np.int64)
        block = DayBlock(self.id, channel, day, CHICAGO.day_start_s(day), 900, values, qualities)
        readings.put_blocks(self.conn, [block], file_id=1, now_s=NOW_S)

    def view(self, kind: str, day: int = DAY, reach: Reach | None = None) -> View:
        reach = reach or self.world.reach
        return usage.VIEWS[kind](self.conn, reach, self.point(reach), day)

    def point(self, reach: Reach) -> UsagePoint:
        return directory.usage_point(self.conn, reach, esiid="1")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    world = World(tmp_path)
    with world.database.write() as conn:
        yield Home(conn, world)
    world.database.close()


@pytest.mark.parametrize(("text", "bars"), [("2014-02-05", 96), ("2014-03-09", 92), ("2014-11-02", 100)])
def test_a_day_has_a_bar_for_every_quarter_hour(home: Home, text: str, bars: int) -> None:
    home.put(parse_day(text), 5)
    view = home.view("day", parse_day(text))
    assert (len(view.bars), view.total) == (bars, 5 * bars)
    assert len({bar.label for bar in view.bars}) == bars
    assert [bar.start_s for bar in view.bars] == sorted({bar.start_s for bar in view.bars})


def test_the_hour_that_autumn_repeats_is_told_apart(home: Home) -> None:
    labels = [bar.label for bar in home.view("day", parse_day("2014-11-02")).bars]
    assert labels[3:10] == ["00:45", "01:00 CDT", "01:15 CDT", "01:30 CDT", "01:45 CDT", "01:00 CST", "01:15 CST"]


def test_a_day_that_never_came_has_bars_that_say_so(home: Home) -> None:
    view = home.view("day")
    assert view.is_empty
    assert (len(view.bars), view.total, view.estimated_percent, view.previous_total) == (96, 0, 0, None)


def test_estimates_and_gaps_are_marked_and_counted(home: Home) -> None:
    home.put(DAY, 10, estimated=4, absent=16)
    view = home.view("day")
    assert [bar.estimated for bar in view.bars[:5]] == [True] * 4 + [False]
    assert [bar.absent for bar in view.bars[79:81]] == [False, True]
    assert (view.total, view.count, view.estimated_count, view.estimated_percent) == (800, 80, 4, 5)


def test_surplus_stands_apart_from_consumption(home: Home) -> None:
    home.put(DAY, 10)
    home.put(DAY, 3, channel=1)
    for kind in usage.VIEWS:
        view = home.view(kind)
        assert (view.has_surplus, view.total, view.surplus_total) == (True, 960, 288)


def test_a_day_is_compared_with_the_one_before(home: Home) -> None:
    home.put(DAY, 10)
    home.put(DAY - 1, 9)
    assert (home.view("day").previous_total, home.view("day").previous_partial) == (864, False)


def test_a_week_runs_from_sunday_to_saturday(home: Home) -> None:
    home.put(DAY, 1)
    view = home.view("week")
    assert [bar.label for bar in view.bars] == [f"2014-02-0{n}" for n in range(2, 9)]
    assert [bar.absent for bar in view.bars] == [True] * 3 + [False] + [True] * 3
    assert day_date(view.from_day).isoweekday() == 7
    assert home.view("week", parse_day("2014-02-02")).from_day == parse_day("2014-02-02")


def test_a_month_has_a_bar_a_day_and_is_compared_with_the_month_before(home: Home) -> None:
    for day in range(parse_day("2014-01-01"), parse_day("2014-02-11")):
        home.put(day, 2)
    view = home.view("month")
    assert (len(view.bars), view.total) == (28, 10 * 192)
    assert (view.previous_total, view.previous_partial) == (31 * 192, False)
    assert (view.title, view.bars[0].label) == ("2014-02", "2014-02-01")


def test_a_bar_of_a_day_with_gaps_is_partial(home: Home) -> None:
    home.put(DAY, 2, absent=6)
    home.put(DAY + 1, 2, absent=96)
    partial, nothing = home.view("month").bars[4:6]
    assert (partial.kwh_wh, partial.partial, partial.absent) == (180, True, False)
    assert (nothing.kwh_wh, nothing.partial, nothing.absent) == (0, False, True)


def test_a_year_has_a_bar_a_month(home: Home) -> None:
    for day in range(parse_day("2014-02-01"), parse_day("2014-03-01")):
        home.put(day, 2, estimated=1 if day == DAY else 0)
    home.put(parse_day("2014-03-09"), 1)
    view = home.view("year")
    assert [bar.label for bar in view.bars] == [f"2014-{n:02d}" for n in range(1, 13)]
    january, february, march = view.bars[:3]
    assert january.absent
    assert (february.kwh_wh, february.estimated, february.partial) == (28 * 192, True, False)
    assert (march.kwh_wh, march.estimated, march.partial) == (92, False, True)
    assert view.estimated_percent == 1


def test_a_previous_period_that_is_known_in_part_says_so(home: Home) -> None:
    home.put(parse_day("2013-12-31"), 2)
    view = home.view("year")
    assert (view.previous_total, view.previous_partial) == (192, True)


def test_days_out_of_reach_are_as_if_they_had_never_come(home: Home) -> None:
    for day in range(DAY - 3, DAY + 3):
        home.put(day, 2)
    reach = factories.reach_of((home.id, DAY, DAY + 1))
    assert home.view("month", reach=reach).total == 192
    assert home.view("year", reach=reach).total == 192
    assert home.view("day", DAY + 1, reach=reach).is_empty
    assert home.view("day", DAY, reach=reach).previous_total is None
    assert home.view("week", reach=reach).total == 192


def test_a_usage_point_without_energy_channels_has_an_empty_chart(tmp_path: Path) -> None:
    world = World(tmp_path)
    with world.database.write() as conn:
        directory.add_usage_point(conn, world.utility, "2", now_s=NOW_S)
        point = directory.usage_point(conn, world.reach, esiid="2")
        view = usage.day(conn, world.reach, point, DAY)
    world.database.close()
    assert (view.is_empty, view.unit, view.power_of_ten, view.has_surplus) == (True, 0, 0, False)
