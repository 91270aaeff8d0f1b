"""What is too old goes, for each utility by itself, to the day; what a legal hold is on stays, and all is on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select

from espi.clock import DAY_S, month_start, parse_day
from espi.config import Settings
from espi.intake import retention
from espi.intake.check import first_kept_day
from espi.intake.retention import expire
from espi.store import audit, expiry, holds, months, partitions, queue, readings, vee
from espi.store.database import Conn, Database
from espi.store.month_form import NAMES, Month, decode
from espi.store.queue import ParkedBlock
from espi.store.readings import RegisterRead, put_blocks
from espi.store.tables import METADATA, day_block, month_block
from espi.store.tables import audit as audit_table
from tests import factories
from tests.factories import NOW_S, TODAY

FIRST = parse_day("2018-06-15")
"""The first day kept, seven years before the present of the factories."""

OLD = month_start(FIRST - 40)


def fill(database: Database, point: int, days: Sequence[int]) -> None:
    with database.write() as conn:
        put_blocks(conn, [factories.block(point, day) for day in days], file_id=1, now_s=NOW_S - 100 * DAY_S)


def days(conn: Conn, point: int) -> list[int]:
    """The days of a usage point that are there, in whichever form."""
    found = set(conn.scalars(select(day_block.c.day).where(day_block.c.usage_point_id == point)))
    rows = [Month(*row) for row in conn.execute(select(month_block).where(month_block.c.usage_point_id == point))]
    found |= {row[NAMES.index("day")] for row in decode(rows)}
    return sorted(found)


def compacted(database: Database, day: int) -> None:
    assert months.compact_month(database, month_start(day), now_s=NOW_S).days


@pytest.fixture
def points(database: Database) -> list[int]:
    """A usage point of each of two utilities."""
    with database.write() as conn:
        first, second = factories.utility(conn), factories.utility(conn, "Panhandle Lines", "1039940674001")
        return [factories.usage_point(conn, utility) for utility in (first, second)]


def test_old_days_go_and_the_oldest_kept_day_stays(database: Database, settings: Settings, points: list[int]) -> None:
    fill(database, points[0], [FIRST - 1, FIRST, TODAY - 1])
    dry = expire(database, settings=settings, dry_run=True)
    assert dry.rows["day_block"] == 1
    assert "kept_from=2018-06-15 dry_run=1 day_block=1" in dry.summary
    with database.read() as conn:
        assert days(conn, points[0]) == [FIRST - 1, FIRST, TODAY - 1]
    assert retention.verify(database, settings=settings)
    done = expire(database, settings=settings)
    assert (done.rows["day_block"], done.left) == (1, {})
    with database.read() as conn:
        assert days(conn, points[0]) == [FIRST, TODAY - 1]
    assert expire(database, settings=replace(settings, retention_years=1)).rows["day_block"] == 1


def test_old_rows_go_from_every_table_that_is_kept_for_a_time(
    database: Database, settings: Settings, points: list[int]
) -> None:
    with database.write() as conn:
        point = points[0]
        for day in (FIRST - 1, FIRST):
            put_blocks(conn, [factories.block(point, day, values=[1])], file_id=1, now_s=NOW_S)
            put_blocks(conn, [factories.block(point, day, values=[2])], file_id=1, now_s=NOW_S)
            readings.put_register_reads(conn, [RegisterRead(day, point, 3004, day, 5, 17)], now_s=NOW_S)
            readings.put_usage_summary(conn, point, day, day + 30, {}, now_s=NOW_S)
            readings.put_power_quality(conn, point, day, day + 30, {}, now_s=NOW_S)
            queue.park_blocks(conn, [ParkedBlock(1, day, 1, "10443720000000000", 4, day, NOW_S, b"1", b"1", 1)])
            vee.put_results(conn, [vee.Result(day, point, 4, 8, 1, None, NOW_S)])
    kept_for_a_time = {name for name, table in METADATA.tables.items() if table.info["keep"] is not None}
    gone = expire(database, settings=settings)
    assert set(gone.rows) == kept_for_a_time
    assert {name for name, rows in gone.rows.items() if rows != 1} == {"completeness", "month_block"}
    assert gone.left == {}


@pytest.mark.parametrize("closed", [False, True], ids=["rows_of_days", "rows_of_months"])
def test_each_utility_has_its_own_years(
    database: Database, settings: Settings, points: list[int], *, closed: bool
) -> None:
    years = 6
    later = parse_day("2019-06-15")
    for point in points:
        fill(database, point, [OLD, FIRST - 1, FIRST, later - 1, later])
    if closed:
        for day in (OLD, FIRST, later):
            compacted(database, day)
    with database.write() as conn:
        expiry.set_retention(conn, 2, years)
    done = expire(database, settings=settings)
    with database.read() as conn:
        assert days(conn, points[0]) == [FIRST, later - 1, later]
        assert days(conn, points[1]) == [later]
    assert done.left == {}
    assert any("Panhandle Lines: kept from 2019-06-15" in line for line in done.report)


@pytest.mark.parametrize("closed", [False, True], ids=["rows_of_days", "rows_of_months"])
def test_what_is_held_stays_and_can_be_read_until_it_is_released(
    database: Database, settings: Settings, points: list[int], *, closed: bool
) -> None:
    filled = [OLD, OLD + 1, OLD + 2, FIRST - 2, FIRST - 1, FIRST]
    for point in points:
        fill(database, point, filled)
    if closed:
        compacted(database, OLD)
        compacted(database, FIRST)
    with database.write() as conn:
        held = holds.add_hold(
            conn, 1, OLD + 1, FIRST - 1, "case 7", by="counsel", now_s=NOW_S, usage_point_id=points[0]
        )
    done = expire(database, settings=settings)
    assert done.left == {}
    with database.read() as conn:
        assert days(conn, points[0]) == [OLD + 1, OLD + 2, FIRST - 2, FIRST]
        assert days(conn, points[1]) == [FIRST]
    assert not expire(database, settings=settings).gone.cut
    with database.write() as conn:
        holds.end_hold(conn, held, by="counsel", now_s=NOW_S)
    assert retention.verify(database, settings=settings)
    expire(database, settings=settings)
    with database.read() as conn:
        assert days(conn, points[0]) == [FIRST]
        assert holds.holds(conn) == []
        assert [hold.released_by for hold in holds.holds(conn, released=True)] == ["counsel"]


def test_a_hold_of_a_utility_is_on_all_it_has_and_on_nobody_elses(
    database: Database, settings: Settings, points: list[int]
) -> None:
    for point in points:
        fill(database, point, [OLD, FIRST])
    with database.write() as conn:
        holds.add_hold(conn, 2, OLD, OLD + 1, "an inquiry", by="the commission", now_s=NOW_S)
    expire(database, settings=settings)
    with database.read() as conn:
        assert [days(conn, point) for point in points] == [[FIRST], [OLD, FIRST]]


def test_the_record_tells_how_much_went_and_proves_what(
    database: Database, settings: Settings, points: list[int]
) -> None:
    fill(database, points[0], [FIRST - 2, FIRST - 1, FIRST])
    planned = expire(database, settings=settings, dry_run=True)
    done = expire(database, settings=settings)
    assert planned.gone.digest == done.gone.digest
    assert done.gone.digest != expire(database, settings=settings).gone.digest
    with database.read() as conn:
        query = select(audit_table.c.detail).where(audit_table.c.target.startswith("days before"))
        first = conn.scalars(query.order_by(audit_table.c.id)).first()
        assert audit.verify(conn) == []
    assert first is not None
    assert first["sha256"] == done.gone.digest
    assert first["rows"]["day_block"] == {"1": 2}


def test_a_month_that_is_over_for_all_goes_as_a_partition(postgresql_database: Database, settings: Settings) -> None:
    with postgresql_database.write() as conn:
        utility = factories.utility(conn)
        points = [factories.usage_point(conn, utility) for _ in range(2)]
    for point in points:
        fill(postgresql_database, point, [OLD - 5, OLD, OLD + 3, FIRST])
    with postgresql_database.write() as conn:
        holds.add_hold(conn, utility, OLD, OLD + 2, "case 9", by="counsel", now_s=NOW_S, usage_point_id=points[1])
    done = expire(postgresql_database, settings=settings)
    assert {f"day_block_{year}" for year in ("2018_04", "2018_05")} <= set(done.gone.partitions)
    with postgresql_database.read() as conn:
        assert [days(conn, point) for point in points] == [[FIRST], [OLD, FIRST]]
        assert OLD in partitions.months_there(conn, day_block)
        assert month_start(OLD - 5) not in partitions.months_there(conn, day_block)
    assert expire(postgresql_database, settings=settings).gone.partitions == []
    fill(postgresql_database, points[0], [OLD - 5])


def test_a_leap_day_counts_back_to_the_28th() -> None:
    assert first_kept_day(parse_day("2024-02-29"), 7) == parse_day("2017-02-28")
