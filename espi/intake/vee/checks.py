"""The rules that need nothing but the day itself, each over many meter-days at once (V05 to V08, V11 to V14).

Each looks at all days by a cheap test that no failing day passes, and then closely at the few that are left; so they
cost intake next to nothing. What they find must equal their plain twins in `tests/plain_twins/vee_checks.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from espi.day import ABSENT, ESTIMATED_QUALITIES, Codes, Values
from espi.intake.vee.grid import Grid, Places, Rows
from espi.intake.vee.rules import Check
from espi.intake.vee.thresholds import Thresholds


class Found(NamedTuple):
    """Days that fail a rule. rows: which of the grid. places: which intervals of each of them."""

    check: Check
    rows: Rows
    places: Places


OwnMaxima = Callable[[Rows], Values]
"""Tells of some rows what their meters can pass in an interval, in Wh; 0 where that is not known."""


def day_checks(
    grid: Grid, thresholds: Thresholds, *, zeros: npt.NDArray[np.bool_], own_maxima: OwnMaxima
) -> Iterator[Found]:
    """All of them but those that must know of the premise. zeros: for which days a run of zeros is worth a flag."""
    yield gaps(grid, thresholds)
    yield negatives(grid)
    highest = grid.values.max(axis=1)
    yield above_maximum(grid, highest, thresholds, own_maxima)
    yield spikes(grid, highest, thresholds)
    yield zero_runs(grid, thresholds, zeros)
    yield frozen_runs(grid, thresholds)


def gaps(grid: Grid, thresholds: Thresholds) -> Found:
    """V05: more intervals without a value than may be."""
    rows = grid.absent_rows()
    return _kept(Check.GAP, rows, grid.codes(rows) == ABSENT, thresholds.gap_intervals)


def negatives(grid: Grid) -> Found:
    """V06: values below zero."""
    if grid.values.dtype.kind == "u":
        return _nothing(Check.NEGATIVE, grid)
    rows = np.flatnonzero(grid.values.min(axis=1) < 0)
    return Found(Check.NEGATIVE, rows, grid.values[rows] < 0)


def above_maximum(grid: Grid, highest: npt.NDArray[np.integer], thresholds: Thresholds, own_maxima: OwnMaxima) -> Found:
    """V07: values above the utility's limit and above what the meter can pass. highest: of each day.

    Only meters that pass the utility's limit are asked for; what a meter says of itself can raise it, not lower it.
    """
    rows = np.flatnonzero(highest > thresholds.maximum_wh)
    if not rows.size:
        return _nothing(Check.ABOVE_MAXIMUM, grid)
    limits = np.maximum(own_maxima(rows), thresholds.maximum_wh)
    return _kept(Check.ABOVE_MAXIMUM, rows, grid.values[rows] > limits[:, None])


def spikes(grid: Grid, highest: npt.NDArray[np.integer], thresholds: Thresholds) -> Found:
    """V08: (highest - third highest) / third highest above a share. The third is low where fewer than three are high.

    A value is high from `highest / (1 + share)` on, rounded up: the third highest is below that exactly in a spike.
    """
    rows = np.flatnonzero(highest > thresholds.spike_above_wh)
    top = highest[rows].astype(np.int64)
    high = -(-100 * top // (100 + thresholds.spike_percent))
    values = grid.values[rows]
    third_is_low = (values >= high.astype(values.dtype)[:, None]).sum(axis=1, dtype=np.uint8) < 3
    rows, values = rows[third_is_low], values[third_is_low]
    return Found(Check.SPIKE, rows, values == values.max(axis=1, keepdims=True, initial=0))


def zero_runs(grid: Grid, thresholds: Thresholds, wanted: npt.NDArray[np.bool_]) -> Found:
    """V11: a run of zeros, in a day shorter than it from midnight to midnight; only days that are `wanted`."""
    length = min(thresholds.zero_intervals, grid.intervals)
    likely = (grid.values[:, length - 1 :: length] == 0).any(axis=1)  # a run of that length covers one of those
    rows = np.flatnonzero(likely & wanted)
    zeros = (grid.values[rows] == 0) & (grid.codes(rows) != ABSENT)
    return _kept(Check.ZERO_RUN, rows, runs(zeros, length))


def frozen_runs(grid: Grid, thresholds: Thresholds) -> Found:
    """V12: a run of one and the same value, not zero and not estimated."""
    length = min(thresholds.frozen_intervals, grid.intervals)
    rows = _likely_frozen(grid.values, length)
    values = grid.values[rows]
    counts = (values != 0) & _is_actual(grid.codes(rows))
    same = np.zeros(values.shape, bool)
    same[:, 1:] = (values[:, 1:] == values[:, :-1]) & counts[:, 1:] & counts[:, :-1]
    if length == 1:
        return _kept(Check.FROZEN, rows, counts)
    places = runs(same, length - 1)
    places[:, :-1] |= places[:, 1:] & same[:, 1:]  # the value that the others repeat
    return _kept(Check.FROZEN, rows, places)


def generation_unregistered(grid: Grid, rows: Rows) -> Found:
    """V13: values above zero on generation channels of premises that have none registered (`rows`)."""
    return _kept(Check.GENERATION_UNREGISTERED, rows, grid.values[rows] != 0)


def use_while_off(grid: Grid, off: Places) -> Found:
    """V14: values above zero while the premise is de-energised; off: which intervals of which days those are."""
    rows = np.flatnonzero(off.any(axis=1))
    return _kept(Check.USE_WHILE_OFF, rows, off[rows] & (grid.values[rows] != 0))


def runs(holds: Places, length: int) -> Places:
    """Where something holds for at least so many intervals of a row on end."""
    edges = np.zeros((holds.shape[0], holds.shape[1] + 2), np.int8)
    edges[:, 1:-1] = holds
    steps = np.diff(edges, axis=1)
    row, start = np.nonzero(steps == 1)
    stop = np.nonzero(steps == -1)[1]
    long = stop - start >= length
    steps = np.zeros_like(steps)
    steps[row[long], start[long]] = 1
    steps[row[long], stop[long]] = -1
    return np.cumsum(steps[:, :-1], axis=1, dtype=np.int8).astype(bool)


def _likely_frozen(values: npt.NDArray[np.integer], length: int) -> Rows:
    """Days of which three samples in sequence are equal: a run that is long enough holds so many."""
    if length < 6:
        return np.arange(values.shape[0])
    samples = values[:, :: length // 3]
    same = samples[:, 1:] == samples[:, :-1]
    return np.flatnonzero((same[:, 1:] & same[:, :-1] & (samples[:, 2:] != 0)).any(axis=1))


def _is_actual(codes: Codes) -> Places:
    return ~np.isin(codes, [ABSENT, *ESTIMATED_QUALITIES])


def _kept(check: Check, rows: Rows, places: Places, more_than: int = 0) -> Found:
    """Those days that have more places than so many."""
    some = places.sum(axis=1) > more_than
    return Found(check, rows[some], places[some])


def _nothing(check: Check, grid: Grid) -> Found:
    return Found(check, np.empty(0, np.int64), np.empty((0, grid.intervals), bool))
