"""The fast LSE reader: whole pieces of a file at once, as a grid of bytes, refusing every block off the plain form.

Plain is: header rows 1 to 4, sort codes 10000000, 10000001, ..., and in the rows nothing but `,v.vvv,A,` or `,v.vvv,E,`
with one to three digits before the point. Each byte of a plain block is accounted for: the sort codes are compared
with the expected ones, the triples must follow each other or be parted by one line feed and a sort code, and the first
and last must sit at the ends of the rows. What is refused goes to the exact reader, `espi.intake.lse`, which this one
must always equal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from espi.clock import QUARTER_HOUR_S
from espi.day import ACTUAL_QUALITY, ESTIMATED_QUALITY, DayColumns
from espi.formats import lse
from espi.intake.check import Header, Rules
from espi.intake.cut import Blocks, Esiids

Positions = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

LINE_FEED, COMMA, A, E = b"\n,AE"
_A_AND_E = np.uint8(0xFF ^ A ^ E)  # what A and E have in common
PADDING = 8  # bytes after the piece, so that every row has eight
_NO_HEADER = (0, 0, 0, -1, 0)
MAX_ROWS = 104  # four header rows and, one value a row, the 100 quarter hours of an autumn day


np.empty(
    16 << 20, np.uint8
)  # freed at once: glibc then keeps the memory of smaller arrays instead of unmapping it each time


class Rest(NamedTuple):
    """A stretch of the piece for the exact reader: bytes start to stop, beginning at a row number."""

    start: int
    stop: int
    row: int


def _word(text: str) -> np.uint64:
    return np.frombuffer(text.encode("ascii"), "<u8")[0]  # type: ignore[no-any-return]


_EXPECTED = np.array(
    [_word(code) for code in lse.HEADER_CODES]
    + [_word(str(lse.FIRST_DETAIL + row)) for row in range(MAX_ROWS - len(lse.HEADER_CODES))]
    + [np.uint64(0)],
    np.uint64,
)

# The eight bytes before `,A,` as one little-endian word. XOR with "0000.000" leaves digits 0..9 and the point 0.
_DIGITS = _word("0000.000")
_COMMA = np.uint64(COMMA ^ ord("0"))
_FIVE, _SIX, _SEVEN = (np.uint64((1 << 64) - (1 << bits)) for bits in (24, 16, 8))
_EVERY = np.uint64((1 << 64) - 1)
_ABOVE_NINE = np.uint64(0x7676767F76767676)  # lifts a byte above 9 (for the point: above 0) into its highest bit
_HIGH_BITS = np.uint64(0x8080808080808080)
_LOW_BYTE = np.uint64(0xFF)

_ALPHANUMERIC = np.array([bytes([code]).isalnum() for code in range(256)])


def columns(data: bytes, row: int, rules: Rules) -> tuple[Blocks, list[Rest], int]:
    """The plain blocks of some lines, the stretches that are none, both in order; and how many rows there are.

    data: whole lines, each ending with a line feed; row: the number of the first.
    """
    padded = np.frombuffer(data + bytes(PADDING), np.uint8)
    starts = _row_starts(padded)
    words = np.ndarray((len(data),), "V8", padded, 0, (1,))
    codes = words[starts].view("<u8")
    heads = np.flatnonzero(codes == _EXPECTED[0])
    if not heads.size:
        return Blocks.of([]), [Rest(0, len(data), row)], starts.size
    blocks = _Blocks(starts, heads, padded)
    blocks.refuse_rows(codes)
    values = _Values(padded, words, blocks)
    before = [Rest(0, int(starts[heads[0]]), row)] if heads[0] else []
    found, rest = _assemble(data, row, blocks, values, rules)
    return found, before + rest, starts.size


def _row_starts(padded: npt.NDArray[np.uint8]) -> Positions:
    feeds = np.flatnonzero(padded == LINE_FEED)
    starts = np.zeros_like(feeds)
    starts[1:] = feeds[:-1] + 1
    return starts


class _Blocks:
    """Where the blocks of a piece lie: rows by number, bytes by position; ok: which are plain so far."""

    def __init__(self, starts: Positions, heads: Positions, padded: npt.NDArray[np.uint8]) -> None:
        self.heads = heads
        self.rows = np.diff(heads, append=starts.size)
        self.start = starts[heads]
        self.ok: Flags = (self.rows > len(lse.HEADER_CODES)) & (self.rows <= MAX_ROWS)
        self.ok &= padded[self.start + 8] == COMMA
        self.stop = np.append(self.start[1:], padded.size - PADDING)
        last = starts.size - 1
        self.details = starts[np.minimum(heads + 4, last)]

    def refuse(self, positions: Positions, of: Positions) -> None:
        """Mark the blocks that hold the positions, given in terms of the blocks' first ones."""
        if positions.size:
            self.ok[np.maximum(np.searchsorted(of, positions, "right") - 1, 0)] = False

    def refuse_rows(self, codes: Words) -> None:
        """Mark blocks whose sort codes are not the expected ones."""
        numbers = np.arange(codes.size)
        numbers[self.heads[0] :] -= np.repeat(self.heads, self.rows)
        wrong = codes != _EXPECTED[np.minimum(numbers, MAX_ROWS)]
        wrong[: self.heads[0]] = False
        self.refuse(np.flatnonzero(wrong), self.heads)


