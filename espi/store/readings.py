"""Readings by the day: put what came in, read what is in force, drop what is too old.

Register reads and summaries, written in `espi.store.summaries`, are offered here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, delete, select

from espi.day import ABSENT, DayBlock, DayTotal, PackedDay, pack_codes, pack_values
from espi.store import months, tables
from espi.store.database import Conn
from espi.store.merge import Content, Totals
from espi.store.reach import Reach, days_within, spans_of
from espi.store.receive import Arrival, PutResult, receive
from espi.store.rows import Current, Key, Version, find_rows, insert_rows
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
from espi.store.tables import day_block, day_block_version

__all__ = [
    "DayRows",
    "DayVersion",
    "PutResult",
    "RegisterRead",
    "Summary",
    "blocks",
    "day_totals",
    "drop_before",
    "packed_blocks",
    "power_quality",
    "put_blocks",
    "put_day_rows",
    "put_power_quality",
    "put_register_reads",
    "put_usage_summary",
    "register_reads",
    "usage_summaries",
    "versions",
]

FEW_DAYS = 8
PACKED_BATCH = 128
STAMP_BATCH = 512
FEW_DAYS_SHOWN = 40
"""So many days of a usage point are read at once for what they say and for when they last changed."""

Bounds = tuple[int | None, int | None]
"""A least and a greatest value, both included; None is open."""


@dataclass(frozen=True, slots=True)
class DayRows:
    """Days that came in, as columns of equal length (what each means: `espi.day.DayBlock`, `PackedDay`, `DayTotal`).

    Values of absent readings are packed as 0. The last four may be left out where no day has them.
    """

    day: Sequence[int]
    usage_point_id: Sequence[int]
    channel: Sequence[int]
    start_s: Sequence[int]
    interval_s: Sequence[int]
    count: Sequence[int]
    packed: Sequence[bytes]
    quality: Sequence[bytes]
    total: Sequence[int]
    estimated: Sequence[int]
    absent: Sequence[int]
    sent_s: Sequence[int]
    costs: Sequence[bytes | None] | None = None
    tou: Sequence[bytes | None] | None = None
    tier: Sequence[bytes | None] | None = None
    cpp: Sequence[bytes | None] | None = None

    def __len__(self) -> int:
        return len(self.day)


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


_CONTENT = ("start_s", "interval_s", "count", "packed", "quality", "costs", "tou", "tier", "cpp")
_PACKED = ("day", *_CONTENT, "published_s", "updated_s")
_PACKED_COLUMNS = ", ".join(f'"{name}"' for name in _PACKED)
_TOTALS = ("total", "estimated", "absent")


def put_blocks(conn: Conn, blocks: Sequence[DayBlock], *, file_id: int, now_s: int) -> PutResult:
    """Take in days in order of arrival; the result names them by their place in `blocks`."""
    values = [np.where(block.qualities == ABSENT, 0, block.values) for block in blocks]
    rows = DayRows(
        day=[block.day for block in blocks],
        usage_point_id=[block.usage_point_id for block in blocks],
        channel=[block.channel for block in blocks],
        start_s=[block.start_s for block in blocks],
        interval_s=[block.interval_s for block in blocks],
        count=[len(block.values) for block in blocks],
        packed=[pack_values(it) for it in values],
        quality=[pack_codes(block.qualities) for block in blocks],
        total=[block.total for block in blocks],
        estimated=[block.estimated for block in blocks],
        absent=[block.absent for block in blocks],
        sent_s=[block.sent_s for block in blocks],
        costs=[None if block.costs is None else pack_values(block.costs) for block in blocks],
        tou=[None if block.tou is None else pack_codes(block.tou) for block in blocks],
        tier=[None if block.tier is None else pack_codes(block.tier) for block in blocks],
        cpp=[None if block.cpp is None else pack_codes(block.cpp) for block in blocks],
    )
    return put_day_rows(conn, rows, file_id=file_id, now_s=now_s)


def put_day_rows(conn: Conn, rows: DayRows, *, file_id: int, now_s: int) -> PutResult:
    """Take in days in order of arrival: the fast form of `put_blocks`."""
    result = PutResult()
    columns = {field.name: _plain(getattr(rows, field.name), len(rows)) for field in fields(rows)}
    keys: list[Key] = list(zip(columns["day"], columns["usage_point_id"], columns["channel"], strict=True))
    months.open_days(conn, keys)
    for places in _rounds(columns, len(rows)):
        known = _existing(conn, [keys[place] for place in places])
        new = [place for place in places if keys[place] not in known] if known else places
        _create(conn, columns, new, file_id, now_s)
        result.created.extend(new)
        if known:
            content = list(map(Content, *(columns[name] for name in _CONTENT)))
            sums = list(map(Totals, *(columns[name] for name in _TOTALS)))
            arrivals = [
                Arrival(place, content[place], sums[place], columns["sent_s"][place], known[keys[place]])
                for place in places
                if keys[place] in known
            ]
            receive(conn, arrivals, result, file_id=file_id, now_s=now_s)
    return result


def blocks(
    conn: Conn, reach: Reach, usage_point_id: int, channel: int, from_day: int, until_day: int, *, batch: int = 31
) -> Iterator[DayBlock]:
    """The days of a channel within reach from `from_day` and before `until_day`, ascending, `batch` at a time."""
    names = ["day", *_CONTENT, "published_s", "updated_s", "sent_s", "revision"]
    for row in _days(conn, reach, names, usage_point_id, channel, from_day, until_day, batch):
        packed = PackedDay(*row[:-2])
        yield replace(packed.block(usage_point_id, channel), sent_s=row[-2], revision=row[-1])


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
    yield from map(
        PackedDay._make,
        _days(conn, reach, _PACKED, usage_point_id, channel, from_day, until_day, PACKED_BATCH, updated=updated),
    )


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
    text = (
        f"SELECT {_PACKED_COLUMNS}, revision, channel FROM day_block WHERE usage_point_id = {marks(conn, 1)} "  # noqa: S608
        f"AND channel IN ({marks(conn, len(channels))}) AND day IN ({marks(conn, len(days))}) ORDER BY channel, day"
    )
    rows = run(conn, text, [usage_point_id, *channels, *days])
    if not rows:
        return FewDays(NOTHING, {})
    width = len(_PACKED)
    found = Newest(max(row[width - 1] for row in rows), len(rows), sum(row[width] for row in rows))
    of_channels = groupby(rows, key=itemgetter(-1))
    return FewDays(found, {number: [PackedDay(*row[:width]) for row in own] for number, own in of_channels})


def newest(
    conn: Conn, reach: Reach, usage_point_id: int, channels: Sequence[int], from_day: int, until_day: int
) -> Newest:
    """The last change among days within reach, and what tells such a set from its earlier states."""
    days = days_within(spans_of(conn, reach, usage_point_id), from_day, until_day)
    found = NOTHING
    for start in range(0, len(days) if channels else 0, STAMP_BATCH):
        some = days[start : start + STAMP_BATCH]
        text = (
            "SELECT COALESCE(MAX(updated_s), 0), COUNT(*), COALESCE(SUM(revision), 0) FROM day_block "  # noqa: S608
            f"WHERE usage_point_id = {marks(conn, 1)} AND channel IN ({marks(conn, len(channels))}) "
            f"AND day IN ({marks(conn, len(some))})"
        )
        ((updated_s, rows, revisions),) = run(conn, text, [usage_point_id, *channels, *some])
        found = found.with_other(Newest(updated_s, rows, int(revisions)))
    return found


def day_totals(
    conn: Conn, reach: Reach, usage_point_id: int, channel: int, from_day: int, until_day: int
) -> Iterator[DayTotal]:
    """As `blocks`, what each day adds up to."""
    names = ["day", "start_s", "interval_s", "total", "estimated", "absent", "count", "published_s", "updated_s"]
    for row in _days(conn, reach, names, usage_point_id, channel, from_day, until_day, PACKED_BATCH):
        day, start_s, interval_s, total, estimated, absent, count, published_s, updated_s = row
        length_s = interval_s * count
        yield DayTotal(day, start_s, length_s, total, estimated, absent, count, published_s, updated_s)


def versions(conn: Conn, reach: Reach, usage_point_id: int, channel: int, day: int) -> list[DayVersion]:
    """Every version of a day within reach that was ever received or in force, in order; the one in force is last."""
    if not days_within(spans_of(conn, reach, usage_point_id), day, day + 1):
        return []
    key = (day, usage_point_id, channel)
    past = sorted((Version(*row) for row in find_rows(conn, day_block_version, [key])), key=lambda row: row.version)
    found = [
        DayVersion(_unpack(row.content, row), row.file_id, row.received, in_force=False, replaced_s=row.replaced_s)
        for row in past
    ]
    current = (Current(*row) for row in find_rows(conn, day_block, [key]))
    return found + [
        DayVersion(_unpack(row.content, row), row.file_id, not row.merged, in_force=True, replaced_s=None)
        for row in current
    ]


def drop_before(conn: Conn, day: int) -> dict[str, int]:
    """Delete what is kept for a time and lies before a day, from every table; how many rows, by table."""
    dropped = {}
    for table in tables.METADATA.sorted_tables:
        if table.info["keep"] is not None:
            too_old: ColumnElement[bool] = table.c[table.info["keep"]] < day
            dropped[table.name] = conn.execute(delete(table).where(too_old)).rowcount
    return dropped


def _days(
    conn: Conn,
    reach: Reach,
    names: Sequence[str],
    usage_point_id: int,
    channel: int,
    from_day: int,
    until_day: int,
    batch: int,
    *,
    updated: Bounds = (None, None),
) -> Iterator[tuple[Any, ...]]:
    """Columns of days within reach. The key begins with the day, so the days are named one by one, never as a range."""
    days = days_within(spans_of(conn, reach, usage_point_id), from_day, until_day)
    mark = marks(conn, 1)
    bounds = [(sign, bound) for sign, bound in zip((">=", "<="), updated, strict=True) if bound is not None]
    wanted = "".join(f" AND updated_s {sign} {mark}" for sign, _ in bounds)
    head = f"SELECT {', '.join(map(_quoted, names))} FROM day_block WHERE usage_point_id = {mark} AND channel = {mark}"  # noqa: S608
    given = [usage_point_id, channel, *(bound for _, bound in bounds)]
    for start in range(0, len(days), batch):
        some = days[start : start + batch]
        yield from run(conn, f"{head}{wanted} AND day IN ({marks(conn, len(some))}) ORDER BY day", [*given, *some])


def _quoted(name: str) -> str:
    return f'"{name}"'


def _unpack(content: Content, row: Current | Version) -> DayBlock:
    packed = PackedDay(row.day, *content, row.published_s, row.updated_s)
    block = packed.block(row.usage_point_id, row.channel)
    return replace(block, sent_s=row.sent_s, revision=row.revision)


def _plain(column: Any, length: int) -> list[Any]:
    if column is None:
        return [None] * length
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


def _rounds(columns: dict[str, list[Any]], length: int) -> Iterator[list[int]]:
    """Places in order of the primary key, each key once a round: what comes in twice is settled one after the other."""
    if not length:
        return
    key: list[npt.NDArray[np.int64]] = [np.array(columns[name]) for name in ("channel", "usage_point_id", "day")]
    order = np.lexsort(key)
    again = np.zeros(length, bool)
    again[1:] = np.logical_and.reduce([np.diff(part[order]) == 0 for part in key])
    nth = np.zeros(length, np.int64)
    if again.any():
        steps = np.arange(length)
        nth = steps - np.maximum.accumulate(np.where(again, 0, steps))
    for number in range(int(nth.max()) + 1):
        yield order[nth == number].tolist()


def _existing(conn: Conn, keys: Sequence[Key]) -> dict[Key, Current]:
    days = {day for day, _, _ in keys}
    if len(days) <= FEW_DAYS and not _any_known(conn, keys, days):
        return {}
    found = (Current(*row) for row in find_rows(conn, day_block, keys))
    return {row.key: row for row in found}


def _any_known(conn: Conn, keys: Sequence[Key], days: set[int]) -> bool:
    """Whether a day has any row among the usage points in question: one look-up a day spares one a row."""
    points = [usage_point_id for _, usage_point_id, _ in keys]
    among = day_block.c.usage_point_id.between(min(points), max(points))
    query = select(day_block.c.day).where(among).limit(1)
    return any(conn.execute(query.where(day_block.c.day == day)).first() is not None for day in days)


def _create(conn: Conn, columns: dict[str, list[Any]], places: Sequence[int], file_id: int, now_s: int) -> None:
    names = ["day", "usage_point_id", "channel", *_CONTENT, *_TOTALS, "sent_s"]
    whole = [list(map(columns[name].__getitem__, places)) for name in names]
    stamps = [[value] * len(places) for value in (file_id, now_s, now_s, 1, False)]
    insert_rows(conn, day_block, list(zip(*whole, *stamps, strict=True)))
