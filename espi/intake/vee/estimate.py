"""The estimators E1 to E5, on plain arrays of Wh (Smart Meter Texas facts, section 3.6). Whole numbers come of them.

E1 `interpolate`, E2 `spread` (of what the register says is missing), E3 `mean_of_slots` (of like days), E4 `spread` of
an average day by a profile, E5 is zero.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from espi.day import Values

Share = npt.NDArray[np.int64]


class Estimator(StrEnum):
    """What an estimate was made by."""

    INTERPOLATION = "E1"
    REGISTER = "E2"
    LIKE_DAYS = "E3"
    PROFILE = "E4"
    OUTAGE = "E5"

    @property
    def quality(self) -> int:
        """The ESPI QualityOfReading: 9 is linear interpolation, 8 a reference day."""
        return 9 if self is Estimator.INTERPOLATION else 8


def interpolate(before: int, after: int, count: int) -> Values:
    """E1: so many values on the line between two neighbours, never outside of them; halves are rounded up."""
    steps = np.arange(1, count + 1, dtype=np.int64)
    return before + (2 * (after - before) * steps + count + 1) // (2 * (count + 1))


def spread(total: int, shape: Share) -> Values:
    """E2, E4: a quantity over as many intervals as the shape has weights; what comes of it adds up to it exactly.

    total, shape: not negative. Each share is rounded down, and what is left goes to those that lost most by it. A shape
    of nothing but zeros is flat.
    """
    weights = [int(weight) for weight in shape]  # exact, however large
    weight = sum(weights)
    if not weight:
        weights, weight = [1] * len(weights), len(weights)
    parts = [divmod(total * each, weight) for each in weights]
    left = total - sum(part for part, _ in parts)
    lost = sorted(range(len(parts)), key=lambda at: -parts[at][1])
    values = np.array([part for part, _ in parts], np.int64)
    values[lost[:left]] += 1
    return values


def mean_of_slots(values: Values, usable: npt.NDArray[np.bool_]) -> tuple[Values, npt.NDArray[np.bool_]]:
    """E3: the mean of each column over the rows where it is usable, halves rounded up, and which columns have any."""
    count = usable.sum(axis=0)
    total = np.where(usable, values, 0).sum(axis=0)
    divisor = np.maximum(count, 1)
    return (2 * total + divisor) // (2 * divisor), count > 0
