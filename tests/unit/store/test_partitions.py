"""On PostgreSQL the readings of each month lie in a partition of their own, made when the first of them comes."""

from __future__ import annotations

import threading

from espi.clock import month_start, next_month, parse_day
from espi.store import partitions, readings
from espi.store.database import Database
from espi.store.tables import day_block
from tests import factories
from tests.factories import NOW_S, TODAY


def _months(database: Database) -> dict[str, list[int]]:
    with database.read() as conn:
        return {table.name: partitions.months_there(conn, table) for table in partitions.partitioned()}


def test_a_month_is_there_when_its_first_day_comes(postgresql_database: Database) -> None:
    first, second = month_start(TODAY), next_month(TODAY)
    days = [second - 1, second, first]
    with postgresql_database.write() as conn:
        point = factories.usage_point(conn, factories.utility(conn))
        readings.put_blocks(conn, [factories.block(point, day) for day in days], file_id=1, now_s=NOW_S)
        rows = conn.exec_driver_sql("SELECT tableoid::regclass::text, day FROM day_block ORDER BY day").fetchall()
    assert [tuple(row) for row in rows] == [
        ("day_block_2025_06", first),
        ("day_block_2025_06", second - 1),
        ("day_block_2025_07", second),
    ]
    for months in _months(postgresql_database).values():
        assert {first, second} <= set(months)


def test_several_may_make_the_same_months_at_once(postgresql_database: Database) -> None:
    days = [parse_day(f"20{year}-02-03") for year in (17, 18, 19)]
    both = threading.Barrier(2)
    nodes = [Database(str(postgresql_database.url)) for _ in range(2)]

    def load(node: Database) -> None:
        with node.write() as conn:
            conn.exec_driver_sql("SELECT count(*) FROM day_block")
            both.wait()
            partitions.ensure(conn, days)

    threads = [threading.Thread(target=load, args=(node,)) for node in nodes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    for node in nodes:
        node.close()
    assert set(map(month_start, days)) <= set(_months(postgresql_database)["day_block_version"])


def test_a_month_that_was_dropped_is_made_anew(postgresql_database: Database) -> None:
    month = parse_day("2018-05-01")
    for rows in (2, 1):
        with postgresql_database.write() as conn:
            partitions.ensure(conn, [month])
            point = factories.count()
            put = [factories.block(point, month + nth) for nth in range(rows)]
            readings.put_blocks(conn, put, file_id=1, now_s=NOW_S)
        with postgresql_database.write() as conn:
            partitions.drop_partition(conn, day_block, month)
            assert conn.exec_driver_sql("SELECT count(*) FROM day_block").scalar() == 0


def test_sqlite_has_none(sqlite_database: Database) -> None:
    with sqlite_database.write() as conn:
        partitions.ensure(conn, [TODAY])
    assert all(months == [] for months in _months(sqlite_database).values())
