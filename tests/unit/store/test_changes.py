from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espi.store import changes, queue, readings
from espi.store.changes import Change
from espi.store.database import Conn, Database
from espi.store.reach import Reach
from tests import databases, factories
from tests.factories import NOW_S, TODAY

Day = tuple[int, int]


@dataclass
class World:
    """A utility with three usage points, and files that come in, each step in a transaction of its own."""

    database: Database
    utility: int
    points: list[int]
    now_s: int = NOW_S
    files: list[int] = field(default_factory=list)

    def begin(self) -> int:
        self.now_s += 10
        with self.database.write() as conn:
            name = f"file {len(self.files)}"
            self.files.append(queue.take_file(conn, name, "ab" * 32, self.utility, "lse", self.now_s).id)
        return self.files[-1]

    def put(self, file_id: int, days: Iterable[Day], *, wh: int = 0) -> None:
        self.now_s += 10
        values = [wh or self.now_s % 9999] * 96
        blocks = [factories.block(self.points[point], day, values=values, sent_s=self.now_s) for point, day in days]
        with self.database.write() as conn:
            readings.put_blocks(conn, blocks, file_id=file_id, now_s=self.now_s)

    def finish(self, file_id: int, days: Iterable[Day]) -> None:
        self.now_s += 10
        with self.database.write() as conn:
            queue.finish(conn, file_id, queue.LOADED, self.now_s, {}, {day for _, day in days})

    def load(self, *days: Day, wh: int = 0) -> int:
        file_id = self.begin()
        self.put(file_id, days, wh=wh)
        self.finish(file_id, days)
        return file_id

    def poll(self, after: int = 0, limit: int = 2, reach: Reach | None = None) -> tuple[list[Change], int]:
        seen: list[Change] = []
        with self.database.read() as conn:
            more = True
            while more:
                page = changes.changes(conn, reach or factories.reach_of_utility(self.utility), after, limit)
                assert len(page.rows) <= limit
                assert page.next >= after
                assert all(after < row.cursor <= page.next for row in page.rows)
                seen, after, more = seen + page.rows, page.next, page.more
        return seen, after


def _world(database: Database) -> World:
    with database.write() as conn:
        utility = factories.utility(conn)
        points = [factories.usage_point(conn, utility) for _ in range(3)]
    return World(database, utility, points)


@pytest.fixture
def world(database: Database) -> World:
    return _world(database)


def _days(world: World, seen: list[Change]) -> list[tuple[int, int, int]]:
    return [(world.points.index(row.usage_point_id), row.day - TODAY, row.revision) for row in seen]


def test_what_a_file_brings_is_seen_once_and_a_correction_again(world: World) -> None:
    assert world.poll() == ([], 0)
    world.load((0, TODAY), (1, TODAY), (0, TODAY - 1), (2, TODAY))
    seen, after = world.poll()
    assert _days(world, seen) == [(0, -1, 1), (0, 0, 1), (1, 0, 1), (2, 0, 1)]
    assert not any(row.corrected for row in seen)
    assert world.poll(after) == ([], after)
    world.load((1, TODAY))
    seen, after = world.poll(after)
    assert _days(world, seen) == [(1, 0, 2)]
    assert seen[0].corrected
    with world.database.read() as conn:
        assert changes.newest(conn) == after


def test_a_change_has_the_numbers_of_its_addresses(world: World) -> None:
    world.load((0, TODAY))
    (row,), _ = world.poll()
    assert row.usage_point >= 10**14
    assert row.channel >= 10**14
    assert row.updated_s == world.now_s - 10


def test_what_says_nothing_new_is_no_change(world: World) -> None:
    world.load((0, TODAY), wh=7)
    _, after = world.poll()
    world.load((0, TODAY), wh=7)
    assert world.poll(after)[0] == []


