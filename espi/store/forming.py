"""Days of readings made into the form in which they are stored (`espi.store.form`), many at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from espi.clock import DAY_S, QUARTER_HOUR_S
from espi.day import Column, DayColumns, pack_values
from espi.store import eights
from espi.store.eights import Octets
from espi.store.form import (
    EXTRAS,
    FIELDS,
    FORM,
    HEADS,
    LENGTH,
    LONG,
    LONG_HEAD,
    QUALITIES,
    TAIL_BITS,
    Extras,
)

Places = npt.NDArray[np.intp]

_ROWS = 2048
_LENGTH = 4


AllExtras = Mapping[int, Extras]
"""The extras of days by their place: costs as `pack_values` has them, the others as `pack_codes`."""

NONE: AllExtras = MappingProxyType({})


def encode(days: DayColumns, extras: AllExtras = NONE) -> list[bytes]:
    """The stored form of each day."""
    found = [b""] * len(days)
    for places, text, ends in _formed(days, extras, np.empty((len(days), 0), np.uint8)):
        for place, form in zip(places.tolist(), _cut(text, ends), strict=True):
            found[place] = form
    return found


def encode_rows(days: DayColumns, extras: AllExtras, lead: Octets) -> Iterator[bytes]:
    """The stored forms of all days, in any order, each after its own row of `lead`; many in a piece.

    The last four bytes of that give way to the length of the stored form, the high byte first.
    """
    return (text for _, text, _ in _formed(days, extras, lead))


def encode_rows_apart(days: DayColumns, lead: Octets, ends: Places) -> list[bytes]:
    """As `encode_rows` of days without extras, apart for each run of them; ends: the place after each run's last."""
    parts: list[list[bytes]] = [[] for _ in ends]
    for places, text, text_ends in _formed(days, NONE, lead):
        cuts = np.searchsorted(places, ends).tolist()
        begin = 0
        for number, cut in enumerate(cuts):
            end = text_ends[cut - 1] if cut else 0
            if end > begin:
                parts[number].append(text[begin:end])
                begin = end
    return [b"".join(each) for each in parts]


def _formed(days: DayColumns, extras: AllExtras, lead: Octets) -> Iterator[tuple[Places, bytes, list[int]]]:
    """The stored forms of some days after their rows of `lead`: of which days, all in one text, and where each ends."""
    first = np.full(len(days), FORM, np.uint8)
    first[list(extras)] |= EXTRAS
    for places in _alike(days.count):
        count = int(days.count[places[0]])
        values = _rows(days.values, days.first[places], count)
        codes = _rows(days.codes, days.first[places], count)
        first[places[(codes != codes[:, :1]).any(1)]] |= QUALITIES
        least, kinds = _kinds(days, places, values)
        first[places] |= kinds
        heads, odd = np.where(kinds == LONG, LONG, kinds & 2), first[places] & TAIL_BITS > 0
        for head, is_odd in ((head, is_odd) for head in (0, 2, LONG) for is_odd in (False, True)):
            some = (heads == head) & (odd == is_odd)
            if not some.any():
                continue
            at = slice(None) if some.all() else np.flatnonzero(some)
            chosen = places[at]
            body = days.take(chosen), first[chosen], values[at], least[at]
            if is_odd or head == LONG:
                bodies = _long(*body[:3]) if head == LONG else _cut(*_short(*body, lead[chosen, :0]))
                yield chosen, *_with_tails(days, extras, first, chosen, bodies, lead)
            else:
                yield chosen, *_short(*body, lead[chosen])


def _cut(text: bytes, ends: list[int]) -> Iterator[bytes]:
    return (text[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True))


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


