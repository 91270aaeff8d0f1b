"""Days of readings made into the form in which they are stored (`espi.store.form`), many at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from espi.clock import DAY_S, QUARTER_HOUR_S
from espi.day import Column, DayColumns, pack_values
from espi.store import eights
from espi.store.eights import Octets
from espi.store.form import (
    COUNTS,
    EXTRAS,
    FIELDS,
    FORM,
    HEADS,
    LENGTH,
    LONG,
    LONG_HEAD,
    MERGED,
    PUBLISHED,
    QUALITIES,
    STAMP,
    TAIL_BITS,
    Extras,
)

_ROWS = 4096


def encode(
    days: DayColumns,
    *,
    published: Column | None = None,
    mixed: npt.NDArray[np.bool_] | None = None,
    extras: Mapping[int, Extras] | None = None,
) -> list[bytes]:
    """The stored form of each day.

    published: when it was first there; -1 where that is the row's `updated_s`, as it is without this column. mixed:
    which are made of the readings of several files. extras: of days by their place, costs as `pack_values` has them,
    the others as `pack_codes`.
    """
    first = np.full(len(days), FORM, np.uint8)
    if mixed is not None:
        first[mixed] |= MERGED
    if published is not None:
        first[published >= 0] |= PUBLISHED
    for place in extras or ():
        first[place] |= EXTRAS
    found = [b""] * len(days)
    for places in _alike(days.count):
        count = int(days.count[places[0]])
        values = _rows(days.values, days.first[places], count)
        codes = _rows(days.codes, days.first[places], count)
        first[places[(codes != codes[:, :1]).any(1)]] |= QUALITIES
        kinds = _kinds(days, places, values)
        first[places] |= kinds
        for kind in np.unique(kinds).tolist():
            some = slice(None) if (kinds == kind).all() else kinds == kind
            chosen = places[some]
            form = _long if kind == LONG else _short
            for place, body in zip(chosen.tolist(), form(days.take(chosen), first[chosen], values[some]), strict=True):
                found[place] = body
    for place in np.flatnonzero(first & TAIL_BITS).tolist():
        found[place] += b"".join(_tail_parts(days, place, int(first[place]), published, extras))
    return found


def _alike(counts: Column) -> Iterator[npt.NDArray[np.intp]]:
    """Places of days of the same count, some thousands at a time, so that their numbers stay near the processor."""
    for count in np.unique(counts).tolist():
        places = np.flatnonzero(counts == count)
        yield from (places[start : start + _ROWS] for start in range(0, len(places), _ROWS))


def _rows(column: npt.NDArray[Any], first: Column, count: int) -> npt.NDArray[Any]:
    """The readings of days of the same count, a row each."""
    begin = int(first[0])
    if (first - begin == np.arange(len(first)) * count).all():
        return column[begin : begin + count * len(first)].reshape(len(first), count)
    found: npt.NDArray[Any] = column[first[:, None] + np.arange(count)]
    return found


def _kinds(days: DayColumns, places: npt.NDArray[np.intp], values: npt.NDArray[Any]) -> Octets:
    """Bits 0 and 1 of the first byte of days of the same count."""
    count = values.shape[1]
    if not 0 < count < 1 << 8:
        return np.full(len(places), LONG, np.uint8)
    least, most = values.min(1), values.max(1)
    kinds = np.where(most < 1 << 8, 0, 1).astype(np.uint8)
    kinds[(least < 0) | (most >= 1 << 16)] = 2
    late_s = days.start_s[places] - days.day[places] * DAY_S
    sent_s, total = days.sent_s[places], days.total[places]
    fits = (days.interval_s[places] == QUARTER_HOUR_S) & (late_s >= 0) & (late_s < QUARTER_HOUR_S << 8)
    fits &= (late_s % QUARTER_HOUR_S == 0) & (sent_s >= 0) & (sent_s < 1 << 32) & (total >= 0) & (total < 1 << 32)
    fits &= (most - least <= eights.MOST) & (least >= -(1 << 31)) & (most < 1 << 31)
    kinds[~fits] = LONG
    return kinds


def _short(days: DayColumns, first: Octets, values: npt.NDArray[Any]) -> Iterator[bytes]:
    rows, count = values.shape
    kind, least = HEADS[int(first[0]) & LONG], values.min(1)
    head = np.empty(rows, kind)
    late = (days.start_s - days.day * DAY_S) // QUARTER_HOUR_S
    columns = first, late, days.count, days.codes[days.first], days.sent_s, days.total, least
    for name, column in zip(FIELDS, columns, strict=True):
        head[name] = column
    sheet = np.empty((rows, kind.itemsize + eights.room(count)), np.uint8)
    used = np.ones(sheet.shape, bool)
    sheet[:, : kind.itemsize] = head.view(np.uint8).reshape(rows, kind.itemsize)
    sizes = eights.pack(values, least, sheet[:, kind.itemsize :], used[:, kind.itemsize :])
    text = sheet[used].tobytes()
    ends = np.cumsum(kind.itemsize + sizes).tolist()
    return (text[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True))


def _long(days: DayColumns, first: Octets, values: npt.NDArray[Any]) -> Iterator[bytes]:
    columns = (days.start_s, days.interval_s, days.count, days.sent_s, days.total)
    for place, row in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        start_s, interval_s, count, sent_s, total = row
        packed, code = pack_values(values[place]), int(days.codes[days.first[place]]) if count else 0
        yield LONG_HEAD.pack(first[place], start_s, interval_s, count, code, sent_s, total, len(packed)) + packed


def _tail_parts(
    days: DayColumns, place: int, first: int, published: Column | None, extras: Mapping[int, Extras] | None
) -> Iterator[bytes]:
    if first & QUALITIES:
        begin = int(days.first[place])
        codes = days.codes[begin : begin + int(days.count[place])]
        yield COUNTS.pack(days.estimated[place], days.absent[place])
        seen = np.unique(codes)
        plain = len(seen) > 2
        yield b"\0" + codes.tobytes() if plain else b"\2" + seen.tobytes() + _bits(codes == seen[1])
    if first & EXTRAS and extras is not None:
        for part in extras[place]:
            yield LENGTH.pack(0) if part is None else LENGTH.pack(len(part) + 1) + part
    if first & PUBLISHED and published is not None:
        yield STAMP.pack(published[place])


def _bits(chosen: npt.NDArray[np.bool_]) -> bytes:
    return np.packbits(chosen, bitorder="little").tobytes()
