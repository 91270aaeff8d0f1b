"""The fastest LSE reader: blocks of one shape, byte for byte alike but for their ESIIDs, digits and statuses.

A file's blocks mostly have one length, for a household's quarter hours are all below 10 kWh and written `v.vvv`. Of
such blocks the first gives a template; one XOR and one mask over the others account for each of their bytes, and the
values are read where the template has them. What does not fit is left to `espi.intake.lse_grid`, which is less choosy.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from espi.clock import QUARTER_HOUR_S
from espi.day import ACTUAL_QUALITY, ESTIMATED_QUALITY, Column, DayColumns
from espi.formats import lse
from espi.intake.check import Header, Rules
from espi.intake.cut import Blocks

Texts = npt.NDArray[np.uint8]
"""Blocks of one length, one a row, as bytes."""

_HEADER = lse.HEADER_CODES[0].encode("ascii") + b","
ESIID_AT = len(_HEADER)
TRIPLE = b",0.000,A,"
FRAME = 9  # a row's sort code and line feed
ROUNDS = 8  # so many templates are tried on blocks of one length

_DIGIT, _STATUS = 0xF0, 0xFF ^ lse.ACTUAL.encode()[0] ^ lse.ESTIMATED.encode()[0]
_TRIPLE_MASK = bytes([255, _DIGIT, 255, _DIGIT, _DIGIT, _DIGIT, 255, _STATUS, 255])
_VALUE = np.frombuffer(TRIPLE[1:], "<u8")[0]
_SIX = np.uint64(0x06_06_06_00_06)  # lifts a digit above 9 into its high half
_HIGH_HALVES = np.uint64(0xF0_F0_F0_00_F0)
_ESTIMATED = np.uint64((lse.ACTUAL.encode()[0] ^ lse.ESTIMATED.encode()[0]) << 48)

_ALPHANUMERIC = np.array([bytes([code]).isalnum() for code in range(256)])


class _Shape(NamedTuple):
    """How a block is built. width: of its ESIID; details: where its values begin; per_row: triples a row."""

    width: int
    details: int
    per_row: int
    header: Header


class Alike(NamedTuple):
    """Blocks of one shape: which they are, their columns (but for their rows), and how many rows each has."""

    places: npt.NDArray[np.int64]
    blocks: Blocks
    rows: int


def alike(texts: Texts, rules: Rules, least: int) -> list[Alike]:
    """Blocks of one length in groups of one shape, each of which was sought among at least so many."""
    found: list[Alike] = []
    places = np.arange(len(texts))
    for _ in range(ROUNDS):
        if places.size < least:
            break
        mine = texts if places.size == len(texts) else texts[places]
        text = mine[0].tobytes()
        shape = _shape(text, rules)
        fits = _fits(mine, text, shape) if shape else np.zeros(places.size, bool)
        if shape and fits.any():
            group = _group(mine if fits.all() else mine[fits], shape)
            found.append(group._replace(places=places[fits][group.places]))
        fits[0] = True
        places = places[~fits]
    return found


def _group(texts: Texts, shape: _Shape) -> Alike:
    """Those of the blocks that have a shape whose digits are digits."""
    values = _Values(_words(texts, shape))
    sound = np.flatnonzero(values.sound)
    if not sound.size:
        return Alike(sound, Blocks.of([]), 0)
    if sound.size < len(texts):
        texts = texts[sound]
        values = _Values(_words(texts, shape))
    rows = len(lse.HEADER_CODES) + -(-shape.header.intervals // shape.per_row)
    return Alike(sound, _blocks(texts, shape, values), rows)


def _shape(text: bytes, rules: Rules) -> _Shape | None:
    """The shape of a plain block; None if it is not plain, or its length not that of its values."""
    if text[: len(_HEADER)] != _HEADER:
        return None
    details = 0
    for _ in lse.HEADER_CODES:
        details = text.find(b"\n", details) + 1
        if not details:
            return None
    comma = text.find(b",", ESIID_AT, details)
    header = rules.header(text[comma + 1 : details - 1])
    if header is None or not 0 < comma - ESIID_AT <= lse.MAX_ESIID:
        return None
    per_row, rest = divmod(text.find(b"\n", details) + 1 - details - FRAME, len(TRIPLE))
    if rest or not 0 < per_row <= header.intervals:
        return None
    rows = -(-header.intervals // per_row)
    if details + rows * FRAME + header.intervals * len(TRIPLE) != len(text):
        return None
    return _Shape(comma - ESIID_AT, details, per_row, header)


@lru_cache(maxsize=64)
def _template(per_row: int, intervals: int) -> tuple[bytes, bytes]:
    """The rows of values with nothing but zeros and actuals, and which bits of them must be just so."""
    text, mask = [], []
    for number, start in enumerate(range(0, intervals, per_row)):
        count = min(per_row, intervals - start)
        text.append(b"%d%s\n" % (lse.FIRST_DETAIL + number, TRIPLE * count))
        mask.append(b"\xff" * 8 + _TRIPLE_MASK * count + b"\xff")
    return b"".join(text), b"".join(mask)


def _fits(texts: Texts, text: bytes, shape: _Shape) -> npt.NDArray[np.bool_]:
    """Which blocks have the shape and header of one of them, given as text. Digits may still be what follows 9."""
    rows, bits = _template(shape.per_row, shape.header.intervals)
    esiid = slice(ESIID_AT, ESIID_AT + shape.width)
    mask = np.frombuffer(b"\xff" * shape.details + bits, np.uint8).copy()
    mask[esiid] = 0
    differs = texts ^ np.frombuffer(text[: shape.details] + rows, np.uint8)
    differs &= mask
    fits: npt.NDArray[np.bool_] = np.bitwise_or.reduce(differs, axis=1) == 0
    alphanumeric = _ALPHANUMERIC[texts[:, esiid]]
    if not alphanumeric.all():
        fits &= alphanumeric.all(axis=1)
    return fits


def _words(texts: Texts, shape: _Shape) -> npt.NDArray[np.uint64]:
    """The values and statuses of blocks, eight bytes each, as what they differ in from `0.000,A,`."""
    n, intervals, per_row = len(texts), shape.header.intervals, shape.per_row
    whole = intervals // per_row
    words = np.empty((n, intervals), np.uint64)
    step = FRAME + per_row * len(TRIPLE)
    for first, rows, across in ((0, whole, per_row), (whole, 1, intervals - whole * per_row)):
        if rows and across:
            at = shape.details + first * step + FRAME
            strides = (texts.strides[0], step, len(TRIPLE))
            there = np.ndarray((n, rows, across), "<u8", texts, at, strides)
            start = first * per_row
            np.bitwise_xor(there, _VALUE, out=words[:, start : start + rows * across].reshape(n, rows, across))
    return words


class _Values:
    """The values of blocks, from their words. sound: which blocks have nothing but digits."""

    def __init__(self, words: npt.NDArray[np.uint64]) -> None:
        self._words = words
        every = np.bitwise_or.reduce(words + _SIX, axis=1)
        self.sound = (every & _HIGH_HALVES) == 0
        self._with_estimates = np.flatnonzero(every & _ESTIMATED)

    def watt_hours(self) -> npt.NDArray[np.uint16]:
        """A block a row. The word's halves are: thousands, hundreds and tens side by side, ones, the status."""
        halves = self._words.view(np.uint16).reshape(*self._words.shape, 4)
        found = halves[..., 1] * np.uint16(10 << 8 | 1)
        found >>= np.uint16(8)
        found *= np.uint16(10)
        found += halves[..., 2]
        found += halves[..., 0] * np.uint16(1000)
        return found

    def codes(self) -> tuple[npt.NDArray[np.uint8], Column]:
        """The qualities, a block a row, and how many of each block's are estimates."""
        codes = np.full(self._words.shape, ACTUAL_QUALITY, np.uint8)
        count = np.zeros(len(codes), np.int64)
        at = self._with_estimates
        if at.size:
            estimates = (self._words[at] & _ESTIMATED) != 0
            codes[at] = np.where(estimates, np.uint8(ESTIMATED_QUALITY), np.uint8(ACTUAL_QUALITY))
            count[at] = estimates.sum(axis=1)
        return codes, count


def _blocks(texts: Texts, shape: _Shape, values: _Values) -> Blocks:
    n, (channel, day, start_s, intervals, sent_s) = len(texts), shape.header
    watt_hours = values.watt_hours()
    codes, estimated = values.codes()
    none = np.zeros(n, np.int64)
    esiids = np.ascontiguousarray(texts[:, ESIID_AT : ESIID_AT + shape.width])
    return Blocks(
        row=none,
        esiid=esiids.view(f"S{shape.width}").reshape(n),
        rounded=none,
        days=DayColumns(
            day=np.full(n, day),
            usage_point_id=none,
            channel=np.full(n, channel),
            start_s=np.full(n, start_s),
            interval_s=np.full(n, QUARTER_HOUR_S),
            count=np.full(n, intervals),
            first=np.arange(n) * intervals,
            values=watt_hours.reshape(-1),
            codes=codes.reshape(-1),
            total=watt_hours.sum(axis=1, dtype=np.int64),
            estimated=estimated,
            absent=none,
            sent_s=np.full(n, sent_s),
        ),
    )
