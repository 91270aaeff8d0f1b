"""The stored form of a day of readings: what `day_block.content` holds, in about one byte a reading.

A content is a head, the values, and a tail of parts that few days have. Numbers are little-endian. Its first byte says
what follows: bits 6-7 the number of the form (1), and

    bits 0-1  SHORT forms, whose values come back as `espi.day.pack_values` has them: 0 one byte, 1 two, 2 four bytes
              each; 3 the LONG form
    bit 2     MERGED: made of the readings of several files
    bit 3     QUALITIES: the tail has the readings' qualities; without it all have the one in the head
    bit 4     EXTRAS: the tail has costs, times of use, tiers or critical peaks
    bit 5     PUBLISHED: the tail has the instant of first publication; without it that is the row's `updated_s`

SHORT head, of quarter hours: first byte; start in quarter hours after midnight UTC of the day's number, u1; count, u1;
quality, u1; sent_s, u4; total, u4; the least value, u2 (i4 where values take four bytes). Values: what each exceeds the
least one, as `espi.store.eights` has them.

LONG head, of all other days: first byte; start_s, i8; interval_s, i4; count, u2; quality, u1; sent_s, i8; total, i8;
length of the values, u2. Values: as `pack_values` has them.

Tail, each only where the first byte says so. QUALITIES: how many are estimates, u2, and absent, u2; then 2, two codes,
a bit each reading, lowest first, 1 for the second code; or 0, one code each reading. EXTRAS: four times a length plus
1, u2, and packed bytes, or 0 for none. PUBLISHED: i8.

Equal days are equal bytes: whatever fits the SHORT form is in it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from espi.clock import DAY_S, QUARTER_HOUR_S
from espi.day import ABSENT, ESTIMATED_QUALITIES, PackedDay
from espi.errors import BadInput
from espi.store import eights

FORM = 1 << 6
LONG, MERGED, QUALITIES, EXTRAS, PUBLISHED = 3, 4, 8, 16, 32
_FORM_BITS, TAIL_BITS = 3 << 6, PUBLISHED | QUALITIES | EXTRAS
_PLAIN = [first & (_FORM_BITS | TAIL_BITS) == FORM and first & LONG != LONG for first in range(256)]
"""Whether a day is in a SHORT form without a tail, by the first byte."""

_SHORT = struct.Struct("<BBBBIIH")
FIELDS = "first", "quarter", "count", "quality", "sent_s", "total", "least"
HEADS = [
    np.dtype(list(zip(FIELDS, (*["u1"] * 4, "<u4", "<u4", least), strict=True))) for least in ("<u2", "<u2", "<i4")
]
LONG_HEAD = struct.Struct("<BqiHBqqH")
_STAMP = struct.Struct("<q")
COUNTS = struct.Struct("<HH")
LENGTH = struct.Struct("<H")

_KINDS = np.dtype("u1"), np.dtype("<u2"), np.dtype("<i4")
_CODES = [bytes([code]) for code in range(256)]
_ESTIMATED = [code in ESTIMATED_QUALITIES for code in range(256)]
_ABSENT = [code == ABSENT for code in range(256)]
_LEAST, _SENT_SHORT, _SENT_LONG = 12, slice(4, 8), slice(16, 24)
"""Where the heads have the least value and `sent_s`."""
_FEW = 3
"""So many days are unpacked one by one."""
_MANY = 512
"""So many at once at the most, so that their numbers stay near the processor."""

Extras = tuple[bytes | None, bytes | None, bytes | None, bytes | None]
NO_EXTRAS: Extras = (None, None, None, None)


class Head(NamedTuple):
    """What a stored day says without its readings. published_s: None where it is the row's `updated_s`."""

    start_s: int
    interval_s: int
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody asks of a day
    total: int
    estimated: int
    absent: int
    sent_s: int
    merged: bool
    published_s: int | None


def heads(rows: Iterable[tuple[int, bytes]]) -> list[Head]:
    """What stored days say without their readings, each given by its day and content. `BadInput` if one is damaged."""
    try:
        return [_head(day, content) for day, content in rows]
    except _DAMAGES as err:
        raise _damaged(err) from err


def packed_days(rows: Iterable[tuple[int, int, bytes]]) -> list[PackedDay]:
    """Stored days, each given by its day, `updated_s` and content. `BadInput` if one is damaged."""
    given = list(rows)
    try:
        return list(map(_packed_day, given, _packed_values([content for _, _, content in given])))
    except _DAMAGES as err:
        raise _damaged(err) from err


_DAMAGES = (struct.error, IndexError, ValueError)


def _damaged(err: Exception) -> BadInput:
    return BadInput(detail=f"a stored day is damaged: {err}")


