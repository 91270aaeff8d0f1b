"""The summary of a block is what a plain look at all its readings gives."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.document import blocks
from conformance.document.block_facts import BlockFacts
from conformance.document.blocks import BlockSummary, Starts, number, numbers

Reading = tuple[int, int, int]


def summary(readings: list[Reading], start_s: int | None = None, duration_s: int | None = None) -> BlockFacts:
    summed = BlockSummary(1, Starts())
    summed.facts.start_s, summed.facts.duration_s = start_s, duration_s
    for reading in readings:
        summed.add(*map(str, reading))
    return summed.done()


def regular(start_s: int, count: int, step_s: int = 900) -> list[Reading]:
    return [(start_s + place * step_s, step_s, place % 5) for place in range(count)]


def test_a_day_without_trouble() -> None:
    facts = summary(regular(0, 96), 0, 86_400)
    assert (facts.first_start_s, facts.last_start_s, facts.end_s) == (0, 85_500, 86_400)
    assert facts.starts_at_block
    assert facts.rising
    assert (facts.duplicate_count, facts.overlap_count, facts.hole_count, facts.outside_count) == (0, 0, 0, 0)
    assert (facts.zero_count, facts.total, dict(facts.durations)) == (20, 190, {900: 96})


def test_what_is_missing_within_and_at_the_ends() -> None:
    facts = summary([*regular(900, 2), *regular(4500, 1)], 0, 7200)
    assert set(facts.holes) == {(0, 900), (2700, 4500), (5400, 7200)}
    assert (facts.hole_count, facts.hole_s) == (3, 4500)


def test_what_overlaps_and_what_repeats_are_told_apart() -> None:
    facts = summary([(0, 900, 1), (600, 900, 1), (600, 900, 1), (1500, 900, 1)], 0, 2400)
    assert facts.overlaps == ((600, 900),)
    assert (facts.duplicates, facts.duplicate_count) == ((600,), 1)
    assert not facts.rising


def test_readings_in_another_order_have_no_holes() -> None:
    facts = summary(list(reversed(regular(0, 96))), 0, 86_400)
    assert not facts.rising
    assert (facts.hole_count, facts.overlap_count, facts.duplicate_count) == (0, 0, 0)


def test_readings_outside_of_their_block() -> None:
    facts = summary(regular(-900, 4), 0, 1800)
    assert (facts.outside, facts.outside_count) == ((-900, 1800), 2)


def test_starts_that_are_no_numbers_are_compared_as_texts() -> None:
    summed = BlockSummary(1, Starts())
    for start in ("noon", "dusk", "noon", None):
        summed.add(start, "900", "1")
    facts = summed.done()
    assert (facts.duplicate_count, facts.without_start, facts.first_start_s) == (1, 1, None)


def test_registers_that_fall() -> None:
    facts = summary([(place * 900, 900, value) for place, value in enumerate([5, 9, 3, 3, 1])])
    assert (facts.first_value, facts.last_value, facts.fall_count, facts.least_fall) == (5, 1, 2, 2)


STARTS = st.lists(
    st.tuples(
        st.integers(-4, 40).map(lambda place: place * 300),
        st.sampled_from([0, 300, 900]),
        st.integers(-9, 9),
    ),
    max_size=30,
)


@settings(max_examples=200, deadline=None)
@given(STARTS, st.integers(1, 7), st.booleans())
def test_a_summary_is_what_a_plain_look_gives(readings: list[Reading], batch: int, in_order: bool) -> None:
    readings = sorted(set(readings)) if in_order else readings
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BATCH", batch)
        facts = summary(readings, 0, 9000)
    starts = [start_s for start_s, _, _ in readings]
    values = [value for _, _, value in readings]
    assert facts.rising == (starts == sorted(set(starts)))
    assert facts.duplicate_count == len(starts) - len(set(starts))
    assert facts.starts_at_block == (0 in starts)
    assert facts.outside_count == sum(start_s < 0 or start_s + length_s > 9000 for start_s, length_s, _ in readings)
    assert (facts.first_start_s, facts.last_start_s) == (min(starts, default=None), max(starts, default=None))
    assert (facts.least, facts.most, facts.total) == (min(values, default=None), max(values, default=None), sum(values))
    assert dict(facts.durations) == Counter(length_s for _, length_s, _ in readings)
    if readings:
        covered = {second for start_s, length_s, _ in readings for second in range(start_s, start_s + length_s, 100)}
        assert facts.hole_s == 100 * len(set(range(min(0, *starts), max(9000, facts.end_s or 0), 100)) - covered)


def test_a_block_too_large_to_sort_still_tells_what_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MOST_SORTED", 50)
    monkeypatch.setattr(blocks, "_PART", 20)
    facts = summary([*regular(0, 100), *regular(900, 3)], 0, 90_000)
    assert not facts.order_known
    assert (facts.duplicate_count, facts.hole_count) == (3, 0)


@pytest.mark.parametrize("text", ["7", " 07 ", "+7", "\n7"])
def test_a_number_may_be_written_in_ways(text: str) -> None:
    assert number(text) == 7
    assert list(numbers([text, "8"])) == [7, 8]


@pytest.mark.parametrize("text", ["", " ", "7.0", "1_000", "٣", "seven", "1" * 19, None])
def test_what_is_no_number(text: str | None) -> None:
    assert number(text) is None
    assert list(numbers([text, "8"])) == [None, 8]
