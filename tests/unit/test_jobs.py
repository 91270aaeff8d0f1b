from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from espi import jobs
from espi.clock import Clock
from espi.config import Settings
from espi.jobs import Context
from espi.store import jobs as outbox
from espi.store.database import Database
from espi.store.jobs import Job


@pytest.fixture
def context(settings: Settings, database: Database) -> Context:
    return Context(settings, database)


@pytest.fixture(autouse=True)
def _own_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers and timetable of the test alone."""
    monkeypatch.setattr(jobs, "HANDLERS", {})
    monkeypatch.setattr(jobs, "TIMETABLE", {})


def _later(context: Context, seconds: int) -> Context:
    clock = Clock(fixed_s=context.now_s() + seconds)
    return Context(replace(context.settings, clock=clock), context.database)


def _add(context: Context, kind: str, **payload: Any) -> Job:
    with context.database.write() as conn:
        return outbox.add_job(conn, kind, payload, now_s=context.now_s())


def _state(context: Context, job: Job) -> Job:
    with context.database.read() as conn:
        return outbox.job_by_path_id(conn, job.path_id)


def test_what_is_due_is_done_by_its_handler(context: Context) -> None:
    @jobs.handler("double")
    def double(_context: Context, job: Job) -> Mapping[str, Any]:
        return {"twice": 2 * job.payload["number"]}

    made = [_add(context, "double", number=number) for number in (1, 2)]
    assert jobs.run_due(context, limit=1) == 1
    assert jobs.run_due(context) == 1
    assert jobs.run_due(context) == 0
    assert [_state(context, job).result for job in made] == [{"twice": 2}, {"twice": 4}]


def test_a_job_that_fails_is_tried_again_and_then_given_up(context: Context) -> None:
    @jobs.handler("fail", attempts=3)
    def fail(_context: Context, _job: Job) -> None:
        raise OSError("no disk")

    job = _add(context, "fail")
    for wait_s in (0, 60, 300):
        context = _later(context, wait_s - 1 if wait_s else 0)
        assert jobs.run_due(context) == (0 if wait_s else 1)
        if wait_s:
            context = _later(context, 1)
            assert jobs.run_due(context) == 1
    found = _state(context, job)
    assert (found.state, found.attempts, found.error) == (outbox.FAILED, 3, "OSError: no disk")


def test_a_job_that_nobody_here_knows_waits_for_somebody_who_does(context: Context) -> None:
    job = _add(context, "unheard of")
    assert jobs.run_due(context) == 1
    assert _state(context, job).state == outbox.WAITING


def test_a_job_whose_workers_all_die_is_given_up(context: Context) -> None:
    done: list[int] = []
    jobs.handler("deadly", attempts=2, lease_s=10)(lambda _context, job: done.append(job.id))
    job = _add(context, "deadly")
    for _ in range(2):
        with context.database.write() as conn:
            assert outbox.claim(conn, context.now_s(), lease_s=10)
        context = _later(context, 10)
    assert jobs.run_due(context) == 1
    assert done == []
    assert _state(context, job).state == outbox.FAILED


def test_a_handler_may_finish_its_job_itself(context: Context) -> None:
    @jobs.handler("own")
    def own(context: Context, job: Job) -> None:
        with context.database.write() as conn:
            outbox.finish(conn, job, {"by": "itself"}, context.now_s())

    job = _add(context, "own")
    jobs.run_due(context)
    assert _state(context, job).result == {"by": "itself"}


def test_the_timetable_runs_each_kind_once_in_its_span(context: Context) -> None:
    runs: list[int] = []
    jobs.handler("nightly")(lambda context, _job: runs.append(context.now_s()))
    jobs.every("nightly", 86_400)
    for hour in range(50):
        at = _later(context, hour * 3600)
        jobs.plan(at)
        jobs.plan(at)
        jobs.run_due(at)
    assert len(runs) == 3
    assert len({at // 86_400 for at in runs}) == 3


def test_a_thread_works_until_it_is_told_to_stop(context: Context) -> None:
    done = threading.Event()
    jobs.handler("now")(lambda _context, _job: done.set())
    jobs.every("now", 3600)
    stop = jobs.start_thread(context)
    assert done.wait(10)
    stop.set()


def test_two_workers_never_run_one_job_twice(settings: Settings, each_database: Database) -> None:
    context = Context(settings, each_database)
    runs: list[int] = []
    jobs.handler("count")(lambda _context, job: runs.append(job.payload["number"]))
    for number in range(40):
        _add(context, "count", number=number)
    workers = [threading.Thread(target=jobs.run_due, args=(context,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(runs) == list(range(40))
