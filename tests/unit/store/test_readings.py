from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy import event

from espi.clock import parse_day, zone
from espi.day import ABSENT, ESTIMATED_QUALITY, DayColumns
from espi.store import readings
from espi.store.database import Conn, Database
from espi.store.readings import RegisterRead
from tests import factories
from tests.factories import NOW_S, TODAY


@pytest.fixture
def point(conn: Conn) -> int:
    return factories.usage_point(conn, factories.utility(conn))


def test_days_come_back_as_they_were_put_on_both_days_of_the_change_of_clocks(conn: Conn, point: int) -> None:
    spring, autumn = parse_day("2025-03-09"), parse_day("2025-11-02")
    put = [factories.block(point, day) for day in (spring - 1, spring, autumn)]
    readings.put_blocks(conn, put, file_id=7, now_s=NOW_S)
    reach = factories.reach_of((point, spring - 1, autumn + 1))
    found = list(readings.blocks(conn, reach, point, 4, spring - 1, autumn + 1))
    assert [len(day.values) for day in found] == [96, 92, 100]
    for before, after in zip(put, found, strict=True):
        assert np.array_equal(before.values, after.values)
        assert np.array_equal(before.qualities, after.qualities)
        assert (before.start_s, before.sent_s, after.published_s) == (after.start_s, after.sent_s, NOW_S)


def test_a_gap_is_kept_as_a_gap_and_counts_for_nothing(conn: Conn, point: int) -> None:
    day = factories.block(point, TODAY, values=[5, 777, 6], qualities=[17, ABSENT, ESTIMATED_QUALITY])
    readings.put_blocks(conn, [day], file_id=1, now_s=NOW_S)
    reach = factories.reach_of((point, TODAY, TODAY + 1))
    (total,) = readings.day_totals(conn, reach, point, 4, TODAY, TODAY + 1)
    assert (total.total, total.estimated, total.absent, total.count, total.length_s) == (11, 1, 1, 3, 2700)
    (found,) = readings.blocks(conn, reach, point, 4, TODAY, TODAY + 1)
    assert found.values.tolist() == [5, 0, 6]


def test_days_come_in_order_within_the_period_and_within_reach_only(conn: Conn, point: int) -> None:
    factories.fill(conn, point, TODAY - 100, TODAY)
    spans = (point, TODAY - 90, TODAY - 80), (point, TODAY - 85, TODAY - 70), (point, TODAY - 10, TODAY + 10)
    found = [day.day for day in readings.blocks(conn, factories.reach_of(*spans), point, 4, TODAY - 88, TODAY - 5)]
    assert found == [*range(TODAY - 88, TODAY - 70), *range(TODAY - 10, TODAY - 5)]


def test_another_channel_and_another_usage_point_do_not_mix_in(conn: Conn, point: int) -> None:
    factories.fill(conn, point, TODAY, TODAY + 1)
    factories.fill(conn, point, TODAY, TODAY + 1, channel=1)
    factories.fill(conn, factories.usage_point(conn, 1), TODAY, TODAY + 1)
    reach = factories.reach_of((point, TODAY, TODAY + 1))
    assert len(list(readings.blocks(conn, reach, point, 4, TODAY, TODAY + 1))) == 1
    assert list(readings.blocks(conn, reach, point + 1, 4, TODAY, TODAY + 1)) == []


def _days(points: range, days: range) -> DayColumns:
    """Days of many usage points, all of the same readings."""
    keys = np.array([(point, day) for point in points for day in days])
    local = zone(factories.ZONE)
    alike = {
        "channel": 4, "interval_s": 900, "count": 96, "first": 0, "total": 4560, "estimated": 0, "absent": 0,
        "sent_s": NOW_S,
    }  # fmt: skip
    return DayColumns(
        **{name: np.full(len(keys), value) for name, value in alike.items()},
        usage_point_id=keys[:, 0],
        day=keys[:, 1],
        start_s=np.array([local.day_start_s(day) for _, day in keys.tolist()]),
        values=np.arange(96),
        codes=np.full(96, 17, np.uint8),
    )


@pytest.mark.parametrize(("points", "days"), [(range(1, 201), range(100, 103)), (range(1, 4), range(100, 400))])
def test_columns_of_numpy_go_in_and_are_known_the_second_time(conn: Conn, points: range, days: range) -> None:
    put = _days(points, days)
    first = readings.put_days(conn, put, file_id=1, now_s=NOW_S)
    assert sorted(first.created) == list(range(len(put)))
    again = readings.put_days(conn, put, file_id=2, now_s=NOW_S)
    assert sorted(again.unchanged) == list(range(len(put)))
    assert [again.created, again.replaced, again.merged, again.older] == [[], [], [], []]


def test_nothing_put_is_nothing_done(conn: Conn) -> None:
    assert not readings.put_blocks(conn, [], file_id=1, now_s=NOW_S).created


