"""How the parts of the system fare, in numbers of nobody: jobs that wait or hang, deliveries, files of utilities."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, func, select, update

from espi.store.database import Conn
from espi.store.jobs import FAILED, RUNNING, WAITING
from espi.store.tables import delivery, file_claim, job


@dataclass(frozen=True)
class JobCount:
    """How many jobs of a kind are in a state. oldest_s: since when the longest of them waits."""

    kind: str
    state: str
    number: int
    oldest_s: int


def oldest_due_s(conn: Conn, now_s: int) -> int | None:
    """Since when the job has been due that waits longest; None where none is due."""
    found = conn.scalar(select(func.min(job.c.due_s)).where(job.c.state == WAITING, job.c.due_s <= now_s))
    return None if found is None else int(found)


def job_counts(conn: Conn) -> list[JobCount]:
    """Jobs by kind and state."""
    query = select(job.c.kind, job.c.state, func.count(), func.min(job.c.due_s))
    rows = conn.execute(query.group_by(job.c.kind, job.c.state).order_by(job.c.kind, job.c.state))
    return [JobCount(row[0], row[1], int(row[2]), int(row[3])) for row in rows]


def stuck(conn: Conn, now_s: int) -> int:
    """How many jobs are begun whose workers have been silent for too long."""
    silent = and_(job.c.state == RUNNING, job.c.claimed_until_s < now_s)
    return int(conn.scalar(select(func.count()).select_from(job).where(silent)) or 0)


def put_back_job(conn: Conn, job_id: int, now_s: int) -> bool:
    """Let a job that failed for good begin anew; false where it has not failed."""
    failed = update(job).where(job.c.id == job_id, job.c.state == FAILED)
    again = {"state": WAITING, "due_s": now_s, "attempts": 0, "finished_s": None}
    return conn.execute(failed.values(**again)).rowcount == 1


def delivery_counts(conn: Conn, since_s: int) -> dict[str, int]:
    """How many deliveries are in each state: those that wait, and what was due since an instant."""
    query = select(delivery.c.state, func.count()).where((delivery.c.state == WAITING) | (delivery.c.due_s >= since_s))
    return {str(state): int(number) for state, number in conn.execute(query.group_by(delivery.c.state))}


def file_counts(conn: Conn) -> dict[str, int]:
    """How many files are in each state."""
    rows = conn.execute(select(file_claim.c.state, func.count()).group_by(file_claim.c.state))
    return {str(state): int(number) for state, number in rows}
