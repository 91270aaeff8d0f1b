"""All rules over the days of one series: what `espi vee run` reports, and which values it estimates for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from espi.day import ABSENT, ESTIMATED_QUALITIES, GENERATION, LOAD, DayBlock, Values
from espi.intake.vee import checks, history
from espi.intake.vee.checks import Found
from espi.intake.vee.grid import Grid, Places, Rows, grid_of
from espi.intake.vee.local_days import like_days
from espi.intake.vee.premise import Happening, Premise
from espi.intake.vee.rules import ESTIMATED_AFTER, Check
from espi.intake.vee.series import Series
from espi.intake.vee.thresholds import Thresholds


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """That a day fails a rule. places: which of its intervals; none where it is about the day as a whole."""

    check: Check
    day: int
    places: Places | None = None

    @property
    def intervals(self) -> int:
        """How many intervals it is about."""
        return 0 if self.places is None else int(self.places.sum())


def examine(series: Series, days: Sequence[int], premise: Premise, thresholds: Thresholds) -> list[Finding]:
    """What the rules find on some days of a series, by day and rule; the other days of it are its history."""
    found = list(_by_intervals(series, days, premise, thresholds))
    found += _sums(series, days, premise, thresholds)
    found += _against_history(series, days, thresholds)
    found += _events(series, days, premise, thresholds)
    return sorted(found, key=lambda finding: (finding.day, finding.check))


def to_estimate(series: Series, findings: Iterable[Finding]) -> Places:
    """The intervals that an estimate is to take the place of: a spike only on a day that fails the sum check too."""
    wanted = np.zeros(series.values.size, bool)
    known = list(findings)
    sums = {finding.day for finding in known if finding.check is Check.SUM}
    for finding in known:
        if finding.places is not None and (
            finding.check in ESTIMATED_AFTER or (finding.check is Check.SPIKE and finding.day in sums)
        ):
            wanted[series.span(finding.day)] |= finding.places
    return wanted


def _by_intervals(series: Series, days: Sequence[int], premise: Premise, thresholds: Thresholds) -> Iterator[Finding]:
    off = premise.during(series, Happening.OFF)
    of_length = sorted(days, key=lambda day: (len(series.values[series.span(day)]), day))
    for _, group in groupby(of_length, key=lambda day: len(series.values[series.span(day)])):
        some = list(group)
        grid = grid_of(list(series.blocks(some)))
        is_off = np.stack([off[series.span(day)] for day in some])
        for found in _grid_checks(grid, is_off, series.channel, premise, thresholds):
            for row, places in zip(found.rows.tolist(), found.places, strict=True):
                yield Finding(found.check, some[row], places)


def _grid_checks(grid: Grid, is_off: Places, channel: int, premise: Premise, thresholds: Thresholds) -> Iterator[Found]:
    own = np.full(len(grid.values), premise.maximum_wh, np.int64)
    zeros = np.full(len(grid.values), channel == LOAD)
    zeros[is_off.any(axis=1)] = False
    yield from checks.day_checks(grid, thresholds, zeros=zeros, own_maxima=lambda rows: own[rows])
    yield checks.use_while_off(grid, is_off)
    unregistered = channel == GENERATION and premise.generates is False
    rows: Rows = np.arange(len(grid.values) if unregistered else 0)
    yield checks.generation_unregistered(grid, rows)


def _sums(series: Series, days: Sequence[int], premise: Premise, thresholds: Thresholds) -> Iterator[Finding]:
    """V09, on days without a gap: where something is missing, the sum says nothing."""
    advances = {day: advance for day in days if (advance := premise.advance(day, day + 1)) is not None}
    whole = [day for day in advances if not (series.qualities[series.span(day)] == ABSENT).any()]
    totals = np.array([_total(series, day) for day in whole], np.int64)
    moved = np.array([advances[day] for day in whole], np.int64)
    multipliers = np.full(len(whole), premise.multiplier, np.int64)
    for at in np.flatnonzero(history.sum_differs(totals, moved, multipliers, thresholds)).tolist():
        yield Finding(Check.SUM, whole[at])


def _against_history(series: Series, days: Sequence[int], thresholds: Thresholds) -> Iterator[Finding]:
    known = {day for day in series.days if not (series.qualities[series.span(day)] == ABSENT).any()}
    first_with: dict[bytes, int] = {}
    for day in series.days:
        block = series.block(day)
        if day in known and block.values.any():
            first = first_with.setdefault(block.values.tobytes(), day)
            if first != day and day in days:
                yield Finding(Check.DUPLICATE, day)
        if day in days:
            if series.channel == LOAD and day in known and _is_high_or_low(series, day, known, thresholds):
                yield Finding(Check.HIGH_LOW, day)
            if _is_long_estimated(series, day, thresholds):
                yield Finding(Check.PROLONGED_ESTIMATION, day)


def _is_high_or_low(series: Series, day: int, known: set[int], thresholds: Thresholds) -> bool:
    like = [other for other in like_days(day, thresholds.like_weeks, thresholds.holidays) if other in known]
    totals: Values = np.array([[_total(series, other) for other in like]], np.int64)
    is_known = np.ones(totals.shape, bool)
    return bool(history.high_or_low(np.array([_total(series, day)]), totals, is_known, thresholds)[0])


def _is_long_estimated(series: Series, day: int, thresholds: Thresholds) -> bool:
    before = [other for other in range(day, day - thresholds.estimated_days - 1, -1) if other in series.days]
    flags = np.array([[_is_estimated(series.block(other)) for other in before]], bool)
    return bool(history.long_estimated(flags, thresholds)[0])


def _is_estimated(block: DayBlock) -> bool:
    return bool(np.isin(block.qualities, list(ESTIMATED_QUALITIES)).all())


def _events(series: Series, days: Sequence[int], premise: Premise, thresholds: Thresholds) -> Iterator[Finding]:
    tested = premise.during(series, Happening.TEST, Happening.TAMPER)
    drifted = np.zeros(tested.size, bool)
    for event in premise.events:
        if event.kind is Happening.DRIFT and abs(event.drift_s) > thresholds.clock_drift_s:
            drifted |= series.places_between(event.from_s, event.until_s)
    for check, places in ((Check.TEST_OR_TAMPER, tested), (Check.CLOCK_DRIFT, drifted)):
        yield from (Finding(check, day, places[series.span(day)]) for day in days if places[series.span(day)].any())


def _total(series: Series, day: int) -> int:
    return int(series.values[series.span(day)].sum())
