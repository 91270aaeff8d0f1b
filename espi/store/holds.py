"""Legal holds: days that do not expire before somebody says so, of one usage point or of a whole utility."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, and_, false, insert, literal, or_, select, tuple_, update

from espi.errors import BadInput, NotFound
from espi.store import audit
from espi.store.database import Conn, inserted_id
from espi.store.tables import legal_hold, usage_point

COMMAND_LINE = "command line"


@dataclass(frozen=True)
class Hold:
    """Days that are held. held_point_id: the usage point, None for all of the utility. released_s: when it ended."""

    id: int
    utility_id: int
    held_point_id: int | None
    from_day: int
    until_day: int
    reason: str
    set_by: str
    since_s: int
    released_s: int | None
    released_by: str

    def holds(self, utility_id: int, usage_point_id: int, day: int) -> bool:
        """Whether it holds a day of a usage point."""
        mine = self.utility_id == utility_id and self.held_point_id in {None, usage_point_id}
        return mine and self.released_s is None and self.from_day <= day < self.until_day


def add_hold(
    conn: Conn,
    utility_id: int,
    from_day: int,
    until_day: int,
    reason: str,
    *,
    by: str,
    now_s: int,
    usage_point_id: int | None = None,
) -> int:
    """Hold days, `until_day` not included, and return the hold's number. `BadInput` for no days, reason or name."""
    if from_day >= until_day or not reason.strip() or not by.strip():
        raise BadInput("A hold needs days, a reason and the name of who wants it.")
    values = {
        "utility_id": utility_id,
        "held_point_id": usage_point_id,
        "from_day": from_day,
        "until_day": until_day,
        "reason": reason,
        "set_by": by,
        "since_s": now_s,
    }
    key = inserted_id(conn, insert(legal_hold).values(values))
    _on_record(conn, "hold:add", key, by, now_s, {**values, "hold": key})
    return key


def end_hold(conn: Conn, hold_id: int, *, by: str, now_s: int) -> None:
    """Release what is held; it expires with the next run of the retention. `NotFound` where nothing is held."""
    mine = legal_hold.c.id == hold_id, legal_hold.c.released_s.is_(None)
    ended = conn.execute(update(legal_hold).where(*mine).values(released_s=now_s, released_by=by))
    if not ended.rowcount:
        raise NotFound(f"There is no hold {hold_id}, or it is released already.")
    _on_record(conn, "hold:release", hold_id, by, now_s, {})


def holds(conn: Conn, *, released: bool = False) -> list[Hold]:
    """The holds by number; released: those that are over too."""
    query = select(legal_hold).order_by(legal_hold.c.id)
    if not released:
        query = query.where(legal_hold.c.released_s.is_(None))
    return [Hold(*row) for row in conn.execute(query)]


def held(conn: Conn, table: Table, first: ColumnElement[int], until: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a hold is on any of the days of a row; the table has a usage point, or a utility alone.

    The condition names the holds of now: those tables may be in pieces on nodes, which look nothing up row by row.
    """
    owners: dict[tuple[int, int], list[Hold]] = {}
    for hold in holds(conn):
        owners.setdefault((hold.from_day, hold.until_day), []).append(hold)
    found = (
        and_(literal(from_day) < until, literal(until_day) > first, _owned(table, some))
        for (from_day, until_day), some in owners.items()
    )
    return or_(false(), *found)


def _owned(table: Table, some: Sequence[Hold]) -> ColumnElement[bool]:
    """That a row is of a usage point, or a utility, that some holds are on."""
    whole = sorted({hold.utility_id for hold in some if hold.held_point_id is None})
    if "usage_point_id" not in table.c:
        return table.c.utility_id.in_(whole)
    each = {(hold.held_point_id, hold.utility_id) for hold in some if hold.held_point_id is not None}
    point = select(usage_point.c.id)
    points = point.where(
        or_(usage_point.c.utility_id.in_(whole), tuple_(usage_point.c.id, usage_point.c.utility_id).in_(each))
    )
    return table.c.usage_point_id.in_(points)


def _on_record(conn: Conn, action: str, hold_id: int, by: str, now_s: int, detail: dict[str, object]) -> None:
    audit.record(
        conn,
        at_s=now_s,
        actor=by,
        action=action,
        target=f"hold {hold_id}",
        rule=COMMAND_LINE,
        allowed=True,
        detail=detail,
    )
