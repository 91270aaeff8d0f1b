"""The stored unit: the readings of one channel that start on one local day, as packed values.

A usage point's channels bear numbers: 4 is load (delivered to the customer) and 1 generation (received from him), as in
LSE files; what else a usage point measures gets numbers from 10 on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from espi.errors import BadInput

Values = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]

LOAD = 4
GENERATION = 1

ABSENT = 255
"""The quality of a reading that was never received: a gap, not a zero."""

ACTUAL_QUALITY = 17
ESTIMATED_QUALITY = 8
ESTIMATED_QUALITIES = frozenset({8, 9, 12})
"""ESPI qualities that an actual reading replaces: estimated by reference day, by interpolation, and projected."""

_FORMS: dict[int, np.dtype[np.generic]] = {
    1: np.dtype("u1"),
    2: np.dtype("<u2"),
    4: np.dtype("<i4"),
    8: np.dtype("<i8"),
}


@dataclass(frozen=True, slots=True, eq=False)
class DayBlock:
    """Readings of one channel on one local day, evenly spaced from `start_s`.

    values: integers in the channel's unit, one an interval. qualities: ESPI QualityOfReading codes, `ABSENT` for a gap.
    costs: hundred-thousandths of the currency. tou, tier, cpp: bucket numbers. sent_s: when the utility sent them.
    """

    usage_point_id: int
    channel: int
    day: int
    start_s: int
    interval_s: int
    values: Values
    qualities: Codes
    sent_s: int = 0
    costs: Values | None = None
    tou: Codes | None = None
    tier: Codes | None = None
    cpp: Codes | None = None
    revision: int = 1
    published_s: int = 0
    updated_s: int = 0

    @property
    def total(self) -> int:
        """The sum of the readings that are present."""
        return int(self.values[self.qualities != ABSENT].sum())

    @property
    def estimated(self) -> int:
        """How many readings are estimates."""
        return int(np.isin(self.qualities, list(ESTIMATED_QUALITIES)).sum())

    @property
    def absent(self) -> int:
        """How many readings are missing."""
        return int((self.qualities == ABSENT).sum())


def pack_values(values: npt.NDArray[np.integer]) -> bytes:
    """The values in the narrowest of 1, 2 (unsigned), 4 and 8 (signed) bytes a value that holds them all."""
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    if low >= 0 and high < 1 << 16:
        width = 1 if high < 1 << 8 else 2
    else:
        width = 4 if low >= -(1 << 31) and high < 1 << 31 else 8
    return values.astype(_FORMS[width]).tobytes()


def unpack_values(packed: bytes, count: int) -> Values:
    """The inverse of `pack_values` for `count` values."""
    if count == 0:
        return np.empty(0, np.int64)
    width, rest = divmod(len(packed), count)
    if rest or width not in _FORMS:
        raise BadInput(detail=f"{len(packed)} packed bytes cannot be {count} values")
    return np.frombuffer(packed, _FORMS[width]).astype(np.int64)


def pack_codes(codes: Codes) -> bytes:
    """One byte for the whole day when all codes are equal, else one byte an interval."""
    if codes.size and (codes == codes[0]).all():
        return codes[:1].astype(np.uint8).tobytes()
    return codes.astype(np.uint8).tobytes()


def unpack_codes(packed: bytes, count: int) -> Codes:
    """The inverse of `pack_codes` for `count` codes."""
    codes = np.frombuffer(packed, np.uint8)
    if codes.size == count:
        return codes
    if codes.size != 1:
        raise BadInput(detail=f"{len(packed)} packed bytes cannot be {count} codes")
    return np.full(count, codes[0], np.uint8)


Column = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True, eq=False)
class DayColumns:
    """Days of readings as columns; the readings of all of them lie in one array.

    Day i has values[first[i] : first[i] + count[i]], integers in the channel's unit, 0 where absent, and codes (ESPI
    qualities, `ABSENT` for a gap) at the same places. total: the sum of the present ones; estimated, absent: how many
    are. The other columns are those of `DayBlock`.
    """

    day: Column
    usage_point_id: Column
    channel: Column
    start_s: Column
    interval_s: Column
    count: Column
    first: Column
    values: Column
    codes: Codes
    total: Column
    estimated: Column
    absent: Column
    sent_s: Column

    def __len__(self) -> int:
        return len(self.day)

    def take(self, places: npt.NDArray[np.integer] | Sequence[int]) -> DayColumns:
        """A choice of days; their readings are shared, not copied."""
        chosen = {name: getattr(self, name)[places] for name in _PER_DAY}
        return replace(self, **chosen)

    @classmethod
    def of(cls, blocks: Sequence[DayBlock]) -> DayColumns:
        """Days given one by one, without their costs, times of use, tiers and critical peaks."""
        count = np.array([len(block.values) for block in blocks], np.int64)
        codes = np.concatenate([np.empty(0, np.uint8), *(block.qualities for block in blocks)])
        values = np.concatenate([np.empty(0, np.int64), *(block.values for block in blocks)])
        plain = {
            name: np.array([getattr(block, name) for block in blocks], np.int64)
            for name in _PER_DAY
            if name not in ("count", "first")
        }
        values[codes == ABSENT] = 0
        return cls(count=count, first=np.cumsum(count) - count, values=values, codes=codes, **plain)


_PER_DAY = [field.name for field in fields(DayColumns) if field.name not in ("values", "codes")]


class PackedDay(NamedTuple):
    """A day as it is stored, still packed: `DayBlock` without the work of unpacking it.

    packed: `pack_values`; the others: `pack_codes`, costs: `pack_values`. published_s, updated_s: of the entry, UTC.
    """

    day: int
    start_s: int
    interval_s: int
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody asks of a day
    packed: bytes
    quality: bytes
    costs: bytes | None = None
    tou: bytes | None = None
    tier: bytes | None = None
    cpp: bytes | None = None
    published_s: int = 0
    updated_s: int = 0

    def block(self, usage_point_id: int, channel: int) -> DayBlock:
        """The same day, unpacked. `BadInput` when the bytes do not fit the count."""
        return DayBlock(
            usage_point_id=usage_point_id,
            channel=channel,
            day=self.day,
            start_s=self.start_s,
            interval_s=self.interval_s,
            values=unpack_values(self.packed, self.count),
            qualities=unpack_codes(self.quality, self.count),
            costs=None if self.costs is None else unpack_values(self.costs, self.count),
            tou=self._codes(self.tou),
            tier=self._codes(self.tier),
            cpp=self._codes(self.cpp),
            published_s=self.published_s,
            updated_s=self.updated_s,
        )

    def _codes(self, packed: bytes | None) -> Codes | None:
        return None if packed is None else unpack_codes(packed, self.count)


@dataclass(frozen=True, slots=True)
class DayTotal:
    """What a day adds up to, without its readings.

    total: the sum of those present, in the channel's unit. estimated, absent: how many are. length_s: count x interval.
    """

    day: int
    start_s: int
    length_s: int
    total: int
    estimated: int
    absent: int
    count: int
    published_s: int = 0
    updated_s: int = 0
