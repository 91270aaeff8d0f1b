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
from typing import Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from espi.atom.block_form import Form, Row, block_form, head_form, spaced
from espi.atom.links import Hrefs, block_path_id, block_uuid
from espi.atom.write import ENTRY_TAIL
from espi.clock import instant_text
from espi.day import ABSENT, DayBlock, PackedDay, unpack_values
from espi.resources.interval_block import INTERVAL_BLOCK

SHEET_DAYS: Final = 32
"""How many days are written at once: half a megabyte, which stays in a processor's second-level cache."""

Kind = tuple[int, int, int | None]
"""Interval in seconds, number of readings, and the quality that each reading states, if it does."""
Shape = tuple[int, int, bytes, bytes | None, bytes | None, bytes | None, bytes | None]
Bytes = npt.NDArray[np.uint8]
Texts = npt.NDArray[np.void]

_UUID_DIGITS: Final = 8
_PATH_DIGITS: Final = 5
_START_DIGITS: Final = 10
_INSTANT_LENGTH: Final = 20
_PIECE: Final = 16
_TABLE_SIZE: Final = 1 << 16
_NO_EXTRAS: Final = (None, None, None, None)

_shape_of = attrgetter("interval_s", "count", "quality", "costs", "tou", "tier", "cpp")
_run_of = attrgetter("day", "start_s", "packed", "published_s", "updated_s")


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
        self._default_quality = default_quality
        self._sheets: dict[Kind, _Sheet] = {}

    def render(self, blocks: Iterable[PackedDay]) -> Iterator[bytes]:
        """The entries of the days, in their order, many a piece. `BadInput` if a day's bytes do not fit its count."""
        days = iter(blocks)
        for first in days:
            batch = [first, *islice(days, SHEET_DAYS - 1 - first.day % SHEET_DAYS)]
            shapes = list(map(_shape_of, batch))
            if shapes.count(shapes[0]) == len(batch):
                yield from self._same_shape(shapes[0], batch)
                continue
            for shape, run in groupby(batch, key=_shape_of):
                yield from self._same_shape(shape, list(run))

    def _same_shape(self, shape: Shape, batch: list[PackedDay]) -> Iterator[bytes]:
        interval_s, count, quality = shape[:3]
        if shape[3:] == _NO_EXTRAS and len(quality) == 1 and quality[0] != ABSENT:
            code = None if quality[0] == self._default_quality else quality[0]
            run = _Run(*zip(*map(_run_of, batch), strict=True))
            if run.is_plain(interval_s * count, count):
                yield self._sheet((interval_s, count, code), len(batch)).fill(run)
                return
            if len(batch) > 1:
                for day in batch:
                    yield from self._same_shape(shape, [day])
                return
        yield from filter(None, map(self._odd_day, batch))

    def _sheet(self, kind: Kind, rows: int) -> _Sheet:
        sheet = self._sheets.get(kind)
        if sheet is None or sheet.rows < rows:
            sheet = self._sheets[kind] = _Sheet(self._head, kind, SHEET_DAYS if rows > 1 else 1)
        return sheet

    def _odd_day(self, day: PackedDay) -> bytes:
        block = day.block(0, 0)
        present = np.flatnonzero(block.qualities != ABSENT)
        if not present.size:
            return b""
        first, last = int(present[0]), int(present[-1])
        instants = _instants(day.published_s, day.updated_s)
        head = {
            "uuid": b"%08x" % day.day,
            "path": b"%05d" % day.day,
            "published": instants[:_INSTANT_LENGTH],
            "updated": instants[_INSTANT_LENGTH:],
        }
        interval = {
            "duration": b"%d" % ((last - first + 1) * block.interval_s),
            "start": b"%d" % (block.start_s + first * block.interval_s),
        }
        readings = _odd_readings(block, present, self._default_quality)
        form = block_form()
        return b"".join((self._head.filled(head), form.head.filled(interval), *readings, form.tail, ENTRY_TAIL))