def _kinds(days: DayColumns, places: Places, values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Octets]:
    """The least values, and bits 0 and 1 of the first bytes, of days of the same count."""
    count = values.shape[1]
    if not 0 < count < 1 << 8:
        return np.zeros(len(places), np.int64), np.full(len(places), LONG, np.uint8)
    least, most = values.min(1), values.max(1)
    kinds = np.where(most < 1 << 8, 0, 1).astype(np.uint8)
    kinds[(least < 0) | (most >= 1 << 16)] = 2
    late_s = days.start_s[places] - days.day[places] * DAY_S
    sent_s, total = days.sent_s[places], days.total[places]
    fits = (days.interval_s[places] == QUARTER_HOUR_S) & (late_s >= 0) & (late_s < QUARTER_HOUR_S << 8)
    fits &= (late_s % QUARTER_HOUR_S == 0) & (sent_s >= 0) & (sent_s < 1 << 32) & (total >= 0) & (total < 1 << 32)
    fits &= (most - least <= eights.MOST) & (least >= -(1 << 31)) & (most < 1 << 31)
    kinds[~fits] = LONG
    return least, kinds


def _short(
    days: DayColumns, first: Octets, values: npt.NDArray[Any], least: npt.NDArray[Any], lead: Octets
) -> tuple[bytes, list[int]]:
    """Days in the same SHORT form after their rows of `lead`, all in one text; and where each ends."""
    kind, rows, before = HEADS[int(first[0]) & 2], len(values), lead.shape[1]
    head = np.empty(rows, kind)
    late = (days.start_s - days.day * DAY_S) // QUARTER_HOUR_S
    columns = first, late, days.count, days.codes[days.first], days.sent_s, days.total, least
    for name, column in zip(FIELDS, columns, strict=True):
        head[name] = column
    packed = eights.pack(values, least)
    sheet = np.empty((rows, before + kind.itemsize), np.uint8)
    sheet[:, :before] = lead
    sheet[:, before:] = head.view(np.uint8).reshape(rows, kind.itemsize)
    if before:
        sizes = kind.itemsize + packed.sizes
        sheet[:, before - _LENGTH : before] = sizes.astype(">u4").view(np.uint8).reshape(rows, _LENGTH)
    return eights.written(sheet, packed)


def _long(days: DayColumns, first: Octets, values: npt.NDArray[Any]) -> Iterator[bytes]:
    columns = (days.start_s, days.interval_s, days.count, days.sent_s, days.total)
    for place, row in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        start_s, interval_s, count, sent_s, total = row
        packed, code = pack_values(values[place]), int(days.codes[days.first[place]]) if count else 0
        yield LONG_HEAD.pack(first[place], start_s, interval_s, count, code, sent_s, total, len(packed)) + packed


def _with_tails(
    days: DayColumns, extras: AllExtras, first: Octets, places: Places, bodies: Iterator[bytes], lead: Octets
) -> tuple[bytes, list[int]]:
    rows = []
    tails = _qualities(days, first, places)
    for place, body in zip(places.tolist(), bodies, strict=True):
        form = b"".join([body, tails.get(place, b""), *_extras(extras.get(place, ()))])
        before = lead[place].tobytes()
        rows.append(before[:-_LENGTH] + len(form).to_bytes(_LENGTH, "big") + form if before else form)
    return b"".join(rows), list(accumulate(map(len, rows)))


def _qualities(days: DayColumns, first: Octets, places: Places) -> dict[int, bytes]:
    """The qualities of those of some days, all of the same count, that have them in the tail; by place."""
    places = places[first[places] & QUALITIES > 0]
    if not places.size:
        return {}
    codes = _rows(days.codes, days.first[places], int(days.count[places[0]]))
    few, many = codes.min(1), codes.max(1)
    seconds = codes == many[:, None]
    plain = ~(seconds | (codes == few[:, None])).all(1)
    counts = np.stack([days.estimated[places], days.absent[places]], axis=1).astype("<u2")
    heads = np.concatenate([counts.view(np.uint8), np.full((len(places), 1), 2, np.uint8)], axis=1)
    bits = np.concatenate([heads, few[:, None], many[:, None], np.packbits(seconds, axis=1, bitorder="little")], axis=1)
    found = dict(zip(places.tolist(), map(np.ndarray.tobytes, bits), strict=True))
    for at in np.flatnonzero(plain).tolist():
        found[int(places[at])] = counts[at].tobytes() + b"\0" + codes[at].tobytes()
    return found


def _extras(parts: Iterable[bytes | None]) -> Iterator[bytes]:
    return (LENGTH.pack(0) if part is None else LENGTH.pack(len(part) + 1) + part for part in parts)