def _plans(conn: Conn, point: int) -> Iterator[str]:
    """How the database finds what the reads of a year ask for."""
    asked: list[tuple[str, object]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        asked.append((statement, parameters))

    event.listen(conn.engine, "before_cursor_execute", note)
    reach = factories.reach_of_utility(1)
    assert len(list(readings.packed_blocks(conn, reach, point, 4, TODAY - 365, TODAY))) == 365
    assert len(list(readings.day_totals(conn, reach, point, 4, TODAY - 365, TODAY))) == 365
    readings.versions(conn, reach, point, 4, TODAY - 1)
    readings.register_reads(conn, reach, point, 3004, TODAY - 365, TODAY)
    event.remove(conn.engine, "before_cursor_execute", note)
    for statement, parameters in asked:
        for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):  # type: ignore[arg-type]
            yield row.detail


@pytest.mark.sqlite
def test_a_year_of_a_meter_is_looked_up_by_the_primary_key(conn: Conn, point: int) -> None:
    factories.fill(conn, point, TODAY - 365, TODAY)
    plans = [plan for plan in _plans(conn, point) if "day_block" in plan or "found" in plan or "register" in plan]
    assert plans
    assert all("USING PRIMARY KEY (day=? AND usage_point_id=?" in plan or "USING INDEX" in plan for plan in plans)
    assert not any("SCAN" in plan for plan in plans)


@pytest.mark.sqlite
def test_a_year_among_many_meters_is_read_at_once(database: Database) -> None:
    """Told by the number of steps, not by a clock: a hundred other meters add none to speak of."""
    with database.write() as conn:
        readings.put_days(conn, _days(range(1, 102), range(TODAY - 365, TODAY)), file_id=1, now_s=NOW_S)
    with database.read() as conn:
        driver = conn.connection.driver_connection
        steps = 0

        def step() -> int:
            nonlocal steps
            steps += 1
            return 0

        assert driver is not None
        driver.set_progress_handler(step, 100)
        reach = factories.reach_of((50, TODAY - 365, TODAY))
        assert len(list(readings.packed_blocks(conn, reach, 50, 4, TODAY - 365, TODAY))) == 365
        driver.set_progress_handler(None, 0)
    assert steps * 100 < 365 * 100, "some dozens of steps of SQLite's machine a day"


def test_a_register_read_of_the_same_day_is_replaced_by_a_later_one_only(conn: Conn, point: int) -> None:
    def put(read_s: int, value: int, now_s: int) -> None:
        readings.put_register_reads(conn, [RegisterRead(TODAY, point, 3004, read_s, value, 17)], now_s=now_s)

    put(100, 5, NOW_S)
    put(90, 4, NOW_S + 1)
    put(100, 5, NOW_S + 2)
    (read,) = readings.register_reads(conn, factories.reach_of_utility(1), point, 3004, TODAY, TODAY + 1)
    assert (read.value, read.updated_s) == (5, NOW_S)
    put(110, 6, NOW_S + 3)
    (read,) = readings.register_reads(conn, factories.reach_of_utility(1), point, 3004, TODAY, TODAY + 1)
    assert (read.value, read.published_s, read.updated_s) == (6, NOW_S, NOW_S + 3)


def test_a_summary_is_shown_only_to_those_who_may_see_all_its_days(conn: Conn, point: int) -> None:
    readings.put_usage_summary(conn, point, TODAY - 60, TODAY - 30, {"currency": 840}, now_s=NOW_S)
    whole, part = (factories.reach_of((point, TODAY - first, TODAY)) for first in (60, 59))
    (summary,) = readings.usage_summaries(conn, whole, point, TODAY - 40, TODAY)
    assert (summary.content, summary.updated_s) == ({"currency": 840}, NOW_S)
    assert readings.usage_summaries(conn, part, point, TODAY - 40, TODAY) == []
    assert readings.usage_summaries(conn, whole, point, TODAY - 30, TODAY) == []


def test_several_summaries_of_the_same_days_are_kept_apart(conn: Conn, point: int) -> None:
    for number in (0, 1):
        readings.put_usage_summary(conn, point, TODAY - 30, TODAY, {"a": number}, now_s=NOW_S, number=number)
    found = readings.usage_summaries(conn, factories.reach_of_utility(1), point, TODAY - 30, TODAY)
    assert [(one.number, one.content) for one in found] == [(0, {"a": 0}), (1, {"a": 1})]
    assert len({one.uuid for one in found} | {one.path_id for one in found}) == 4


def test_a_summary_that_says_the_same_again_does_not_count_as_updated(conn: Conn, point: int) -> None:
    for later, content in enumerate(({"a": 1}, {"a": 1}, {"a": 2})):
        readings.put_power_quality(conn, point, TODAY - 9, TODAY, content, now_s=NOW_S + later)
    (summary,) = readings.power_quality(conn, factories.reach_of_utility(1), point, TODAY - 9, TODAY)
    assert (summary.content, summary.published_s, summary.updated_s) == ({"a": 2}, NOW_S, NOW_S + 2)
