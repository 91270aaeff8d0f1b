"""Days and months out of intervals, days out of registers: what is known, how sure it is, when two of them differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from espi.clock import parse_day, zone
from espi.day import DayTotal
from espi.feeds import derived
from espi.feeds.derived import Made

CHICAGO = zone("America/Chicago")


@dataclass(frozen=True)
class Read:
    day: int
    read_s: int
    value: int
    quality: int = 17
    published_s: int = 5
    updated_s: int = 6


def day(text: str, total: int = 96, **how: Any) -> DayTotal:
    number = parse_day(text)
    count = CHICAGO.quarter_hours(number)
    facts = {"estimated": 0, "absent": 0, "published_s": 1, "updated_s": 2, **how}
    return DayTotal(number, CHICAGO.day_start_s(number), count * 900, total, count=count, **facts)


def read(text: str, value: int, **how: Any) -> Read:
    number = parse_day(text)
    return Read(number, CHICAGO.day_start_s(number), value, **how)


def test_a_daily_reading_lasts_as_long_as_its_day() -> None:
    spring, autumn = derived.daily([day("2014-03-09", 7), day("2014-11-02", 8)])
    assert (spring.value, spring.duration_s, autumn.value, autumn.duration_s) == (7, 82_800, 8, 90_000)


@pytest.mark.parametrize(
    ("how", "quality"),
    [
        ({}, None),
        ({"estimated": 96}, 8),
        ({"estimated": 1}, 13),
        ({"absent": 1}, 10),
        ({"absent": 90, "estimated": 6}, 10),
    ],
)
def test_a_daily_reading_says_how_sure_it_is(how: dict[str, int], quality: int | None) -> None:
    (made,) = derived.daily([day("2014-02-03", **how)])
    assert made.quality == quality


def test_a_day_of_which_nothing_is_known_is_left_out() -> None:
    assert list(derived.daily([day("2014-02-03", absent=96)])) == []


def test_a_month_is_the_sum_of_its_days() -> None:
    january, february = derived.monthly([day("2014-01-30", 5), day("2014-01-31", 6), day("2014-02-01", 7)])
    assert (january.value, january.quality, january.duration_s) == (11, None, 2 * 86_400)
    assert january.day == parse_day("2014-01-01")
    assert january.start_s == CHICAGO.day_start_s(parse_day("2014-01-30"))
    assert february.value == 7


def test_a_month_in_which_a_day_is_missing_is_questionable() -> None:
    (made,) = derived.monthly([day("2014-01-29", 5), day("2014-01-30", absent=96), day("2014-01-31", 6)])
    assert (made.value, made.quality, made.duration_s) == (11, 10, 3 * 86_400)


def test_blocks_are_calendar_months_and_bear_the_times_of_their_readings() -> None:
    days = [day("2014-01-31", published_s=10, updated_s=40), day("2014-02-01"), day("2014-02-02", updated_s=30)]
    january, february = derived.month_blocks(derived.daily(days))
    assert (january.first_day, january.published_s, january.updated_s) == (parse_day("2014-01-01"), 10, 40)
    assert (february.first_day, february.published_s, february.updated_s) == (parse_day("2014-02-01"), 1, 30)
    row = february.row()
    assert row["interval"] == {"duration": 172_800, "start": CHICAGO.day_start_s(parse_day("2014-02-01"))}
    assert [each["value"] for each in row["IntervalReading"]] == [96, 96]


def test_a_span_is_widened_to_whole_months() -> None:
    span = derived.whole_months(parse_day("2014-01-31"), parse_day("2014-02-02"))
    assert span == (parse_day("2014-01-01"), parse_day("2014-03-01"))
    assert derived.whole_months(*span) == span


def test_registers_are_instants() -> None:
    plain, edited = derived.registers([read("2014-02-01", 1000), read("2014-02-02", 1096, quality=7)], 17)
    assert (plain.value, plain.duration_s, plain.quality) == (1000, 0, None)
    assert (edited.value, edited.quality) == (1096, 7)


def test_what_a_register_moved_on_by_is_a_day() -> None:
    reads = [read("2014-03-09", 100), read("2014-03-10", 150), read("2014-03-11", 175, quality=8)]
    first, second = derived.register_days(reads, CHICAGO)
    assert (first.day, first.value, first.duration_s, first.quality) == (parse_day("2014-03-09"), 50, 82_800, 11)
    assert (second.value, second.quality) == (25, 8)


@pytest.mark.parametrize(
    "reads",
    [
        [read("2014-02-01", 100), read("2014-02-03", 150)],
        [read("2014-02-01", 100), read("2014-02-02", 50)],
        [
            read("2014-02-01", 100),
            Read(parse_day("2014-02-02"), CHICAGO.day_start_s(parse_day("2014-02-02")) + 60, 150),
        ],
        [read("2014-02-01", 100)],
        [],
    ],
    ids=["a day is missing", "the dial goes back", "not at midnight", "one read", "no read"],
)
def test_no_day_is_made_of_reads_that_do_not_bound_one(reads: list[Read]) -> None:
    assert list(derived.register_days(reads, CHICAGO)) == []


def test_a_register_in_kilowatt_hours_is_scaled_to_the_intervals() -> None:
    (made,) = derived.register_days([read("2014-02-01", 10), read("2014-02-02", 12)], CHICAGO, 3)
    assert made.value == 2000


def made(text: str, value: int, quality: int | None = None) -> Made:
    number = parse_day(text)
    return Made(number, CHICAGO.day_start_s(number), 86_400, value, quality, 1, 1)


@pytest.mark.parametrize(
    ("registers", "intervals", "exponent", "differ"),
    [
        ([made("2014-02-01", 100)], [made("2014-02-01", 100)], 0, False),
        ([made("2014-02-01", 101)], [made("2014-02-01", 100)], 0, True),
        ([made("2014-02-01", 12_000)], [made("2014-02-01", 12_999)], 3, False),
        ([made("2014-02-01", 12_000)], [made("2014-02-01", 13_000)], 3, True),
        ([made("2014-02-01", 101)], [made("2014-02-01", 100, 10)], 0, False),
        ([made("2014-02-02", 101)], [made("2014-02-01", 100), made("2014-02-03", 7)], 0, False),
        ([made("2014-02-03", 101)], [made("2014-02-01", 100), made("2014-02-03", 7)], 0, True),
        ([], [made("2014-02-01", 100)], 0, False),
        ([made("2014-02-01", 100)], [], 0, False),
    ],
)
def test_registers_differ_by_a_whole_unit_of_their_dial(
    registers: list[Made], intervals: list[Made], exponent: int, *, differ: bool
) -> None:
    assert derived.differs(registers, intervals, exponent) is differ
