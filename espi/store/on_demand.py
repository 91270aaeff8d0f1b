"""Reads of meters that somebody asked for: their states with their times, and how many were answered lately.

    requested -> sent -> (pending) -> completed | failed | timed-out

A row in one of the first three is under way; one that is too old is timed out, whatever the utility says later. Whoever
asks while one is under way gets that one. `limited` is a request that was refused because there were enough.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, insert, select, update

from espi.errors import NotFound
from espi.store.database import Conn
from espi.store.identity import FIRST_PATH_ID, LAST_PATH_ID
from espi.store.reach import Reach
from espi.store.tables import on_demand_read as table
from espi.store.tables import usage_point, utility

REQUESTED, SENT, PENDING = "requested", "sent", "pending"
COMPLETED, FAILED, TIMED_OUT, LIMITED = "completed", "failed", "timed-out", "limited"
UNDER_WAY = (REQUESTED, SENT, PENDING)
ANSWER_WITHIN_S = 900


@dataclass(frozen=True, slots=True)
class OnDemandRead:
    """A read that was asked for. number: what it is asked after by. read_s, value: what the meter showed, and when."""

    usage_point_id: int
    number: int
    state: str
    asked_by: str
    asked_s: int
    sent_s: int | None = None
    closed_s: int | None = None
    read_s: int | None = None
    value: int | None = None
    uom: int | None = None
    power_of_ten: int | None = None

    @property
    def under_way(self) -> bool:
        """Whether an answer may still come."""
        return self.state in UNDER_WAY


def ask(conn: Conn, usage_point_id: int, asked_by: str, now_s: int, state: str = REQUESTED) -> OnDemandRead:
    """Take down that a read is asked for."""
    number = FIRST_PATH_ID + secrets.randbelow(LAST_PATH_ID - FIRST_PATH_ID + 1)
    closed_s = None if state in UNDER_WAY else now_s
    made = OnDemandRead(usage_point_id, number, state, asked_by, now_s, closed_s=closed_s)
    conn.execute(insert(table).values({name: getattr(made, name) for name in OnDemandRead.__slots__}))
    return made


def reads(conn: Conn, reach: Reach, usage_point_id: int, limit: int) -> list[OnDemandRead]:
    """The reads asked of a usage point since whoever has the reach came to it, the last first."""
    within = reach.spans.subquery()
    query = select(table).where(
        table.c.usage_point_id == usage_point_id,
        table.c.usage_point_id.in_(select(within.c.usage_point_id)),
        table.c.asked_by == reach.actor,
    )
    found = conn.execute(query.order_by(table.c.asked_s.desc(), table.c.number).limit(limit))
    return [OnDemandRead(*row) for row in found]


def on_its_way(conn: Conn, usage_point_id: int, since_s: int) -> OnDemandRead | None:
    """The read of a usage point that is under way and was asked for at an instant or later."""
    query = select(table).where(
        table.c.usage_point_id == usage_point_id, table.c.state.in_(UNDER_WAY), table.c.asked_s >= since_s
    )
    row = conn.execute(query.order_by(table.c.asked_s.desc()).limit(1)).first()
    return OnDemandRead(*row) if row else None


def under_way(conn: Conn, usage_point_id: int, number: int) -> tuple[OnDemandRead, str, Mapping[str, Any]] | None:
    """A read that is under way, the ESIID of its meter, and its utility's dialect."""
    query = (
        select(*table.c, usage_point.c.esiid, utility.c.dialect)
        .join(usage_point, usage_point.c.id == table.c.usage_point_id)
        .join(utility, utility.c.id == usage_point.c.utility_id)
        .where(table.c.usage_point_id == usage_point_id, table.c.number == number, table.c.state.in_(UNDER_WAY))
    )
    row = conn.execute(query).first()
    return (OnDemandRead(*row[:-2]), str(row[-2]), row[-1]) if row else None


def is_late(read: OnDemandRead, now_s: int) -> bool:
    """Whether an answer would come too late at an instant."""
    return read.asked_s < now_s - ANSWER_WITHIN_S


def completed_since(conn: Conn, usage_point_id: int, since_s: int) -> list[int]:
    """When the reads of a usage point were answered, since an instant: only these use up what is allowed."""
    done = and_(table.c.usage_point_id == usage_point_id, table.c.state == COMPLETED, table.c.closed_s >= since_s)
    return [int(at_s) for at_s in conn.scalars(select(table.c.closed_s).where(done).order_by(table.c.closed_s))]


def advance(conn: Conn, usage_point_id: int, number: int, state: str, now_s: int) -> None:
    """Let a read that is under way go on to another state. `NotFound` if it is over or there is none."""
    values: dict[str, object] = {"state": state}
    if state == SENT:
        values["sent_s"] = now_s
    elif state not in UNDER_WAY:
        values["closed_s"] = now_s
    _change(conn, usage_point_id, number, values)


def answer(
    conn: Conn, found: OnDemandRead, *, read_s: int, value: int, uom: int, power_of_ten: int, now_s: int
) -> bool:
    """Take the meter's answer; false, and the read failed, where it was read before it was asked for: an old value."""
    if read_s < found.asked_s:
        advance(conn, found.usage_point_id, found.number, FAILED, now_s)
        return False
    told = {"read_s": read_s, "value": value, "uom": uom, "power_of_ten": power_of_ten}
    _change(conn, found.usage_point_id, found.number, {"state": COMPLETED, "closed_s": now_s, **told})
    return True


def time_out(conn: Conn, before_s: int, now_s: int) -> int:
    """End the reads that were asked for before an instant and have no answer; how many there were."""
    late = update(table).where(table.c.state.in_(UNDER_WAY), table.c.asked_s < before_s)
    return conn.execute(late.values(state=TIMED_OUT, closed_s=now_s)).rowcount


def _change(conn: Conn, usage_point_id: int, number: int, values: dict[str, object]) -> None:
    own = update(table).where(
        table.c.usage_point_id == usage_point_id, table.c.number == number, table.c.state.in_(UNDER_WAY)
    )
    if not conn.execute(own.values(values)).rowcount:
        raise NotFound(detail=f"no read {number} under way")
