from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from conformance.local_time import LocalTime, NoRule, rule

US_START, US_END = "360E2000", "B40E2000"
CENTRAL = LocalTime(-21600, 3600, rule(US_START), rule(US_END))
SYDNEY = LocalTime(36000, 3600, rule("A40E2000"), rule("440E3000"))


def utc(year: int, month: int, day: int, hour: int = 0) -> int:
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("digits", "said"),
    [
        (US_START, "second Sunday of March at 02:00"),
        (US_END, "first Sunday of November at 02:00"),
        ("3E0E2000", "last Sunday of March at 02:00"),
        ("32861000", "first Wednesday on or after 8 March at 01:00"),
        ("30F02708", "15 March at 02:30"),
    ],
)
def test_a_rule_is_said_in_words(digits: str, said: str) -> None:
    assert str(rule(digits)) == said
    assert str(rule(digits.lower())) == said


@pytest.mark.parametrize(
    ("digits", "why"),
    [
        ("B40E200", "7 digits"),
        ("X40E2000", "not hexadecimal"),
        ("060E2000", "month is 0"),
        ("D60E2000", "month is 13"),
        ("300E2000", "needs a day of the month"),
        ("36002000", "needs a day of the week"),
        ("360F8000", "hour is 24"),
        ("360E2E10", "seconds within the hour are 3600"),
    ],
)
def test_digits_that_make_no_rule_say_why(digits: str, why: str) -> None:
    with pytest.raises(NoRule, match=why):
        rule(digits)


def test_all_ones_switch_daylight_saving_off() -> None:
    assert rule("FFFFFFFF") is None
    assert rule("ffffffff") is None


@pytest.mark.parametrize(
    ("zone", "local"), [("America/Chicago", CENTRAL), ("Australia/Sydney", SYDNEY)], ids=["Chicago", "Sydney"]
)
def test_offsets_agree_with_the_time_zone_database_every_hour(zone: str, local: LocalTime) -> None:
    place = ZoneInfo(zone)
    for year in (2009, 2024, 2026):
        for epoch_s in range(utc(year, 1, 1), utc(year + 1, 1, 1), 3600):
            expected = datetime.fromtimestamp(epoch_s, place).utcoffset()
            assert expected is not None
            assert local.offset_s(epoch_s) == expected.total_seconds(), datetime.fromtimestamp(epoch_s, UTC)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2024, 3, 10), 23), (date(2024, 11, 3), 25), (date(2024, 7, 1), 24)], ids=str
)
def test_days_have_23_24_or_25_hours(day: date, hours: int) -> None:
    found = CENTRAL.day(CENTRAL.midnight_s(day) + 12 * 3600)
    assert (found.date, found.length_s) == (day, hours * 3600)
    assert CENTRAL.is_midnight(found.start_s)
    assert not CENTRAL.is_midnight(found.start_s + 3600)


def test_the_days_of_the_reference_begin_when_it_says() -> None:
    assert CENTRAL.midnight_s(date(2024, 3, 10)) == 1710050400
    assert CENTRAL.midnight_s(date(2024, 11, 3)) == 1730610000
    assert CENTRAL.midnight_s(date(2024, 7, 1)) == 1719810000


def test_changes_are_told_with_the_wall_clock() -> None:
    spring, autumn = CENTRAL.changes(2024)
    assert (spring.at_s, spring.by_s) == (utc(2024, 3, 10, 8), 3600)
    assert (autumn.at_s, autumn.by_s) == (utc(2024, 11, 3, 7), -3600)
    assert autumn.wall_s == utc(2024, 11, 3, 2)
    assert CENTRAL.text(autumn.at_s) == "2024-11-03 01:00"
    assert CENTRAL.text(autumn.at_s - 3600) == "2024-11-03 01:00"


def test_a_place_without_daylight_saving_has_no_changes() -> None:
    arizona = LocalTime(-25200, 0, None, None)
    assert arizona.changes(2024) == ()
    assert arizona.offset_s(utc(2024, 7, 1)) == -25200


def test_a_change_at_midnight_still_gives_each_day_one_beginning() -> None:
    local = LocalTime(-14400, 3600, rule("960E0000"), rule("440E0000"))
    for year in (2023, 2024):
        for change in local.changes(year):
            held = local.day(change.at_s)
            assert held.start_s <= change.at_s < held.end_s
