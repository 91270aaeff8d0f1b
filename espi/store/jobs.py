"""The outbox: what is to be done, written in the transaction of the change that caused it. The row is the queue itself.

A worker claims a row for a time (a lease) by one conditional update, so any number of workers on any number of machines
share the table. What a worker that died had claimed is taken up by another when the lease is over.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from espi.errors import Conflict, NotFound
from espi.store.database import Conn
from espi.store.identity import FIRST_PATH_ID, LAST_PATH_ID
from espi.store.tables import job as table
from espi.store.tables import prepared_part

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
LEASE_S = 300


@dataclass(frozen=True)
class Job:
    """Something to do, or done.

    path_id: the number in its address, which cannot be guessed. key: asking for the same key again joins it. owner:
    what it is done for, as "authorization/7"; it goes with it. claim: the token of the worker that has it, until
    claimed_until_s. attempts: how often it was begun. done, total: how far it is. error: why the last attempt failed.
    """

    id: int
    path_id: int
    kind: str
    key: str | None
    payload: Mapping[str, Any]
    owner: str
    state: str
    due_s: int
    attempts: int
    claim: str
    claimed_until_s: int
    done: int
    total: int
    result: Mapping[str, Any]
    error: str
    created_s: int
    finished_s: int | None


class LeaseLost(Conflict):
    """The job is no longer this worker's: its lease is over and another has it, or it was dropped."""


def add_job(
    conn: Conn,
    kind: str,
    payload: Mapping[str, Any],
    *,
    now_s: int,
    due_s: int | None = None,
    key: str = "",
    owner: str = "",
    total: int = 0,
) -> Job:
    """Queue a job, or join the one with the same key that is there, which begins anew if it failed for good."""
    fresh = {
        "kind": kind,
        "payload": dict(payload),
        "owner": owner,
        "state": WAITING,
        "due_s": now_s if due_s is None else due_s,
        "attempts": 0,
        "done": 0,
        "total": total,
        "result": {},
        "error": "",
        "created_s": now_s,
        "finished_s": None,
    }
    path_id = FIRST_PATH_ID + secrets.randbelow(LAST_PATH_ID - FIRST_PATH_ID + 1)
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    statement = make(table).values(path_id=path_id, key=key or None, **fresh)
    if key:
        again = {name: statement.excluded[name] for name in fresh}
        statement = statement.on_conflict_do_update(index_elements=["key"], set_=again, where=table.c.state == FAILED)
    conn.execute(statement)
    return _one(conn, table.c.key == key if key else table.c.path_id == path_id)


def wake_job(conn: Conn, kind: str, key: str, payload: Mapping[str, Any], *, now_s: int) -> None:
    """Let the one job of a key run again from now on, whatever became of it. A worker that is at it looks once more.

    `total` counts the wakes, so that `rest` can tell whether one came while the worker was at it.
    """
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    path_id = FIRST_PATH_ID + secrets.randbelow(LAST_PATH_ID - FIRST_PATH_ID + 1)
    values = {"path_id": path_id, "kind": kind, "key": key, "payload": dict(payload), "state": WAITING}
    statement = make(table).values(**values, due_s=now_s, total=1, created_s=now_s)
    runs = table.c.state == RUNNING
    again = {
        "state": case((runs, RUNNING), else_=WAITING),
        "due_s": now_s,
        "total": table.c.total + 1,
        "attempts": case((runs, table.c.attempts), else_=0),
        "finished_s": None,
    }
    conn.execute(statement.on_conflict_do_update(index_elements=["key"], set_=again))


def rest(conn: Conn, job: Job, due_s: int | None, now_s: int) -> None:
    """Let a job of `wake_job` sleep until an instant, or until it is woken; at once again if it was woken meanwhile."""
    woken = table.c.total != job.total
    values = {
        "state": case((woken, WAITING), else_=DONE if due_s is None else WAITING),
        "due_s": case((woken, now_s), else_=now_s if due_s is None else due_s),
        "finished_s": None if due_s is not None else case((woken, None), else_=now_s),
        "attempts": 0,
        "error": "",
        **_FREE,
    }
    _settle(conn, job, values)


def due(conn: Conn, now_s: int, owner: str = "") -> bool:
    """Whether there is a job to claim; owner: of that one alone."""
    return conn.scalar(select(table.c.id).where(_claimable(now_s, owner)).limit(1)) is not None


def claim(conn: Conn, now_s: int, lease_s: int = LEASE_S, owner: str = "") -> Job | None:
    """Take the job that has been due longest, for a time; no two workers take the same. owner: of that one alone."""
    query = select(table.c.id).where(_claimable(now_s, owner)).order_by(table.c.due_s, table.c.id).limit(1)
    key = conn.scalar(query.with_for_update(skip_locked=True))
    if key is None:
        return None
    token = secrets.token_hex(16)
    values = {
        "state": RUNNING,
        "claim": token,
        "claimed_until_s": now_s + lease_s,
        "attempts": table.c.attempts + 1,
    }
    taken = conn.execute(update(table).where(table.c.id == key, _claimable(now_s)).values(**values))
    return _one(conn, table.c.id == key) if taken.rowcount else None