def said(content: bytes) -> bytes:
    """What a stored day says: the same for days that differ only in when they were sent and how they came about."""
    first = content[0]
    end = -_STAMP.size if first & PUBLISHED else None
    sent = _SENT_LONG if first & LONG == LONG else _SENT_SHORT
    return bytes([first & ~(MERGED | PUBLISHED)]) + content[1 : sent.start] + content[sent.stop : end]


def stamped(content: bytes, published_s: int, updated_s: int, *, merged: bool = False) -> bytes:
    """A stored day that was just made, with when it was first there, and whether it is made of several files'.

    updated_s: of its row, which stands for both where they are the same.
    """
    again = published_s != updated_s
    flags = (MERGED if merged else 0) | (PUBLISHED if again else 0)
    first = bytes([content[0] | flags]) if flags else content[:1]
    return first + content[1:] + (_STAMP.pack(published_s) if again else b"")


def merged(content: bytes) -> bool:
    """Whether a stored day is made of the readings of several files."""
    return bool(content[0] & MERGED)


def sent_s(content: bytes) -> int:
    """When a stored day was sent."""
    long = content[0] & LONG == LONG
    return int.from_bytes(content[_SENT_LONG if long else _SENT_SHORT], "little", signed=long)


def published_s(content: bytes, updated_s: int) -> int:
    """When a stored day was first there."""
    if not content[0] & PUBLISHED:
        return updated_s
    return int.from_bytes(content[-_STAMP.size :], "little", signed=True)


def wins_whole(content: bytes, there: bytes) -> bool:
    """Whether all readings of a stored day take the place of those of another that was sent no later.

    So it is where they are actual and there is nothing but readings in either; both days are in SHORT forms.
    """
    first = content[0]
    return (
        _PLAIN[first]
        and there[0] & LONG != LONG
        and not there[0] & EXTRAS
        and content[1:3] == there[1:3]
        and not _ESTIMATED[content[3]]
        and not _ABSENT[content[3]]
    )


def replaces(content: bytes, there: bytes) -> bool:
    """Whether a stored day just made is actual and takes the place of one of estimates or gaps that was sent no later.

    That is a case of `wins_whole` that is plain to see: both are readings alike, in SHORT forms without tails, and what
    is there is of one file and was never replaced.
    """
    code, first = content[3], there[0]
    return (
        code != there[3]
        and not (_ESTIMATED[code] or _ABSENT[code])
        and _PLAIN[content[0]]
        and _PLAIN[first]
        and not first & MERGED
        and content[1:3] == there[1:3]
        and int.from_bytes(content[_SENT_SHORT], "little") >= int.from_bytes(there[_SENT_SHORT], "little")
    )


def _head(day: int, content: bytes) -> Head:
    first = content[0]
    if not _PLAIN[first]:
        return _odd_head(day, content)
    _, quarter, count, code, sent_s, total, _ = _SHORT.unpack_from(content)
    estimated, absent = _ESTIMATED[code] * count, _ABSENT[code] * count
    start_s = day * DAY_S + quarter * QUARTER_HOUR_S
    return Head(start_s, QUARTER_HOUR_S, count, total, estimated, absent, sent_s, bool(first & MERGED), None)


def _odd_head(day: int, content: bytes) -> Head:
    first, start_s, interval_s, count, code, sent_s, total = _fields(day, content)
    tail = _tail(content, count)
    uneven = tail.quality is not None
    estimated = tail.estimated if uneven else _ESTIMATED[code] * count
    absent = tail.absent if uneven else _ABSENT[code] * count
    merged = bool(first & MERGED)
    return Head(start_s, interval_s, count, total, estimated, absent, sent_s, merged, tail.published_s)


def _packed_day(row: tuple[int, int, bytes], packed: bytes) -> PackedDay:
    day, updated_s, content = row
    if not _PLAIN[content[0]]:
        return _odd_day(row, packed)
    _, quarter, count, code, _, _, _ = _SHORT.unpack_from(content)
    start_s = day * DAY_S + quarter * QUARTER_HOUR_S
    quality = _CODES[code]
    return PackedDay(day, start_s, QUARTER_HOUR_S, count, packed, quality, None, None, None, None, updated_s, updated_s)


def _odd_day(row: tuple[int, int, bytes], packed: bytes) -> PackedDay:
    day, updated_s, content = row
    _, start_s, interval_s, count, code, _, _ = _fields(day, content)
    tail = _tail(content, count)
    quality = (_CODES[code] if count else b"") if tail.quality is None else tail.quality
    published_s = updated_s if tail.published_s is None else tail.published_s
    return PackedDay(day, start_s, interval_s, count, packed, quality, *tail.extras, published_s, updated_s)


