"""The rules that need other days than the day itself, or the register, each over many meter-days (V09, V10, V17)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from espi.day import Values
from espi.intake.vee.grid import Places
from espi.intake.vee.thresholds import Thresholds


def sum_differs(totals: Values, advances: Values, multipliers: Values, thresholds: Thresholds) -> Places:
    """V09: the intervals' sum is further from the register's advance than a multiple of the meter's multiplier. Wh."""
    found: Places = np.abs(totals - advances) > thresholds.sum_wh * multipliers
    return found


def high_or_low(totals: Values, like: Values, known: Places, thresholds: Thresholds) -> Places:
    """V10: the day's total is below or above a share of the mean of like days; false where none is known.

    like: totals of like days in Wh, a row a day; known: which of them there are, the latest first. The latest
    `like_days` of them count.
    """
    counted: Places = known & (np.cumsum(known, axis=1) <= thresholds.like_days)
    count: Values = counted.sum(axis=1)
    together: Values = np.where(counted, like, 0).sum(axis=1)
    hundredfold = 100 * totals * count
    low: Places = hundredfold < thresholds.low_percent * together
    high: Places = hundredfold > thresholds.high_percent * together
    has_like: Places = count > 0
    return (low | high) & has_like


def long_estimated(estimated: npt.NDArray[np.bool_], thresholds: Thresholds) -> Places:
    """V17: this day and so many before it hold nothing but estimates. estimated: a row a day, this day first."""
    more = thresholds.estimated_days + 1
    if estimated.shape[1] < more:
        return np.zeros(estimated.shape[0], bool)
    found: Places = estimated[:, :more].sum(axis=1) == more
    return found
