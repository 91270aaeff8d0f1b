"""A month that is closed lies in one row a channel; whatever is asked of it or put into it, nobody can tell."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from espi.clock import DAY_S, month_start, next_month
from espi.day import ABSENT, ESTIMATED_QUALITY, DayBlock, DayColumns
from espi.store import month_form, months, readings
from espi.store.database import Conn, Database
from espi.store.tables import closed_month, day_block, month_block
from tests import factories
from tests.factories import NOW_S, TODAY

MONTH = month_start(TODAY - 150)
LONG_AGO_S = NOW_S - 90 * DAY_S


def _rows(conn: Conn) -> list[Any]:
    query = select(day_block).order_by(day_block.c.usage_point_id, day_block.c.channel, day_block.c.day)
    return [tuple(row) for row in conn.execute(query)]


def _count(conn: Conn, table: Any) -> int:
    return len(conn.execute(select(table)).fetchall())


def _put(database: Database, blocks: Sequence[DayBlock], *, now_s: int = LONG_AGO_S, file_id: int = 7) -> None:
    with database.write() as conn:
        readings.put_blocks(conn, blocks, file_id=file_id, now_s=now_s)


def _all_sorts(point: int) -> list[DayBlock]:
    """A month with gaps, estimates, costs, a day of hours, and one that is not there."""
    random = np.random.default_rng(point)
    found = []
    for day in range(MONTH, next_month(MONTH)):
        if day % 9 == 4:
            continue
        count = 24 if day % 11 == 3 else 96
        qualities = random.choice([17, ESTIMATED_QUALITY, ABSENT], count) if day % 5 == 0 else [17] * count
        block = factories.block(
            point,
            day,
            values=random.integers(0, 70_000 if day % 4 == 0 else 900, count),
            qualities=qualities,
            sent_s=NOW_S - 100 * DAY_S + day,
        )
        if day % 6 == 0:
            block = DayBlock(**{name: getattr(block, name) for name in block.__slots__} | {"costs": block.values * 3})
        found.append(block)
    return found


@pytest.fixture
def points(database: Database) -> list[int]:
    with database.write() as conn:
        utility = factories.utility(conn)
        return [factories.usage_point(conn, utility, channels=(4, 1)) for _ in range(3)]


def test_a_month_is_put_away_and_comes_back_to_the_letter(database: Database, points: list[int]) -> None:
    for point in points:
        _put(database, _all_sorts(point), file_id=point + 100)
        _put(database, [factories.block(point, MONTH + 3, channel=1)])
    _put(database, [factories.block(points[0], MONTH + 1, values=[1] * 96)], now_s=LONG_AGO_S + 5)
    with database.read() as conn:
        before = _rows(conn)
    done = months.compact_month(database, MONTH, now_s=NOW_S)
    assert (done.days, done.left) == (len(before), 0)
    with database.write() as conn:
        assert (_rows(conn), _count(conn, month_block)) == ([], 6)
        rows = month_form.decode([month_form.Month(*month) for month in conn.execute(select(month_block))])
        names = "usage_point_id", "channel", "day"
        found = sorted(rows, key=lambda row: [row[month_form.NAMES.index(name)] for name in names])
        assert found == before
        coming = [factories.block(point, MONTH + 2, channel=channel) for point in points for channel in (4, 1)]
        months.open_days(conn, DayColumns.of(coming))
        assert (_rows(conn), _count(conn, month_block)) == (before, 0)


def test_only_the_channel_that_a_day_comes_for_is_opened(database: Database, points: list[int]) -> None:
    for point in points:
        _put(database, [factories.block(point, MONTH + nth, channel=channel) for nth in (1, 2) for channel in (4, 1)])
    months.compact_month(database, MONTH, now_s=NOW_S)
    _put(database, [factories.block(points[0], MONTH + 7)], now_s=NOW_S)
    with database.read() as conn:
        assert [row[0] for row in conn.execute(select(day_block.c.day).order_by("day"))] == [
            MONTH + 1,
            MONTH + 2,
            MONTH + 7,
        ]
        assert _count(conn, month_block) == 5


def test_what_changed_lately_stays_open_until_it_has_settled(database: Database, points: list[int]) -> None:
    for point in points:
        _put(database, [factories.block(point, MONTH)])
    _put(database, [factories.block(points[1], MONTH + 1)], now_s=NOW_S)
    done = months.compact_month(database, MONTH, now_s=NOW_S)
    assert (done.days, done.left) == (2, 1)
    done = months.compact_month(database, MONTH, now_s=NOW_S + 8 * DAY_S)
    assert (done.days, done.left) == (2, 0)
    assert months.compact_month(database, MONTH, now_s=NOW_S + 8 * DAY_S).days == 0


def test_it_may_be_killed_and_goes_on_where_it_was(
    database: Database, points: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(months, "POINTS_A_BATCH", 1)
    for point in points:
        _put(database, [factories.block(point, MONTH)])

    def killed(days: int, _share: float) -> None:
        if days == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        months.compact_month(database, MONTH, now_s=NOW_S, progress=killed)
    with database.read() as conn:
        assert (_count(conn, month_block), _count(conn, day_block)) == (2, 1)
        assert conn.execute(select(closed_month.c.finished_s)).scalar_one() is None
    assert months.compact_month(database, MONTH, now_s=NOW_S).days == 1


def test_the_months_to_put_away_are_those_that_have_ended_and_have_days(database: Database, points: list[int]) -> None:
    later = next_month(next_month(MONTH))
    _put(database, [factories.block(points[0], day) for day in (MONTH + 3, later)])
    with database.read() as conn:
        assert months.months_to_compact(conn, next_month(later), MONTH - 400) == [MONTH, later]
        assert months.months_to_compact(conn, next_month(later) - 1, MONTH - 400) == [MONTH]


def test_who_puts_days_away_waits_for_who_puts_some_there(postgresql_database: Database) -> None:
    with postgresql_database.write() as conn:
        point = factories.usage_point(conn, factories.utility(conn))
    _put(postgresql_database, [factories.block(point, MONTH)])
    other = Database(str(postgresql_database.url))
    closing = threading.Thread(target=months.compact_month, args=(other, MONTH), kwargs={"now_s": NOW_S})
    with postgresql_database.write() as conn:
        readings.put_blocks(conn, [factories.block(point, MONTH + 1)], file_id=8, now_s=LONG_AGO_S)
        closing.start()
        closing.join(0.3)
        assert closing.is_alive()
    closing.join(20)
    other.close()
    with postgresql_database.read() as conn:
        assert (_count(conn, day_block), _count(conn, month_block)) == (0, 1)
        found = readings.blocks(conn, factories.reach_of_utility(1), point, 4, MONTH, MONTH + 9)
        assert [day.day for day in found] == [MONTH, MONTH + 1]


def test_the_room_of_a_month_that_was_put_away_is_given_back(postgresql_database: Database) -> None:
    _put(postgresql_database, [factories.block(5, MONTH)])
    months.compact_month(postgresql_database, MONTH, now_s=NOW_S)
    with postgresql_database.write() as conn:
        assert not months.give_back(conn, MONTH, NOW_S + 60)
        assert months.give_back(conn, MONTH, NOW_S + DAY_S)
        assert not months.give_back(conn, MONTH, NOW_S + DAY_S)
