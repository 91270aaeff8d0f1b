"""Estimates in place of gaps and of values that failed: which estimator for which interval, and the filled series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from espi.day import ABSENT, ESTIMATED_QUALITIES, Values
from espi.intake.vee.estimate import Estimator, interpolate, mean_of_slots, spread
from espi.intake.vee.grid import Places
from espi.intake.vee.local_days import SLOTS, like_days, slots
from espi.intake.vee.premise import Happening, Premise
from espi.intake.vee.series import Series
from espi.intake.vee.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Estimate:
    """Intervals of a day, from one until another (not included), that an estimator filled with so many Wh."""

    by: Estimator
    day: int
    start: int
    stop: int
    wh: int


@dataclass(frozen=True, slots=True)
class Filled:
    """The series with estimates in it, what they are, and how many intervals nothing could be found for."""

    series: Series
    estimates: tuple[Estimate, ...]
    left: int


def fill(series: Series, wanted: Places, premise: Premise, thresholds: Thresholds) -> Filled:
    """Estimate the wanted intervals, the surest way first: E5, E1, E2, E3, E4. Others are never changed."""
    work = _Work(series, wanted, premise, thresholds)
    work.outages()
    work.short_gaps()
    work.like_days()
    work.profile()
    work.registers()
    left = int(work.open.sum())
    work.values[work.open] = 0
    work.qualities[work.open] = ABSENT
    made = replace(series, values=work.values, qualities=work.qualities)
    return Filled(made, tuple(work.estimates(made)), left)


_ORDER = tuple(Estimator)


class _Work:
    """A series while it is filled. open: what is still to be estimated. by: which estimator, from 1 on."""

    def __init__(self, series: Series, wanted: Places, premise: Premise, thresholds: Thresholds) -> None:
        self.series = series
        self.premise = premise
        self.thresholds = thresholds
        self.values = series.values.copy()
        self.qualities = series.qualities.copy()
        self.open = wanted.copy()
        self.by = np.zeros(wanted.size, np.uint8)
        self.dark = premise.during(series, Happening.OUTAGE, Happening.OFF)
        self.good = ~wanted & (series.qualities != ABSENT)
        self.actual = self.good & ~np.isin(series.qualities, list(ESTIMATED_QUALITIES))

    def outages(self) -> None:
        """E5: zero while there was no power."""
        self._put(np.flatnonzero(self.open & self.dark), 0, Estimator.OUTAGE)

    def short_gaps(self) -> None:
        """E1: a line between good neighbours that had power."""
        sound = self.good & ~self.dark
        for start, stop in _runs(self.open):
            inside = start > 0 and stop < self.open.size and sound[start - 1] and sound[stop]
            if inside and stop - start <= self.thresholds.interpolated_intervals:
                line = interpolate(int(self.values[start - 1]), int(self.values[stop]), stop - start)
                self._put(np.arange(start, stop), line, Estimator.INTERPOLATION)

    def like_days(self) -> None:
        """E3: the mean of the latest days of the same kind, by the wall clock."""
        for day, places in self._days():
            shape, known = self._like(day)
            of = slots(self.series.zone, day)[places - self.series.start_of(day)]
            has = known[of]
            self._put(places[has], shape[of[has]], Estimator.LIKE_DAYS)

    def profile(self) -> None:
        """E4: an average day's use, spread by the profile."""
        daily = self._average_day() if self.open.any() else None
        if daily is None:
            return
        for day, places in self._days():
            hours = slots(self.series.zone, day) // 4
            whole = spread(daily, np.array(self.thresholds.profile)[hours])
            self._put(places, whole[places - self.series.start_of(day)], Estimator.PROFILE)

    def registers(self) -> None:
        """E2: what the register says is missing, in the shape that E3 and E4 have found; flat where they found none."""
        movable = self.open | np.isin(self.by, [_number(Estimator.LIKE_DAYS), _number(Estimator.PROFILE)])
        for start, stop, advance in self._segments():
            span = slice(start, stop)
            moves = movable[span]
            if not moves.any() or (self._missing(span) & ~moves).any():
                continue
            missing = advance - int(self.values[span][~moves].sum())
            if missing >= 0:
                places = start + np.flatnonzero(moves)
                shape = np.where(self.open[places], 0, self.values[places])
                self._put(places, spread(missing, shape), Estimator.REGISTER)

    def estimates(self, made: Series) -> Iterator[Estimate]:
        """What was filled by what: a stretch of one estimator within a day each."""
        edges = np.flatnonzero(np.diff(self.by, prepend=np.uint8(0), append=np.uint8(0)))
        cuts = np.union1d(edges, made.starts)
        for start, stop in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
            if number := int(self.by[start]):
                day = made.day_at(start)
                first = made.start_of(day)
                wh = int(made.values[start:stop].sum())
                yield Estimate(_ORDER[number - 1], day, start - first, stop - first, wh)

    def _put(self, places: Values, values: Values | int, by: Estimator) -> None:
        self.values[places] = values
        self.qualities[places] = by.quality
        self.by[places] = _number(by)
        self.open[places] = False

    def _missing(self, span: slice) -> Places:
        found: Places = self.open[span] | (self.qualities[span] == ABSENT)
        return found

    def _days(self) -> Iterator[tuple[int, Values]]:
        """Each day that has something open, and where."""
        places = np.flatnonzero(self.open)
        days = np.searchsorted(self.series.starts, places, "right") - 1
        for at in np.unique(days).tolist():
            yield self.series.first_day + at, places[days == at]

    def _like(self, day: int) -> tuple[Values, Places]:
        """What the latest like days used in each quarter hour of the wall clock, and where that is known."""
        shape = self.thresholds.like_days, SLOTS
        used, known, have = np.zeros(shape, np.int64), np.zeros(shape, bool), 0
        for other in like_days(day, self.thresholds.like_weeks, self.thresholds.holidays):
            if other in self.series.days and have < len(used):
                span, of = self.series.span(other), slots(self.series.zone, other)
                usable = self.actual[span]
                used[have, of[usable]] = self.values[span][usable]
                known[have, of[usable]] = True
                have += int(usable.any())
        return mean_of_slots(used, known)

    def _average_day(self) -> int | None:
        """The mean use of a day, of all good intervals there are."""
        count = int(self.good.sum())
        return int(self.values[self.good].sum()) * SLOTS // count if count else None

    def _segments(self) -> Iterator[tuple[int, int, int]]:
        """Stretches between midnights at which the register is known, or days whose advance is, with what it moved."""
        days = self.series.days
        midnights = [day for day in range(days.start, days.stop + 1) if day in self.premise.registers]
        pairs = list(pairwise(midnights))
        covered = {day for start, stop in pairs for day in range(start, stop)}
        pairs += [(day, day + 1) for day in self.premise.advances if day in days and day not in covered]
        for start, stop in pairs:
            advance = self.premise.advance(start, stop)
            if advance is not None:
                yield self.series.start_of(start), self.series.start_of(stop), advance


def _number(by: Estimator) -> int:
    return _ORDER.index(by) + 1


def _runs(holds: Places) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(holds.astype(np.int8), prepend=0, append=0))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
