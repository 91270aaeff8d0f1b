"""Estimates: the right estimator for each gap, energy kept, neighbours' bounds kept, and nothing else ever touched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espi.clock import parse_day, zone
from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY
from espi.intake.vee.estimate import Estimator, interpolate, spread
from espi.intake.vee.examine import examine, to_estimate
from espi.intake.vee.fill import Filled, fill
from espi.intake.vee.local_days import like_days, slots
from espi.intake.vee.premise import Event, Happening, Premise
from espi.intake.vee.rules import Check
from espi.intake.vee.series import Series, series_of
from espi.intake.vee.thresholds import Thresholds

CENTRAL = zone("America/Chicago")
LIMITS = Thresholds()
WEDNESDAY, SPRING, AUTUMN = map(parse_day, ("2025-06-11", "2025-03-09", "2025-11-02"))


def series(first_day: int, days: int, *, level: int = 100, gaps: dict[int, slice] | None = None) -> Series:
    """Days of `level` plus the quarter hour of the wall clock; gaps by day."""
    content = {}
    for day in range(first_day, first_day + days):
        values = level + slots(CENTRAL, day)
        codes = np.full(values.size, ACTUAL_QUALITY, np.uint8)
        if gaps and day in gaps:
            codes[gaps[day]] = ABSENT
        content[day] = values, codes
    return series_of("1", 4, CENTRAL, content, first_day, first_day + days)


def filled(of: Series, premise: Premise | None = None, limits: Thresholds = LIMITS) -> Filled:
    return fill(of, of.qualities == ABSENT, premise or Premise(), limits)


def by(found: Filled) -> list[tuple[str, int, int]]:
    return [(each.by.value, each.start, each.stop) for each in found.estimates]


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 8))
def test_a_line_stays_between_its_neighbours_and_goes_one_way(before: int, after: int, count: int) -> None:
    line = interpolate(before, after, count).tolist()
    whole = [before, *line, after]
    assert whole in (sorted(whole), sorted(whole, reverse=True))


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=100))
def test_what_is_spread_adds_up_to_what_there_was(total: int, shape: list[int]) -> None:
    parts = spread(total, np.array(shape)).tolist()
    assert sum(parts) == total
    assert min(parts) >= 0
    weight = sum(shape)
    if weight:
        assert all(abs(part - total * each / weight) <= 1 for part, each in zip(parts, shape, strict=True))
    else:
        assert max(parts) - min(parts) <= 1


@pytest.mark.parametrize(("day", "count"), [(WEDNESDAY, 96), (SPRING, 92), (AUTUMN, 100)])
def test_a_short_gap_is_a_line_between_its_neighbours(day: int, count: int) -> None:
    found = filled(series(day, 1, gaps={day: slice(20, 28)}))
    assert by(found) == [("E1", 20, 28)]
    assert found.series.values[20:28].tolist() == [100 + slots(CENTRAL, day)[at] for at in range(20, 28)]
    assert set(found.series.qualities[20:28].tolist()) == {9}
    assert found.series.values.size == count


def test_a_short_gap_across_midnight_has_neighbours_on_both_days() -> None:
    found = filled(series(WEDNESDAY, 2, gaps={WEDNESDAY: slice(93, 96), WEDNESDAY + 1: slice(0, 2)}))
    assert by(found) == [("E1", 93, 96), ("E1", 0, 2)]


@pytest.mark.parametrize("day", [WEDNESDAY, SPRING + 1, AUTUMN + 1])
@given(
    start=st.integers(0, 80),
    length=st.integers(9, 96),
    days=st.integers(1, 4),
    missing=st.integers(0, 500_000),
)
def test_the_registers_energy_is_kept(day: int, start: int, length: int, days: int, missing: int) -> None:
    of = series(day - 2, days + 4)
    first = of.start_of(day) + start
    stop = min(first + length, of.start_of(day + days))
    of.qualities[first:stop] = ABSENT
    of.values[first:stop] = 0
    span = slice(of.start_of(day), of.start_of(day + days))
    known = int(of.values[span].sum())
    found = filled(of, Premise(registers={day: 7_000_000, day + days: 7_000_000 + known + missing}))
    assert int(found.series.values[span].sum()) == known + missing
    assert {each.by for each in found.estimates} == {Estimator.REGISTER}
    assert (found.series.values >= 0).all()


def test_what_the_register_says_has_the_shape_of_like_days() -> None:
    gap = slice(0, 48)
    of = series(WEDNESDAY - 3, 4, gaps={WEDNESDAY: gap})
    whole = int((100 + np.arange(96)).sum())
    lost = int((100 + np.arange(48)).sum())
    found = filled(of, Premise(registers={WEDNESDAY: 0, WEDNESDAY + 1: whole + lost}))
    assert found.series.block(WEDNESDAY).values[gap].tolist() == (2 * (100 + np.arange(48))).tolist()


def test_a_register_below_what_is_known_is_not_believed() -> None:
    found = filled(
        series(WEDNESDAY - 7, 8, gaps={WEDNESDAY: slice(10, 50)}), Premise(registers={WEDNESDAY: 900, WEDNESDAY + 1: 0})
    )
    assert by(found) == [("E3", 10, 50)]


def test_a_dial_that_was_exchanged_says_nothing() -> None:
    registers = {WEDNESDAY: 0, WEDNESDAY + 1: 90_000}
    premise = Premise(registers=registers, exchanges=frozenset({WEDNESDAY}))
    assert by(filled(series(WEDNESDAY - 7, 8, gaps={WEDNESDAY: slice(10, 50)}), premise)) == [("E3", 10, 50)]


def test_a_day_whose_file_says_what_its_register_moved_is_filled_to_that() -> None:
    of = series(WEDNESDAY, 1, gaps={WEDNESDAY: slice(10, 50)})
    found = filled(of, Premise(advances={WEDNESDAY: 50_000}))
    assert by(found) == [("E2", 10, 50)]
    assert int(found.series.values.sum()) == 50_000


def test_without_registers_the_three_latest_like_days_are_averaged() -> None:
    of = series(WEDNESDAY - 9, 10, gaps={WEDNESDAY: slice(0, 96)})
    for number, day in enumerate((WEDNESDAY - 1, WEDNESDAY - 2, WEDNESDAY - 5), 1):  # Tuesday, Monday, Friday
        of.values[of.span(day)] = 10**number
    found = filled(of)
    assert by(found) == [("E3", 0, 96)]
    assert set(found.series.block(WEDNESDAY).values.tolist()) == {370}
    assert set(found.series.block(WEDNESDAY).qualities.tolist()) == {8}


def test_estimates_and_holidays_are_no_example_for_a_weekday() -> None:
    of = series(WEDNESDAY - 9, 10, gaps={WEDNESDAY: slice(0, 96)})
    of.qualities[of.span(WEDNESDAY - 1)] = ESTIMATED_QUALITY
    of.values[of.span(WEDNESDAY - 1)] = 10**6
    of.values[of.span(WEDNESDAY - 2)] = 10**6
    found = filled(of, limits=replace(LIMITS, holidays=frozenset({WEDNESDAY - 2})))
    assert found.series.block(WEDNESDAY).values.tolist() == (100 + np.arange(96)).tolist()


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_days_on_which_the_clocks_change_are_filled_by_the_wall_clock(day: int) -> None:
    found = filled(series(day - 14, 15, gaps={day: slice(0, 100)}))
    assert found.series.block(day).values.tolist() == (100 + slots(CENTRAL, day)).tolist()


def test_a_day_in_spring_is_an_example_for_all_but_the_hour_that_it_lacks() -> None:
    day = SPRING + 7
    found = filled(series(SPRING, 8, gaps={day: slice(0, 96)}))
    assert by(found) == [("E3", 0, 8), ("E4", 8, 12), ("E3", 12, 96)]


def test_without_like_days_an_average_day_is_spread_by_the_profile() -> None:
    of = series(WEDNESDAY, 1, level=1000, gaps={WEDNESDAY: slice(40, 96)})
    limits = replace(LIMITS, profile=tuple([1] * 12 + [3] * 12))
    found = filled(of, limits=limits)
    assert by(found) == [("E4", 40, 96)]
    values = found.series.values
    assert abs(int(values[60]) - 3 * int(values[44])) <= 3


def test_an_outage_is_zero_and_no_line_ends_at_it() -> None:
    start_s = CENTRAL.day_start_s(WEDNESDAY)
    outage = Event(Happening.OUTAGE, start_s + 40 * 900, start_s + 44 * 900)
    of = series(WEDNESDAY - 7, 8, gaps={WEDNESDAY: slice(40, 48)})
    found = filled(of, Premise(events=(outage,)))
    assert by(found) == [("E5", 40, 44), ("E3", 44, 48)]
    assert found.series.block(WEDNESDAY).values[40:44].tolist() == [0] * 4


def test_no_line_ends_at_a_reading_that_was_taken_in_an_outage() -> None:
    start_s = CENTRAL.day_start_s(WEDNESDAY)
    outage = Event(Happening.OUTAGE, start_s + 36 * 900, start_s + 40 * 900)
    of = series(WEDNESDAY - 7, 8, gaps={WEDNESDAY: slice(40, 44)})
    of.values[of.start_of(WEDNESDAY) + 36 : of.start_of(WEDNESDAY) + 40] = 0
    assert by(filled(of, Premise(events=(outage,)))) == [("E3", 40, 44)]


def test_where_nothing_is_known_a_gap_stays_a_gap() -> None:
    found = filled(series(WEDNESDAY, 1, gaps={WEDNESDAY: slice(0, 96)}))
    assert (found.estimates, found.left) == ((), 96)


@given(st.sets(st.integers(0, 95), min_size=1), st.booleans())
def test_readings_that_are_there_are_never_changed(gaps: set[int], registers: bool) -> None:
    of = series(WEDNESDAY - 8, 9)
    places = of.start_of(WEDNESDAY) + np.array(sorted(gaps))
    of.qualities[places] = ABSENT
    known = of.qualities != ABSENT
    premise = Premise(registers={WEDNESDAY: 0, WEDNESDAY + 1: 40_000} if registers else {})
    found = filled(of, premise)
    assert (found.series.values[known] == of.values[known]).all()
    assert (found.series.qualities[known] == ACTUAL_QUALITY).all()
    assert found.left == 0
    assert sum(each.stop - each.start for each in found.estimates) == len(gaps)


def test_faulty_values_are_estimated() -> None:
    of = series(WEDNESDAY, 1)
    of.values[[10, 30]] = -5, 20_000
    findings = examine(of, [WEDNESDAY], Premise(), LIMITS)
    found = fill(of, to_estimate(of, findings), Premise(), LIMITS)
    assert [each.check for each in findings] == [Check.NEGATIVE, Check.ABOVE_MAXIMUM, Check.SPIKE]
    assert found.series.values.tolist() == (100 + np.arange(96)).tolist()


def test_a_lone_spike_is_estimated_once_the_register_denies_it() -> None:
    of = series(WEDNESDAY, 1)
    of.values[50] = 9_000
    told, denied = int(of.values.sum()), int((100 + np.arange(96)).sum())
    for register, wanted in ((told, []), (denied, [50])):
        premise = Premise(registers={WEDNESDAY: 0, WEDNESDAY + 1: register})
        assert np.flatnonzero(to_estimate(of, examine(of, [WEDNESDAY], premise, LIMITS))).tolist() == wanted


def test_a_copied_day_a_long_estimate_and_events_are_flagged() -> None:
    of = series(WEDNESDAY - 8, 9)
    of.qualities[of.start_of(WEDNESDAY - 5) :] = ESTIMATED_QUALITY
    start_s = CENTRAL.day_start_s(WEDNESDAY)
    events = (
        Event(Happening.TAMPER, start_s, start_s + 900),
        Event(Happening.DRIFT, start_s, start_s + 900, drift_s=-181),
        Event(Happening.DRIFT, start_s + 900, start_s + 1800, drift_s=180),
        Event(Happening.OFF, start_s, start_s + 3600),
    )
    findings = examine(of, [WEDNESDAY - 1, WEDNESDAY], Premise(events=events), LIMITS)
    assert [(each.check.id, each.day - WEDNESDAY, each.intervals) for each in findings] == [
        ("V15", -1, 0),
        ("V04", 0, 1),
        ("V14", 0, 4),
        ("V15", 0, 0),
        ("V16", 0, 1),
        ("V17", 0, 0),
    ]


def test_a_day_of_double_use_is_high() -> None:
    of = series(WEDNESDAY - 8, 9)
    of.values[of.span(WEDNESDAY)] *= 2
    of.values[of.start_of(WEDNESDAY)] += 1
    assert [each.check for each in examine(of, [WEDNESDAY], Premise(), LIMITS)] == [Check.HIGH_LOW]


def test_like_days_are_of_one_kind_the_latest_first() -> None:
    assert [WEDNESDAY - day for day in like_days(WEDNESDAY, 1, frozenset())] == [1, 2, 5, 6, 7]
    saturday = parse_day("2025-06-14")
    assert [saturday - day for day in like_days(saturday, 2, frozenset())] == [7, 14]
    assert [saturday - day for day in like_days(saturday + 1, 1, frozenset({WEDNESDAY}))] == [3, 6]
