"""Local days: what the kit says of holes, overlaps and the days on which the clocks change."""

from __future__ import annotations

import random
import re

import pytest

from conformance.outcome import Outcome
from tests.conformance.made_feeds import (
    AUTUMN_S,
    DAY_S,
    HOUR_S,
    JULY_S,
    LOCAL_TIME,
    QUARTER_S,
    SPRING_S,
    Usage,
    block,
    every,
    messages,
    result,
)

RULES = [f"TIM{number:03d}" for number in range(1, 17) if number != 14] + ["UNI005"]


def days(first_s: int, *lengths_s: int, length_s: int = QUARTER_S) -> list[str]:
    """A block for each local day, complete."""
    made, start_s = [], first_s
    for day_s in lengths_s:
        made.append(block(every(start_s, day_s // length_s, length_s)))
        start_s += day_s
    return made


def around(change_s: int, day_s: int) -> list[str]:
    return days(change_s - DAY_S, DAY_S, day_s, DAY_S)


@pytest.mark.parametrize(
    "blocks",
    [
        days(JULY_S, DAY_S, DAY_S),
        around(SPRING_S, 92 * QUARTER_S),
        around(AUTUMN_S, 100 * QUARTER_S),
        days(SPRING_S - 9 * DAY_S, 31 * DAY_S - HOUR_S),
    ],
    ids=["July", "92 quarter hours", "100 quarter hours", "a month in a block"],
)
def test_complete_days_are_right_whatever_their_length(blocks: list[str]) -> None:
    content = Usage(blocks).xml()
    assert [found for rule in RULES for found in messages(content, rule)] == []


def test_hours_and_a_place_without_daylight_saving_are_right_too() -> None:
    hourly = {"intervalLength": "3600", "kind": "12", "powerOfTenMultiplier": "0", "uom": "72"}
    phoenix = {"dstEndRule": "FFFFFFFF", "dstOffset": "0", "dstStartRule": "FFFFFFFF", "tzOffset": "-25200"}
    blocks = days(SPRING_S + HOUR_S, *[DAY_S] * 3, length_s=HOUR_S)
    content = Usage(blocks, local=phoenix, type=hourly).xml()
    assert [found for rule in RULES for found in messages(content, rule)] == []


def test_a_hole_tells_how_many_of_the_days_intervals_are_there() -> None:
    readings = every(JULY_S, 96)
    (found,) = messages(Usage([block(readings[:8] + readings[12:])]).xml(), "TIM005")
    assert "from 2024-07-01 02:00 local time to 2024-07-01 03:00 local time: 4 intervals of 900 s missing" in found
    assert "92 of the 96 of 2024-07-01 are there" in found


def test_a_hole_on_a_long_day_is_counted_against_100() -> None:
    readings = every(AUTUMN_S, 100)
    blocks = [block(every(AUTUMN_S - DAY_S, 96)), block(readings[:50] + readings[51:])]
    (found,) = messages(Usage(blocks).xml(), "TIM005")
    assert "99 of the 100 of 2024-11-03 are there" in found
    assert messages(Usage(blocks).xml(), "TIM006") == []


def test_a_missing_day_between_blocks_is_a_gap() -> None:
    blocks = [block(every(JULY_S, 96)), block(every(JULY_S + 2 * DAY_S, 96))]
    (found,) = messages(Usage(blocks).xml(), "TIM012")
    assert "covers 2024-07-02 00:00 local time to 2024-07-03 00:00 local time" in found
    assert messages(Usage(blocks).xml(), "TIM005") == []


def spring_as_wall_clock() -> list[str]:
    """Local time written as if it were UTC: the hour from two to three does not exist."""
    readings = every(SPRING_S - 21600, 96)
    return [block(readings[:8] + readings[12:])]


def autumn_as_wall_clock() -> list[str]:
    readings = every(AUTUMN_S - 21600 + HOUR_S, 96)
    doubled = sorted(readings + readings[4:8])
    before = every(AUTUMN_S - 21600 + HOUR_S - DAY_S, 96)
    return [block(before), block(doubled)]


def without_the_skipped_hour() -> list[str]:
    readings = every(SPRING_S, 96)
    return [block(every(SPRING_S - DAY_S, 96)), block(readings[:8] + readings[12:])]


def without_the_repeated_hour() -> list[str]:
    readings = every(AUTUMN_S, 100)
    return [block(every(AUTUMN_S - DAY_S, 96)), block(readings[:4] + readings[8:])]


def the_repeated_hour_twice() -> list[str]:
    readings = every(AUTUMN_S, 100)
    doubled = sorted(readings[:8] + readings[4:8] + readings[8:])
    return [block(every(AUTUMN_S - DAY_S, 96)), block(doubled)]


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        (spring_as_wall_clock(), "the starts are local time, and must be UTC"),
        (autumn_as_wall_clock(), "the starts are local time, and must be UTC"),
        (without_the_skipped_hour(), "leaves out an hour"),
        (without_the_repeated_hour(), "lacks one of the two hours that the wall clock shows as 01:00 to 02:00"),
        (the_repeated_hour_twice(), "both are written as the same hour of UTC"),
    ],
    ids=["spring as UTC", "autumn as UTC", "skipped hour", "repeated hour lost", "repeated hour doubled"],
)
def test_an_hour_lost_or_doubled_with_the_clocks_is_told_as_what_it_is(blocks: list[str], said: str) -> None:
    content = Usage(blocks).xml()
    (found,) = messages(content, "TIM006")
    assert said in found
    assert messages(content, "TIM005") == [], "the same fault is not told twice"
    assert messages(content, "TIM002") == []


def test_a_longer_hole_over_the_change_is_only_a_hole() -> None:
    readings = every(AUTUMN_S, 100)
    blocks = [block(every(AUTUMN_S - DAY_S, 96)), block(readings[:2] + readings[20:])]
    assert messages(Usage(blocks).xml(), "TIM006") == []
    assert len(messages(Usage(blocks).xml(), "TIM005")) == 1


@pytest.mark.parametrize(
    ("change_s", "day_s", "hours"), [(SPRING_S, 82_800, 23), (AUTUMN_S, 90_000, 25)], ids=["spring", "autumn"]
)
def test_a_day_of_23_or_25_hours_whose_block_says_24_is_wrong(change_s: int, day_s: int, hours: int) -> None:
    fit = min(day_s, DAY_S) // QUARTER_S
    blocks = [
        block(every(change_s - DAY_S, 96)),
        block(every(change_s, fit), duration_s=DAY_S),
        block(every(change_s + day_s, 96)),
    ]
    content = Usage(blocks).xml()
    (found,) = messages(content, "TIM006")
    assert f"lasts 86400 s; the clocks change on 2024-{'03-10' if hours == 23 else '11-03'} at 02:00" in found
    assert f"it should last {day_s} s (that day has {hours} hours)" in found
    assert messages(content, "TIM005") == messages(content, "TIM012") == []


@pytest.mark.parametrize(("change_s", "day_s"), [(SPRING_S, 82_800), (AUTUMN_S, 90_000)], ids=["spring", "autumn"])
def test_daily_readings_that_all_last_24_hours_are_wrong(change_s: int, day_s: int) -> None:
    starts = [change_s - DAY_S, change_s, change_s + day_s, change_s + day_s + DAY_S]
    daily = {**Usage().type, "intervalLength": "86400"}
    content = Usage([block([(start_s, DAY_S, 20_000) for start_s in starts])], type=daily).xml()
    (found,) = messages(content, "TIM006")
    assert f"its duration is {day_s}" in found
    assert messages(content, "TIM002") == messages(content, "TIM005") == []


def test_without_a_change_of_the_clocks_nothing_is_judged() -> None:
    found = result(Usage().xml(), "TIM006")
    assert (found.outcome, found.why) == (Outcome.OMIT, "No change of the clocks lies within its readings.")


def test_readings_that_overlap_within_a_block() -> None:
    readings = every(JULY_S, 4)
    (found,) = messages(Usage([block([*readings[:2], (JULY_S + 1700, 900, 5), *readings[3:]])]).xml(), "TIM002")
    assert "overlap 1 time within a block" in found


def test_blocks_that_overlap_unless_one_fills_a_hole_of_the_other() -> None:
    overlapping = Usage([block(every(JULY_S, 96)), block(every(JULY_S + 23 * HOUR_S, 96))]).xml()
    (found,) = messages(overlapping, "TIM003")
    assert "both cover 2024-07-01 23:00 local time to 2024-07-02 00:00 local time" in found
    readings = every(JULY_S, 96)
    filling = Usage([block(readings[:8] + readings[16:]), block(readings[8:16])]).xml()
    assert messages(filling, "TIM003") == []


def test_readings_outside_their_block() -> None:
    (found,) = messages(Usage([block(every(JULY_S, 96), duration_s=DAY_S - HOUR_S)]).xml(), "TIM004")
    assert "4 readings" in found
    assert "the first at 2024-07-01 23:00 local time" in found


def test_readings_out_of_order() -> None:
    readings = every(JULY_S, 96)
    assert len(messages(Usage([block([readings[1], readings[0], *readings[2:]], start_s=JULY_S)]).xml(), "TIM001")) == 1


@pytest.mark.parametrize(
    ("start_s", "said"),
    [
        (JULY_S * 1000, "looks like milliseconds"),
        (20240701, "looks like a calendar date"),
        (0, "is a filler"),
        (JULY_S + 200 * 365 * DAY_S, "is no time between 1900 and 2200"),
        (100_000, "would be 1970-01-02 03:46 UTC"),
    ],
)
def test_starts_that_are_no_epoch_seconds(start_s: int, said: str) -> None:
    content = Usage([block([(start_s, 900, 1)])]).xml()
    (found,) = messages(content, "TIM015")
    assert said in found
    for rule in RULES:
        messages(content, rule)


def test_blocks_at_odd_minutes() -> None:
    (found,) = messages(Usage([block(every(JULY_S + 420, 96))]).xml(), "TIM016")
    assert "420 s late" in found


def test_readings_that_nobody_can_have_taken_yet() -> None:
    ahead = Usage(change={"IntervalBlock": {"updated": "2024-06-29T00:00:00Z"}})
    (found,) = messages(ahead.xml(), "TIM011")
    assert "nobody can have read them yet" in found
    forecast = Usage(change=ahead.change, type={**ahead.type, "defaultQuality": "12"})
    assert messages(forecast.xml(), "TIM011") == []


@pytest.mark.parametrize(
    ("shift_s", "local", "said"),
    [
        (-5 * HOUR_S, {}, "at midnight of UTC"),
        (HOUR_S, {}, "at midnight of standard time the whole year"),
        (0, {"tzOffset": "21600"}, "if the sign of tzOffset is turned"),
    ],
    ids=["UTC", "standard time", "sign"],
)
def test_days_cut_at_another_midnight_say_which(shift_s: int, local: dict[str, str], said: str) -> None:
    blocks = days(JULY_S + shift_s, DAY_S, DAY_S)
    (found,) = messages(Usage(blocks, local={**LOCAL_TIME, **local}).xml(), "TIM007")
    assert said in found


def test_daylight_saving_that_is_counted_twice() -> None:
    blocks = [*days(JULY_S, DAY_S), *days(JULY_S - 182 * DAY_S + HOUR_S, DAY_S)]
    (found,) = messages(Usage(blocks, local={**LOCAL_TIME, "tzOffset": "-18000"}).xml(), "TIM007")
    assert "if daylight saving is taken out of tzOffset" in found


def test_daylight_saving_that_the_rules_do_not_tell() -> None:
    blocks = [*days(JULY_S, DAY_S), *days(JULY_S - 182 * DAY_S + HOUR_S, DAY_S)]
    never = {**LOCAL_TIME, "dstStartRule": "FFFFFFFF", "dstEndRule": "FFFFFFFF", "dstOffset": "0"}
    (found,) = messages(Usage(blocks, local=never).xml(), "TIM007")
    assert "if there is daylight saving, of which the rules say nothing" in found


def test_a_gas_day_that_begins_at_nine_is_no_fault() -> None:
    assert messages(Usage(days(JULY_S + 9 * HOUR_S, DAY_S, DAY_S)).xml(), "TIM007") == []


@pytest.mark.parametrize(
    ("change", "rule", "said"),
    [
        ({"dstStartRule": "36002000"}, "TIM008", "operator 3 needs a day of the week"),
        ({"dstEndRule": "FFFFFFFF"}, "TIM009", "one is switched off and the other is not"),
        ({"dstEndRule": "360E2000"}, "TIM009", "summer would end when it begins"),
        ({"dstOffset": "0"}, "TIM009", "the seconds that the clocks go forward"),
        ({"dstStartRule": "B40E2000", "dstEndRule": "360E2000"}, "TIM009", "most likely exchanged"),
        ({"dstStartRule": "FFFFFFFF", "dstEndRule": "FFFFFFFF"}, "TIM009", "it is 0 then"),
        ({"tzOffset": "-6"}, "TIM010", "Hours, perhaps? Then it is -21600"),
        ({"tzOffset": "-360"}, "TIM010", "Minutes, perhaps? Then it is -21600"),
        ({"tzOffset": "-21601"}, "TIM010", "west of Greenwich negative"),
    ],
)
def test_local_time_that_makes_no_sense(change: dict[str, str], rule: str, said: str) -> None:
    (found,) = messages(Usage(local={**LOCAL_TIME, **change}).xml(), rule)
    assert said in found


def test_southern_summers_are_no_exchange() -> None:
    sydney = {"dstEndRule": "440E3000", "dstOffset": "3600", "dstStartRule": "A40E2000", "tzOffset": "36000"}
    assert messages(Usage(local=sydney).xml(), "TIM009") == []


@pytest.mark.parametrize(
    ("declared", "durations", "wrong"),
    [
        (900, (900, 900), False),
        (900, (3600,), True),
        (DAY_S, (DAY_S, 82_800, 90_000), False),
        (31 * DAY_S, (11 * DAY_S, 28 * DAY_S, 30 * DAY_S), False),
        (31 * DAY_S, (62 * DAY_S,), True),
    ],
)
def test_durations_that_are_not_the_interval_length(declared: int, durations: tuple[int, ...], wrong: bool) -> None:
    readings, start_s = [], JULY_S
    for length_s in durations:
        readings.append((start_s, length_s, 5))
        start_s += length_s
    content = Usage([block(readings)], type={**Usage().type, "intervalLength": str(declared)}).xml()
    assert bool(messages(content, "UNI005")) is wrong


@pytest.mark.parametrize("seed", range(25))
def test_every_missing_interval_is_told_once(seed: int) -> None:
    """The holes that are told, added up, are the intervals that were taken out, on whatever days."""
    chosen = random.Random(seed)  # noqa: S311  the same every time
    length_s = chosen.choice([QUARTER_S, HOUR_S])
    change_s, day_s = chosen.choice([(SPRING_S, 82_800), (AUTUMN_S, 90_000), (JULY_S, DAY_S)])
    lengths = [DAY_S, day_s, DAY_S]
    blocks, taken, start_s = [], 0, change_s - DAY_S
    for each_s in lengths:
        readings = every(start_s, each_s // length_s, length_s)
        lost = set(chosen.sample(range(1, len(readings) - 1), chosen.randrange(4)))
        left = [reading for place, reading in enumerate(readings) if place not in lost]
        blocks.append(block(left, start_s=start_s, duration_s=each_s))
        taken += len(lost)
        start_s += each_s
    content = Usage(blocks, type={**Usage().type, "intervalLength": str(length_s)}).xml()
    told = sum(int(re.findall(r": (\d+) intervals? of", found)[0]) for found in messages(content, "TIM005"))
    told += (HOUR_S // length_s) * len(messages(content, "TIM006"))
    assert told == taken
    assert messages(content, "TIM012") == []
