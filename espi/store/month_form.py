"""The stored form of a closed month: the days of a channel in one content, a good deal smaller than theirs together.

A content is a head, numbers by columns, and bytes. Numbers are little-endian. The head: which form it has (1 or 2, u1),
how many days (u1), the first day's file (i8), then for each column of numbers a byte: its low half says how many bytes
each number takes (0, 1, 2, 4 or 8: codes 0 to 4), its high half in the same way how many the column's least number
takes; then those least numbers, signed. A column has what exceeds its least number, one after the other.

The columns are those of the table (a day is foretold by the one before it, an instant by its day, a file by the one
before it), those of the head of a day in a SHORT form (`espi.store.form`; all 0 where it is in another), and how many
bytes of the day follow. Form 1: of each day its packed values and its tail; or all of it where it has no SHORT form.
Form 2, where it is smaller and all days are SHORT: the total is told from the sum of the values and the least value is
left out; of each day the tail; then the values' high bytes, of all days together, with a Huffman code (deflate), their
length before them (u4), and then their low bytes, which no code makes smaller.

What comes back is what was there, to the letter.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from espi.clock import DAY_S
from espi.errors import BadInput
from espi.store import eights
from espi.store.form import FIELDS, FORM, HEADS, LONG
from espi.store.tables import day_block

PACKED, PLANES = 1, 2
FORM_BITS = 3 << 6

Numbers = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]
Row = tuple[Any, ...]
"""A row of `day_block`, its columns in the table's order."""

NAMES = tuple(column.name for column in day_block.columns)
_OWNERS = ("usage_point_id", "channel")
_OWN = tuple(name for name in NAMES if name not in (*_OWNERS, "content"))
_COLUMNS = (*_OWN, *FIELDS, "length")
_INSTANTS = frozenset({"updated_s", "sent_s"})
_KINDS = tuple(map(np.dtype, ("u1", "u1", "<u2", "<u4", "<u8")))
_SIZES = (0, 1, 2, 4, 8)
_LIMITS = np.array([1, 1 << 8, 1 << 16, 1 << 32], np.uint64)
_HEAD = struct.Struct(f"<BBq{len(_COLUMNS)}s")
_LENGTH = struct.Struct("<I")
_SHORT = HEADS[0]


class Month(NamedTuple):
    """A row of `month_block`, column by column."""

    usage_point_id: int
    channel: int
    from_day: int
    first_day: int
    updated_s: int
    content: bytes


@dataclass(frozen=True)
class _Cut:
    """Days cut into their parts. columns: of numbers by name; short: which are in a SHORT form of one or two bytes.

    sums, low, high: of the values of those; rests: what follows the head; tails: what follows the values.
    """

    columns: dict[str, Numbers]
    short: npt.NDArray[np.bool_]
    sums: Numbers
    low: list[bytes]
    high: list[bytes]
    rests: list[bytes]
    tails: list[bytes]


def encode(rows: Sequence[Row], month: int) -> list[Month]:
    """The days of channels in one month, a channel's together and ascending, as month rows."""
    if not rows:
        return []
    table = dict(zip(NAMES, zip(*rows, strict=True), strict=True))
    owners = np.array([table["usage_point_id"], table["channel"]], np.int64)
    starts = np.flatnonzero(np.r_[True, (np.diff(owners) != 0).any(0)])
    stops = np.r_[starts[1:], len(rows)]
    cut = _cut(table)
    bodies = [_body(cut, start, stop) for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]
    planes = np.repeat([form == PLANES for form, _ in bodies], stops - starts)
    told = _told(cut, starts, planes, month)
    least = np.minimum.reduceat(told, starts, axis=1)
    codes = np.searchsorted(_LIMITS, (np.maximum.reduceat(told, starts, axis=1) - least).astype(np.uint64), "right")
    signed = np.searchsorted(_LIMITS, (np.abs(least) * 2 + (least < 0)).astype(np.uint64), "right")
    rest = told - np.repeat(least, stops - starts, axis=1)
    written = [[numbers.astype(kind).tobytes() for kind in _KINDS] for numbers in rest]
    last = np.maximum.reduceat(cut.columns["updated_s"], starts).tolist()
    heads = (codes | signed << 4).astype(np.uint8).T
    found = []
    for nth, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        form, body = bodies[nth]
        its_codes, its_signed, its_least = codes[:, nth].tolist(), signed[:, nth].tolist(), least[:, nth].tolist()
        parts = [_HEAD.pack(form, stop - start, table["file_id"][start], heads[nth].tobytes())]
        parts += [
            number.to_bytes(_SIZES[code], "little", signed=True)
            for number, code in zip(its_least, its_signed, strict=True)
        ]
        for forms, code in zip(written, its_codes, strict=True):
            parts.append(forms[code][start * _SIZES[code] : stop * _SIZES[code]])
        key = table["usage_point_id"][start], table["channel"][start]
        found.append(Month(*key, month, table["day"][start], last[nth], b"".join([*parts, *body])))
    return found


