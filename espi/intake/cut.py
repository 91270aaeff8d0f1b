"""What the LSE readers make of a file: good blocks (one meter, channel and local day each) and refusals, in file order.

The exact reader makes a `Cut` of a block; what goes on to the store is `Blocks`, many of them as columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from espi.clock import QUARTER_HOUR_S
from espi.day import ESTIMATED_QUALITY, Codes, Column, DayColumns

Esiids = npt.NDArray[np.bytes_]
"""ESIIDs in ASCII, as wide as the longest of them."""


class Cut(NamedTuple):
    """A good block, its values in watt-hours and their ESPI qualities."""

    row: int
    esiid: str
    channel: int
    day: int
    start_s: int
    sent_s: int
    values: npt.NDArray[np.int64]
    codes: Codes
    rounded: int


class Refusal(NamedTuple):
    """A block or line that is not loaded: the row the fault is in, ERCOT's code, what the block says it is, and why."""

    row: int
    code: str
    esiid: str
    channel: str
    start: str
    reason: str


class Fault(NamedTuple):
    """What is wrong with a block, as ERCOT's code and in words."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Good blocks as columns. row: of header row 1. rounded: how many values had more than three decimals.

    days: watt-hours; which usage points they are of is not known yet.
    """

    row: Column
    esiid: Esiids
    rounded: Column
    days: DayColumns

    def __len__(self) -> int:
        return len(self.row)

    def take(self, places: npt.NDArray[np.integer]) -> Blocks:
        """A choice of blocks; their readings are shared, not copied."""
        return Blocks(self.row[places], self.esiid[places], self.rounded[places], self.days.take(places))

    def where(self, holds: npt.NDArray[np.bool_]) -> Blocks:
        """The blocks for which something holds."""
        return self if holds.all() else self.take(np.flatnonzero(holds))

    @classmethod
    def of(cls, cuts: Sequence[Cut]) -> Blocks:
        """Cuts as columns."""
        count = np.array([cut.values.size for cut in cuts], np.int64)
        codes = np.concatenate([np.empty(0, np.uint8), *(cut.codes for cut in cuts)])
        days = DayColumns(
            day=_column(cut.day for cut in cuts),
            usage_point_id=np.zeros(len(cuts), np.int64),
            channel=_column(cut.channel for cut in cuts),
            start_s=_column(cut.start_s for cut in cuts),
            interval_s=np.full(len(cuts), QUARTER_HOUR_S, np.int64),
            count=count,
            first=np.cumsum(count) - count,
            values=np.concatenate([np.empty(0, np.int64), *(cut.values for cut in cuts)]),
            codes=codes,
            total=_column(int(cut.values.sum()) for cut in cuts),
            estimated=_column(int((cut.codes == ESTIMATED_QUALITY).sum()) for cut in cuts),
            absent=np.zeros(len(cuts), np.int64),
            sent_s=_column(cut.sent_s for cut in cuts),
        )
        esiids = np.array([cut.esiid.encode("ascii") for cut in cuts], np.bytes_)
        return cls(_column(cut.row for cut in cuts), esiids, _column(cut.rounded for cut in cuts), days)


def _column(numbers: object) -> Column:
    return np.array(list(numbers), np.int64)  # type: ignore[call-overload]


def in_order(parts: Sequence[Blocks]) -> Blocks:
    """At least one run of blocks as one, by row."""
    if len(parts) == 1:
        return parts[0]
    joined = Blocks(
        row=np.concatenate([part.row for part in parts]),
        esiid=np.concatenate([part.esiid for part in parts]),
        rounded=np.concatenate([part.rounded for part in parts]),
        days=_joined([part.days for part in parts]),
    )
    if (joined.row[1:] > joined.row[:-1]).all():
        return joined
    return joined.take(np.argsort(joined.row))


def _joined(parts: Sequence[DayColumns]) -> DayColumns:
    names = [field.name for field in fields(DayColumns) if field.name != "first"]
    before = np.cumsum([0, *(part.values.size for part in parts)])
    first = [part.first + more for part, more in zip(parts, before.tolist(), strict=False)]
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return DayColumns(first=np.concatenate(first), **columns)


class Piece(NamedTuple):
    """A run of whole blocks: what was made of them, and how many bytes of the file lie before their end."""

    blocks: Blocks
    refusals: list[Refusal]
    end: int
