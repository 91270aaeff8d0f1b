from __future__ import annotations

import threading

import pytest
from sqlalchemy import insert, select

from espi.errors import NotFound
from espi.store import jobs
from espi.store.database import Conn, Database
from espi.store.jobs import LeaseLost
from espi.store.tables import prepared_part
from tests.factories import NOW_S


def test_a_job_is_claimed_once_and_when_it_is_due(conn: Conn) -> None:
    late = jobs.add_job(conn, "b", {}, now_s=NOW_S, due_s=NOW_S + 60)
    soon = jobs.add_job(conn, "a", {"x": 1}, now_s=NOW_S)
    claimed = jobs.claim(conn, NOW_S)
    assert claimed is not None
    assert (claimed.id, claimed.state, claimed.attempts, claimed.payload) == (soon.id, jobs.RUNNING, 1, {"x": 1})
    assert jobs.claim(conn, NOW_S) is None
    assert not jobs.due(conn, NOW_S)
    assert jobs.due(conn, NOW_S + 60)
    found = jobs.claim(conn, NOW_S + 60)
    assert found is not None
    assert found.id == late.id


def test_asking_for_the_same_key_joins_the_job_unless_it_failed_for_good(conn: Conn) -> None:
    first = jobs.add_job(conn, "a", {"x": 1}, now_s=NOW_S, key="k")
    assert jobs.add_job(conn, "a", {"x": 2}, now_s=NOW_S + 1, key="k") == first
    taken = jobs.claim(conn, NOW_S)
    assert taken is not None
    assert jobs.add_job(conn, "a", {"x": 2}, now_s=NOW_S, key="k") == taken
    jobs.give_up(conn, taken, "broken", NOW_S)
    assert jobs.jobs(conn, state=jobs.FAILED)[0].error == "broken"
    again = jobs.add_job(conn, "a", {"x": 3}, now_s=NOW_S + 9, key="k")
    assert (again.id, again.state, again.attempts, again.error) == (first.id, jobs.WAITING, 0, "")
    assert again.payload == {"x": 3}
    done = jobs.claim(conn, NOW_S + 9)
    assert done is not None
    jobs.finish(conn, done, {"y": 1}, NOW_S + 10)
    joined = jobs.add_job(conn, "a", {}, now_s=NOW_S + 11, key="k")
    assert (joined.state, joined.result, joined.finished_s) == (jobs.DONE, {"y": 1}, NOW_S + 10)


def test_jobs_without_a_key_are_each_for_themselves(conn: Conn) -> None:
    made = {jobs.add_job(conn, "a", {}, now_s=NOW_S).id for _ in range(3)}
    assert len(made) == 3
    assert jobs.counts(conn) == {jobs.WAITING: 3}


def test_a_job_of_a_worker_that_fell_silent_is_taken_up_and_the_late_worker_cannot_finish_it(conn: Conn) -> None:
    jobs.add_job(conn, "a", {}, now_s=NOW_S)
    silent = jobs.claim(conn, NOW_S, lease_s=100)
    assert silent is not None
    assert jobs.claim(conn, NOW_S + 99) is None
    jobs.progress(conn, silent, 1, 10, now_s=NOW_S + 50, lease_s=100)
    assert jobs.claim(conn, NOW_S + 100) is None
    other = jobs.claim(conn, NOW_S + 150)
    assert other is not None
    assert (other.id, other.attempts, other.done, other.total) == (silent.id, 2, 1, 10)
    for act in (
        lambda: jobs.finish(conn, silent, {}, NOW_S),
        lambda: jobs.retry(conn, silent, "", NOW_S),
        lambda: jobs.progress(conn, silent, 2, 10),
        lambda: jobs.give_up(conn, silent, "", NOW_S),
    ):
        with pytest.raises(LeaseLost):
            act()
    jobs.finish(conn, other, None, NOW_S + 151)


def test_what_a_job_was_done_for_takes_it_along(conn: Conn) -> None:
    kept = jobs.add_job(conn, "a", {}, now_s=NOW_S, owner="authorization/2")
    gone = jobs.add_job(conn, "a", {}, now_s=NOW_S, owner="authorization/1")
    conn.execute(insert(prepared_part), [{"job_id": job.id, "number": 0, "packed": b"x"} for job in (kept, gone)])
    assert jobs.drop_owned(conn, "authorization/1") == 1
    assert list(conn.scalars(select(prepared_part.c.job_id))) == [kept.id]
    with pytest.raises(NotFound):
        jobs.job_by_path_id(conn, gone.path_id)
    assert jobs.job_by_path_id(conn, kept.path_id) == kept


def test_old_finished_jobs_are_forgotten(conn: Conn) -> None:
    jobs.add_job(conn, "a", {}, now_s=NOW_S, key="old")
    done = jobs.claim(conn, NOW_S)
    assert done is not None
    jobs.finish(conn, done, {}, NOW_S)
    jobs.add_job(conn, "a", {}, now_s=NOW_S, key="waiting")
    assert jobs.drop_finished(conn, NOW_S) == 0
    assert jobs.drop_finished(conn, NOW_S + 1) == 1
    assert jobs.job_by_key(conn, "old") is None
    assert jobs.job_by_key(conn, "waiting") is not None


def test_a_personal_payload_can_be_forgotten(conn: Conn) -> None:
    job = jobs.add_job(conn, "mail.send", {"to": "ada@example.org"}, now_s=NOW_S)
    jobs.drop_payload(conn, job)
    assert jobs.job_by_path_id(conn, job.path_id).payload == {}


def test_a_job_that_is_woken_while_it_runs_runs_once_more(conn: Conn) -> None:
    def wake(now_s: int) -> None:
        jobs.wake_job(conn, "send", "send/1", {"to": 1}, now_s=now_s)

    wake(NOW_S)
    wake(NOW_S)
    first = jobs.claim(conn, NOW_S)
    assert first is not None
    wake(NOW_S + 1)
    assert jobs.claim(conn, NOW_S + 1) is None, "it runs already"
    jobs.rest(conn, first, NOW_S + 900, NOW_S + 2)
    second = jobs.claim(conn, NOW_S + 2)
    assert second is not None
    jobs.rest(conn, second, NOW_S + 900, NOW_S + 3)
    assert jobs.claim(conn, NOW_S + 899) is None
    third = jobs.claim(conn, NOW_S + 900)
    assert third is not None
    jobs.rest(conn, third, None, NOW_S + 900)
    assert jobs.job_by_path_id(conn, third.path_id).state == jobs.DONE
    wake(NOW_S + 1000)
    assert jobs.claim(conn, NOW_S + 1000) is not None


def test_many_workers_at_once_never_get_the_same_job(each_database: Database) -> None:
    database = each_database
    with database.write() as conn:
        for _ in range(60):
            jobs.add_job(conn, "a", {}, now_s=NOW_S)
    claimed: list[int] = []

    def work() -> None:
        while True:
            with database.write() as own:
                job = jobs.claim(own, NOW_S)
            if job is None:
                return
            claimed.append(job.id)
            with database.write() as own:
                jobs.finish(own, job, {}, NOW_S)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(claimed) == sorted(set(claimed))
    assert len(claimed) == 60
