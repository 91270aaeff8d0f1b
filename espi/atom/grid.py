"""The fast path for interval blocks: packed days to bytes.

Days of the same kind differ only in digits at fixed places. So a sheet of up to `SHEET_DAYS` such days is made once,
and for every further sheet only those places are written over, by numpy, with texts looked up in tables. Every place is
written every time: nothing of one sheet can show in the next. Days of any other kind (gaps, mixed qualities, costs,
large or negative values) are filled in reading by reading. `tests/plain_twins/interval_blocks.py` says it plainly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
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

SHEET_DAYS: Final = 32
"""How many days are written at once: half a megabyte, which stays in a processor's second-level cache."""

Kind = tuple[int, int, int | None]
"""Interval in seconds, number of readings, and the quality that each reading states, if it does."""
Bytes = npt.NDArray[np.uint8]
Texts = npt.NDArray[np.void]

_UUID_DIGITS: Final = 8
_PATH_DIGITS: Final = 5
_START_DIGITS: Final = 10
_INSTANT_LENGTH: Final = 20
_PIECE: Final = 16
_TABLE_SIZE: Final = 1 << 16
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
    are absent are left out, and days without any reading. One renderer serves one thread.
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
        self._sheets: dict[Kind, _Sheet] = {}

    def render(self, blocks: Iterable[PackedDay]) -> Iterator[bytes]:
        """The entries of the days, in their order, many a piece. `BadInput` if a day's bytes do not fit its count."""
        days = iter(blocks)
        for first in days:
            batch = [first, *islice(days, SHEET_DAYS - 1 - first.day % SHEET_DAYS)]
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
                yield self._sheet((batch[0].interval_s, batch[0].count, code), len(batch)).fill(columns)
                return
            if len(batch) > 1:
                for day in batch:
                    yield from self._alike([day], _columns([day]))
                return
        yield from filter(None, map(self._odd_day, batch))

    def _sheet(self, kind: Kind, rows: int) -> _Sheet:
        sheet = self._sheets.get(kind)
        if sheet is None or sheet.rows < rows:
            sheet = self._sheets[kind] = _Sheet(self._head_row, kind, SHEET_DAYS if rows > 1 else 1)
        return sheet

    def _odd_day(self, day: PackedDay) -> bytes:
        block = day.block(0, 0)
        present = np.flatnonzero(block.qualities != ABSENT)
        if not present.size:
            return b""
        first, last = int(present[0]), int(present[-1])
        instants = _instants(day.published_s, day.updated_s)
        head: dict[str, bytes | int] = {
            "uuid": b"%08x" % day.day,
            "path": b"%05d" % day.day,
            "published": instants[:_INSTANT_LENGTH],
            "updated": instants[_INSTANT_LENGTH:],
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
            and day % SHEET_DAYS + length <= SHEET_DAYS
            and self.days == tuple(range(day, day + length))
            and self.starts == tuple(range(start_s, start_s + length * span_s, span_s))
            and set(map(len, self.packed)) <= {count, 2 * count}
            and 0 <= day <= 10**_PATH_DIGITS - length
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


class _Sheet:
    """Up to `rows` entries of one kind, one a row, with views of the places that change."""

    def __init__(self, head: Row, kind: Kind, rows: int) -> None:
        self._interval_s, self._count, quality = kind
        self.rows = rows
        body, stride = _body_row(self._interval_s, self._count, quality)
        self._row = head.text + body.text
        self._bytes = np.empty((rows, len(self._row)), np.uint8)
        self._bytes[:] = np.frombuffer(self._row, np.uint8)
        begin = len(head.text)
        self._uuid = self._column(head.places["uuid"], _UUID_DIGITS)
        self._path = self._column(head.places["path"], _PATH_DIGITS)
        self._published = self._column(head.places["published"], _INSTANT_LENGTH)
        self._updated = self._column(head.places["updated"], _INSTANT_LENGTH)
        self._block_start = self._column(begin + body.places["block start"], _START_DIGITS)
        start, value = begin + body.places["start"], begin + body.places["value"]
        self._after_start = self._row[start + _START_DIGITS : start + _PIECE]
        self._starts = self._grid(start, _PIECE, stride)
        self._values = self._grid(value, _PIECE, stride)
        self._value_ends = self._grid(value + _PIECE, block_form().value_width - _PIECE, stride)

    def _column(self, place: int, width: int) -> Bytes:
        return self._bytes[:, place : place + width]

    def _grid(self, place: int, width: int, stride: int) -> Texts:
        shape, strides = (self.rows, self._count), (len(self._row), stride)
        return np.ndarray(shape, f"V{width}", self._bytes.data, place, strides)

    def fill(self, run: _Columns) -> bytes:
        """The entries of as many days, which must be plain."""
        rows, count = len(run.days), self._count
        skip = run.days[0] % SHEET_DAYS
        page_start_s = run.starts[0] - skip * self._interval_s * count
        days = _day_texts(run.days[0] - skip)[skip : skip + rows]
        starts = _start_texts(page_start_s, self._interval_s, count, self._after_start)[skip : skip + rows]
        instants = _bytes_of(b"".join(map(_instants, run.published, run.updated)), 2 * _INSTANT_LENGTH)
        self._uuid[:rows] = days[:, :_UUID_DIGITS]
        self._path[:rows] = days[:, _UUID_DIGITS:]
        self._published[:rows] = instants[:, :_INSTANT_LENGTH]
        self._updated[:rows] = instants[:, _INSTANT_LENGTH:]
        self._block_start[:rows] = starts.view(np.uint8)[:, :_START_DIGITS]
        self._starts[:rows] = starts
        values = run.values.reshape(rows, count)
        pieces, ends = _value_texts()
        self._values[:rows] = pieces[values]
        self._value_ends[:rows] = ends[values]
        return self._bytes[:rows].tobytes()


@lru_cache(maxsize=64)
def _body_row(interval_s: int, count: int, quality: int | None) -> tuple[Row, int]:
    """The content and end of an entry with blanks for what changes, and the distance between its readings."""
    form = block_form(frozenset() if quality is None else frozenset({"quality"}))
    head = spaced(form.head, {"duration": interval_s * count}, {"start": _START_DIGITS})
    fixed = {"duration": interval_s, "quality": quality or 0}
    reading = spaced(form.reading, fixed, {"start": _START_DIGITS, "value": form.value_width})
    places = {name: len(head.text) + place for name, place in reading.places.items()}
    places["block start"] = head.places["start"]
    return Row(head.text + reading.text * count + form.tail + ENTRY_TAIL, places), len(reading.text)


def _bytes_of(text: bytes, width: int) -> Bytes:
    return np.frombuffer(text, np.uint8).reshape(-1, width)


@lru_cache(maxsize=8192)
def _instants(published_s: int, updated_s: int) -> bytes:
    return f"{instant_text(published_s)}{instant_text(updated_s)}".encode()


@lru_cache(maxsize=1024)
def _day_texts(first_day: int) -> Bytes:
    """For a page of days what the ids of their blocks end in: hex digits of the UUID, digits of the path id."""
    days = range(first_day, first_day + SHEET_DAYS)
    return _bytes_of(b"".join([b"%08x%05d" % (day, day) for day in days]), _UUID_DIGITS + _PATH_DIGITS)


@lru_cache(maxsize=256)
def _start_texts(first_s: int, interval_s: int, count: int, after: bytes) -> Texts:
    """The texts of a page of start times, a row a day: ten digits and what always follows them, 16 bytes in all."""
    starts = first_s + interval_s * np.arange(SHEET_DAYS * count)
    texts = np.empty((SHEET_DAYS * count, _PIECE), np.uint8)
    texts[:, :_START_DIGITS] = starts[:, None] // 10 ** np.arange(_START_DIGITS - 1, -1, -1) % 10 + ord("0")
    texts[:, _START_DIGITS:] = np.frombuffer(after, np.uint8)
    return texts.view(f"V{_PIECE}").reshape(SHEET_DAYS, count)


@lru_cache(maxsize=1)
def _value_texts() -> tuple[Texts, Texts]:
    """The text of every value below 65,536, as 16 bytes and the 2 that follow: sizes that numpy moves in one step."""
    form = block_form()
    width = form.value_width
    texts = _bytes_of(b"".join([form.value_text(value) for value in range(_TABLE_SIZE)]), width)
    return texts[:, :_PIECE].copy().view(f"V{_PIECE}")[:, 0], texts[:, _PIECE:].copy().view(f"V{width - _PIECE}")[:, 0]
