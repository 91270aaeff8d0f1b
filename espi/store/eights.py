"""Numbers below 65,536 in as few bits as they need, eight at a time: the values in the stored form of a day.

First half a byte for each group of eight, the first group's in the high half: 0 to 14 is the number of bits of each of
its numbers, 15 stands for 16 bits. Then the groups, each as many bytes as its numbers have bits, the first number in
the lowest bits. The last group is filled up with zeros, and so is the last half byte. (Household readings take a
sixth less so than with one width for a day, and a group always ends with a byte.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.intp]
Octets = npt.NDArray[np.uint8]

GROUP = 8
MOST = (1 << 16) - 1
PADDING = bytes(16)
"""What must follow the last byte that `unpack` is given."""
_ROOM = 16

_WIDTHS = np.array([*range(15), 16], np.uint8)
_PAIRS = np.stack([_WIDTHS[np.arange(256) >> 4], _WIDTHS[np.arange(256) & 15]], axis=1)
_SUMS: list[int] = _PAIRS.sum(1, dtype=np.intp).tolist()
_CODE_OF = np.minimum(np.array([number.bit_length() for number in range(1 << 16)], np.uint8), 15)
_MOVES = (
    _WIDTHS.astype(np.uint32)[:, None].repeat(4, 1),
    2 * _WIDTHS.astype(np.uint64)[:, None].repeat(2, 1),
    4 * _WIDTHS.astype(np.uint64)[:, None],
)
"""By code, how far the upper of two numbers moves down when ones, twos and fours are put together: a row a group."""
_FULL = np.array([[(1 << width * many) - 1 for many in (4, 2, 1)] for width in range(17)], np.uint64)
"""So many ones as four, two and one numbers of a width take."""


class Packed(NamedTuple):
    """Numbers of days, a row each. codes: of two groups a byte. groups: in 16 bytes each, of which `widths` count."""

    codes: Octets
    groups: npt.NDArray[np.void]
    widths: Octets

    @property
    def sizes(self) -> Places:
        """How many bytes each day takes."""
        sizes: Places = self.codes.shape[1] + self.widths.sum(1, dtype=np.intp)
        return sizes


def pack(values: npt.NDArray[Any], least: npt.NDArray[Any]) -> Packed:
    """What values, a row a day, exceed the least of their day."""
    rows, count = values.shape
    groups = _groups(count)
    rest = np.zeros((rows, groups * GROUP), "<u2")
    np.subtract(values, least[:, None], out=rest[:, :count], casting="unsafe")
    codes = _CODE_OF.take(_united(_united(_united(rest))))
    halves = np.zeros((rows, _halves(count)), np.uint8)
    np.left_shift(codes[:, ::2], 4, out=halves)
    halves[:, : groups // 2] |= codes[:, 1::2]
    return Packed(halves, _joined(rest, codes), _WIDTHS.take(codes))


def written(lead: Octets, packed: Packed) -> tuple[bytes, list[int]]:
    """Days one after the other, each after its own row of `lead`; and where each ends.

    Groups are laid down in order with all their 16 bytes, so that each covers what does not count of those before it;
    then what leads each day covers the rest.
    """
    rows, groups = packed.widths.shape
    before = np.concatenate([lead, packed.codes], axis=1)
    size = before.shape[1]
    steps = np.empty((rows, groups + 1), np.intp)
    steps[:, 0], steps[:, 1:] = size, packed.widths
    ends = steps.cumsum().reshape(steps.shape)
    last: list[int] = ends[:, -1].tolist()
    text = np.empty(last[-1] + _ROOM, np.uint8)
    np.ndarray(last[-1] + 1, packed.groups.dtype, text, strides=(1,))[ends[:, :-1]] = packed.groups
    heads = before.view(f"V{size}").reshape(rows)
    np.ndarray(last[-1] + 1 + _ROOM - size, heads.dtype, text, strides=(1,))[ends[:, 0] - size] = heads
    return text[: last[-1]].tobytes(), last


def end(content: bytes, begin: int, count: int) -> int:
    """Where so many numbers end that begin there."""
    first = begin + _halves(count)
    return first + sum(map(_SUMS.__getitem__, content[begin:first]))


def unpack(text: bytes, begins: Places, count: int) -> tuple[npt.NDArray[np.uint32], Places]:
    """The numbers of days, a row each, that begin at those places of a text with `PADDING`; and where they end.

    `IndexError` if that is beyond the text: it is for the caller to see that each day ends with itself.
    """
    rows, groups, halves = len(begins), _groups(count), _halves(count)
    codes = np.frombuffer(text, np.uint8)[begins[:, None] + np.arange(halves)]
    widths = _PAIRS[codes].reshape(rows, 2 * halves)
    until = widths.cumsum(1, dtype=np.intp)
    until += (begins + halves)[:, None]
    ends = until[:, -1].copy()
    until -= widths
    full = _FULL[widths[:, :groups]][..., None]
    at, width = until[:, :groups], widths[:, :groups, None].astype(np.uint64)
    longs = np.ndarray(len(text) - 7, "<u8", text, strides=(1,))
    fours = np.empty((rows, groups, 2), np.uint64)
    fours[..., 0] = low = longs[at]
    wide = 4 * width[..., 0]
    fours[..., 1] = low >> wide | longs[at + 8] << 64 - wide
    fours &= full[:, :, 0]
    twos = np.empty((rows, groups, 4), np.uint32)
    twos[..., ::2] = fours & full[:, :, 1]
    twos[..., 1::2] = fours >> 2 * width
    ones = np.empty((rows, groups, GROUP), np.uint32)
    ones[..., ::2] = twos & full[:, :, 2].astype(np.uint32)
    ones[..., 1::2] = twos >> width.astype(np.uint32)
    return ones.reshape(rows, groups * GROUP)[:, :count], ends


def unpack_one(content: bytes, begin: int, count: int, least: int) -> tuple[bytes, int]:
    """The values of one day, each below 65,536, in two bytes each; and where they end.

    Python's long integers are quicker for one day than arrays are: the numbers of a group are moved apart in them.
    """
    place = begin + _halves(count)
    alike, found = least * _ONES, []
    for code in content[begin:place].hex():
        steps, width = _STEPS[code]
        group = int.from_bytes(content[place : place + width], "little")
        place += width
        for moved, factor in steps:
            group += (group & moved) * factor
        found.append((group + alike).to_bytes(16, "little"))
    return b"".join(found)[: 2 * count], place


def _groups(count: int) -> int:
    return -(-count // GROUP)


def _halves(count: int) -> int:
    return (_groups(count) + 1) // 2


def _united(numbers: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    """Neighbours in pairs, the bits of both."""
    return numbers[:, ::2] | numbers[:, 1::2]


def _joined(rest: npt.NDArray[np.uint16], codes: Octets) -> npt.NDArray[np.void]:
    """Each group in 16 bytes, of which the first are used: ones are put together to twos, fours and eights.

    Two neighbours in memory are one number of twice the length, of which the upper half moves down.
    """
    every = codes.reshape(-1)
    of_ones, of_twos, of_fours = (
        _MOVES[0].take(every, axis=0),
        _MOVES[1].take(every, axis=0),
        _MOVES[2].take(every, axis=0),
    )
    ones = rest.view("<u4").reshape(-1, 4)
    twos = ones >> 16
    twos <<= of_ones
    twos |= ones & 0xFFFF
    pairs = twos.view("<u8")
    fours = pairs >> 32
    fours <<= of_twos
    fours |= pairs & 0xFFFFFFFF
    eights = np.empty((codes.size, 2), "<u8")
    low, high, wide = fours[:, 0], fours[:, 1], of_fours[:, 0]
    np.left_shift(high, wide, out=eights[:, 0])
    eights[:, 0] |= low
    np.right_shift(high, 64 - wide, out=eights[:, 1])
    return eights.view(f"V{_ROOM}").reshape(codes.shape)


def _steps(width: int) -> list[tuple[int, int]]:
    """How eight numbers of a width come to lie 16 bits apart: what is moved, and the factor whose product is added."""
    steps = []
    for many in (4, 2, 1):
        moved = ((1 << many * width) - 1) << many * width
        everywhere = sum(moved << 32 * many * place for place in range(4 // many))
        steps.append((everywhere, (1 << many * (16 - width)) - 1))
    return steps


_STEPS = {f"{code:x}": (_steps(int(width)), int(width)) for code, width in enumerate(_WIDTHS)}
_ONES = sum(1 << 16 * place for place in range(GROUP))
