"""Readings by the day: put what came in, read what is in force.

Register reads and summaries, written in `espi.store.summaries`, are offered here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from espi.day import DayBlock, DayTotal, PackedDay
from espi.store import form
from espi.store.database import Conn
from espi.store.month_form import Month, decode
from espi.store.month_reads import ONE_OF_MONTH, columns_of, days_in_months, months_over
from espi.store.reach import Reach, days_within, spans_of
from espi.store.receive import PutResult, put_blocks, put_days
from espi.store.rows import Current, Version, find_rows, listed
from espi.store.statement import marks, run
from espi.store.summaries import (
    RegisterRead,
    Summary,
    power_quality,
    put_power_quality,
    put_register_reads,
    put_usage_summary,
    register_reads,
    usage_summaries,
)
from espi.store.tables import day_block, day_block_version, month_block

__all__ = [
    "DayVersion",
    "PutResult",
    "RegisterRead",
    "Summary",
    "blocks",
    "day_totals",
    "packed_blocks",
    "power_quality",
    "put_blocks",
    "put_days",
    "put_power_quality",
    "put_register_reads",
    "put_usage_summary",
    "register_reads",
    "usage_summaries",
    "versions",
]

PACKED_BATCH = 372
STAMP_BATCH = 512
FEW_DAYS_SHOWN = 40
"""So many days of a usage point are read at once for what they say and for when they last changed."""

Bounds = tuple[int | None, int | None]
"""A least and a greatest value, both included; None is open."""


class Newest(NamedTuple):
    """What a set of rows was last changed by. rows, revisions: how many, and how often they were revised in all."""

    updated_s: int
    rows: int
    revisions: int

    def with_other(self, other: Newest) -> Newest:
        """Of both sets."""
        return Newest(max(self.updated_s, other.updated_s), self.rows + other.rows, self.revisions + other.revisions)


NOTHING = Newest(0, 0, 0)
"""Of no rows."""


@dataclass(frozen=True, slots=True)
class DayVersion:
    """A day as it was once received or in force.

    block.revision: its place among those in force, 0 if it never was. received: it came in like this (a mix of several
    does not). replaced_s: when it ceased to be in force.
    """

    block: DayBlock
    file_id: int
    received: bool
    in_force: bool
    replaced_s: int | None


def blocks(
    conn: Conn, reach: Reach, usage_point_id: int, channel: int, from_day: int, until_day: int, *, batch: int = 31
) -> Iterator[DayBlock]:
    """The days of a channel within reach from `from_day` and before `until_day`, ascending, `batch` at a time."""
    for rows in _days(conn, reach, usage_point_id, channel, from_day, until_day, batch):
        heads = form.heads((row.day, row.content) for row in rows)
        for row, head, day in zip(rows, heads, _packed(rows), strict=True):
            yield replace(day.block(usage_point_id, channel), sent_s=head.sent_s, revision=row.revision)


def packed_blocks(
    conn: Conn,
    reach: Reach,
    usage_point_id: int,
    channel: int,
    from_day: int,
    until_day: int,
    *,
    updated: Bounds = (None, None),
) -> Iterator[PackedDay]:
    """As `blocks`, still packed. updated: between which instants, both included, they last changed; None is open."""
    for rows in _days(conn, reach, usage_point_id, channel, from_day, until_day, PACKED_BATCH, updated=updated):
        yield from _packed(rows)


class FewDays(NamedTuple):
    """Days of some channels, still packed and ascending, by the channel's number; and what last changed them."""

    newest: Newest
    by_channel: Mapping[int, Sequence[PackedDay]]


def few_days(
    conn: Conn, reach: Reach, usage_point_id: int, channels: Sequence[int], from_day: int, until_day: int
) -> FewDays | None:
    """All days of channels within reach; None where they may be more than a few."""
    days = days_within(spans_of(conn, reach, usage_point_id), from_day, until_day)
    if len(days) > FEW_DAYS_SHOWN:
        return None
    if not days or not channels:
        return FewDays(NOTHING, {})
    rows = _stored(conn, usage_point_id, channels, days)
    if not rows:
        return FewDays(NOTHING, {})
    found = Newest(max(row.updated_s for row in rows), len(rows), sum(row.revision for row in rows))
    of_channels = groupby(zip(rows, _packed(rows), strict=True), key=lambda pair: pair[0].channel)
    return FewDays(found, {number: [day for _, day in own] for number, own in of_channels})


def newest(
    conn: Conn, reach: Reach, usage_point_id: int, channels: Sequence[int], from_day: int, until_day: int
) -> Newest:
    """The last change among days within reach, and what tells such a set from its earlier states."""
    days = days_within(spans_of(conn, reach, usage_point_id), from_day, until_day)
    found = NOTHING
    for start in range(0, len(days) if channels else 0, STAMP_BATCH):
        some = days[start : start + STAMP_BATCH]
        of_days, given_days = listed(conn, some)
        of_months, given_months = listed(conn, months_over(some[0], some[-1]))
        of_channels, given_channels = listed(conn, channels)
        mine = f"usage_point_id = {marks(conn, 1)} AND channel {of_channels}"
        text = (
            "SELECT 0, 0, COALESCE(MAX(updated_s), 0), COUNT(*), COALESCE(SUM(revision), 0), NULL FROM day_block "  # noqa: S608
            f"WHERE {mine} AND day {of_days} UNION ALL "
            "SELECT channel, from_day, 0, 0, 0, content FROM month_block "
            f"WHERE {mine} AND from_day {of_months}"
        )
        owner = usage_point_id, *given_channels
        for channel, month, *stamp, content in run(conn, text, [*owner, *given_days, *owner, *given_months]):
            if content is None:
                found = found.with_other(Newest._make(map(int, stamp)))
            else:
                whole = StoredDay(channel, month, 0, ONE_OF_MONTH, content)
                for day in _opened([whole], usage_point_id, some, (None, None)):
                    found = found.with_other(Newest(day.updated_s, 1, day.revision))
    return found


