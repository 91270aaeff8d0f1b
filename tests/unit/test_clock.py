"""Time is UTC inside, and local days have 92, 96 or 100 quarter hours."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espi import clock
from espi.errors import BadInput

CENTRAL = clock.zone("America/Chicago")


@pytest.mark.parametrize(
    ("day", "quarter_hours", "start_s"),
    [
        ("2024-03-10", 92, 1710050400),
        ("2024-11-03", 100, 1730610000),
        ("2024-07-01", 96, 1719810000),
        ("2014-03-09", 92, 1394344800),
        ("2026-11-01", 100, 1793509200),
    ],
)
def test_local_days_start_and_last_as_the_clocks_ran(day: str, quarter_hours: int, start_s: int) -> None:
    number = clock.parse_day(day)
    assert CENTRAL.quarter_hours(number) == quarter_hours
    assert CENTRAL.day_start_s(number) == start_s


@given(st.integers(13_000, 40_000), st.sampled_from(["America/Chicago", "America/Denver", "Europe/Berlin", "UTC"]))
def test_each_day_begins_where_the_day_before_ends(day: int, name: str) -> None:
    zone = clock.zone(name)
    assert zone.day_start_s(day) + zone.day_length_s(day) == zone.day_start_s(day + 1)
    assert zone.day_of(zone.day_start_s(day)) == day
    assert zone.day_of(zone.day_start_s(day) - 1) == day - 1


@given(st.dates())
def test_a_day_number_names_one_date(date: dt.date) -> None:
    assert clock.day_date(clock.day_number(date)) == date


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("America/Chicago", clock.DstRule(-21600, 3600, "360E2000", "B40E2000")),
        ("America/New_York", clock.DstRule(-18000, 3600, "360E2000", "B40E2000")),
        ("America/Phoenix", clock.DstRule(-25200, 0, "FFFFFFFF", "FFFFFFFF")),
        ("Europe/Berlin", clock.DstRule(3600, 3600, "3E0E2000", "AE0E3000")),
    ],
)
def test_zones_are_written_as_espi_rules(name: str, rule: clock.DstRule) -> None:
    assert clock.zone(name).dst_rule() == rule


def test_a_southern_zone_starts_its_summer_time_in_its_spring() -> None:
    rule = clock.zone("Australia/Sydney").dst_rule()
    assert (rule.tz_offset_s, rule.dst_offset_s) == (36000, 3600)
    assert rule.start_rule.startswith("A")
    assert rule.end_rule.startswith("4")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1970-01-01T00:00:00Z", 0), ("2024-03-10T01:00:00-06:00", 1710054000), ("2024-03-10T07:00:00.750Z", 1710054000)],
)
def test_instants_are_read_with_zone_offset_and_fraction(text: str, seconds: int) -> None:
    assert clock.instant_s(text) == seconds


@pytest.mark.parametrize("text", ["", "All", "03/01/2016", "2024-03-10", "2024-03-10T07:00:00", "2024-02-30T00:00:00Z"])
def test_what_names_no_instant_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        clock.instant_s(text)


def test_the_clock_can_stand_still_or_be_shifted() -> None:
    assert clock.Clock.parse("2014-02-01T12:00:00Z").now_s() == 1391256000
    real, shifted = clock.Clock(), clock.Clock.parse("-86400")
    assert 86_395 <= real.now_s() - shifted.now_s() <= 86_405
    assert real.is_real
    assert not shifted.is_real


def test_months_begin_on_their_first_day() -> None:
    leap_day = clock.parse_day("2024-02-29")
    assert clock.month_start(leap_day) == clock.parse_day("2024-02-01")
    assert clock.next_month(leap_day) == clock.parse_day("2024-03-01")
    assert clock.next_month(clock.parse_day("2023-12-31")) == clock.parse_day("2024-01-01")


def test_the_repeated_hour_is_read_as_its_first_pass() -> None:
    assert CENTRAL.parse_instant_s("20241103013000") == 1730610000 + 5400


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        clock.Zone(name)