def _fields(day: int, content: bytes) -> tuple[int, int, int, int, int, int, int]:
    """First byte, start_s, interval_s, count, quality, sent_s, total."""
    first = content[0]
    if first & _FORM_BITS != FORM:
        raise ValueError(f"its first byte is {first}")
    if first & LONG == LONG:
        return LONG_HEAD.unpack_from(content)[:7]
    _, quarter, count, code, sent_s, total, _ = _SHORT.unpack_from(content)
    return first, day * DAY_S + quarter * QUARTER_HOUR_S, QUARTER_HOUR_S, count, code, sent_s, total


def _end_of_values(content: bytes, count: int) -> int:
    kind = content[0] & LONG
    if kind == LONG:
        return LONG_HEAD.size + int(LONG_HEAD.unpack_from(content)[-1])
    return eights.end(content, HEADS[kind].itemsize, count)


class _Tail(NamedTuple):
    """What a day has at its end."""

    published_s: int | None
    estimated: int
    absent: int
    quality: bytes | None
    extras: Extras


def _tail(content: bytes, count: int) -> _Tail:
    first, place = content[0], _end_of_values(content, count)
    published_s, estimated, absent, quality, extras = None, 0, 0, None, NO_EXTRAS
    if first & QUALITIES:
        estimated, absent = COUNTS.unpack_from(content, place)
        place += COUNTS.size
        size = 3 + -(-count // 8) if content[place] else 1 + count
        quality = _qualities(content[place : place + size], count)
        place += size
    if first & EXTRAS:
        parts = []
        for _ in range(4):
            (length,) = LENGTH.unpack_from(content, place)
            place += LENGTH.size
            parts.append(content[place : place + length - 1] if length else None)
            place += max(length - 1, 0)
        extras = (parts[0], parts[1], parts[2], parts[3])
    if first & PUBLISHED:
        (published_s,) = _STAMP.unpack_from(content, place)
        place += _STAMP.size
    if place != len(content):
        raise ValueError(f"its parts have {place} bytes of {len(content)}")
    return _Tail(published_s, estimated, absent, quality, extras)


def _qualities(part: bytes, count: int) -> bytes:
    if not part[0]:
        return part[1:]
    codes = np.frombuffer(part, np.uint8)
    return codes[1:3][np.unpackbits(codes[3:], count=count, bitorder="little")].tobytes()


def _packed_values(contents: list[bytes]) -> list[bytes]:
    """The values of stored days as `pack_values` has them."""
    found = [b""] * len(contents)
    by_kind: dict[tuple[int, int], list[int]] = {}
    for place, content in enumerate(contents):
        kind = content[0] & LONG
        if kind == LONG:
            found[place] = _long_values(content)
        elif kind <= 1 and len(contents) <= _FEW:
            found[place] = _values_of_one(content, kind)
        else:
            by_kind.setdefault((kind, content[2]), []).append(place)
    for (kind, count), places in by_kind.items():
        for start in range(0, len(places), _MANY):
            some = places[start : start + _MANY]
            for place, packed in zip(some, _values([contents[place] for place in some], kind, count), strict=True):
                found[place] = packed
    return found


def _long_values(content: bytes) -> bytes:
    end = _end_of_values(content, 0)
    if end > len(content):
        raise ValueError("it ends before its values do")
    return content[LONG_HEAD.size : end]


def _values_of_one(content: bytes, kind: int) -> bytes:
    """As `_values`, of one day whose values take one byte or two."""
    _, _, count, _, _, _, least = _SHORT.unpack_from(content)
    packed, end = eights.unpack_one(content, _SHORT.size, count, least)
    if end > len(content) or (end < len(content) and not content[0] & TAIL_BITS):
        raise ValueError(f"its values end at {end} of {len(content)} bytes")
    return packed if kind else packed[::2]


def _values(contents: list[bytes], kind: int, count: int) -> list[bytes]:
    """The values of days in SHORT forms of the same kind and count."""
    text = b"".join([*contents, eights.PADDING])
    ends = np.array(list(accumulate(map(len, contents))))
    begins = np.concatenate([[0], ends[:-1]])
    numbers, until = eights.unpack(text, begins + HEADS[kind].itemsize, count)
    rest, octets = ends - until, np.frombuffer(text, np.uint8)
    if ((rest < 0) | ((rest > 0) & (octets[begins] & TAIL_BITS == 0))).any():
        raise ValueError("its values do not end where it ends")
    words = np.ndarray(len(text) - 3, "<u4", text, strides=(1,))
    least = words[begins + _LEAST]
    if kind <= 1:
        least &= 0xFFFF
    packed, size = (numbers + least[:, None]).astype(_KINDS[kind]).tobytes(), count * _KINDS[kind].itemsize
    return [packed[begin : begin + size] for begin in range(0, len(contents) * size, size)]
