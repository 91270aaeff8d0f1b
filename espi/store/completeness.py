"""How complete the days of a utility are: counted by the database, a day of all meters at a time, and kept.

What is counted are days of channels. Rows are told apart by how their contents begin (`espi.store.form`); only those of
which that does not say all, some in a hundred, are looked into one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from espi.clock import month_start
from espi.day import ABSENT, ESTIMATED_QUALITIES
from espi.store import form
from espi.store.database import Conn
from espi.store.tables import (
    channel,
    closed_month,
    completeness,
    day_block,
    happening,
    meter_installation,
    received_file,
    refused_block,
    usage_point,
    utility,
)

OFF = "de-energized"
"""The happening of a usage point that has no power."""

ROWS_AT_ONCE = 5000
_PLAIN = tuple(bytes([form.FORM | kind | more]) for kind in (0, 1, 2) for more in (0, form.MERGED))
"""How contents begin whose fourth byte is the quality of all their readings, and that have no tail."""


class Bounds(NamedTuple):
    """A local day of a utility: when it begins and ends, and after when what comes is late (UTC)."""

    day: int
    start_s: int
    end_s: int
    late_s: int


@dataclass(frozen=True)
class Completeness:
    """A day of a utility, in days of channels.

    expected: of those where a meter hung and there was power. received: with any reading; of these late: first there
    after the deadline; estimated: with an estimate; partial: with a gap. refused: blocks of files. computed_s: when
    this was so.
    """

    utility_id: int
    day: int
    expected: int
    received: int
    late: int
    estimated: int
    partial: int
    refused: int
    computed_s: int

    @property
    def missing(self) -> int:
        """How many were expected and did not come."""
        return max(0, self.expected - self.received)


def put_completeness(conn: Conn, utility_id: int, bounds: Bounds, day_text: str, now_s: int) -> bool:
    """Count a day of a utility anew and keep what was found; false where its month is put away and stays as it is.

    day_text: the day as files name it (`20140702`), for what was refused.
    """
    shut = select(closed_month.c.from_day).where(closed_month.c.from_day == month_start(bounds.day))
    if conn.scalar(shut) is not None:
        return False
    values = {
        "expected": _expected(conn, utility_id, bounds),
        **_received(conn, utility_id, bounds),
        "refused": _refused(conn, utility_id, day_text),
        "computed_s": now_s,
    }
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = make(completeness).values(utility_id=utility_id, day=bounds.day, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=["utility_id", "day"], set_=values))
    return True


def completeness_of(
    conn: Conn, from_day: int, until_day: int, utility_ids: Iterable[int] | None = None
) -> list[Completeness]:
    """The days that were counted, of some utilities or of all, by the day and the utility's name."""
    table = completeness
    columns = [table.c[name] for name in Completeness.__dataclass_fields__]
    query = select(*columns).join(utility, utility.c.id == table.c.utility_id)
    query = query.where(table.c.day >= from_day, table.c.day < until_day).order_by(table.c.day, utility.c.name)
    if utility_ids is not None:
        query = query.where(table.c.utility_id.in_(list(utility_ids)))
    return [Completeness(*row) for row in conn.execute(query)]


def change_late(conn: Conn, utility_id: int, day: int, late: int) -> None:
    """Say how many of a day's channels came late, where it is known better than by when they were loaded."""
    own = update(completeness).where(completeness.c.utility_id == utility_id, completeness.c.day == day)
    conn.execute(own.values(late=late))


def files_loaded(conn: Conn) -> int:
    """How many files were ever loaded."""
    return int(conn.scalar(select(func.max(received_file.c.sequence))) or 0)


def has_readings(content: ColumnElement[bytes]) -> ColumnElement[bool]:
    """Whether a stored day may have any reading: one that is a gap as a whole, as an empty message says, has none."""
    gap = func.substr(content, 4, 1) == bytes([ABSENT])
    return ~and_(func.substr(content, 1, 1).in_(_PLAIN), gap)


