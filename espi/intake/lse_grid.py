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

from espi.day import ACTUAL_QUALITY, ESTIMATED_QUALITY
from espi.formats import lse
from espi.intake.check import Rules
from espi.intake.cut import Cut, Fault

Positions = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

LINE_FEED, COMMA, A, E = b"\n,AE"
_A_AND_E = np.uint8(0xFF ^ A ^ E)  # what A and E have in common
PADDING = 8  # bytes after the piece, so that every row has eight
MAX_ROWS = 104  # four header rows and, one value a row, the 100 quarter hours of an autumn day


np.empty(
    16 << 20, np.uint8
)  # freed at once: glibc then keeps the memory of smaller arrays instead of unmapping it each time

_new = tuple.__new__  # a named tuple's own way takes three times as long


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


def cuts(data: bytes, row: int, rules: Rules) -> tuple[list[Cut | Rest], int]:
    """The blocks of a piece in order, and how many rows it has.

    data: whole lines, each ending with a line feed; row: the number of the first.
    """
    padded = np.frombuffer(data + bytes(PADDING), np.uint8)
    starts = _row_starts(padded)
    words = np.ndarray((len(data),), "V8", padded, 0, (1,))
    codes = words[starts].view("<u8")
    heads = np.flatnonzero(codes == _EXPECTED[0])
    if not heads.size:
        return [Rest(0, len(data), row)], starts.size
    blocks = _Blocks(starts, heads, padded)
    blocks.refuse_rows(codes)
    values = _Values(padded, words, blocks)
    found: list[Cut | Rest] = [Rest(0, int(starts[heads[0]]), row)] if heads[0] else []
    return found + _assemble(data, row, blocks, values, rules), starts.size


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


def _assemble(data: bytes, row: int, blocks: _Blocks, values: _Values, rules: Rules) -> list[Cut | Rest]:
    packed = _Packed(values)
    forms, codes = packed.forms, packed.codes
    esiids, known = _heads(data, blocks, rules)
    columns = [blocks.ok, blocks.start, blocks.stop, blocks.heads + row, *packed.columns]
    found: list[Cut | Rest] = []
    for ok, start, stop, number, count, form, low, high, code, codes_end, total, estimated, esiid, facts in zip(
        *(column.tolist() for column in columns), esiids, known, strict=True
    ):
        if ok and facts and facts[3] == count:
            content = forms[form][low:high], codes[code:codes_end], total, estimated
            found.append(_new(Cut, (number, esiid, *facts, *content, 0)))
        else:
            found.append(Rest(start, stop, number))
    return found


def _heads(data: bytes, blocks: _Blocks, rules: Rules) -> tuple[list[str], list[_Facts | None]]:
    """The ESIID of each block and what else its header says, None if that is not plain.

    Most blocks of a piece have the header of the first one but for the ESIID: those are read at once.
    """
    shared = _shared_head(data, int(blocks.start[0]), int(blocks.details[0]), blocks)
    facts: dict[bytes, _Facts | None] = {shared.header: _facts(shared.header, rules)}
    esiids, known = shared.esiids, [facts[shared.header]] * shared.alike.size
    for place in np.flatnonzero(blocks.ok & ~shared.alike).tolist():
        start, details = int(blocks.start[place]), int(blocks.details[place])
        comma = data.index(b",", start + 9)
        esiid, header = data[start + 9 : comma], data[comma + 1 : details - 1]
        if header not in facts:
            facts[header] = _facts(header, rules)
        plain = esiid.isalnum() and len(esiid) <= lse.MAX_ESIID
        esiids[place] = esiid.decode("latin-1")
        known[place] = facts[header] if plain else None
    return esiids, known


class _SharedHead(NamedTuple):
    """What blocks have after their ESIID, which of them have it, and their ESIIDs (of the others: anything)."""

    header: bytes
    alike: Flags
    esiids: list[str]


def _shared_head(data: bytes, start: int, details: int, blocks: _Blocks) -> _SharedHead:
    comma = data.find(b",", start + 9, details)
    header = data[comma + 1 : details - 1]
    width, length = comma - start - 9, details - start
    alike = blocks.ok & (blocks.details - blocks.start == length) & (0 < width <= lse.MAX_ESIID)
    if not alike.any():
        return _SharedHead(header, alike, [""] * alike.size)
    rows = np.ndarray((len(data) - length + 1,), f"V{length}", data, 0, (1,))
    heads = rows[np.where(alike, blocks.start, start)].view(np.uint8).reshape(-1, length)
    esiids = heads[:, 9 : 9 + width]
    for holds in (heads[:, 9 + width :] == np.frombuffer(data[comma:details], np.uint8), _ALPHANUMERIC[esiids]):
        if not holds.all():  # looked at as a whole first, which is faster
            alike &= holds.all(axis=1)
    texts = esiids.tobytes().decode("latin-1")
    return _SharedHead(header, alike, [texts[at : at + width] for at in range(0, len(texts), width)])


_Facts = tuple[int, int, int, int, int]
"""What a header says beside the ESIID: channel, day, start of the day, quarter hours of the day, when sent."""


def _facts(header: bytes, rules: Rules) -> _Facts | None:
    rest, _, rows = header.decode("latin-1").partition("\n")
    if rows.count("\n") != 2:
        return None
    day, sent_s = rules.day(rest), rules.sent_s(rows)
    return None if isinstance(day, Fault) or isinstance(sent_s, Fault) else (*day, sent_s)


class _Packed:
    """The values and qualities of a piece as the store keeps them, to be cut out a block at a time.

    columns: for each block the count of its values, which of the forms holds them, where they begin and end in it,
    where their codes do, their total and how many are estimates.
    """

    def __init__(self, values: _Values) -> None:
        numbers, first, last = values.watt_hours, values.first, values.last
        bounds = np.minimum(np.stack([first, last], 1).ravel(), numbers.size)
        peaks = np.maximum.reduceat(np.append(numbers, 0), bounds)[::2]
        form = (peaks >= 1 << 8).astype(np.int64) + (peaks >= 1 << 16)
        kinds = [numbers.astype(kind) if (form == at).any() else numbers[:0] for at, kind in enumerate(_FORMS)]
        self.forms = [kind.tobytes() for kind in kinds]
        codes = np.full(numbers.size, ACTUAL_QUALITY, np.uint8)
        codes[values.estimates] = ESTIMATED_QUALITY
        self.codes = codes.tobytes()
        totals = np.zeros(numbers.size + 1, np.int64)
        np.cumsum(numbers, out=totals[1:])
        count = last - first
        estimated = np.searchsorted(values.estimates, last) - np.searchsorted(values.estimates, first)
        mixed = (estimated > 0) & (estimated < count)
        total, end = totals[last] - totals[first], np.where(mixed, last, first + 1)
        self.columns = [count, form, first << form, last << form, first, end, total, estimated]


_FORMS = ("u1", "<u2", "<i4")
"""As `espi.day.pack_values` packs them; the next is twice as wide as the one before."""
