"""Many meter-days of equal length side by side, one a row: what the rules look at, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from espi.day import ABSENT, ACTUAL_QUALITY, Codes, DayBlock, DayColumns, pack_codes, unpack_codes

Rows = npt.NDArray[np.int64]
Places = npt.NDArray[np.bool_]

_FORMS = {1: "u1", 2: "<u2", 4: "<i4", 8: "<i8"}  # as `espi.day.pack_values` packs
_ACTUAL = bytes([ACTUAL_QUALITY])
_SHIFT = 32


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Meter-days with the same number of intervals.

    values: Wh, a row a day, 0 where absent. quality: the codes, a row a day, or each day's as `pack_codes` packs them.
    """

    values: npt.NDArray[np.integer]
    quality: Sequence[bytes] | Codes

    @property
    def intervals(self) -> int:
        """How many a day has."""
        return int(self.values.shape[1])

    def codes(self, rows: Rows) -> Codes:
        """The qualities of some of the days."""
        if isinstance(self.quality, np.ndarray):
            return self.quality[rows]
        found = np.empty((rows.size, self.intervals), np.uint8)
        for place, row in enumerate(rows.tolist()):
            found[place] = unpack_codes(self.quality[row], self.intervals)
        return found

    def absent_rows(self) -> Rows:
        """The days that have gaps."""
        if isinstance(self.quality, np.ndarray):
            return np.flatnonzero((self.quality == ABSENT).any(axis=1))
        has = [ABSENT in code for code in self.quality] if set(self.quality) != {_ACTUAL} else []
        return np.flatnonzero(np.array(has, bool))


def grids(packed: Sequence[bytes], quality: Sequence[bytes], count: Sequence[int]) -> Iterator[tuple[Rows, Grid]]:
    """Packed days as grids: days of one length and one width of values, each with their places among those given."""
    lengths, sizes = np.array(count, np.int64), np.fromiter(map(len, packed), np.int64, len(packed))
    shapes = lengths << _SHIFT | sizes
    for shape in np.unique(shapes).tolist():
        length, size = shape >> _SHIFT, shape & ((1 << _SHIFT) - 1)
        if length:
            rows = np.flatnonzero(shapes == shape)
            every = rows.size == len(packed)
            places = () if every else rows.tolist()
            joined = b"".join(packed if every else [packed[at] for at in places])
            values = np.frombuffer(joined, _FORMS[size // length]).reshape(rows.size, length)
            yield rows, Grid(values, quality if every else [quality[at] for at in places])


def grids_of(days: DayColumns) -> Iterator[tuple[Rows, Grid]]:
    """Days as grids: those of one length, with their places among all."""
    for length in np.unique(days.count).tolist():
        if not length:
            continue
        rows = np.flatnonzero(days.count == length)
        first = days.first[rows]
        if (np.diff(first) == length).all():
            within = slice(int(first[0]), int(first[0]) + rows.size * length)
            yield rows, Grid(days.values[within].reshape(-1, length), days.codes[within].reshape(-1, length))
        else:
            at = first[:, None] + np.arange(length)
            yield rows, Grid(days.values[at], days.codes[at])


def grid_of(blocks: Sequence[DayBlock]) -> Grid:
    """Days of one length, at least one, as a grid."""
    values = np.stack([np.where(block.qualities == ABSENT, 0, block.values) for block in blocks])
    return Grid(values, [pack_codes(block.qualities) for block in blocks])
