"""The rules on many days at once find exactly what a plain look at each value finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY, pack_codes, pack_values
from espi.errors import BadInput
from espi.intake.vee import checks, history
from espi.intake.vee.grid import Grid, grids
from espi.intake.vee.rules import RULES, Check
from espi.intake.vee.thresholds import Thresholds, thresholds_of
from tests.plain_twins import vee_checks

LIMITS = Thresholds()


@st.composite
def days(draw: st.DrawFn) -> vee_checks.Day:
    """A day as meters make them: mostly small, with runs, spikes, gaps, estimates and faults."""
    count = draw(st.sampled_from([92, 96, 100]))
    values = draw(
        st.lists(st.integers(0, draw(st.sampled_from([2, 300, 2000, 13_000]))), min_size=count, max_size=count)
    )
    codes = [ACTUAL_QUALITY] * count
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, count - 1))
        stop = start + draw(st.sampled_from([1, 2, 8, 23, 24, 25, 40, 100]))
        what = draw(st.sampled_from(["same", "zero", "gap", "estimate", "negative", "spike"]))
        for at in range(start, min(stop, count)):
            if what == "estimate":
                codes[at] = ESTIMATED_QUALITY
            elif what == "gap":
                values[at], codes[at] = 0, ABSENT
            else:
                values[at] = {"same": 7, "zero": 0, "negative": -5, "spike": 40_000}[what]
    return [0 if code == ABSENT else value for value, code in zip(values, codes, strict=True)], codes


def found_by_grid(given_days: list[vee_checks.Day], limits: Thresholds, zeros: bool) -> list[dict[Check, set[int]]]:
    packed = [pack_values(np.array(values, np.int64)) for values, _ in given_days]
    quality = [pack_codes(np.array(codes, np.uint8)) for _, codes in given_days]
    found: list[dict[Check, set[int]]] = [{} for _ in given_days]
    for places, grid in grids(packed, quality, [len(values) for values, _ in given_days]):
        for each in checks.day_checks(grid, limits, zeros=np.full(places.size, zeros), own_maxima=np.zeros_like):
            for row, at in zip(each.rows.tolist(), each.places, strict=True):
                found[int(places[row])][each.check] = set(np.flatnonzero(at).tolist())
    return found


@given(
    st.lists(days(), min_size=1, max_size=6),
    st.booleans(),
    st.sampled_from([LIMITS, Thresholds(frozen_intervals=3, zero_intervals=4, gap_intervals=2, spike_percent=20)]),
)
def test_the_rules_equal_their_plain_twin(given_days: list[vee_checks.Day], zeros: bool, limits: Thresholds) -> None:
    plain = [vee_checks.check_day(day, limits, zeros=zeros) for day in given_days]
    assert found_by_grid(given_days, limits, zeros) == plain


@pytest.mark.parametrize(
    ("values", "check", "places"),
    [
        ([100] * 95 + [-1], Check.NEGATIVE, {95}),
        ([100, 200] * 47 + [100, 12_001], Check.ABOVE_MAXIMUM, {95}),
        ([400, 500] * 47 + [400, 1401], Check.SPIKE, {95}),
        ([0] * 96, Check.ZERO_RUN, set(range(96))),
        ([0] * 92, Check.ZERO_RUN, set(range(92))),
        ([1, 2] * 36 + [55] * 24, Check.FROZEN, set(range(72, 96))),
    ],
)
def test_each_rule_finds_its_fault(values: list[int], check: Check, places: set[int]) -> None:
    assert found_by_grid([(values, [ACTUAL_QUALITY] * len(values))], LIMITS, True)[0][check] == places


@pytest.mark.parametrize(
    "values",
    [
        [400, 500] * 47 + [400, 1400],  # 180 % and no more
        [100, 200] * 47 + [100, 1000],  # no more than 1 kWh
        [1, 2] * 36 + [55] * 23 + [3],
        [0] * 95 + [1],
        [11_999, 12_000] * 48,
    ],
)
def test_a_day_at_the_limit_passes(values: list[int]) -> None:
    assert found_by_grid([(values, [ACTUAL_QUALITY] * 96)], LIMITS, True) == [{}]


def test_generation_and_use_while_off_are_found_where_they_must_not_be() -> None:
    grid = Grid(np.array([[0, 5, 0], [0, 0, 0]]), [bytes([ACTUAL_QUALITY])] * 2)
    found = checks.generation_unregistered(grid, np.arange(2))
    assert (found.check, found.rows.tolist(), found.places.tolist()) == (13, [0], [[False, True, False]])
    off = checks.use_while_off(grid, np.array([[True, True, False], [True, True, True]]))
    assert (off.check, off.rows.tolist(), off.places.tolist()) == (14, [0], [[False, True, False]])
    assert checks.use_while_off(grid, np.zeros((2, 3), bool)).rows.size == 0


def test_the_sum_may_differ_by_twice_the_multiplier() -> None:
    totals, advances = np.array([36_492, 36_492, 10_000, 10_000]), np.array([36_000, 34_000, 14_000, 14_001])
    differs = history.sum_differs(totals, advances, np.array([1, 1, 2, 2]), LIMITS)
    assert differs.tolist() == [False, True, False, True]


def test_a_day_is_held_against_the_latest_like_days_that_are_known() -> None:
    totals = np.array([500, 499, 2000, 2001, 7])
    like = np.array([[9, 1000, 1000, 1000, 9_999_999]] * 5)
    known = np.array([[False, True, True, True, True]] * 4 + [[False] * 5])
    assert history.high_or_low(totals, like, known, LIMITS).tolist() == [False, True, False, True, False]


def test_estimates_may_last_five_days() -> None:
    days_back = np.array([[True] * 6, [True] * 5 + [False]])
    assert history.long_estimated(days_back, LIMITS).tolist() == [True, False]
    assert history.long_estimated(days_back[:, :5], LIMITS).tolist() == [False, False]


def test_the_table_has_every_rule_once_in_order() -> None:
    assert [rule.check.id for rule in RULES] == [f"V{number:02d}" for number in range(1, 19)]


def test_a_utility_sets_its_own_thresholds_and_the_rest_are_the_defaults() -> None:
    assert thresholds_of({}) == LIMITS
    found = thresholds_of({"vee": {"spike_percent": 250, "holidays": ["2025-07-04"], "profile": [1] * 24}})
    assert (found.spike_percent, found.sum_wh, len(found.holidays), set(found.profile)) == (250, 2000, 1, {1})


@pytest.mark.parametrize(
    ("given_vee", "said"),
    [
        ({"spike": 1}, "There is no threshold 'spike'"),
        ({"maximum_wh": 0}, "maximum_wh must be a whole number from 1 on"),
        ({"spike_percent": "180"}, "spike_percent must be a whole number"),
        ({"spike_percent": True}, "spike_percent must be a whole number"),
        ({"low_percent": 200}, "low_percent must be below high_percent"),
        ({"profile": [1, 2]}, "profile must be a list of 24 weights"),
        ({"profile": [0] * 24}, "profile must have a weight above 0"),
        ({"holidays": [4]}, "holidays must be a list of days"),
        ([1], "must hold thresholds by name"),
    ],
)
def test_a_threshold_that_is_none_is_refused(given_vee: object, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        thresholds_of({"vee": given_vee})