class _Values:
    """The values of a piece in order: watt-hours, which are estimates, and where each block's lie (first to last)."""

    def __init__(self, padded: npt.NDArray[np.uint8], words: npt.NDArray[np.void], blocks: _Blocks) -> None:
        commas = padded == COMMA
        marks = (padded & _A_AND_E) == A
        marks[1:-1] &= commas[:-2]
        marks[1:-1] &= commas[2:]
        at = np.flatnonzero(marks)
        self.first = np.searchsorted(at, blocks.details)
        self.last = np.maximum(np.searchsorted(at, blocks.stop), self.first)
        blocks.ok &= self.last > self.first
        before = at - 9
        digits, wider, more, wrong = _digits(words[before].view("<u8"))
        before[wider] -= more
        self.watt_hours = _numbers(digits)
        self.estimates = np.flatnonzero(padded[at] == E)
        if at.size:
            self._refuse(padded, at, before, wrong, blocks)

    def _refuse(
        self, padded: npt.NDArray[np.uint8], at: Positions, before: Positions, wrong: Flags, blocks: _Blocks
    ) -> None:
        """Mark blocks with values that are not plain or do not follow each other.

        at: where the statuses are; before: two bytes before the comma that each value comes after.
        """
        apart = before[1:] - at[:-1]
        begins = self.first[self.first > 0] - 1
        apart[begins[begins < apart.size]] = 0
        rows = np.flatnonzero(apart != 0)  # counting truths is several times as fast as counting numbers
        wrong[rows + 1] |= (apart[rows] != 9) | (padded[at[rows] + 2] != LINE_FEED)
        blocks.refuse(at[wrong], blocks.start)
        first, last = np.minimum(self.first, at.size - 1), np.maximum(self.last - 1, 0)
        blocks.ok &= before[first] + 2 == blocks.details + 8
        blocks.ok &= at[last] + 2 == blocks.stop - 1


def _digits(words: Words) -> tuple[Words, Positions, Positions, Flags]:
    """The bytes before the statuses as digits, which are wider than five and by how much, which are no plain values."""
    digits = words ^ _DIGITS
    wider = np.flatnonzero(((digits >> np.uint64(16)) & _LOW_BYTE) != _COMMA)
    wide = digits[wider]
    digits &= _FIVE
    six = ((wide >> np.uint64(8)) & _LOW_BYTE) == _COMMA
    seven = (wide & _LOW_BYTE) == _COMMA
    digits[wider] = np.where(six, wide & _SIX, np.where(seven, wide & _SEVEN, _EVERY))
    wrong = ((digits | (digits + _ABOVE_NINE)) & _HIGH_BITS) != 0
    return digits, wider, np.where(six, 1, 2), wrong


