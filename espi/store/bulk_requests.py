"""Bulk files that a REP asked for in the browser: of which days, and of which usage points."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from espi.errors import NotFound
from espi.store.database import Conn
from espi.store.identity import FIRST_PATH_ID, LAST_PATH_ID
from espi.store.reach import Reach, narrowed
from espi.store.tables import bulk_request as table


@dataclass(frozen=True)
class BulkRequest:
    """What was asked for: the days from one until another, not included. points: ids; none: all that the REP serves.

    path_id: the number in its address, which cannot be guessed.
    """

    id: int
    path_id: int
    rep_id: int
    asked_by: str
    from_day: int
    until_day: int
    points: Sequence[int]
    cancelled: int
    asked_s: int

    @property
    def days(self) -> range:
        """The days."""
        return range(self.from_day, self.until_day)


def add_request(
    conn: Conn, rep_id: int, days: tuple[int, int], points: Sequence[int], *, asked_by: str, now_s: int
) -> int:
    """Note a request; gives its path id."""
    path_id = FIRST_PATH_ID + secrets.randbelow(LAST_PATH_ID - FIRST_PATH_ID + 1)
    values: dict[str, Any] = {
        "path_id": path_id,
        "rep_id": rep_id,
        "asked_by": asked_by,
        "from_day": days[0],
        "until_day": days[1],
        "points": list(points),
        "cancelled": 0,
        "asked_s": now_s,
    }
    conn.execute(insert(table).values(values))
    return path_id


def request(conn: Conn, request_id: int) -> BulkRequest:
    """The request of an id, for the job that does it."""
    return BulkRequest(**conn.execute(select(table).where(table.c.id == request_id)).mappings().one())


def reach_of(conn: Conn, reach: Reach, request_id: int) -> Reach:
    """Of what may be seen, what a request asks for: the usage points that it lists, or all."""
    points = request(conn, request_id).points
    return narrowed(reach, points) if points else reach


def request_of(conn: Conn, rep_id: int, path_id: int) -> BulkRequest:
    """A REP's own request, or `NotFound`."""
    query = select(table).where(table.c.rep_id == rep_id, table.c.path_id == path_id)
    row = conn.execute(query).mappings().first()
    if row is None:
        raise NotFound(detail=f"REP {rep_id} has no bulk request {path_id}")
    return BulkRequest(**row)


def requests_of(conn: Conn, rep_id: int, limit: int) -> list[BulkRequest]:
    """A REP's own requests, the last first."""
    query = select(table).where(table.c.rep_id == rep_id).order_by(table.c.id.desc()).limit(limit)
    return [BulkRequest(**row) for row in conn.execute(query).mappings()]


def cancel_request(conn: Conn, request_id: int) -> bool:
    """Note that a request is taken back; false if it was before."""
    still = table.c.id == request_id, table.c.cancelled == 0
    return conn.execute(update(table).where(*still).values(cancelled=1)).rowcount == 1
