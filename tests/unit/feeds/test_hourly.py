"""Hours made of quarters, against sums made reading by reading."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espi.clock import parse_day, zone
from espi.day import (
    ABSENT,
    ESTIMATED_QUALITIES,
    PackedDay,
    pack_codes,
    pack_values,
)
from espi.feeds.hourly import by_the_hour, fits

CHICAGO = zone("America/Chicago")


def day_of(values: list[int], qualities: list[int] | int = 17, **more: bytes | None) -> PackedDay:
    codes = np.array([qualities] * len(values) if isinstance(qualities, int) else qualities, np.uint8)
    packed = pack_values(np.array(values, np.int64))
    return PackedDay(19000, 1_700_000_000, 900, len(values), packed, pack_codes(codes), **more)


def hours(day: PackedDay) -> tuple[list[int], list[int]]:
    block = by_the_hour(day).block(1, 4)
    return block.values.tolist(), block.qualities.tolist()


def merged(parts: list[int]) -> int:
    """The quality of an hour, said plainly."""
    if len(set(parts)) == 1:
        return parts[0]
    if ABSENT in parts:
        return 10
    return 8 if set(parts) <= ESTIMATED_QUALITIES else 13


READING = st.tuples(st.integers(-(2**40), 2**40), st.sampled_from([17, 8, 9, 12, 7, 19, ABSENT]))


@given(st.lists(READING, min_size=4, max_size=100))
def test_hours_are_the_sums_of_their_parts(readings: list[tuple[int, int]]) -> None:
    readings = readings[: len(readings) // 4 * 4]
    values = [0 if quality == ABSENT else value for value, quality in readings]
    qualities = [quality for _, quality in readings]
    found = hours(day_of(values, qualities))
    quarters = [range(start, start + 4) for start in range(0, len(readings), 4)]
    assert found[0] == [sum(values[place] for place in hour) for hour in quarters]
    assert found[1] == [merged([qualities[place] for place in hour]) for hour in quarters]


@pytest.mark.parametrize(("day", "count"), [("2025-03-09", 23), ("2025-11-02", 25), ("2025-06-15", 24)])
def test_a_day_has_as_many_hours_as_the_clock_gave_it(day: str, count: int) -> None:
    quarters = CHICAGO.quarter_hours(parse_day(day))
    found = by_the_hour(day_of(list(range(quarters))))
    assert (found.count, found.interval_s) == (count, 3600)
    assert found.count * 3600 == CHICAGO.day_length_s(parse_day(day))


def test_a_day_that_breaks_off_has_a_last_hour_that_is_not_whole() -> None:
    assert hours(day_of([1, 2, 3, 4, 5])) == ([10, 5], [17, 10])


def test_costs_are_added_up_and_buckets_kept_where_an_hour_has_one() -> None:
    costs = pack_values(np.array([1, 2, 3, 4, 10, 20, 30, 40], np.int64))
    tou = pack_codes(np.array([1] * 4 + [2] * 4, np.uint8))
    tier = pack_codes(np.array([1] * 5 + [2] * 3, np.uint8))
    block = by_the_hour(day_of([1] * 8, costs=costs, tou=tou, tier=tier)).block(1, 4)
    assert block.costs is not None
    assert block.tou is not None
    assert (block.costs.tolist(), block.tou.tolist(), block.tier) == ([10, 100], [1, 2], None)


def test_what_is_an_hour_or_longer_stays_as_it_is() -> None:
    day = day_of([1] * 24)._replace(interval_s=3600)
    assert by_the_hour(day) is day
    assert [seconds for seconds in (0, 300, 700, 900, 1800, 3600, 86400) if fits(seconds)] == [300, 900, 1800]