def _numbers(digits: Words) -> Positions:
    """Eight digits (the fifth a zero in the point's place) to thousands and the rest: neighbours join three times."""
    pairs = (digits * np.uint64(10 << 8 | 1) >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64(100 << 16 | 1) >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    return (fours * np.uint64(1000 << 32 | 1) >> np.uint64(32)).astype(np.int64)


def _assemble(data: bytes, row: int, blocks: _Blocks, values: _Values, rules: Rules) -> tuple[Blocks, list[Rest]]:
    esiids, known = _heads(data, blocks, rules)
    count = values.last - values.first
    header = np.array([each or _NO_HEADER for each in known], np.int64).reshape(-1, len(_NO_HEADER))
    channel, day, start_s, intervals, sent_s = header.T
    good = blocks.ok & (intervals == count)
    codes = np.full(values.watt_hours.size, ACTUAL_QUALITY, np.uint8)
    codes[values.estimates] = ESTIMATED_QUALITY
    totals = np.zeros(values.watt_hours.size + 1, np.int64)
    np.cumsum(values.watt_hours, out=totals[1:])
    before = np.searchsorted(values.estimates, values.first)
    every = Blocks(
        row=blocks.heads + row,
        esiid=esiids,
        rounded=np.zeros_like(count),
        days=DayColumns(
            day=day,
            usage_point_id=np.zeros_like(count),
            channel=channel,
            start_s=start_s,
            interval_s=np.full_like(count, QUARTER_HOUR_S),
            count=count,
            first=values.first,
            values=_narrow(values.watt_hours),
            codes=codes,
            total=totals[values.last] - totals[values.first],
            estimated=np.searchsorted(values.estimates, values.last) - before,
            absent=np.zeros_like(count),
            sent_s=sent_s,
        ),
    )
    rest = [
        Rest(int(blocks.start[place]), int(blocks.stop[place]), int(every.row[place]))
        for place in np.flatnonzero(~good).tolist()
    ]
    return every.where(good), rest


def _narrow(watt_hours: Positions) -> npt.NDArray[np.integer]:
    """The same in two or four bytes each, so that little has to be moved."""
    small = not watt_hours.size or watt_hours.max() < 1 << 16
    return watt_hours.astype(np.uint16 if small else np.int32)


def _heads(data: bytes, blocks: _Blocks, rules: Rules) -> tuple[Esiids, list[Header | None]]:
    """The ESIID of each block and what else its header says, None if that is not plain.

    Most blocks of a piece have the header of the first one but for the ESIID: those are read at once.
    """
    shared = _shared_head(data, int(blocks.start[0]), int(blocks.details[0]), blocks)
    facts: dict[bytes, Header | None] = {shared.header: rules.header(shared.header)}
    esiids, known = shared.esiids, [facts[shared.header]] * shared.alike.size
    others: dict[int, bytes] = {}
    for place in np.flatnonzero(blocks.ok & ~shared.alike).tolist():
        start, details = int(blocks.start[place]), int(blocks.details[place])
        comma = data.index(b",", start + 9)
        esiid, header = data[start + 9 : comma], data[comma + 1 : details - 1]
        if header not in facts:
            facts[header] = rules.header(header)
        plain = esiid.isalnum() and len(esiid) <= lse.MAX_ESIID
        others[place] = esiid if plain else b""
        known[place] = facts[header] if plain else None
    return _with_others(esiids, others), known


def _with_others(esiids: Esiids, others: dict[int, bytes]) -> Esiids:
    """ESIIDs with some of them replaced, and wide enough for those."""
    if not others:
        return esiids
    found = esiids.astype(f"S{max(esiids.itemsize, *map(len, others.values()))}")
    found[list(others)] = list(others.values())
    return found


class _SharedHead(NamedTuple):
    """What blocks have after their ESIID, which of them have it, and their ESIIDs (of the others: anything)."""

    header: bytes
    alike: Flags
    esiids: Esiids


def _shared_head(data: bytes, start: int, details: int, blocks: _Blocks) -> _SharedHead:
    comma = data.find(b",", start + 9, details)
    header = data[comma + 1 : details - 1]
    width, length = comma - start - 9, details - start
    alike = blocks.ok & (blocks.details - blocks.start == length) & (0 < width <= lse.MAX_ESIID)
    if not alike.any():
        return _SharedHead(header, alike, np.zeros(alike.size, "S1"))
    rows = np.ndarray((len(data) - length + 1,), f"V{length}", data, 0, (1,))
    heads = rows[np.where(alike, blocks.start, start)].view(np.uint8).reshape(-1, length)
    esiids = heads[:, 9 : 9 + width]
    for holds in (heads[:, 9 + width :] == np.frombuffer(data[comma:details], np.uint8), _ALPHANUMERIC[esiids]):
        if not holds.all():  # looked at as a whole first, which is faster
            alike &= holds.all(axis=1)
    return _SharedHead(header, alike, np.ascontiguousarray(esiids).view(f"S{width}").reshape(-1))
