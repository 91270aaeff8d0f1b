"""The stored form of a day, written number by number as `espi.store.form` describes it."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from espi.day import ABSENT, ESTIMATED_QUALITIES

DAY_S, QUARTER_S = 86_400, 900


def stored(
    day: int,
    start_s: int,
    interval_s: int,
    values: Sequence[int],
    qualities: Sequence[int],
    sent_s: int,
    *,
    published_s: int | None = None,
    merged: bool = False,
    extras: Sequence[bytes | None] | None = None,
) -> bytes:
    """The bytes of a day; values of absent readings are 0."""
    count, total = len(values), sum(values)
    late_s = start_s - day * DAY_S
    least, most = min(values, default=0), max(values, default=0)
    first = 64 | 4 * merged | 8 * (len(set(qualities)) > 1) | 16 * (extras is not None) | 32 * (published_s is not None)
    in_quarters = interval_s == QUARTER_S and late_s % QUARTER_S == 0 and 0 <= late_s // QUARTER_S < 256
    numbers_fit = 0 <= sent_s < 2**32 and 0 <= total < 2**32 and least >= -(2**31) and most < 2**31
    quality = qualities[0] if qualities else 0
    if in_quarters and 0 < count < 256 and most - least < 2**16 and numbers_fit:
        kind = 0 if least >= 0 and most < 2**8 else 1 if least >= 0 and most < 2**16 else 2
        head = struct.pack("<BBBBII", first | kind, late_s // QUARTER_S, count, quality, sent_s, total)
        body = struct.pack("<i" if kind == 2 else "<H", least) + eights([value - least for value in values])
    else:
        packed = plainly(values, least, most)
        head = struct.pack("<BqiHBqq", first | 3, start_s, interval_s, count, quality, sent_s, total)
        body = struct.pack("<H", len(packed)) + packed
    return head + body + tail(qualities, published_s, extras)


def eights(numbers: Sequence[int]) -> bytes:
    """Groups of eight numbers, each in its own width."""
    groups = [list(numbers[begin : begin + 8]) for begin in range(0, len(numbers), 8)]
    widths = [max(number.bit_length() for number in group) for group in groups]
    widths = [16 if width == 15 else width for width in widths]
    codes = "".join("f" if width == 16 else f"{width:x}" for width in widths)
    text = bytes.fromhex(codes + "0" * (len(codes) % 2))
    for group, width in zip(groups, widths, strict=True):
        text += sum(number << width * place for place, number in enumerate(group)).to_bytes(width, "little")
    return text


def plainly(values: Sequence[int], least: int, most: int) -> bytes:
    """Each value in the same number of bytes."""
    size = next(
        size
        for size, low, high in ((1, 0, 2**8), (2, 0, 2**16), (4, -(2**31), 2**31), (8, -(2**63), 2**63))
        if low <= least and most < high
    )
    return b"".join(value.to_bytes(size, "little", signed=size > 2) for value in values)


def tail(qualities: Sequence[int], published_s: int | None, extras: Sequence[bytes | None] | None) -> bytes:
    """What few days have."""
    text = b""
    seen = sorted(set(qualities))
    if len(seen) > 1:
        estimated, absent = (sum(code in kinds for code in qualities) for kinds in (ESTIMATED_QUALITIES, {ABSENT}))
        text += struct.pack("<HH", estimated, absent)
        bits = sum((code == seen[1]) << place for place, code in enumerate(qualities))
        masked = b"\2" + bytes(seen) + bits.to_bytes(-(-len(qualities) // 8), "little")
        text += masked if len(seen) == 2 else b"\0" + bytes(qualities)
    for part in extras or ():
        text += b"\0\0" if part is None else struct.pack("<H", len(part) + 1) + part
    return text if published_s is None else text + struct.pack("<q", published_s)
