"""One day of very many usage points: the entries that `PointEntries` writes, made for a run of usage points at once.

Most usage points differ in nothing but ids, times and values, so a run of them is filled into a stencil: what
`PointEntries` says of a stand-in. What is not like others (gaps, mixed qualities, costs, large values, summaries), and
whatever stands in a feed for the first time, is written by `PointEntries` itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from espi.atom.links import Hrefs, block_path_id, block_uuid
from espi.atom.stencil import TELLING_VALUE, Stencil
from espi.clock import instant_text
from espi.day import PackedDay, pack_values, unpack_values
from espi.feeds.days import Again, Days
from espi.feeds.feed import PointEntries
from espi.feeds.holding import Holding
from espi.feeds.kept import Kept
from espi.feeds.question import Question
from espi.feeds.series import Series, has_reading
from espi.store import day_reads

if TYPE_CHECKING:
    from espi.store.channels import Channel
    from espi.store.database import Conn
    from espi.store.day_reads import Range
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach

MOST_AT_ONCE: Final = 64
_WIDEST: Final = 2
"""Bytes a value that the tables of texts go up to."""

_TAIL: Final = 4
"""Characters of an ESIID that feeds tell."""

_UUIDS: Final = "fade0000-0000-5000-8000-{:012x}"
_PATH_IDS: Final = 987_000_000_099_999
_INSTANTS_S: Final = -2_000_000_000
_TAIL_TEXT: Final = "QXZJ"

_NO_EXTRAS: Final = (None, None, None, None)

Bytes = npt.NDArray[np.uint8]

_STENCILS: Kept[Stencil] = Kept(256)


@dataclass(frozen=True)
class Measured:
    """A usage point and its day, by channel. has_more: whether there is more of it. channels: all that it measures."""

    point: UsagePoint
    days: Sequence[tuple[Channel, PackedDay]]
    has_more: bool = False
    channels: Sequence[Channel] = ()

    @property
    def updated_s(self) -> int:
        """When anything of it last changed."""
        made = [max(channel.published_s, channel.reading_type.published_s) for channel, _ in self.days]
        return max([self.point.updated_s, *made, *(day.updated_s for _, day in self.days)])

    @property
    def shape(self) -> tuple[Any, ...] | None:
        """What those have in common that one stencil is for; None for what none is for."""
        point, tail = self.point, self.point.esiid[-_TAIL:]
        if self.has_more or len(tail) < _TAIL or not (tail.isascii() and tail.isalnum()):
            return None
        if not all(_is_plain(day) for _, day in self.days):
            return None
        of_days = tuple(
            (channel.reading_type, day.start_s, day.interval_s, day.count, day.quality) for channel, day in self.days
        )
        kinds = tuple((kind.id, *rest) for kind, *rest in of_days)
        return point.utility_id, point.service_kind, repr(point.content), kinds


def measured(conn: Conn, reach: Reach, among: Range) -> list[Measured]:
    """The usage points of a range on its day, in order of their making."""
    by_point: dict[int, dict[int, PackedDay]] = {}
    for usage_point_id, number, day in day_reads.days(conn, reach, among):
        if has_reading(day):
            by_point.setdefault(usage_point_id, {})[number] = day
    channels = day_reads.interval_channels(conn, reach, among)
    more = day_reads.summarised(conn, reach, among)
    found = []
    for point in day_reads.points(conn, reach, among):
        days = by_point.get(point.id, {})
        own = [(each, days[each.number]) for each in channels.get(point.id, ()) if each.number in days]
        found.append(Measured(point, own, point.id in more, channels.get(point.id, ())))
    return found


class DayEntries:
    """Writes the entries of usage points on one day, and knows which shared ones were written."""

    def __init__(self, conn: Conn, reach: Reach, hrefs: Hrefs, day: int) -> None:
        self._conn = conn
        self._reach = reach
        self._hrefs = hrefs
        self._question = Question(day, day + 1)
        self._shared: set[int] = set()
        self._plain = PointEntries(conn, reach, hrefs, shared=self._shared)

    def of(self, found: Iterable[Measured]) -> Iterator[bytes | memoryview]:
        """The entries in pieces, a run of usage points each."""
        for shape, group in groupby(found, key=attrgetter("shape")):
            run = iter(group)
            for first in run:
                if shape is None or not self._is_known(first):
                    yield from self._plainly(first)
                    continue
                yield self._filled(self._stencil(shape, first), [first, *islice(run, MOST_AT_ONCE - 1)])

    def _is_known(self, each: Measured) -> bool:
        """Whether all that it shares with others was written."""
        shared = {each.point.utility.local_time_path_id, *(kind.reading_type.path_id for kind, _ in each.days)}
        return shared <= self._shared

    def _plainly(self, each: Measured) -> Iterator[bytes]:
        if each.has_more:
            return self._plain.of(each.point, self._question)
        return self._plain.held(self._holding(each))

    def _holding(self, each: Measured) -> Holding:
        series = [Series(channel, channel.number, days=_again(day)) for channel, day in each.days]
        days = Days(self._conn, self._reach, self._question, each.point.id)
        return Holding(each.point, self._question, series, [], [], days)

    def _stencil(self, shape: tuple[Any, ...], like: Measured) -> Stencil:
        return _STENCILS.get((self._hrefs.scope_url, self._question.from_day, shape), lambda: self._cut(like))

    def _cut(self, like: Measured) -> Stencil:
        """The stencil of usage points that are like one."""
        stand_in = _stand_in(like)
        shared = {like.point.utility.local_time_path_id, *(channel.reading_type.path_id for channel, _ in like.days)}
        entries = PointEntries(self._conn, self._reach, self._hrefs, shared=shared)
        text = b"".join(entries.held(self._holding(stand_in)))
        slots = {name: texts[0].encode() for name, texts in _texts([stand_in]).items()}
        return Stencil(text, slots, [day.count for _, day in like.days])

    def _filled(self, stencil: Stencil, run: Sequence[Measured]) -> memoryview:
        texts = {name: _bytes_of(column) for name, column in _texts(run).items()}
        values = [_values([each.days[place][1] for each in run]) for place in range(len(run[0].days))]
        return stencil.filled(texts, values).data.cast("B")


def _again(day: PackedDay) -> Again[PackedDay]:
    return Again(lambda: iter((day,)))


def _is_plain(day: PackedDay) -> bool:
    """Whether a day's readings differ from those of other such days in their values only."""
    extras = day.costs, day.tou, day.tier, day.cpp
    return extras == _NO_EXTRAS and len(day.quality) == 1 and 0 < len(day.packed) <= _WIDEST * day.count