def decode(months: Sequence[Month]) -> list[Row]:
    """The rows that month rows were made of, a month after the other. `BadInput` for a form that is not known."""
    if not months:
        return []
    read = list(map(_read, months))
    columns = {name: np.concatenate([one.columns[name] for one in read]) for name in (*_OWNERS, *_COLUMNS)}
    rests = [rest for one in read for rest in one.rests]
    planes = np.repeat([one.high is not None for one in read], [len(one.rests) for one in read])
    if planes.any():
        high, low = b"".join(one.high or b"" for one in read), b"".join(one.low for one in read)
        _join(columns, rests, np.flatnonzero(planes), high, low)
    content = [head + rest for head, rest in zip(_heads(columns), rests, strict=True)]
    table = {name: columns[name].tolist() for name in NAMES if name != "content"} | {"content": content}
    return list(zip(*(table[name] for name in NAMES), strict=True))


class _Read(NamedTuple):
    """A month row as it lies there. rests: what follows the head of each day; high, low: the planes, if it has them."""

    columns: dict[str, Numbers]
    rests: list[bytes]
    high: bytes | None
    low: bytes


def _read(row: Month) -> _Read:
    content = row.content
    form, count, first_file, codes = _HEAD.unpack_from(content)
    if form not in {PACKED, PLANES}:
        raise BadInput(detail=f"a month of the form {form}")
    at = _HEAD.size
    told = np.empty((len(_COLUMNS), count), np.int64)
    for place, code in enumerate(codes):
        size = _SIZES[code >> 4]
        told[place] = int.from_bytes(content[at : at + size], "little", signed=True)
        at += size
    for place, code in enumerate(codes):
        if width := code & 15:
            told[place] += np.frombuffer(content, _KINDS[width], count, at).astype(np.int64)
            at += count * _SIZES[width]
    columns = _foretold(told, row.from_day, first_file)
    columns["usage_point_id"], columns["channel"] = np.full(count, row.usage_point_id), np.full(count, row.channel)
    ends = list(accumulate(columns["length"].tolist(), initial=at))
    rests = [content[begin:end] for begin, end in pairwise(ends)]
    if form == PACKED:
        return _Read(columns, rests, None, b"")
    (size,) = _LENGTH.unpack_from(content, ends[-1])
    low_at = ends[-1] + _LENGTH.size + size
    return _Read(columns, rests, zlib.decompress(content[low_at - size : low_at], -zlib.MAX_WBITS), content[low_at:])


def _cut(table: Mapping[str, Sequence[Any]]) -> _Cut:
    contents: Sequence[bytes] = table["content"]
    text = b"".join([*contents, eights.PADDING])
    ends = np.array(list(accumulate(map(len, contents))))
    begins = np.r_[0, ends[:-1]]
    octets = np.frombuffer(text, np.uint8)
    first = octets[begins]
    short = (first & FORM_BITS == FORM) & (first & LONG <= 1)
    columns = {name: np.array(table[name], np.int64) for name in _OWN}
    heads = octets[begins[short][:, None] + np.arange(_SHORT.itemsize)].copy().view(_SHORT)[:, 0]
    for name in FIELDS:
        columns[name] = np.zeros(len(contents), np.int64)
        columns[name][short] = heads[name]
    rests = [each[_SHORT.itemsize :] if whole else each for each, whole in zip(contents, short.tolist(), strict=True)]
    cut = _Cut(
        columns,
        short,
        np.zeros(len(contents), np.int64),
        [b""] * len(contents),
        [b""] * len(contents),
        rests,
        [b""] * len(contents),
    )
    counts = columns["count"]
    for count in np.unique(counts[short]).tolist():
        places = np.flatnonzero(short & (counts == count))
        numbers, until = eights.unpack(text, begins[places] + _SHORT.itemsize, count)
        values = numbers + columns["least"][places].astype(np.uint32)[:, None]
        cut.sums[places] = values.sum(1)
        low, high = (plane.astype(np.uint8).tobytes() for plane in (values & 0xFF, values >> 8))
        tails = (until - begins[places]).tolist()
        for nth, place in enumerate(places.tolist()):
            cut.low[place], cut.high[place] = (each[nth * count : (nth + 1) * count] for each in (low, high))
            cut.tails[place] = contents[place][tails[nth] :]
    return cut


