"""The stored form of a closed month: the days of a channel, one after the other, in the form that they had as rows.

A content begins with the number of this form (1, u1), how many days there are (u1) and the first day's file (i8). Then
come the numbers of the days, a column at a time, then their bytes, a column at a time. A column of numbers is foretold
(the day by the one before it, an instant by its day, a file by the one before it), what remains is told from its least
value (i8) on, in 0, 1, 2, 4 or 8 bytes each: the head has that code (u1) and the least value of every column. The
lengths of the bytes are a column of numbers too: 0 for none, else one more than there are.

Days keep their own packed form: to pack or unpack a month no reading is touched. Numbers are little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Boolean, LargeBinary

from espi.clock import DAY_S
from espi.errors import BadInput
from espi.store.tables import day_block

FORM = 1

Numbers = npt.NDArray[np.int64]
Row = tuple[Any, ...]
"""A row of `day_block`, its columns in the table's order."""

NAMES = tuple(column.name for column in day_block.columns)
_OWNERS = ("usage_point_id", "channel")
_BYTES = tuple(column.name for column in day_block.columns if isinstance(column.type, LargeBinary))
_TRUTHS = tuple(column.name for column in day_block.columns if isinstance(column.type, Boolean))
_NUMBERS = tuple(name for name in NAMES if name not in (*_OWNERS, *_BYTES))
_INSTANTS = frozenset({"start_s", "sent_s", "published_s", "updated_s"})
_COLUMNS = len(_NUMBERS) + len(_BYTES)
_KINDS = (None, np.dtype("u1"), np.dtype("<u2"), np.dtype("<u4"), np.dtype("<u8"))
_SIZES = (0, 1, 2, 4, 8)
_LIMITS = np.array([1, 1 << 8, 1 << 16, 1 << 32], np.uint64)
_HEAD = struct.Struct(f"<BBq{_COLUMNS}B{_COLUMNS}q")


class Month(NamedTuple):
    """A row of `month_block`, column by column."""

    usage_point_id: int
    channel: int
    from_day: int
    first_day: int
    updated_s: int
    content: bytes


def encode(rows: Sequence[Row], month: int) -> list[Month]:
    """The days of channels in one month, a channel's together and ascending, as month rows."""
    if not rows:
        return []
    columns = dict(zip(NAMES, zip(*rows, strict=True), strict=True))
    owners = np.array([columns[name] for name in _OWNERS], np.int64)
    starts = np.flatnonzero(np.r_[True, (np.diff(owners) != 0).any(0)])
    stops = np.r_[starts[1:], len(rows)]
    told = _told(columns, starts, month)
    least = np.minimum.reduceat(told, starts, axis=1)
    most = np.maximum.reduceat(told, starts, axis=1)
    codes = np.searchsorted(_LIMITS, (most - least).astype(np.uint64), side="right")
    rest = told - np.repeat(least, stops - starts, axis=1)
    forms = [[b"" if kind is None else numbers.astype(kind).tobytes() for kind in _KINDS] for numbers in rest]
    last = np.maximum.reduceat(np.array(columns["updated_s"], np.int64), starts).tolist()
    found = []
    bounds = zip(starts.tolist(), stops.tolist(), codes.T.tolist(), least.T.tolist(), last, strict=True)
    for start, stop, its_codes, its_least, updated_s in bounds:
        parts = [_HEAD.pack(FORM, stop - start, columns["file_id"][start], *its_codes, *its_least)]
        parts += [
            form[code][start * _SIZES[code] : stop * _SIZES[code]]
            for form, code in zip(forms, its_codes, strict=True)
            if code
        ]
        for name in _BYTES:
            parts += filter(None, columns[name][start:stop])
        key = columns["usage_point_id"][start], columns["channel"][start]
        found.append(Month(*key, month, columns["day"][start], updated_s, b"".join(parts)))
    return found


def decode(usage_point_id: int, channel: int, month: int, content: bytes) -> Iterator[Row]:
    """The rows that a month row was made of. `BadInput` for a form that is not known."""
    form, count, first_file, *head = _HEAD.unpack_from(content)
    if form != FORM:
        raise BadInput(detail=f"a month of the form {form}")
    at = _HEAD.size
    told = np.empty((_COLUMNS, count), np.int64)
    for place, (code, least) in enumerate(zip(head[:_COLUMNS], head[_COLUMNS:], strict=True)):
        told[place] = least
        if code:
            told[place] += np.frombuffer(content, _KINDS[code], count, at).astype(np.int64)
            at += count * _SIZES[code]
    columns: dict[str, Sequence[Any]] = dict(_foretold(told, month, first_file))
    for name, lengths in zip(_BYTES, told[len(_NUMBERS) :].tolist(), strict=True):
        found: list[bytes | None] = []
        for length in lengths:
            found.append(content[at : at + length - 1] if length else None)
            at += max(length - 1, 0)
        columns[name] = found
    for name in _TRUTHS:
        columns[name] = list(map(bool, columns[name]))
    columns |= {"usage_point_id": [usage_point_id] * count, "channel": [channel] * count}
    return zip(*(columns[name] for name in NAMES), strict=True)


def _told(columns: dict[str, tuple[Any, ...]], starts: Numbers, month: int) -> Numbers:
    """What must be told of each column, a row each."""
    whole = np.empty((_COLUMNS, len(columns["day"])), np.int64)
    days = np.array(columns["day"], np.int64)
    for place, name in enumerate(_NUMBERS):
        numbers = np.array(columns[name], np.int64)
        if name == "day":
            whole[place] = np.diff(numbers, prepend=0) - 1
            whole[place, starts] = numbers[starts] - month
        elif name == "file_id":
            steps = np.diff(numbers, prepend=0)
            seconds = np.minimum(starts + 1, np.r_[starts[1:], len(numbers)] - 1)
            steps[starts] = np.where(seconds > starts, steps[seconds], 0)
            whole[place] = steps
        else:
            whole[place] = numbers - days * DAY_S if name in _INSTANTS else numbers
    for place, name in enumerate(_BYTES, len(_NUMBERS)):
        whole[place] = [0 if one is None else len(one) + 1 for one in columns[name]]
    return whole


def _foretold(told: Numbers, month: int, first_file: int) -> Iterator[tuple[str, list[int]]]:
    """The columns of numbers out of what is told of them; the day is the first of them."""
    days = (told[0] + 1).cumsum() + month - 1
    for name, numbers in zip(_NUMBERS, told, strict=False):
        if name == "day":
            yield name, days.tolist()
        elif name == "file_id":
            yield name, (numbers.cumsum() - numbers[0] + first_file).tolist()
        else:
            yield name, (numbers + days * DAY_S if name in _INSTANTS else numbers).tolist()
