"""Readings as they stood at an instant, whatever has come in since."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from espi.clock import month_start
from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY
from espi.store import as_of, months, readings
from espi.store.database import Conn, Database
from espi.store.reach import Reach
from tests import factories
from tests.factories import NOW_S, TODAY

A, E, GAP = ACTUAL_QUALITY, ESTIMATED_QUALITY, ABSENT
DAY = TODAY - 3
SPAN = (4, DAY, TODAY)


class Meter:
    """A usage point whose days come in at instants that count from `NOW_S`."""

    def __init__(self, conn: Conn) -> None:
        self.conn = conn
        self.point = factories.usage_point(conn, factories.utility(conn))
        self.reach = factories.reach_of((self.point, DAY, TODAY))
        self.files = 0

    def receive(self, at: int, values: Sequence[int], qualities: Sequence[int] | int = A, *, day: int = DAY) -> None:
        self.files += 1
        block = factories.block(self.point, day, values=values, qualities=qualities, sent_s=NOW_S + at)
        readings.put_blocks(self.conn, [block], file_id=self.files, now_s=NOW_S + at)

    def stood(self, at: int | None, reach: Reach | None = None) -> dict[int, tuple[list[int], list[int]]]:
        """Values and qualities by day, as they stood."""
        instant = None if at is None else NOW_S + at
        found = as_of.packed_blocks(self.conn, reach or self.reach, self.point, *SPAN, instant)
        blocks = [day.block(self.point, 4) for day in found]
        return {block.day - DAY: (block.values.tolist(), block.qualities.tolist()) for block in blocks}


@pytest.fixture
def meter(conn: Conn) -> Meter:
    return Meter(conn)


def test_a_day_stands_as_it_was_in_force_from_its_coming_until_it_was_replaced(meter: Meter) -> None:
    meter.receive(10, [1, 2], E)
    meter.receive(20, [3, 4], E)
    meter.receive(30, [5, 6], A)
    assert meter.stood(9) == {}
    assert meter.stood(10) == meter.stood(19) == {0: ([1, 2], [E, E])}
    assert meter.stood(20) == meter.stood(29) == {0: ([3, 4], [E, E])}
    assert meter.stood(30) == meter.stood(10_000) == meter.stood(None) == {0: ([5, 6], [A, A])}


def test_what_was_received_and_beaten_never_stood(meter: Meter) -> None:
    meter.receive(10, [5, 6], A)
    meter.receive(20, [1, 2], E)
    assert meter.stood(20) == meter.stood(None) == {0: ([5, 6], [A, A])}


def test_a_mix_stood_from_when_its_second_part_came(meter: Meter) -> None:
    meter.receive(10, [1, 0], [A, GAP])
    meter.receive(20, [7, 2], [E, E])
    meter.receive(30, [8, 9], A)
    assert meter.stood(10) == {0: ([1, 0], [A, GAP])}
    assert meter.stood(20) == {0: ([1, 2], [A, E])}
    assert meter.stood(30) == {0: ([8, 9], [A, A])}


def test_of_several_changes_in_one_second_the_last_counts(meter: Meter) -> None:
    meter.receive(10, [1, 1], E)
    meter.receive(10, [2, 2], E)
    meter.receive(20, [3, 3], A)
    assert meter.stood(9) == {}
    assert meter.stood(10) == {0: ([2, 2], [E, E])}


def test_days_stand_in_order_whether_they_changed_or_not(meter: Meter) -> None:
    meter.receive(10, [1, 1], day=DAY)
    meter.receive(10, [2, 2], E, day=DAY + 1)
    meter.receive(10, [3, 3], day=DAY + 2)
    meter.receive(20, [4, 4], day=DAY + 1)
    assert list(meter.stood(15).items()) == [(0, ([1, 1], [A, A])), (1, ([2, 2], [E, E])), (2, ([3, 3], [A, A]))]


def test_the_past_is_within_reach_as_the_present_is(meter: Meter) -> None:
    for day in range(DAY, TODAY):
        meter.receive(10, [1, 1], E, day=day)
        meter.receive(20, [2, 2], day=day)
    assert list(meter.stood(15, factories.reach_of((meter.point, DAY + 1, DAY + 2)))) == [1]
    stretches = as_of.stretches(
        meter.conn, factories.reach_of((meter.point, DAY + 1, DAY + 2)), meter.point, *SPAN, None
    )
    assert {each.block.day for each in stretches} == {DAY + 1}


def test_totals_are_those_of_the_readings_that_stood(meter: Meter) -> None:
    meter.receive(10, [1, 0], [E, GAP])
    meter.receive(20, [5, 6])
    for at, said in ((15, (1, 1, 1)), (20, (11, 0, 0)), (None, (11, 0, 0))):
        instant = None if at is None else NOW_S + at
        (total,) = as_of.day_totals(meter.conn, meter.reach, meter.point, *SPAN, instant)
        assert (total.total, total.estimated, total.absent) == said
        assert (total.count, total.length_s) == (2, 1800)


def test_the_newest_change_is_the_last_one_before_the_instant(meter: Meter) -> None:
    meter.receive(10, [1, 1], E)
    meter.receive(20, [2, 2])
    found = [as_of.newest(meter.conn, meter.reach, meter.point, [4], DAY, TODAY, NOW_S + at) for at in (5, 15, 25)]
    assert [each.updated_s for each in found] == [0, NOW_S + 10, NOW_S + 20]


def test_every_version_tells_when_it_was_in_force_and_what_it_came_with(meter: Meter) -> None:
    meter.receive(10, [1, 0], [A, GAP])
    meter.receive(20, [7, 2], E)
    meter.receive(30, [8, 9])
    told = [
        (
            each.block.values.tolist(),
            each.block.revision,
            each.from_s and each.from_s - NOW_S,
            each.until_s and each.until_s - NOW_S,
            each.received,
            each.file_id,
        )
        for each in as_of.stretches(meter.conn, meter.reach, meter.point, *SPAN, None)
    ]
    assert told == [
        ([1, 0], 1, 10, 20, True, 1),
        ([7, 2], 0, None, None, True, 2),
        ([1, 2], 2, 20, 30, False, 2),
        ([8, 9], 3, 30, None, True, 3),
    ]


def test_of_versions_an_instant_shows_those_that_were_known_and_what_was_in_force(meter: Meter) -> None:
    meter.receive(10, [1, 1], E)
    meter.receive(20, [2, 2])
    (only,) = as_of.stretches(meter.conn, meter.reach, meter.point, *SPAN, NOW_S + 15)
    assert (only.block.values.tolist(), only.until_s) == ([1, 1], None)


def test_a_month_that_was_put_away_stands_as_it_stood(database: Database) -> None:
    month = month_start(TODAY - 150)
    with database.write() as conn:
        point = factories.usage_point(conn, factories.utility(conn))
        for at, values in ((10, [1, 1]), (20, [2, 2])):
            days = [factories.block(point, month + number, values=values, sent_s=at) for number in range(at // 10, 4)]
            readings.put_blocks(conn, days, file_id=at, now_s=at)
    reach, span = factories.reach_of((point, month, month + 40)), (point, 4, month, month + 40)

    def told() -> list[object]:
        with database.read() as conn:
            stood = [list(as_of.packed_blocks(conn, reach, *span, at)) for at in (5, 15, 25, None)]
            past = [
                (each.block.day, each.block.values.tolist(), each.from_s, each.until_s, each.received, each.file_id)
                for each in as_of.stretches(conn, reach, *span, None)
            ]
            return [stood, past, list(as_of.day_totals(conn, reach, *span, 15))]

    before = told()
    assert months.compact_month(database, month, now_s=NOW_S).days == 3
    assert told() == before
