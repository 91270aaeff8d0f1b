from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from espi.errors import Conflict, NotFound
from espi.store import queue
from espi.store.database import Conn, Database
from espi.store.queue import LOADED, LOADING, REFUSED, ParkedBlock, RefusedBlock
from tests.factories import NOW_S, TODAY

SHA = "ab" * 32


def _parked(row_number: int, esiid: str = "10443720000000001") -> ParkedBlock:
    return ParkedBlock(1, row_number, 1, esiid, 4, TODAY, NOW_S, b"\x01", b"\x11", 1)


def test_the_same_file_is_taken_once(conn: Conn) -> None:
    first = queue.take_file(conn, "a.lse", SHA, 1, "lse", NOW_S)
    assert queue.take_file(conn, "a.lse", SHA, 1, "lse", NOW_S + 9) == first
    assert (first.state, first.checkpoint, first.counts) == (LOADING, 0, {})
    other = queue.take_file(conn, "b.lse", SHA, 1, "lse", NOW_S)
    changed = queue.take_file(conn, "a.lse", "cd" * 32, 1, "lse", NOW_S)
    assert len({first.id, other.id, changed.id}) == 3


def test_how_far_a_file_is_loaded_is_remembered(conn: Conn) -> None:
    taken = queue.take_file(conn, "a.lse", SHA, 1, "lse", NOW_S)
    queue.checkpoint(conn, taken.id, 4096, {"created": 3})
    again = queue.take_file(conn, "a.lse", SHA, 1, "lse", NOW_S)
    assert (again.checkpoint, again.counts) == (4096, {"created": 3})
    queue.finish(conn, taken.id, LOADED, NOW_S + 5, {"created": 7})
    done = queue.file(conn, taken.id)
    assert (done.state, done.finished_s, done.counts) == (LOADED, NOW_S + 5, {"created": 7})


def test_files_are_listed_last_first(conn: Conn) -> None:
    for number, (utility, state) in enumerate(((1, LOADED), (2, LOADED), (1, REFUSED))):
        taken = queue.take_file(conn, f"{number}.lse", SHA, utility, "lse", NOW_S)
        queue.finish(conn, taken.id, state, NOW_S, {})
    assert [file.name for file in queue.files(conn)] == ["2.lse", "1.lse", "0.lse"]
    assert [file.name for file in queue.files(conn, utility_id=1)] == ["2.lse", "0.lse"]
    assert [file.name for file in queue.files(conn, utility_id=1, state=LOADED)] == ["0.lse"]
    assert len(queue.files(conn, limit=1)) == 1


def test_an_unknown_file_is_not_found(conn: Conn) -> None:
    with pytest.raises(NotFound):
        queue.file(conn, 1)


def test_refused_blocks_come_back_by_row(conn: Conn) -> None:
    rows = [RefusedBlock(number, "03", "10443720000000001", "4", "20250101000000", "95 of 96") for number in (9, 2)]
    queue.refuse_blocks(conn, 1, rows)
    queue.refuse_blocks(conn, 1, [])
    assert queue.refused(conn, 1) == [rows[1], rows[0]]
    assert queue.refused(conn, 2) == []


def test_parked_blocks_wait_for_their_meter_once_each(conn: Conn) -> None:
    waiting = [_parked(number) for number in range(1, 401)]
    queue.park_blocks(conn, waiting)
    queue.park_blocks(conn, [*waiting, _parked(500, "10443720000000002")])
    assert queue.parked(conn, 1, "10443720000000001") == waiting
    assert queue.parked_esiids(conn, 1) == ["10443720000000001", "10443720000000002"]
    queue.unpark(conn, waiting)
    assert queue.parked(conn, 1, "10443720000000001") == []
    assert queue.parked_esiids(conn, 1) == ["10443720000000002"]


def test_a_file_that_another_process_loads_on_is_let_go(each_database: Database) -> None:
    with each_database.write() as conn:
        file = queue.take_file(conn, "a.lse", SHA, 1, "lse", NOW_S)
    with each_database.write() as conn:
        queue.hold(conn, file, 0)
        queue.checkpoint(conn, file.id, 100, {})
    with each_database.write() as conn:
        queue.hold(conn, file, 100)
        with pytest.raises(Conflict):
            queue.hold(conn, file, 0)
        queue.finish(conn, file.id, queue.LOADED, NOW_S, {})
        with pytest.raises(Conflict):
            queue.hold(conn, file, 100)


def test_two_processes_that_take_a_file_at_once_have_the_same(postgresql_database: Database) -> None:
    def take() -> queue.ReceivedFile:
        with postgresql_database.write() as conn:
            return queue.take_file(conn, "a.lse", SHA, 1, "lse", NOW_S)

    with ThreadPoolExecutor(1) as other:
        with postgresql_database.write() as conn:
            mine = queue.take_file(conn, "a.lse", SHA, 1, "lse", NOW_S)
            theirs = other.submit(take)
            time.sleep(0.1)
        assert theirs.result() == mine