def test_only_days_within_reach_are_seen_and_each_once(world: World) -> None:
    world.load((0, TODAY), (0, TODAY - 1), (1, TODAY))
    point = world.points[0]
    reach = factories.reach_of((point, TODAY, TODAY + 1), (point, TODAY - 9, TODAY - 1), (point, TODAY, TODAY + 9))
    assert _days(world, world.poll(reach=reach)[0]) == [(0, 0, 1)]


def test_a_page_is_never_longer_than_its_limit_but_for_one_usage_point(world: World) -> None:
    days = [(point, TODAY - day) for point in (0, 1) for day in range(200)]
    world.load(*days)
    with world.database.read() as conn:
        page = changes.changes(conn, factories.reach_of_utility(world.utility), 0, 1)
    assert 1 <= len(page.rows) <= -(-200 // 64)
    seen, _ = world.poll(limit=10)
    assert sorted(_days(world, seen)) == sorted((point, day - TODAY, 1) for point, day in days)


def test_a_file_that_is_not_finished_yet_is_not_seen_and_hides_nothing_for_good(world: World) -> None:
    slow = world.begin()
    world.put(slow, [(0, TODAY), (1, TODAY)])
    world.load((1, TODAY))
    seen, after = world.poll()
    assert _days(world, seen) == [(1, 0, 2)], "of the later file, which is finished"
    world.finish(slow, [(0, TODAY), (1, TODAY)])
    seen, _ = world.poll(after)
    assert _days(world, seen) == [(0, 0, 1)]


STEPS = st.lists(
    st.tuples(st.sampled_from(["begin", "put", "put", "finish", "poll"]), st.integers(0, 5), st.integers(0, 8)),
    max_size=40,
)


@pytest.mark.parametrize("few", [0, 5000])
def test_it_makes_no_difference_whether_the_reach_is_of_few_or_of_many(
    world: World, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(changes, "FEW", few)
    monkeypatch.setattr(changes, "ROWS_A_QUERY", 2)
    monkeypatch.setattr(changes, "POINTS_A_QUERY", 1)
    world.load(*((point, TODAY - day) for point in range(3) for day in range(2)))
    world.load((1, TODAY), (2, TODAY))
    reach = factories.reach_of((world.points[0], TODAY, TODAY + 1), (world.points[2], TODAY - 5, TODAY + 1))
    for limit in (1, 2, 5):
        seen, _ = world.poll(limit=limit, reach=reach)
        assert _days(world, seen) == [(2, -1, 1), (0, 0, 1), (2, 0, 2)]


@pytest.fixture(scope="module")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a database that is emptied for each example."""
    return tmp_path_factory.mktemp("changes")


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, limit=st.integers(1, 4))
def test_whatever_the_order_of_loads_and_polls_each_change_is_seen_once(
    own_folder: Path, steps: list[tuple[str, int, int]], limit: int
) -> None:
    world = _world(databases.empty(own_folder))
    open_files: dict[int, set[Day]] = {}
    seen: list[Change] = []
    after = 0
    for step, which, where in steps:
        file_id = sorted(open_files)[which % len(open_files)] if open_files else None
        if step == "begin":
            open_files[world.begin()] = set()
        elif step == "put" and file_id is not None:
            day = (where % 3, TODAY - where // 3)
            open_files[file_id].add(day)
            world.put(file_id, [day])
        elif step == "finish" and file_id is not None:
            world.finish(file_id, open_files.pop(file_id))
        elif step == "poll":
            rows, after = world.poll(after, limit)
            seen += rows
    for file_id, days in open_files.items():
        world.finish(file_id, days)
    seen += world.poll(after, limit)[0]
    told = [(row.usage_point_id, row.day, row.revision) for row in seen]
    assert len(told) == len(set(told))
    with world.database.read() as conn:
        assert {(point, day): revision for point, day, revision in told} == _in_force(conn, world)
    world.database.close()


def _in_force(conn: Conn, world: World) -> dict[Day, int]:
    reach = factories.reach_of_utility(world.utility)
    return {
        (block.usage_point_id, block.day): block.revision
        for point in world.points
        for block in readings.blocks(conn, reach, point, 4, TODAY - 9, TODAY + 1)
    }