def in_service(
    usage_point_id: ColumnElement[int], published_s: ColumnElement[int], bounds: Bounds
) -> ColumnElement[bool]:
    """Whether a usage point is to give readings of a day: a meter hangs there, and there is power at some time of it.

    Where nothing is known of meters, it is from the day on that the usage point became known, and where readings came.
    """
    hung = meter_installation.c
    any_meter = select(literal(1)).where(hung.usage_point_id == usage_point_id)
    that_day = any_meter.where(hung.from_day <= bounds.day, hung.until_day > bounds.day)
    off = happening.c
    no_power = select(literal(1)).where(
        off.usage_point_id == usage_point_id,
        off.kind == OFF,
        off.from_s <= bounds.start_s,
        off.until_s >= bounds.end_s,
    )
    came = select(literal(1)).where(day_block.c.day == bounds.day, day_block.c.usage_point_id == usage_point_id)
    known = or_(that_day.exists(), and_(~any_meter.exists(), or_(published_s < bounds.end_s, came.exists())))
    return and_(known, ~no_power.exists())


def _expected(conn: Conn, utility_id: int, bounds: Bounds) -> int:
    joined = channel.join(usage_point, usage_point.c.id == channel.c.usage_point_id)
    query = select(func.count()).select_from(joined)
    query = query.where(usage_point.c.utility_id == utility_id, channel.c.series == "interval")
    return int(conn.scalar(query.where(in_service(channel.c.usage_point_id, usage_point.c.published_s, bounds))) or 0)


def _received(conn: Conn, utility_id: int, bounds: Bounds) -> dict[str, int]:
    """received, late, estimated, partial."""
    own = select(usage_point.c.id).where(usage_point.c.utility_id == utility_id)
    mine = and_(day_block.c.day == bounds.day, day_block.c.usage_point_id.in_(own))
    late = (day_block.c.updated_s > bounds.late_s).label("late")
    begins = func.substr(day_block.c.content, 1, 4).label("begins")
    rows = conn.execute(select(begins, late, func.count()).where(mine).group_by(begins, late)).all()
    odd: set[bytes] = set()
    found = [0, 0, 0, 0]
    for start, is_late, count in rows:
        first, quality = bytes(start[:1]), start[3]
        if first not in _PLAIN:
            odd.add(first)
        elif quality != ABSENT:
            found[0] += count
            found[1] += count if is_late else 0
            found[2] += count if quality in ESTIMATED_QUALITIES else 0
    for head, updated_s in _odd(conn, mine, sorted(odd)):
        if head.absent < head.count:
            first_s = updated_s if head.published_s is None else head.published_s
            for place, holds in enumerate((True, first_s > bounds.late_s, head.estimated > 0, head.absent > 0)):
                found[place] += holds
    return dict(zip(("received", "late", "estimated", "partial"), found, strict=True))


def _odd(conn: Conn, mine: ColumnElement[bool], firsts: Sequence[bytes]) -> Iterator[tuple[form.Head, int]]:
    """The days of which more than the beginning must be read, with when each was changed last."""
    if not firsts:
        return
    columns = day_block.c
    query = select(columns.day, columns.content, columns.updated_s)
    query = query.where(mine, func.substr(columns.content, 1, 1).in_(firsts))
    for some in conn.execute(query.execution_options(yield_per=ROWS_AT_ONCE)).partitions():
        heads = form.heads((row.day, row.content) for row in some)
        yield from zip(heads, (row.updated_s for row in some), strict=True)


def _refused(conn: Conn, utility_id: int, day_text: str) -> int:
    joined = refused_block.join(received_file, received_file.c.id == refused_block.c.file_id)
    query = select(func.count()).select_from(joined).where(received_file.c.utility_id == utility_id)
    return int(conn.scalar(query.where(refused_block.c.start_text.startswith(day_text))) or 0)
