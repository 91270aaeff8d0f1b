"""The plain, slow twin of the vectorised rules: one day after the other, one value after the other."""

from __future__ import annotations

from espi.day import ABSENT, ESTIMATED_QUALITIES
from espi.intake.vee.rules import Check
from espi.intake.vee.thresholds import Thresholds

Day = tuple[list[int], list[int]]
"""A day's values (0 where absent) and qualities."""


def check_day(day: Day, t: Thresholds, *, zeros: bool) -> dict[Check, set[int]]:
    """Which intervals fail which rule."""
    values, codes = day
    places = range(len(values))
    present = [code != ABSENT for code in codes]
    found = {
        Check.GAP: {at for at in places if not present[at]},
        Check.NEGATIVE: {at for at in places if values[at] < 0},
        Check.ABOVE_MAXIMUM: {at for at in places if values[at] > t.maximum_wh},
        Check.SPIKE: _spike(values, t),
    }
    if len(found[Check.GAP]) <= t.gap_intervals:
        found[Check.GAP] = set()
    same_zero = [values[at] == 0 and present[at] for at in places]
    length = min(t.zero_intervals, len(values))
    found[Check.ZERO_RUN] = _runs([0 if it else None for it in same_zero], length) if zeros else set()
    actual = [
        values[at] if values[at] and present[at] and codes[at] not in ESTIMATED_QUALITIES else None for at in places
    ]
    found[Check.FROZEN] = _runs(actual, min(t.frozen_intervals, len(values)))
    return {check: at for check, at in found.items() if at}


def _spike(values: list[int], t: Thresholds) -> set[int]:
    highest, _, third = sorted(values, reverse=True)[:3]
    if highest > t.spike_above_wh and (highest - third) * 100 > t.spike_percent * third:
        return {at for at, value in enumerate(values) if value == highest}
    return set()


def _runs(values: list[int | None], length: int) -> set[int]:
    found: set[int] = set()
    start = 0
    for at in range(1, len(values) + 1):
        if at == len(values) or values[at] != values[start]:
            if values[start] is not None and at - start >= length:
                found |= set(range(start, at))
            start = at
    return found
