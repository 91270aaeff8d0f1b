"""The fast path for interval blocks: packed days to bytes.

Days of the same kind differ only in digits at fixed places. So the entry of one such day is repeated for a run of up to
`MOST_DAYS`, and then those places are written by numpy, with texts looked up in tables. Days of any other kind (gaps,
mixed qualities, costs, large or negative values) are filled in reading by reading.
`tests/plain_twins/interval_blocks.py` says the same plainly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from io import BytesIO
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, Final, NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt

from espi.atom.block_form import Row, block_form, head_form, spaced
from espi.atom.links import Hrefs, block_path_id, block_uuid
from espi.atom.write import ENTRY_TAIL
from espi.clock import instant_text
from espi.day import ABSENT, DayBlock, PackedDay, unpack_values
from espi.resources.interval_block import INTERVAL_BLOCK

MOST_DAYS: Final = 64
"""How many days are written at once, at most: a megabyte of quarter hours."""
_MOST_READINGS: Final = 6_400

Kind = tuple[int, int, int | None]
"""Interval in seconds, number of readings, and the quality that each reading states, if it does."""
Bytes = npt.NDArray[np.uint8]
Texts = npt.NDArray[np.void]

_UUID_DIGITS: Final = 8
_PATH_DIGITS: Final = 5
_START_DIGITS: Final = 10
_PIECE: Final = 16
_TABLE_SIZE: Final = 1 << 16
_INSTANT_LENGTH: Final = 20
_HEAD_LENGTHS: Final = {
    "uuid": _UUID_DIGITS,
    "path": _PATH_DIGITS,
    "published": _INSTANT_LENGTH,
    "updated": _INSTANT_LENGTH,
}
_NO_EXTRAS: Final = (None, None, None, None)

_shape_of = attrgetter("interval_s", "count", "quality", "costs", "tou", "tier", "cpp")


class HasPathId(Protocol):
    """What the renderer asks of a usage point."""

    @property
    def path_id(self) -> int:
        """Its number in URLs."""


class HasIds(HasPathId, Protocol):
    """What the renderer asks of a channel."""

    @property
    def uuid(self) -> str:
        """Its Atom id."""


class BlockRenderer:
    """Writes the IntervalBlock entries of one channel, one entry a day, equal to what `espi.atom.write.entry` says.

    default_quality: the quality that the channel's ReadingType promises, which readings then leave out. Readings that
    are absent are left out, and days without any reading. It keeps nothing of what it wrote, so threads may share it.
    """

    def __init__(
        self,
        hrefs: Hrefs,
        usage_point: HasPathId,
        channel: HasIds,
        default_quality: int | None,
        *,
        title: str = INTERVAL_BLOCK.element,
    ) -> None:
        ids = {
            "UsagePoint": usage_point.path_id,
            "MeterReading": channel.path_id,
            "IntervalBlock": block_path_id(channel.path_id, 0),
        }
        links = hrefs.for_row(INTERVAL_BLOCK, ids)
        self._head = head_form(block_uuid(channel.uuid, 0), links[0].href, links, title, _PATH_DIGITS)
        self._head_row = spaced(self._head, {}, _HEAD_LENGTHS)
        self._default_quality = default_quality

    def render(self, blocks: Iterable[PackedDay]) -> Iterator[bytes]:
        """The entries of the days, in their order, many a piece. `BadInput` if a day's bytes do not fit its count."""
        days = iter(blocks)
        for first in days:
            page = _page_days(first.count)
            batch = [first, *islice(days, page - 1 - first.day % page)]
            columns = _columns(batch)
            if columns.are_alike:
                yield from self._alike(batch, columns)
                continue
            for _, group in groupby(batch, key=_shape_of):
                alike = list(group)
                yield from self._alike(alike, _columns(alike))

    def _alike(self, batch: list[PackedDay], columns: _Columns) -> Iterator[bytes]:
        quality, extras = batch[0].quality, batch[0][6:10]
        if extras == _NO_EXTRAS and len(quality) == 1 and quality[0] != ABSENT:
            if columns.follow_plainly:
                code = None if quality[0] == self._default_quality else quality[0]
                yield _filled_sheet(self._head_row, (batch[0].interval_s, batch[0].count, code), columns)
                return
            if len(batch) > 1:
                for day in batch:
                    yield from self._alike([day], _columns([day]))
                return
        yield from filter(None, map(self._odd_day, batch))

    def _odd_day(self, day: PackedDay) -> bytes:
        block = day.block(0, 0)
        present = np.flatnonzero(block.qualities != ABSENT)
        if not present.size:
            return b""
        first, last = int(present[0]), int(present[-1])
        head: dict[str, bytes | int] = {
            "uuid": _day_digits(day.day, 1)[0, :_UUID_DIGITS].tobytes(),
            "path": _day_digits(day.day, 1)[0, _UUID_DIGITS:].tobytes(),
            "published": _instant(day.published_s),
            "updated": _instant(day.updated_s),
        }
        interval = {
            "duration": (last - first + 1) * block.interval_s,
            "start": block.start_s + first * block.interval_s,
        }
        readings = _odd_readings(block, present, self._default_quality)
        form = block_form()
        return b"".join((self._head.filled(head), form.head.filled(interval), *readings, form.tail, ENTRY_TAIL))


