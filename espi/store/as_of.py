"""Readings as they stood at an instant: what was in force then, read from what was replaced since.

A day is in force from its `updated_s` until what replaced it came; of several changes in one second the last counts.
Days that have not changed since the instant need no history; one query finds it for all others of a range.
Who may see a day is always decided by what is so now: a `Reach`. Where an instant is None, it is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from sqlalchemy import select

from espi.day import DayBlock, DayTotal, PackedDay
from espi.store import readings
from espi.store.database import Conn
from espi.store.merge import Content, totals
from espi.store.month_reads import days_in_months
from espi.store.reach import Reach, days_within, spans_of
from espi.store.readings import NOTHING, Newest
from espi.store.rows import Current, Version, find_rows
from espi.store.tables import day_block, day_block_version, month_block, received_file

DAYS_AT_ONCE = 400
"""A year of a channel, with the month before and after: so much is looked up in the history by one query."""


class Stretch(NamedTuple):
    """A version of a day, and when it counted.

    block.revision: its place among those that were in force. from_s, until_s: from when until when it was; both None
    where it never was; until_s None where it is still. received: it came in like this; else it was made of several.
    """

    block: DayBlock
    from_s: int | None
    until_s: int | None
    received: bool
    file_id: int


def packed_blocks(
    conn: Conn, reach: Reach, usage_point_id: int, channel: int, from_day: int, until_day: int, as_of_s: int | None
) -> Iterator[PackedDay]:
    """As `readings.packed_blocks`, as it stood at an instant; days that were not there yet are left out."""
    current = readings.packed_blocks(conn, reach, usage_point_id, channel, from_day, until_day)
    if as_of_s is None:
        yield from current
        return
    while some := list(islice(current, DAYS_AT_ONCE)):
        changed = [day.day for day in some if day.published_s <= as_of_s < day.updated_s]
        past = _past(conn, usage_point_id, channel, changed, as_of_s)
        for day in some:
            if day.updated_s <= as_of_s:
                yield day
            elif day.day in past:
                yield past[day.day]


def day_totals(
    conn: Conn, reach: Reach, usage_point_id: int, channel: int, from_day: int, until_day: int, as_of_s: int | None
) -> Iterator[DayTotal]:
    """As `readings.day_totals`, as they stood at an instant."""
    if as_of_s is None:
        yield from readings.day_totals(conn, reach, usage_point_id, channel, from_day, until_day)
        return
    for day in packed_blocks(conn, reach, usage_point_id, channel, from_day, until_day, as_of_s):
        yield DayTotal(
            day.day,
            day.start_s,
            day.interval_s * day.count,
            *totals(Content(*day[1:10])),
            day.count,
            day.published_s,
            day.updated_s,
        )


def newest(
    conn: Conn,
    reach: Reach,
    usage_point_id: int,
    channels: Sequence[int],
    from_day: int,
    until_day: int,
    as_of_s: int | None,
) -> Newest:
    """As `readings.newest`, as it stood at an instant; that does not change, so that no revisions are counted."""
    if as_of_s is None:
        return readings.newest(conn, reach, usage_point_id, channels, from_day, until_day)
    found = NOTHING
    for number in channels:
        for day in packed_blocks(conn, reach, usage_point_id, number, from_day, until_day, as_of_s):
            found = found.with_other(Newest(day.updated_s, 1, 0))
    return found


def stretches(
    conn: Conn, reach: Reach, usage_point_id: int, channel: int, from_day: int, until_day: int, as_of_s: int | None
) -> Iterator[Stretch]:
    """Every version of the days within reach that was known at an instant, by the day, in the order of their coming."""
    days = days_within(spans_of(conn, reach, usage_point_id), from_day, until_day)
    for start in range(0, len(days), DAYS_AT_ONCE):
        keys = [(day, usage_point_id, channel) for day in days[start : start + DAYS_AT_ONCE]]
        rows: list[Version | Current] = [Version(*row) for row in find_rows(conn, day_block_version, keys)]
        rows.sort(key=lambda row: (row.day, row.version))  # type: ignore[union-attr]
        mine = month_block.c.usage_point_id == usage_point_id, month_block.c.channel == channel
        rows += [Current(*row) for row in find_rows(conn, day_block, keys)]
        rows += [Current(*row) for row in days_in_months(conn, [key[0] for key in keys], *mine)]
        rows.sort(key=lambda row: row.day)
        yield from (_stretch(row, as_of_s) for row in rows if as_of_s is None or row.updated_s <= as_of_s)


def file_names(conn: Conn, file_ids: Iterable[int]) -> dict[int, str]:
    """What the files were called that versions came from."""
    found: dict[int, str] = {}
    ids = sorted(set(file_ids))
    for start in range(0, len(ids), DAYS_AT_ONCE):
        some = received_file.c.id.in_(ids[start : start + DAYS_AT_ONCE])
        found |= {
            row.id: row.name for row in conn.execute(select(received_file.c.id, received_file.c.name).where(some))
        }
    return found


def _stretch(row: Version | Current, as_of_s: int | None) -> Stretch:
    day = PackedDay(row.day, *row.content, row.published_s, row.updated_s)
    block = replace(day.block(row.usage_point_id, row.channel), sent_s=row.sent_s, revision=row.revision)
    if isinstance(row, Current):
        return Stretch(block, row.updated_s, None, not row.merged, row.file_id)
    until_s = row.replaced_s
    if until_s is not None and as_of_s is not None and until_s > as_of_s:
        until_s = None
    return Stretch(block, row.updated_s if row.revision else None, until_s, bool(row.received), row.file_id)


def _past(conn: Conn, usage_point_id: int, channel: int, days: Sequence[int], as_of_s: int) -> dict[int, PackedDay]:
    """What was in force of days that have changed since, by the day."""
    keys = [(day, usage_point_id, channel) for day in days]
    found: dict[int, PackedDay] = {}
    for row in find_rows(conn, day_block_version, keys):
        version = Version(*row)
        if version.revision and version.updated_s <= as_of_s < (version.replaced_s or 0):
            found[version.day] = PackedDay(version.day, *version.content, version.published_s, version.updated_s)
    return found
