"""Receipts: what is expected of days, what is there, and that they add up."""

from __future__ import annotations

from decimal import Decimal

import pytest

from espi.clock import parse_day
from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY
from espi.feeds.quality import Receipt, receipt, receipt_of
from espi.store import channels, directory, readings
from espi.store.database import Conn
from tests import factories
from tests.factories import NOW_S, TODAY

SPRING, AUTUMN = parse_day("2025-03-09"), parse_day("2024-11-03")


@pytest.mark.parametrize(("day", "intervals"), [(SPRING, 92), (AUTUMN, 100), (TODAY - 1, 96), (TODAY, 0)])
def test_a_day_that_is_over_has_as_many_intervals_as_its_clock_says(conn: Conn, day: int, intervals: int) -> None:
    utility = factories.utility(conn)
    factories.usage_point(conn, utility)
    reach = factories.reach_of_utility(utility)
    found = receipt(conn, reach, directory.usage_points(conn, reach), (day, day + 1), now_s=NOW_S)
    assert (found.expected, found.gaps, found.present) == (intervals, intervals, 0)


def test_nothing_is_expected_where_no_meter_hung_or_of_days_out_of_reach(conn: Conn) -> None:
    utility = factories.utility(conn)
    point = factories.usage_point(conn, utility)
    directory.install_meter(conn, point, directory.add_meter(conn, utility, "M-1"), TODAY - 5)
    for first, days in ((TODAY - 10, 5), (TODAY - 3, 3)):
        reach = factories.reach_of((point, first, TODAY))
        found = receipt(conn, reach, directory.usage_points(conn, reach), (TODAY - 20, TODAY + 1), now_s=NOW_S)
        assert found.expected == days * 96


def test_days_that_the_caller_has_read_give_the_same_receipt(conn: Conn) -> None:
    utility = factories.utility(conn)
    points = [factories.usage_point(conn, utility, channels=(4, 1)) for _ in range(3)]
    codes = [ABSENT] * 6 + [ESTIMATED_QUALITY] * 10 + [ACTUAL_QUALITY] * 80
    blocks = [factories.block(point, TODAY - 1, qualities=codes) for point in points]
    blocks += [factories.block(points[0], TODAY - 1, channel=1, qualities=ESTIMATED_QUALITY)]
    readings.put_blocks(conn, blocks, file_id=1, now_s=NOW_S)
    reach, span = factories.reach_of_utility(utility), (TODAY - 1, TODAY)
    found = receipt(conn, reach, directory.usage_points(conn, reach), span, now_s=NOW_S)
    assert (found.usage_points, found.expected, found.present, found.estimated) == (3, 6 * 96, 3 * 90 + 96, 30 + 96)
    assert found.estimated_share == Decimal("0.344262")
    days = [day for p in points for n in (4, 1) for day in readings.packed_blocks(conn, reach, p, n, *span)]
    measured = [
        (each, [own for own in channels.channels(conn, reach, each.id) if own.series == "interval"])
        for each in directory.usage_points(conn, reach)
    ]
    assert receipt_of(conn, reach, measured, days, span, now_s=NOW_S) == found
    parts = [receipt(conn, reach, [each], span, now_s=NOW_S) for each in directory.usage_points(conn, reach)]
    assert parts[0] + parts[1] + parts[2] == found


def test_receipts_of_nothing_say_so() -> None:
    told = (Receipt(0, 1, 0) + Receipt(0, 1, 0)).told()
    assert (told["estimated_share"], told["first_update"], told["failures"]) == ("0.000000", None, [])
