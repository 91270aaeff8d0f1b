"""Answers that jobs have prepared: a gzip stream each, in parts, kept until too old or until its reason has ended."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, delete, func, insert, or_, select, update

from espi.errors import NotFound
from espi.store.database import Conn
from espi.store.grants import ACTIVE, CUSTOMER
from espi.store.jobs import DONE, Job
from espi.store.reach import Reach
from espi.store.tables import authorization, job, prepared_part

ASKED_BY = "actor"
"""What a job's payload calls him for whom an answer is prepared, as `Reach.actor` does."""


def add_part(conn: Conn, job_id: int, number: int, packed: bytes) -> None:
    """Keep the next part of an answer."""
    conn.execute(insert(prepared_part).values(job_id=job_id, number=number, packed=packed))


def drop_parts(conn: Conn, job_id: int) -> None:
    """Forget what was prepared so far, as when it is begun again."""
    conn.execute(delete(prepared_part).where(prepared_part.c.job_id == job_id))


def parts(conn: Conn, reach: Reach, found: Job) -> Iterator[bytes]:
    """The parts of an answer in order. reach: that of its question; `NotFound` for anybody but who asked it."""
    if found.payload.get(ASKED_BY) != reach.actor:
        raise NotFound(detail=f"job {found.id} is not for {reach.actor}")
    number = 0
    own = prepared_part.c.job_id == found.id
    while (
        packed := conn.scalar(select(prepared_part.c.packed).where(own, prepared_part.c.number == number))
    ) is not None:
        yield packed
        number += 1


def finished(conn: Conn, kind: str) -> list[Job]:
    """The jobs that have prepared an answer; nothing of the answers."""
    rows = conn.execute(select(job).where(job.c.kind == kind, job.c.state == DONE)).mappings()
    return [Job(**row) for row in rows]


def set_fetched(conn: Conn, found: Job, now_s: int) -> None:
    """Note that an answer was fetched: the next one is to be made of the newest data."""
    conn.execute(update(job).where(job.c.id == found.id).values(result={**found.result, "fetched_s": now_s}))


def grants_changed(conn: Conn, third_party_id: int, since_s: int, now_s: int) -> bool:
    """Whether a grant to a third party has ended or changed since an instant: what was prepared of it is void then."""
    table = authorization.c
    of_party = table.third_party_id == third_party_id, table.kind == CUSTOMER
    changed = and_(table.updated_s >= since_s, or_(table.status != ACTIVE, table.updated_s > table.published_s))
    over = and_(table.ends_s > since_s, table.ends_s <= now_s)
    return bool(conn.scalar(select(func.count()).where(*of_party, or_(changed, over))))
