"""Many days of quarter hours as columns, the same ones each time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from espi.clock import DAY_S
from espi.day import ACTUAL_QUALITY, LOAD, DayColumns

PER_DAY = 96


def many_days(points: Sequence[int], day: int, *, seed: int = 1) -> DayColumns:
    """A day of each usage point, all readings actual."""
    count = len(points)
    values = np.random.default_rng(seed).integers(0, 900, count * PER_DAY)

    def alike(value: int) -> np.ndarray:
        return np.full(count, value, np.int64)

    return DayColumns(
        day=alike(day),
        usage_point_id=np.array(points, np.int64),
        channel=alike(LOAD),
        start_s=alike(day * DAY_S + 6 * 3600),
        interval_s=alike(900),
        count=alike(PER_DAY),
        first=np.arange(count) * PER_DAY,
        total=values.reshape(count, PER_DAY).sum(1),
        estimated=alike(0),
        absent=alike(0),
        sent_s=alike(day * DAY_S + 2 * DAY_S),
        values=values,
        codes=np.full(count * PER_DAY, ACTUAL_QUALITY, np.uint8),
    )