def _odd_readings(block: DayBlock, present: npt.NDArray[np.intp], default: int | None) -> list[bytes]:
    """The readings that are present, one by one."""
    extras = {"cost": block.costs, "consumptionTier": block.tier, "tou": block.tou, "cpp": block.cpp}
    columns: dict[str, list[Any]] = {
        name: column[present].tolist() for name, column in extras.items() if column is not None
    }
    plain = block_form(frozenset(columns))
    qualified = block_form(frozenset({*columns, "quality"})).reading
    qualities = block.qualities[present].tolist()
    columns["quality"] = qualities
    columns["duration"] = [block.interval_s] * len(qualities)
    columns["start"] = (block.start_s + present * block.interval_s).tolist()
    columns["value"] = list(map(plain.value_text, block.values[present].tolist()))
    plain_rows = zip(*(columns[name] for name in plain.reading.names), strict=True)
    qualified_rows = zip(*(columns[name] for name in qualified.names), strict=True)
    rows = zip(qualities, plain_rows, qualified_rows, strict=True)
    without, stated = plain.reading.text, qualified.text
    return [without % row if code == default else stated % other for code, row, other in rows]


class _Columns(NamedTuple):
    """Days, a column a field of `PackedDay`."""

    days: tuple[int, ...]
    starts: tuple[int, ...]
    intervals: tuple[int, ...]
    counts: tuple[int, ...]
    packed: tuple[bytes, ...]
    qualities: tuple[bytes, ...]
    costs: tuple[bytes | None, ...]
    tou: tuple[bytes | None, ...]
    tier: tuple[bytes | None, ...]
    cpp: tuple[bytes | None, ...]
    published: tuple[int, ...]
    updated: tuple[int, ...]

    @property
    def are_alike(self) -> bool:
        """Whether the days differ in nothing but day, start, values and instants."""
        length = len(self.days)
        same = (self.intervals, self.counts, self.qualities, self.costs, self.tou, self.tier, self.cpp)
        return all(map(length.__eq__, [column.count(column[0]) for column in same]))

    @property
    def follow_plainly(self) -> bool:
        """Whether days that are alike follow one another on one page, and their numbers fit the places of a sheet."""
        length, day, start_s, count = len(self.days), self.days[0], self.starts[0], self.counts[0]
        span_s = self.intervals[0] * count
        return (
            span_s > 0
            and day % _page_days(count) + length <= _page_days(count)
            and self.days == tuple(range(day, day + length))
            and self.starts == tuple(range(start_s, start_s + length * span_s, span_s))
            and set(map(len, self.packed)) <= {count, 2 * count}
            and 0 <= day < 10**_PATH_DIGITS - MOST_DAYS
            and 10 ** (_START_DIGITS - 1) <= start_s <= 10**_START_DIGITS - length * span_s
        )

    @property
    def values(self) -> npt.NDArray[np.intp]:
        """The values of all days, each below 65,536."""
        packed, count = b"".join(self.packed), self.counts[0]
        if len(packed) == len(self.packed) * count * 2:
            return np.frombuffer(packed, "<u2").astype(np.intp)
        return np.concatenate([unpack_values(text, count) for text in self.packed])


def _columns(days: list[PackedDay]) -> _Columns:
    return _Columns(*cast("Any", zip(*days, strict=True)))


def _filled_sheet(head: Row, kind: Kind, days: _Columns) -> bytes:
    """The entries of days that follow one another plainly."""
    rows = len(days.days)
    row = head.text + _body_row(*kind).text
    sheet = BytesIO(row * rows)
    with sheet.getbuffer() as view:
        _fill_heads(np.ndarray((rows, len(row)), np.uint8, view), head, days)
        _fill_readings(view, len(head.text), kind, days)
    return sheet.getvalue()


