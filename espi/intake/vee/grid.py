"""Many meter-days of equal length side by side, one a row: what the rules look at, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from espi.day import ABSENT, ACTUAL_QUALITY, Codes, DayBlock, pack_codes, unpack_codes

Rows = npt.NDArray[np.int64]
Places = npt.NDArray[np.bool_]

_FORMS = {1: "u1", 2: "<u2", 4: "<i4", 8: "<i8"}  # as `espi.day.pack_values` packs
_ACTUAL = bytes([ACTUAL_QUALITY])


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Meter-days with the same number of intervals.

    values: Wh, a row a day, 0 where absent. quality: each day's codes as `pack_codes` packs them.
    """

    values: npt.NDArray[np.integer]
    quality: Sequence[bytes]

    @property
    def intervals(self) -> int:
        """How many a day has."""
        return int(self.values.shape[1])

    def codes(self, rows: Rows) -> Codes:
        """The qualities of some of the days."""
        found = np.empty((rows.size, self.intervals), np.uint8)
        for place, row in enumerate(rows.tolist()):
            found[place] = unpack_codes(self.quality[row], self.intervals)
        return found

    def absent_rows(self) -> Rows:
        """The days that have gaps."""
        has = [ABSENT in code for code in self.quality] if set(self.quality) != {_ACTUAL} else []
        return np.flatnonzero(np.array(has, bool))


def grids(packed: Sequence[bytes], quality: Sequence[bytes], count: Sequence[int]) -> Iterator[tuple[Rows, Grid]]:
    """Packed days as grids: days of one length and one width of values, each with their places among those given."""
    shape = np.array([count, list(map(len, packed))], np.int64)
    shape[1] //= np.maximum(shape[0], 1)
    for length, width in np.unique(shape, axis=1).T.tolist():
        if length:
            rows = np.flatnonzero((shape[0] == length) & (shape[1] == width))
            places = rows.tolist()
            values = np.frombuffer(b"".join([packed[at] for at in places]), _FORMS[width]).reshape(rows.size, length)
            yield rows, Grid(values, [quality[at] for at in places])


def grid_of(blocks: Sequence[DayBlock]) -> Grid:
    """Days of one length, at least one, as a grid."""
    values = np.stack([np.where(block.qualities == ABSENT, 0, block.values) for block in blocks])
    return Grid(values, [pack_codes(block.qualities) for block in blocks])
