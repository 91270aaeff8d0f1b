"""What changed, by a cursor: each day of readings that a loaded file changed, once, corrections included.

A day's row names the file that changed it last, and loaded files are numbered in the order in which they were finished
(`espi.store.queue`). So a change is seen when its file is finished; if a later file changed the day again before it was
asked for, it is seen as that file's. A cursor is the number of a file, a group of its days and a usage point, in 53
bits, which every reader of JSON keeps exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Row, Select, and_, func, select

from espi.store.database import Conn
from espi.store.month_reads import closed_among, days_in_months
from espi.store.queue import ReceivedFile
from espi.store.reach import Reach, Spans, narrowed, united
from espi.store.rows import Current
from espi.store.tables import channel, day_block, month_block, received_file, usage_point

POINT_BITS, GROUP_BITS = 27, 6
GROUPS = 1 << GROUP_BITS
FILES_A_CALL = 200

FEW = 5000
POINTS_A_QUERY = 500
ROWS_A_QUERY = 2000


class Found(NamedTuple):
    """A day that a file changed; point, series: the numbers in addresses."""

    usage_point_id: int
    point: int
    series: int
    day: int
    revision: int
    updated_s: int


@dataclass(frozen=True)
class Change:
    """A day of a series that is new or was corrected. usage_point, channel: the numbers in addresses (`path_id`).

    revision: 1 when it was first there. updated_s: when it was changed.
    """

    cursor: int
    usage_point_id: int
    usage_point: int
    channel: int
    day: int
    revision: int
    updated_s: int

    @property
    def corrected(self) -> bool:
        """Whether the day was there before."""
        return self.revision > 1


@dataclass(frozen=True)
class Changes:
    """Some changes. next: the cursor to go on from. more: whether there may be more by now."""

    rows: list[Change]
    next: int
    more: bool


def changes(conn: Conn, reach: Reach, after: int, limit: int) -> Changes:
    """What changed within reach after a cursor, 0 for the beginning: `limit` changes at most.

    What one file changed of a usage point on the same day, or on a few days of a file of many, comes together, even
    where that alone is more than the limit.
    """
    rows: list[Change] = []
    position = after
    few = _few(conn, reach)
    for files, file in enumerate(_files(conn, after >> (POINT_BITS + GROUP_BITS))):
        if files >= FILES_A_CALL:
            return Changes(rows, position, more=True)
        for group, days in enumerate(_groups(file.days)):
            place = _cursor(file.sequence or 0, group, 0)
            if after >> POINT_BITS > place >> POINT_BITS:
                continue
            from_point = (after - place if after > place else 0) + 1
            if few is None:
                runs = _runs_of_file(conn, reach, file, days, from_point)
            else:
                runs = _runs_of_few(conn, few, file, days, from_point)
            found, whole = _page(runs, limit - len(rows), first=not rows)
            rows += [_change(row, place) for row in found]
            if not whole:
                return Changes(rows, rows[-1].cursor if rows else position, more=True)
        position = max(after, _cursor(file.sequence or 0, GROUPS - 1, (1 << POINT_BITS) - 1))
    return Changes(rows, position, more=False)


def newest(conn: Conn) -> int:
    """The cursor after all that has changed until now, for who has fetched the present state."""
    last = conn.scalar(select(func.max(received_file.c.sequence))) or 0
    return _cursor(int(last), GROUPS - 1, (1 << POINT_BITS) - 1) if last else 0


def _files(conn: Conn, sequence: int) -> list[ReceivedFile]:
    query = select(received_file).where(received_file.c.sequence >= sequence).order_by(received_file.c.sequence)
    return [ReceivedFile(**row) for row in conn.execute(query.limit(FILES_A_CALL + 1)).mappings()]


def _groups(days: Sequence[int]) -> Iterator[Sequence[int]]:
    """The days of a file in no more groups than a cursor can tell apart."""
    size = -(-len(days) // GROUPS)
    return (days[start : start + size] for start in range(0, len(days), size or 1))


def _cursor(sequence: int, group: int, usage_point_id: int) -> int:
    return (sequence << GROUP_BITS | group) << POINT_BITS | usage_point_id


def _page(runs: Iterator[list[Found]], room: int, *, first: bool) -> tuple[list[Found], bool]:
    """As much of runs of rows as there is room for, whole usage points only, and whether that is all.

    first: there is nothing else on the page, so one usage point is given whole, however much it is.
    """
    found: list[Found] = []
    for run in runs:
        found += run
        if len(found) > room:
            last = found[max(room, 0)].usage_point_id
            whole = [row for row in found if row.usage_point_id < last]
            return whole or ([row for row in found if row.usage_point_id == last] if first else []), False
    return found, True


def _few(conn: Conn, reach: Reach) -> Mapping[int, Spans] | None:
    """The spans within reach by usage point, unless they are very many."""
    known = reach.known(conn)
    if known is not None:
        return known
    within = reach.spans.subquery()
    listed = conn.execute(select(within.c.usage_point_id, within.c.from_day, within.c.until_day).limit(FEW + 1)).all()
    return None if len(listed) > FEW else _by_point(listed)


def _by_point(listed: Iterable[Row[int, int, int]]) -> dict[int, Spans]:
    found: dict[int, list[tuple[int, int]]] = {}
    for usage_point_id, from_day, until_day in listed:
        found.setdefault(usage_point_id, []).append((from_day, until_day))
    return {key: united(spans) for key, spans in found.items()}


def _runs_of_few(
    conn: Conn, within: Mapping[int, Spans], file: ReceivedFile, days: Sequence[int], from_point: int
) -> Iterator[list[Found]]:
    """What a file changed of a few usage points, which are looked up by the key."""
    points = sorted(point for point in within if point >= from_point)
    for start in range(0, len(points), POINTS_A_QUERY):
        yield _covered(_of_points(conn, file, days, points[start : start + POINTS_A_QUERY]), within)


def _of_points(conn: Conn, file: ReceivedFile, days: Sequence[int], points: Sequence[int]) -> list[Found]:
    """What a file changed of usage points, in rows of days and of months."""
    query = _blocks(file, days).where(day_block.c.usage_point_id.in_(points))
    found = [Found(*row) for row in conn.execute(query)]
    mine = month_block.c.usage_point_id.in_(points), month_block.c.updated_s >= file.received_s
    put_away = [Current(*row) for row in days_in_months(conn, days, *mine)]
    put_away = [row for row in put_away if row.file_id == file.id and row.updated_s >= file.received_s]
    numbers = _numbers(conn, {row.usage_point_id for row in put_away}) if put_away else {}
    for row in put_away:
        key = row.usage_point_id, row.channel
        found.append(Found(key[0], *numbers[key], row.day, row.revision, row.updated_s))
    return sorted(found, key=lambda row: (row.usage_point_id, row.day))


def _numbers(conn: Conn, points: Collection[int]) -> dict[tuple[int, int], tuple[int, int]]:
    """The numbers in the addresses of channels of usage points: of the point and of the channel."""
    table = channel.c
    query = select(table.usage_point_id, table.number, usage_point.c.path_id, table.path_id)
    query = query.join(usage_point, usage_point.c.id == table.usage_point_id).where(table.usage_point_id.in_(points))
    return {(point, number): (of_point, own) for point, number, of_point, own in conn.execute(query)}


def _runs_of_file(
    conn: Conn, reach: Reach, file: ReceivedFile, days: Sequence[int], from_point: int
) -> Iterator[list[Found]]:
    """What a file changed, some thousand rows at a time, of which those are kept that are within reach.

    Where a day of it lies in a closed month, which of many usage points it changed is found by looking at all.
    """
    if closed_among(conn, days):
        yield from _runs_of_all(conn, reach, file, days, from_point)
        return
    while True:
        query = _blocks(file, days).where(day_block.c.usage_point_id >= from_point)
        rows = [Found(*row) for row in conn.execute(query.limit(ROWS_A_QUERY))]
        if not rows:
            return
        if len(rows) == ROWS_A_QUERY:
            last = rows[-1].usage_point_id
            one = _blocks(file, days).where(day_block.c.usage_point_id == last)
            rows = [row for row in rows if row.usage_point_id < last] + [Found(*row) for row in conn.execute(one)]
        yield _within(conn, reach, rows)
        from_point = rows[-1].usage_point_id + 1


def _runs_of_all(
    conn: Conn, reach: Reach, file: ReceivedFile, days: Sequence[int], from_point: int
) -> Iterator[list[Found]]:
    """The same, by all usage points of the file's utility, some at a time."""
    ids = select(usage_point.c.id).order_by(usage_point.c.id).limit(POINTS_A_QUERY)
    if file.utility_id is not None:
        ids = ids.where(usage_point.c.utility_id == file.utility_id)
    while points := list(conn.scalars(ids.where(usage_point.c.id >= from_point))):
        yield _within(conn, reach, _of_points(conn, file, days, points))
        from_point = points[-1] + 1


