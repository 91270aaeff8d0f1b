"""Numbers below 65,536 in as few bits as they need, eight at a time: the values in the stored form of a day.

First half a byte for each group of eight, the first group's in the high half: 0 to 14 is the number of bits of each of
its numbers, 15 stands for 16 bits. Then the groups, each as many bytes as its numbers have bits, the first number in
the lowest bits. The last group is filled up with zeros, and so is the last half byte. (Household readings take a
sixth less so than with one width for a day, and a group always ends with a byte.)
"""

from __future__ import annotations

from typing import Any

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
_USED = np.arange(_ROOM) < np.arange(17)[:, None]
_FULL = np.array([[(1 << width * many) - 1 for many in (4, 2, 1)] for width in range(17)], np.uint64)
"""So many ones as four, two and one numbers of a width take."""


def room(count: int) -> int:
    """How many bytes a day's numbers take before they are moved together."""
    return _halves(count) + _groups(count) * _ROOM


def pack(values: npt.NDArray[Any], least: npt.NDArray[Any], sheet: Octets, used: npt.NDArray[np.bool_]) -> Places:
    """Write what values, a row a day, exceed the least of their day into a sheet of `room`, and which bytes count.

    The answer is how many that are in each row.
    """
    rows, count = values.shape
    groups, halves = _groups(count), _halves(count)
    rest = np.zeros((rows, groups * GROUP), "<u2")
    np.subtract(values, least[:, None], out=rest[:, :count], casting="unsafe")
    codes = _CODE_OF[_united(_united(_united(rest)))]
    widths = _WIDTHS[codes]
    sheet[:, :halves] = codes[:, ::2] << 4
    sheet[:, : groups // 2] |= codes[:, 1::2]
    sheet[:, halves:] = _joined(rest, widths)
    used[:, :halves] = True
    used[:, halves:] = _USED[widths].reshape(rows, -1)
    sizes: Places = halves + widths.sum(1, dtype=np.intp)
    return sizes


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


def _joined(rest: npt.NDArray[np.uint16], widths: Octets) -> Octets:
    """Each group in 16 bytes, of which the first are used: ones are put together to twos, fours and eights.

    Two neighbours in memory are one number of twice the length, of which the upper half moves down.
    """
    rows, groups = widths.shape
    width = widths.astype(np.uint32)[:, :, None]
    ones = rest.view("<u4").reshape(rows, groups, 4)
    twos = ones >> 16
    twos <<= width
    twos |= ones & 0xFFFF
    long = width.astype(np.uint64)
    pairs = twos.view("<u8")
    fours = pairs >> 32
    fours <<= 2 * long
    fours |= pairs & 0xFFFFFFFF
    eights = np.empty((rows, groups, 2), "<u8")
    low, high, wide = fours[..., 0], fours[..., 1], 4 * long[..., 0]
    np.left_shift(high, wide, out=eights[..., 0])
    eights[..., 0] |= low
    np.right_shift(high, 64 - wide, out=eights[..., 1])
    return eights.view(np.uint8).reshape(rows, groups * _ROOM)


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
