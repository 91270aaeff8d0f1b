"""Two loaders that store the same day at the same moment on a server lose nothing, whoever comes first.

Both read what is there before either may write: a lock on the whole table holds them there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from espi.clock import month_start
from espi.day import ACTUAL_QUALITY, ESTIMATED_QUALITY
from espi.store import claims, months, readings
from espi.store.database import Database
from tests import databases, factories
from tests.factories import NOW_S, TODAY

A, E = ACTUAL_QUALITY, ESTIMATED_QUALITY
DAY = TODAY - 80
FEW, MANY = 2, 80
"""So many meters are written by other statements than so many."""

Day = tuple[Sequence[int], int, int]
"""What a file says of a day: values, quality, and when it was sent."""

FIRST: Day = ([1, 2, 3, 4], E, 10)
SAME: Day = ([1, 2, 3, 4], E, 40)
LATER: Day = ([5, 6, 7, 8], E, 30)
ACTUAL: Day = ([5, 6, 7, 8], A, 20)
OTHER: Day = ([9, 9, 9, 9], A, 25)
OLDER: Day = ([7, 7, 7, 7], E, 5)
OLDER_AGAIN: Day = ([7, 7, 7, 7], E, 7)
BEATEN = OLDER, OLDER_AGAIN


class Meters:
    """Meters, each of which has the same days come in."""

    def __init__(self, database: Database, count: int) -> None:
        self.database = database
        self.files = 0
        with database.write() as conn:
            utility = factories.utility(conn, name=f"Utility {factories.count()}", duns=f"{factories.count():09d}")
            self.points = [factories.usage_point(conn, utility, channels=()) for _ in range(count)]

    def receive(self, day: Day) -> int:
        """Take a day in, once more for each clash, as loaders do; how often that was."""
        self.files += 1
        number, (values, quality, sent_s), clashes = self.files, day, 0
        blocks = [factories.block(point, DAY, values=values, qualities=quality, sent_s=sent_s) for point in self.points]
        while True:
            try:
                with self.database.write() as conn:
                    readings.put_blocks(conn, blocks, file_id=number, now_s=NOW_S + number)
            except Exception as err:
                if not claims.is_clash(err) or clashes:
                    raise
                clashes += 1
            else:
                return clashes

    @property
    def said(self) -> list[tuple[list[int], int, list[list[int]]]]:
        """What is known of each day: the values in force, when they were sent, and the values of all versions."""
        found = []
        with self.database.read() as conn:
            for point in self.points:
                reach = factories.reach_of((point, DAY, DAY + 1))
                versions = readings.versions(conn, reach, point, 4, DAY)
                now = versions[-1].block
                assert [version.block.revision for version in versions if version.block.revision] == list(
                    range(1, now.revision + 1)
                )
                every = sorted(version.block.values.tolist() for version in versions if version.received)
                found.append((now.values.tolist(), now.sent_s, every))
        return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database on a server that several write to at once: the cluster, if the run is for it, else PostgreSQL."""
    home = tmp_path_factory.mktemp("server")
    place = databases.place("citus" if databases.chosen() == "citus" else "postgresql")
    place.empty(home)
    opened = Database(place.url(home))
    yield opened
    opened.close()


def _waiting(database: Database) -> int:
    activity = "citus_stat_activity" if databases.chosen() == "citus" else "pg_stat_activity"
    where = "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    query = text(f"SELECT count(*) FROM {activity} {where}")  # noqa: S608 - no input in it
    with database.read() as conn:
        return int(conn.scalar(query) or 0)


@contextmanager
def _nobody_writes(database: Database, tables: str) -> Iterator[Callable[[int], None]]:
    """While the block runs others may read tables and not write them. Gives what waits until so many want to."""

    def until(count: int) -> None:
        ends = time.monotonic() + 10
        while _waiting(database) < count:
            assert time.monotonic() < ends, "nobody waits to write"
            time.sleep(0.005)

    with database.write() as conn:
        conn.exec_driver_sql(f"LOCK TABLE {tables} IN SHARE MODE")
        yield until