def _stand_in(like: Measured) -> Measured:
    """A usage point whose ids, times and values are telling."""
    days = []
    for number, (channel, day) in enumerate(like.days, start=1):
        values = pack_values(np.full(day.count, TELLING_VALUE))
        published_s = _INSTANTS_S + 100 * number
        uuid, path_id = _UUIDS.format(number << 32), _PATH_IDS + 10**10 * number
        own = replace(channel, uuid=uuid, path_id=path_id, published_s=published_s)
        days.append((own, day._replace(packed=values, published_s=published_s + 1, updated_s=published_s + 2)))
    point = replace(
        like.point,
        uuid=_UUIDS.format(0),
        path_id=_PATH_IDS,
        esiid=_TAIL_TEXT,
        published_s=_INSTANTS_S,
        updated_s=_INSTANTS_S + 1,
    )
    return Measured(point, days)


def _texts(run: Sequence[Measured]) -> dict[str, list[str]]:
    """What differs between usage points that are alike, but for the values: by slot, a text a usage point."""
    points = [each.point for each in run]
    found = {
        "uuid": [each.uuid for each in points],
        "path": [str(each.path_id) for each in points],
        "tail": [each.esiid[-_TAIL:] for each in points],
        "published": [_instant(each.published_s) for each in points],
        "updated": [_instant(each.updated_s) for each in points],
    }
    for place in range(len(run[0].days)):
        channels = [each.days[place][0] for each in run]
        days = [each.days[place][1] for each in run]
        number = days[0].day
        found |= {
            f"uuid {place}": [each.uuid for each in channels],
            f"path {place}": [str(each.path_id) for each in channels],
            f"published {place}": [_instant(each.published_s) for each in channels],
            f"block uuid {place}": [block_uuid(each.uuid, number) for each in channels],
            f"block path {place}": [str(block_path_id(each.path_id, number)) for each in channels],
            f"block published {place}": [_instant(each.published_s) for each in days],
            f"block updated {place}": [_instant(each.updated_s) for each in days],
        }
    return found


_instant = lru_cache(maxsize=8192)(instant_text)


def _bytes_of(column: Sequence[str]) -> Bytes:
    return np.frombuffer("".join(column).encode(), np.uint8).reshape(len(column), -1)


def _values(days: Sequence[PackedDay]) -> npt.NDArray[np.intp]:
    count = days[0].count
    packed = b"".join([day.packed for day in days])
    if len(packed) == len(days) * count * _WIDEST and all(len(day.packed) == _WIDEST * count for day in days):
        return np.frombuffer(packed, "<u2").astype(np.intp).reshape(-1, count)
    return np.stack([unpack_values(day.packed, count) for day in days]).astype(np.intp)