def _body(cut: _Cut, start: int, stop: int) -> tuple[int, list[bytes]]:
    """The bytes of the days of a month in whichever form is smaller, and which that is."""
    packed = cut.rests[start:stop]
    if not cut.short[start:stop].all():
        return PACKED, packed
    coder = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_HUFFMAN_ONLY)
    high = coder.compress(b"".join(cut.high[start:stop])) + coder.flush()
    planes = [*cut.tails[start:stop], _LENGTH.pack(len(high)), high, *cut.low[start:stop]]
    return (PLANES, planes) if sum(map(len, planes)) < sum(map(len, packed)) else (PACKED, packed)


def _told(cut: _Cut, starts: Numbers, planes: npt.NDArray[np.bool_], month: int) -> Numbers:
    """What must be told of each column, a row each."""
    columns, days = cut.columns, cut.columns["day"]
    whole = np.empty((len(_COLUMNS), len(days)), np.int64)
    for place, name in enumerate(_COLUMNS):
        if name == "length":
            rests, tails = (np.array(list(map(len, each))) for each in (cut.rests, cut.tails))
            whole[place] = np.where(planes, tails, rests)
        elif name == "day":
            whole[place] = np.diff(days, prepend=0) - 1
            whole[place, starts] = days[starts] - month
        elif name == "file_id":
            steps = np.diff(columns[name], prepend=0)
            seconds = np.minimum(starts + 1, np.r_[starts[1:], len(days)] - 1)
            steps[starts] = np.where(seconds > starts, steps[seconds], 0)
            whole[place] = steps
        elif name in _INSTANTS:
            whole[place] = np.where((name != "sent_s") | cut.short, columns[name] - days * DAY_S, 0)
        else:
            whole[place] = columns[name]
    whole[_COLUMNS.index("total")] -= np.where(planes, cut.sums, 0)
    whole[_COLUMNS.index("least"), planes] = 0
    return whole


def _foretold(told: Numbers, month: int, first_file: int) -> dict[str, Numbers]:
    """The columns of numbers out of what is told of them."""
    columns = dict(zip(_COLUMNS, told, strict=True))
    columns["day"] = days = (columns["day"] + 1).cumsum() + month - 1
    steps = columns["file_id"]
    columns["file_id"] = steps.cumsum() - steps[0] + first_file
    for name in _INSTANTS:
        columns[name] = columns[name] + days * DAY_S
    return columns


def _join(columns: dict[str, Numbers], rests: list[bytes], places: Places, high: bytes, low: bytes) -> None:
    """Give days, whose values lie in planes, their packed values, totals and least values."""
    values = np.frombuffer(low, np.uint8) + (np.frombuffer(high, np.uint8).astype(np.uint16) << 8)
    counts = columns["count"][places]
    begins = np.cumsum(counts) - counts
    for count in np.unique(counts).tolist():
        mine = counts == count
        rows, those = values[begins[mine][:, None] + np.arange(count)], places[mine]
        least = rows.min(1)
        columns["least"][those] = least
        columns["total"][those] += rows.sum(1, dtype=np.int64)
        text, ends = eights.written(np.empty((len(rows), 0), np.uint8), eights.pack(rows, least))
        for place, (begin, end) in zip(those.tolist(), pairwise([0, *ends]), strict=True):
            rests[place] = text[begin:end] + rests[place]


def _heads(columns: dict[str, Numbers]) -> list[bytes]:
    """The heads of days in SHORT forms; of others nothing."""
    heads = np.empty(len(columns["day"]), _SHORT)
    for name in FIELDS:
        heads[name] = columns[name] if name != "sent_s" else np.where(columns["first"] != 0, columns[name], 0)
    text, size = heads.tobytes(), _SHORT.itemsize
    return [
        text[nth * size : (nth + 1) * size] if first else b"" for nth, first in enumerate(columns["first"].tolist())
    ]
