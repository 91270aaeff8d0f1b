"""The measured days of a usage point that a feed holds: where they are few, one query reads them for all that is asked.

What a feed's stamp needs (when anything last changed) and what its blocks say stand in the same rows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Generic, TypeVar

from espi.store import as_of, by_month, readings
from espi.store.readings import NOTHING, FewDays, Newest

if TYPE_CHECKING:
    from espi.day import DayTotal, PackedDay
    from espi.feeds.question import Question
    from espi.store.by_month import Part
    from espi.store.database import Conn
    from espi.store.reach import Reach

Item = TypeVar("Item")


@dataclass(frozen=True)
class Again(Generic[Item]):
    """What can be gone through again and again."""

    read: Callable[[], Iterator[Item]]

    def __iter__(self) -> Iterator[Item]:
        return self.read()


class Days:
    """The days of those channels of a usage point that are taken in, before anything of them is read."""

    def __init__(self, conn: Conn, reach: Reach, question: Question, usage_point_id: int) -> None:
        self._conn = conn
        self._reach = reach
        self._usage_point_id = usage_point_id
        self._span = question.from_day, question.until_day
        self._times = question.times
        self._as_of_s = question.as_of_s
        self._numbers: list[int] = []
        self._by_month = question.page.is_whole and not question.times.by_change and question.as_of_s is None

    def of(self, number: int) -> Again[PackedDay]:
        """The days of a channel that changed within the times asked for; it is taken in."""
        self._numbers.append(number)
        return Again(partial(self._read, number))

    def newest(self) -> Newest:
        """The last change of any day of the channels, whatever times were asked for."""
        if self._few is not None:
            return self._few.newest
        if self.parts:
            return functools.reduce(Newest.with_other, [part.newest for part in self.parts], NOTHING)
        return self.newest_of(self._numbers, self._span)

    def newest_of(self, numbers: Sequence[int], span: tuple[int, int]) -> Newest:
        """The last change of any day of some channels in a span."""
        return as_of.newest(self._conn, self._reach, self._usage_point_id, numbers, *span, self._as_of_s)

    def totals(self, number: int, span: tuple[int, int]) -> Iterator[DayTotal]:
        """What the days of a channel in a span add up to."""
        return as_of.day_totals(self._conn, self._reach, self._usage_point_id, number, *span, self._as_of_s)

    @cached_property
    def parts(self) -> Sequence[Part]:
        """The days that are asked for by calendar month; none where they are few, or no month of them is whole."""
        if not self._by_month or self._few is not None:
            return ()
        return by_month.parts(self._conn, self._reach, self._usage_point_id, self._numbers, *self._span)

    def within(self, number: int, part: Part) -> Iterator[PackedDay]:
        """The days of a channel in a part."""
        return readings.packed_blocks(
            self._conn, self._reach, self._usage_point_id, number, part.from_day, part.until_day
        )

    @cached_property
    def _few(self) -> FewDays | None:
        if self._as_of_s is not None:
            return None
        return readings.few_days(self._conn, self._reach, self._usage_point_id, self._numbers, *self._span)

    def _read(self, number: int) -> Iterator[PackedDay]:
        changed = self._times.updated_min_s, self._times.updated_max_s
        if self._as_of_s is not None:
            stood = as_of.packed_blocks(
                self._conn, self._reach, self._usage_point_id, number, *self._span, self._as_of_s
            )
            return (day for day in stood if self._times.changed(day.updated_s))
        if self._few is None:
            return readings.packed_blocks(
                self._conn, self._reach, self._usage_point_id, number, *self._span, updated=changed
            )
        days = self._few.by_channel.get(number, ())
        return iter(days) if changed == (None, None) else (day for day in days if self._times.changed(day.updated_s))
