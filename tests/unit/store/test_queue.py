from __future__ import annotations

import pytest

from espi.errors import NotFound
from espi.store import queue
from espi.store.database import Conn
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
