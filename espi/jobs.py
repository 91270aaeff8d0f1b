"""Jobs: who handles which kind, the timetable, and the loop that works on them.

A handler is registered with `@handler("kind")` in a module of the layer that does the work; whoever runs jobs imports
those modules (`espi.app`, `espi work`). Nothing is kept in this process: the rows of `espi.store.jobs` are the queue.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from espi import log
from espi.config import Settings
from espi.store import jobs
from espi.store.database import Database
from espi.store.jobs import Job, LeaseLost

LOOK_EVERY_S = 1.0
RETRY_S = (60, 300, 1800, 3600)
"""How long after each failed attempt a job is tried again; the last holds for all further ones."""


@dataclass(frozen=True)
class Context:
    """What a handler works with."""

    settings: Settings
    database: Database

    def now_s(self) -> int:
        """The present instant, by the clock of the settings."""
        return self.settings.clock.now_s()


Work = Callable[[Context, Job], Mapping[str, Any] | None]
"""What does a job: gives its result, or raises. It may finish the job itself, in the transaction of what it does."""


@dataclass(frozen=True)
class Handler:
    """Who does a kind of job. lease_s: how long a worker may be silent about it. attempts: then it failed for good."""

    work: Work
    lease_s: int
    attempts: int


HANDLERS: dict[str, Handler] = {}
TIMETABLE: dict[str, int] = {}


def handler(kind: str, *, lease_s: int = jobs.LEASE_S, attempts: int = 8) -> Callable[[Work], Work]:
    """Register the function that does a kind of job. It may run twice if a worker dies: what it does must bear that."""

    def register(work: Work) -> Work:
        HANDLERS[kind] = Handler(work, lease_s, attempts)
        return work

    return register


def every(kind: str, seconds: int) -> None:
    """Run a kind of job once in each span of so many seconds, on one of the workers."""
    TIMETABLE[kind] = seconds


def plan(context: Context) -> int:
    """Queue what the timetable has for now, unless another worker has; how many kinds are in the timetable."""
    now_s = context.now_s()
    with context.database.write() as conn:
        for kind, slot in _slots(now_s).items():
            jobs.add_job(conn, kind, {}, now_s=now_s, key=f"every/{kind}/{slot}")
    return len(TIMETABLE)


def run_due(context: Context, limit: int = 1000) -> int:
    """Do what is due now, job after job, and tell how many were run."""
    for count in range(limit):
        if not run_one(context):
            return count
    return limit


def run_one(context: Context, owner: str = "") -> bool:
    """Claim the job that is due longest and do it; false where none is due. owner: whose jobs alone count."""
    now_s = context.now_s()
    with context.database.read() as conn:
        if not jobs.due(conn, now_s, owner):
            return False
    with context.database.write() as conn:
        job = jobs.claim(conn, now_s, owner=owner)
        known = HANDLERS.get(job.kind) if job else None
        if job and known and known.lease_s != jobs.LEASE_S:
            jobs.progress(conn, job, job.done, job.total, now_s=now_s, lease_s=known.lease_s)
    if job is None:
        return False
    _run(context, job, known)
    return True


def work(context: Context, stop: threading.Event) -> None:
    """Do jobs, and plan what the timetable has, until told to stop."""
    planned: Mapping[str, int] = {}
    while not stop.is_set():
        ran = False
        try:
            if planned != (present := _slots(context.now_s())):
                plan(context)
                planned = present
            ran = run_one(context)
        except Exception as err:  # noqa: BLE001 - a worker outlives a database that is away for a moment
            log.warn(log.Event.JOB_FAILED, kind="", error=type(err).__name__)
        if not ran:
            stop.wait(LOOK_EVERY_S)


def start_thread(context: Context) -> threading.Event:
    """Work on jobs in a thread of this process; setting what this gives stops it after the job it is at."""
    stop = threading.Event()
    threading.Thread(target=work, args=(context, stop), name="jobs", daemon=True).start()
    return stop


def _slots(now_s: int) -> dict[str, int]:
    """In which span of its own each kind of the timetable is now."""
    return {kind: now_s // seconds for kind, seconds in TIMETABLE.items()}


def _run(context: Context, job: Job, known: Handler | None) -> None:
    try:
        result = _work_of(job, known)(context, job)
        with context.database.write() as conn:
            jobs.finish(conn, job, result, context.now_s())
    except LeaseLost:  # finished by its handler, dropped meanwhile, or another's by now
        return
    except Exception as err:  # noqa: BLE001 - whatever went wrong is kept with the job, which is tried again
        _failed(context, job, known, err)
        return
    log.record(log.Event.JOB_DONE, kind=job.kind, job=job.id)


def _work_of(job: Job, known: Handler | None) -> Work:
    if known is None:
        raise LookupError(f"nothing here does jobs of the kind {job.kind}")
    if job.attempts > known.attempts:
        raise TimeoutError("its workers fell silent")
    return known.work


def _failed(context: Context, job: Job, known: Handler | None, err: Exception) -> None:
    error = f"{type(err).__name__}: {err}"
    now_s = context.now_s()
    last = known is not None and job.attempts >= known.attempts
    event = log.Event.JOB_GIVEN_UP if last else log.Event.JOB_FAILED
    log.warn(event, kind=job.kind, job=job.id, error=type(err).__name__)
    try:
        with context.database.write() as conn:
            if last:
                jobs.give_up(conn, job, error, now_s)
            else:
                jobs.retry(conn, job, error, now_s + RETRY_S[min(job.attempts, len(RETRY_S)) - 1])
    except LeaseLost:
        return