def _odd_readings(block: DayBlock, present: npt.NDArray[np.intp], default: int | None) -> list[bytes]:
    """The readings that are present, one by one."""
    columns = {"cost": block.costs, "consumptionTier": block.tier, "tou": block.tou, "cpp": block.cpp}
    texts = {
        name: [b"%d" % value for value in column[present].tolist()]
        for name, column in columns.items()
        if column is not None
    }
    plain = block_form(frozenset(texts)).reading
    qualified = block_form(frozenset({*texts, "quality"})).reading
    qualities = block.qualities[present].tolist()
    texts["quality"] = [b"%d" % quality for quality in qualities]
    texts["duration"] = [b"%d" % block.interval_s] * len(qualities)
    texts["start"] = [b"%d" % start_s for start_s in (block.start_s + present * block.interval_s).tolist()]
    texts["value"] = [block_form().value_text(value) for value in block.values[present].tolist()]
    plain_rows = zip(*(texts[name] for name in plain.names), strict=True)
    qualified_rows = zip(*(texts[name] for name in qualified.names), strict=True)
    rows = zip(qualities, plain_rows, qualified_rows, strict=True)
    return [plain.text % row if code == default else qualified.text % other for code, row, other in rows]


class _Run(NamedTuple):
    """Days of one shape, a column a field."""

    days: tuple[int, ...]
    starts: tuple[int, ...]
    packed: tuple[bytes, ...]
    published: tuple[int, ...]
    updated: tuple[int, ...]

    def is_plain(self, span_s: int, count: int) -> bool:
        """Whether the days follow one another, and all their numbers fit the places of a sheet."""
        length, day, start_s = len(self.days), self.days[0], self.starts[0]
        return (
            count > 0
            and self.days == tuple(range(day, day + length))
            and self.starts == tuple(range(start_s, start_s + length * span_s, span_s))
            and set(map(len, self.packed)) <= {count, 2 * count}
            and 0 <= day <= 10**_PATH_DIGITS - length
            and 10 ** (_START_DIGITS - 1) <= start_s <= 10**_START_DIGITS - length * span_s
        )

    def values(self, count: int) -> npt.NDArray[np.intp]:
        """The values of all days, each below 65,536."""
        packed = b"".join(self.packed)
        if len(packed) == len(self.packed) * count * 2:
            return np.frombuffer(packed, "<u2").astype(np.intp)
        return np.concatenate([unpack_values(text, count) for text in self.packed])


class _Sheet:
    """Up to `rows` entries of one kind, one a row, with views of the places that change."""

    def __init__(self, head: Form, kind: Kind, rows: int) -> None:
        self._interval_s, self._count, quality = kind
        self.rows = rows
        head_row = _head_row(head)
        body, stride = _body_row(self._interval_s, self._count, quality)
        self._row = head_row.text + body.text
        self._bytes = np.empty((rows, len(self._row)), np.uint8)
        self._bytes[:] = np.frombuffer(self._row, np.uint8)
        begin = len(head_row.text)
        self._uuid = self._column(head_row.places["uuid"], _UUID_DIGITS)
        self._path = self._column(head_row.places["path"], _PATH_DIGITS)
        self._published = self._column(head_row.places["published"], _INSTANT_LENGTH)
        self._updated = self._column(head_row.places["updated"], _INSTANT_LENGTH)
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

    def fill(self, run: _Run) -> bytes:
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
        values = run.values(count).reshape(rows, count)
        pieces, ends = _value_texts()
        self._values[:rows] = pieces[values]
        self._value_ends[:rows] = ends[values]
        return self._bytes[:rows].tobytes()


def _head_row(head: Form) -> Row:
    lengths = {
        "uuid": _UUID_DIGITS,
        "path": _PATH_DIGITS,
        "published": _INSTANT_LENGTH,
        "updated": _INSTANT_LENGTH,
    }
    return spaced(head, {}, lengths)


@lru_cache(maxsize=64)
def _body_row(interval_s: int, count: int, quality: int | None) -> tuple[Row, int]:
    """The content and end of an entry with blanks for what changes, and the distance between its readings."""
    form = block_form(frozenset() if quality is None else frozenset({"quality"}))
    head = spaced(form.head, {"duration": b"%d" % (interval_s * count)}, {"start": _START_DIGITS})
    fixed = {"duration": b"%d" % interval_s, "quality": b"%d" % (quality or 0)}
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