def day_totals(
    conn: Conn, reach: Reach, usage_point_id: int, channel: int, from_day: int, until_day: int
) -> Iterator[DayTotal]:
    """As `blocks`, what each day adds up to."""
    for rows in _days(conn, reach, usage_point_id, channel, from_day, until_day, PACKED_BATCH):
        heads = form.heads((row.day, row.content) for row in rows)
        for row, head in zip(rows, heads, strict=True):
            published_s = row.updated_s if head.published_s is None else head.published_s
            sums = head.total, head.estimated, head.absent
            length_s = head.interval_s * head.count
            yield DayTotal(row.day, head.start_s, length_s, *sums, head.count, published_s, row.updated_s)


def versions(conn: Conn, reach: Reach, usage_point_id: int, channel: int, day: int) -> list[DayVersion]:
    """Every version of a day within reach that was ever received or in force, in order; the one in force is last."""
    if not days_within(spans_of(conn, reach, usage_point_id), day, day + 1):
        return []
    key = (day, usage_point_id, channel)
    past = sorted((Version(*row) for row in find_rows(conn, day_block_version, [key])), key=lambda row: row.version)
    found = [
        DayVersion(_unpack(row), row.file_id, row.received, in_force=False, replaced_s=row.replaced_s) for row in past
    ]
    current = [Current(*row) for row in find_rows(conn, day_block, [key])]
    if not current:
        mine = month_block.c.usage_point_id == usage_point_id, month_block.c.channel == channel
        current = [Current(*row) for row in days_in_months(conn, [day], *mine)]
    return found + [
        DayVersion(_unpack(row), row.file_id, not row.merged, in_force=True, replaced_s=None) for row in current
    ]


class StoredDay(NamedTuple):
    """A day as it is stored; content: as `espi.store.form` has it."""

    channel: int
    day: int
    updated_s: int
    revision: int
    content: bytes


_STORED = ", ".join(StoredDay._fields)
_stored_columns = columns_of(StoredDay._fields)


def _days(
    conn: Conn,
    reach: Reach,
    usage_point_id: int,
    channel: int,
    from_day: int,
    until_day: int,
    batch: int,
    *,
    updated: Bounds = (None, None),
) -> Iterator[list[StoredDay]]:
    """The days of a channel within reach, so many at a time."""
    days = days_within(spans_of(conn, reach, usage_point_id), from_day, until_day)
    for start in range(0, len(days), batch):
        yield _stored(conn, usage_point_id, [channel], days[start : start + batch], updated=updated)


def _stored(
    conn: Conn,
    usage_point_id: int,
    channels: Sequence[int],
    days: Sequence[int],
    *,
    updated: Bounds = (None, None),
) -> list[StoredDay]:
    """Some days of some channels, by channel and day: whatever reads days of readings reads them here.

    The key begins with the day, so the days are named one by one, never as a range. The rows of closed months come
    with them: a day has a row of its own or lies in its month's.
    """
    mark = marks(conn, 1)
    of_days, given_days = listed(conn, days)
    of_months, given_months = listed(conn, months_over(days[0], days[-1]))
    of_channels, given_channels = listed(conn, channels)
    mine = f"usage_point_id = {mark} AND channel {of_channels}"
    bounds = [(sign, bound) for sign, bound in zip((">=", "<="), updated, strict=True) if bound is not None]
    wanted = "".join(f" AND updated_s {sign} {mark}" for sign, _ in bounds)
    since = "" if updated[0] is None else f" AND updated_s >= {mark}"
    text = (
        f"SELECT {_STORED} FROM day_block WHERE {mine} AND day {of_days}{wanted} "  # noqa: S608 - no input in it
        f"UNION ALL SELECT channel, from_day, updated_s, {ONE_OF_MONTH}, content FROM month_block "
        f"WHERE {mine} AND from_day {of_months}{since} ORDER BY 1, 2"
    )
    owner = usage_point_id, *given_channels
    after = [updated[0]] if since else []
    given = [*owner, *given_days, *(bound for _, bound in bounds), *owner, *given_months, *after]
    rows = list(map(StoredDay._make, run(conn, text, given)))
    return _opened(rows, usage_point_id, days, updated) if any(row.revision == ONE_OF_MONTH for row in rows) else rows


def _opened(rows: Sequence[StoredDay], usage_point_id: int, days: Sequence[int], updated: Bounds) -> list[StoredDay]:
    """The same, with the days of each month in place of it: those that are asked for."""
    wanted, (least, most) = set(days), updated
    found = [row for row in rows if row.revision != ONE_OF_MONTH]
    of_months = [
        Month(usage_point_id, row.channel, row.day, 0, 0, row.content) for row in rows if row.revision == ONE_OF_MONTH
    ]
    found += [
        day
        for day in map(StoredDay._make, map(_stored_columns, decode(of_months)))
        if day.day in wanted and (least is None or day.updated_s >= least) and (most is None or day.updated_s <= most)
    ]
    return sorted(found)


def _packed(rows: Sequence[StoredDay]) -> list[PackedDay]:
    return form.packed_days((row.day, row.updated_s, row.content) for row in rows)


def _unpack(row: Current | Version) -> DayBlock:
    packed = PackedDay(row.day, *row.content, row.published_s, row.updated_s)
    block = packed.block(row.usage_point_id, row.channel)
    return replace(block, sent_s=row.sent_s, revision=row.revision)