def _at_once(meters: Meters, days: Sequence[Day]) -> int:
    """Take days in so that each loader has read what is there before any has written; how often they clashed."""
    tables = "day_block, day_block_version" if days[0] in BEATEN else "day_block"
    with ThreadPoolExecutor(len(days)) as loaders:
        told: list[Future[int]] = []
        with _nobody_writes(meters.database, tables) as until:
            for day in days:
                told.append(loaders.submit(meters.receive, day))
                until(len(told))
        return sum(each.result() for each in told)


CASES = {
    "the same, and a replacement": (FIRST, (SAME, ACTUAL)),
    "the same, and one that was sent earlier": (FIRST, (SAME, LATER)),
    "two replacements": (FIRST, (ACTUAL, OTHER)),
    "one that is beaten, and a replacement": (FIRST, (OLDER, ACTUAL)),
    "the same beaten one twice": (FIRST, (OLDER, OLDER_AGAIN)),
    "two that are new": (None, (FIRST, ACTUAL)),
    "two that are new and the same": (None, (FIRST, SAME)),
}


@pytest.mark.parametrize(("turned", "count"), [(False, MANY), (True, FEW)])
@pytest.mark.parametrize("name", CASES)
def test_two_loaders_at_once_do_as_one_after_the_other(
    server: Database, name: str, *, turned: bool, count: int
) -> None:
    there, both = CASES[name]
    both = both[::-1] if turned else both
    at_once = Meters(server, count)
    if there:
        at_once.receive(there)
    clashes = _at_once(at_once, both)
    in_turn = []
    for order in (both, both[::-1]):
        meter = Meters(server, 1)
        for day in (*([there] if there else []), *order):
            meter.receive(day)
        in_turn += meter.said
    assert all(said in in_turn for said in at_once.said)
    assert clashes <= (there is None)


def test_two_loaders_at_once_open_a_closed_month_once(server: Database) -> None:
    meters = Meters(server, FEW)
    meters.receive(FIRST)
    months.compact_month(server, month_start(DAY), now_s=NOW_S + 30 * 86400)
    assert _at_once(meters, [ACTUAL, OTHER]) == 1
    assert meters.said == [([9, 9, 9, 9], 25, [[1, 2, 3, 4], [5, 6, 7, 8], [9, 9, 9, 9]])] * FEW


def _both(database: Database, *steps: Sequence[str]) -> list[DBAPIError]:
    """Two transactions side by side, each of which takes its second step when both have taken the first."""
    begun = Barrier(len(steps), timeout=10)

    def run(first: str, second: str) -> DBAPIError | None:
        try:
            with database.write() as conn:
                conn.exec_driver_sql(first)
                begun.wait()
                conn.exec_driver_sql(second)
        except DBAPIError as err:
            return err
        return None

    with ThreadPoolExecutor(len(steps)) as pool:
        return [err for err in pool.map(run, *zip(*steps, strict=True)) if err]


def test_who_is_ended_because_two_wait_for_each_other_is_told_to_try_again(server: Database) -> None:
    change = "UPDATE usage_point SET published_s = 1 WHERE id = {}"
    one, other = (change.format(point) for point in Meters(server, FEW).points)
    (error,) = _both(server, (one, other), (other, one))
    assert claims.is_clash(error)


def test_who_cannot_have_been_first_is_told_to_try_again(postgresql_database: Database) -> None:
    begin = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM deployment"
    change = "UPDATE usage_point SET published_s = published_s + 1"
    Meters(postgresql_database, 1)
    (error,) = _both(postgresql_database, (begin, change), (begin, change))
    assert claims.is_clash(error)


def test_what_is_wrong_in_itself_is_no_clash(server: Database) -> None:
    with pytest.raises(DBAPIError) as told, server.write() as conn:
        conn.exec_driver_sql("SELECT 1 FROM nothing")
    assert not claims.is_clash(told.value)
    assert not claims.is_outage(told.value)