def _fill_heads(sheet: Bytes, head: Row, days: _Columns) -> None:
    page = _page_days(days.counts[0])
    skip = days.days[0] % page
    digits = _day_digits(days.days[0] - skip, page)[skip : skip + len(sheet)]
    published = _instants(days.published)
    updated = published if days.published == days.updated else _instants(days.updated)
    texts = {"uuid": digits[:, :_UUID_DIGITS], "path": digits[:, _UUID_DIGITS:]}
    for name, column in (*texts.items(), ("published", published), ("updated", updated)):
        place = head.places[name]
        sheet[:, place : place + column.shape[1]] = column


def _fill_readings(view: memoryview, begin: int, kind: Kind, days: _Columns) -> None:
    rows, (interval_s, count, _) = len(days.days), kind
    length, body = len(view) // rows, _body_row(*kind)

    def put(place: int, texts: Texts) -> None:
        strides = (length, body.stride)
        np.ndarray((rows, texts.shape[1]), texts.dtype, view, begin + place, strides)[:] = texts

    skip = days.days[0] % _page_days(count)
    first_s = days.starts[0] - skip * interval_s * count
    starts = _start_texts(first_s, interval_s, count, body.after_start)[skip : skip + rows]
    put(body.block_start, starts[:, :1])
    put(body.start, starts)
    values = days.values.reshape(rows, count)
    pieces, ends = value_texts()
    put(body.value, pieces[values])
    put(body.value + _PIECE, ends[values])


class _Body(NamedTuple):
    """An entry from its content on, blank where days differ; where that is; the distance between readings."""

    text: bytes
    block_start: int
    start: int
    value: int
    stride: int
    after_start: bytes


@lru_cache(maxsize=64)
def _body_row(interval_s: int, count: int, quality: int | None) -> _Body:
    form = block_form(frozenset() if quality is None else frozenset({"quality"}))
    head = spaced(form.head, {"duration": interval_s * count}, {"start": _START_DIGITS})
    fixed = {"duration": interval_s, "quality": quality or 0}
    reading = spaced(form.reading, fixed, {"start": _START_DIGITS, "value": form.value_width})
    start, value = reading.places["start"], reading.places["value"]
    return _Body(
        text=head.text + reading.text * count + form.tail + ENTRY_TAIL,
        block_start=head.places["start"],
        start=len(head.text) + start,
        value=len(head.text) + value,
        stride=len(reading.text),
        after_start=reading.text[start + _START_DIGITS : start + _PIECE],
    )


def _page_days(count: int) -> int:
    """How many days of so many readings make a page. Pages begin at fixed days: so all meters share their texts."""
    return max(1, min(MOST_DAYS, _MOST_READINGS // max(count, 1)))


def _bytes_of(text: bytes, width: int) -> Bytes:
    return np.frombuffer(text, np.uint8).reshape(-1, width)


@lru_cache(maxsize=8192)
def _instant(instant: int) -> bytes:
    return instant_text(instant).encode()


def _instants(instants: Iterable[int]) -> Bytes:
    return _bytes_of(b"".join(map(_instant, instants)), _INSTANT_LENGTH)


@lru_cache(maxsize=1024)
def _day_digits(first_day: int, days: int) -> Bytes:
    """What the ids of so many days' blocks end in: hex digits of the UUID, digits of the path id. A row a day."""
    texts = [
        f"{block_uuid('-' * _UUID_DIGITS, day)}{block_path_id(0, day):0{_PATH_DIGITS}d}"
        for day in range(first_day, first_day + days)
    ]
    return _bytes_of("".join(texts).encode(), _UUID_DIGITS + _PATH_DIGITS)


@lru_cache(maxsize=96)
def _start_texts(first_s: int, interval_s: int, count: int, after: bytes) -> Texts:
    """The texts of a page of start times, a row a day: ten digits and what always follows them, 16 bytes in all."""
    starts = first_s + interval_s * np.arange(_page_days(count) * count)
    texts = np.empty((len(starts), _PIECE), np.uint8)
    texts[:, :_START_DIGITS] = starts[:, None] // 10 ** np.arange(_START_DIGITS - 1, -1, -1) % 10 + ord("0")
    texts[:, _START_DIGITS:] = np.frombuffer(after, np.uint8)
    return texts.view(f"V{_PIECE}").reshape(-1, count)


@lru_cache(maxsize=1)
def value_texts() -> tuple[Texts, Texts]:
    """The text of every value below 65,536, as 16 bytes and the 2 that follow: sizes that numpy moves in one step."""
    form = block_form()
    width = form.value_width
    texts = _bytes_of(b"".join([form.value_text(value) for value in range(_TABLE_SIZE)]), width)
    return texts[:, :_PIECE].copy().view(f"V{_PIECE}")[:, 0], texts[:, _PIECE:].copy().view(f"V{width - _PIECE}")[:, 0]