def _within(conn: Conn, reach: Reach, rows: Sequence[Found]) -> list[Found]:
    """Those within reach."""
    points = sorted({row.usage_point_id for row in rows})
    listed: list[Row[int, int, int]] = []
    for start in range(0, len(points), POINTS_A_QUERY):
        listed += conn.execute(narrowed(reach, points[start : start + POINTS_A_QUERY]).spans).all()
    return _covered(rows, _by_point(listed))


def _covered(rows: Iterable[Found], within: Mapping[int, Spans]) -> list[Found]:
    return [row for row in rows if any(first <= row.day < until for first, until in within.get(row.usage_point_id, ()))]


def _blocks(file: ReceivedFile, days: Sequence[int]) -> Select[int, int, int, int, int, int]:
    """The rows that a file changed of some days, by usage point."""
    block = day_block.c
    return (
        select(
            block.usage_point_id, usage_point.c.path_id, channel.c.path_id, block.day, block.revision, block.updated_s
        )
        .join(usage_point, usage_point.c.id == block.usage_point_id)
        .join(channel, and_(channel.c.usage_point_id == block.usage_point_id, channel.c.number == block.channel))
        .where(block.day.in_(days), block.file_id == file.id, block.updated_s >= file.received_s)
        .order_by(block.usage_point_id, block.day, block.channel)
    )


def _change(row: Found, place: int) -> Change:
    point_id, point, series, day, revision, updated_s = row
    return Change(place | point_id, point_id, point, series, day, revision, updated_s)
