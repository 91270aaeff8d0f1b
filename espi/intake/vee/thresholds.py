"""A utility's thresholds for the rules and estimators: what its `dialect` says under `vee`, else the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from espi.clock import parse_day
from espi.errors import BadInput

KEY = "vee"
PROFILE = (50, 45, 42, 40, 40, 43, 55, 65, 62, 58, 56, 57, 59, 61, 64, 69, 78, 90, 98, 100, 96, 86, 72, 58)
"""A household's use by the hour of the day, as weights: high in the evening, low before dawn. Invented."""

_LISTS = ("profile", "holidays")
_MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Energies in Wh, shares in percent, lengths in intervals of a quarter hour unless the name says otherwise.

    clock_drift_s: V04, more is flagged. gap_intervals: V05, so many may be missing. maximum_wh: V07, of one interval
    (200 A at 240 V). spike_percent, spike_above_wh: V08, how far the highest value may stand above the third highest,
    and below what it does not matter. sum_wh: V09, for a meter multiplier of 1. low_percent, high_percent: V10, of the
    mean of like days. zero_intervals: V11. frozen_intervals: V12. estimated_days: V17. interpolated_intervals: E1, the
    longest gap. like_days, like_weeks: E3 and V10, how many of how many weeks. profile: E4, 24 weights by the hour.
    holidays: local days that count as Sundays.
    """

    clock_drift_s: int = 180
    gap_intervals: int = 0
    maximum_wh: int = 12_000
    spike_percent: int = 180
    spike_above_wh: int = 1_000
    sum_wh: int = 2_000
    low_percent: int = 50
    high_percent: int = 200
    zero_intervals: int = 96
    frozen_intervals: int = 24
    estimated_days: int = 5
    interpolated_intervals: int = 8
    like_days: int = 3
    like_weeks: int = 4
    profile: tuple[int, ...] = PROFILE
    holidays: frozenset[int] = frozenset()


NAMES = tuple(field.name for field in fields(Thresholds))
_AT_LEAST_ONE = ("maximum_wh", "zero_intervals", "frozen_intervals", "estimated_days", "like_days", "like_weeks")


def thresholds_of(dialect: Mapping[str, Any]) -> Thresholds:
    """The thresholds that a utility's dialect holds. Raises BadInput for a name or a value that is none."""
    given = dialect.get(KEY, {})
    if not isinstance(given, Mapping):
        raise BadInput(f"{KEY} in the dialect must hold thresholds by name.")
    if unknown := sorted(set(given) - set(NAMES)):
        raise BadInput(f"There is no threshold {unknown[0]!r}; there are {', '.join(NAMES)}.")
    found: dict[str, Any] = {name: _number(name, value) for name, value in given.items() if name not in _LISTS}
    if "profile" in given:
        found["profile"] = _profile(given["profile"])
    if "holidays" in given:
        found["holidays"] = _holidays(given["holidays"])
    made = Thresholds(**found)
    if made.low_percent >= made.high_percent:
        raise BadInput("low_percent must be below high_percent.")
    return made


def _number(name: str, value: object) -> int:
    least = 1 if name in _AT_LEAST_ONE else 0
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MOST:
        raise BadInput(f"{name} must be a whole number from {least} on, not {value!r}.")
    return value


def _profile(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) != 24:
        raise BadInput("profile must be a list of 24 weights, one an hour.")
    weights = tuple(_number("profile", weight) for weight in value)
    if not any(weights):
        raise BadInput("profile must have a weight above 0.")
    return weights


def _holidays(value: object) -> frozenset[int]:
    if not isinstance(value, list) or not all(isinstance(day, str) for day in value):
        raise BadInput("holidays must be a list of days such as 2025-07-04.")
    return frozenset(map(parse_day, value))