def progress(conn: Conn, job: Job, done: int, total: int, *, now_s: int = 0, lease_s: int = LEASE_S) -> None:
    """Note how far a job is, and renew its lease if told the time. `LeaseLost` if another has it by now, or nobody."""
    lease = {"claimed_until_s": now_s + lease_s} if now_s else {}
    _settle(conn, job, {"done": done, "total": total, **lease})


def renew(conn: Conn, job: Job, now_s: int, lease_s: int = LEASE_S) -> None:
    """Renew the lease of a job that takes longer."""
    _settle(conn, job, {"claimed_until_s": now_s + lease_s})


def finish(conn: Conn, job: Job, result: Mapping[str, Any] | None, now_s: int) -> None:
    """Note that a job is done, in the transaction that did it: `LeaseLost` undoes both."""
    values = {"state": DONE, "result": dict(result or {}), "finished_s": now_s, "error": "", **_FREE}
    _settle(conn, job, values)


def retry(conn: Conn, job: Job, error: str, due_s: int) -> None:
    """Let a job that failed be tried again at an instant."""
    _settle(conn, job, {"state": WAITING, "due_s": due_s, "error": error[:512], **_FREE})


def give_up(conn: Conn, job: Job, error: str, now_s: int) -> None:
    """Note that a job failed for good."""
    _settle(conn, job, {"state": FAILED, "finished_s": now_s, "error": error[:512], **_FREE})


def drop_payload(conn: Conn, job: Job) -> None:
    """Forget what a job was given, where that says something about a person."""
    conn.execute(update(table).where(table.c.id == job.id).values(payload={}))


def drop_job(conn: Conn, job_id: int) -> None:
    """Forget a job and what it has prepared; a worker that is at it can no longer finish it."""
    _drop(conn, table.c.id == job_id)


def drop_owned(conn: Conn, owner: str) -> int:
    """Forget the jobs of an owner and what they have prepared, and tell how many they were."""
    return _drop(conn, table.c.owner == owner)


def drop_finished(conn: Conn, before_s: int) -> int:
    """Forget what was done, or failed for good, before an instant."""
    return _drop(conn, and_(table.c.state.in_((DONE, FAILED)), table.c.finished_s < before_s))


def job_by_path_id(conn: Conn, path_id: int) -> Job:
    """The job with this number in its address, or `NotFound`. Whose it is, is for the caller to see to."""
    return _one(conn, table.c.path_id == path_id)


def job_by_key(conn: Conn, key: str) -> Job | None:
    """The job of a key."""
    row = conn.execute(select(table).where(table.c.key == key)).mappings().first()
    return Job(**row) if row else None


def jobs(conn: Conn, *, state: str = "", kind: str = "", owner: str = "", limit: int = 100) -> list[Job]:
    """The jobs last made first."""
    query = select(table).order_by(table.c.id.desc()).limit(limit)
    for column, value in ((table.c.state, state), (table.c.kind, kind), (table.c.owner, owner)):
        query = query.where(column == value) if value else query
    return [Job(**row) for row in conn.execute(query).mappings()]


def counts(conn: Conn) -> dict[str, int]:
    """How many jobs there are in each state, for whoever watches over them."""
    rows = conn.execute(select(table.c.state, func.count()).group_by(table.c.state))
    return {str(state): int(count) for state, count in rows}


def backlog(conn: Conn, kinds: Sequence[str], now_s: int) -> int:
    """How many jobs of some kinds are due or being done."""
    waits = and_(table.c.state == WAITING, table.c.due_s <= now_s)
    which = and_(or_(waits, table.c.state == RUNNING), table.c.kind.in_(kinds))
    return int(conn.scalar(select(func.count()).select_from(table).where(which)) or 0)


_FREE = {"claim": "", "claimed_until_s": 0}


def _claimable(now_s: int, owner: str = "") -> ColumnElement[bool]:
    waits = and_(table.c.state == WAITING, table.c.due_s <= now_s)
    found = or_(waits, and_(table.c.state == RUNNING, table.c.claimed_until_s <= now_s))
    return and_(found, table.c.owner == owner) if owner else found


def _settle(conn: Conn, job: Job, values: Mapping[str, Any]) -> None:
    """Change a job that is still this worker's."""
    own = table.c.id == job.id, table.c.claim == job.claim, table.c.state == RUNNING
    if not job.claim or conn.execute(update(table).where(*own).values(**values)).rowcount == 0:
        raise LeaseLost(detail=f"job {job.id} ({job.kind}) is no longer this worker's")


def _drop(conn: Conn, which: ColumnElement[bool]) -> int:
    conn.execute(delete(prepared_part).where(prepared_part.c.job_id.in_(select(table.c.id).where(which))))
    return conn.execute(delete(table).where(which)).rowcount


def _one(conn: Conn, which: ColumnElement[bool]) -> Job:
    row = conn.execute(select(table).where(which)).mappings().first()
    if row is None:
        raise NotFound(detail="no such job")
    return Job(**row)
