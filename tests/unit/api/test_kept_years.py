"""What is asked of a usage point goes back as far as its own utility keeps readings, whatever the setting says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from espi.api.query import every_day
from espi.clock import day_date
from espi.intake import retention
from espi.store import directory, expiry, readings, summaries
from tests import factories
from tests.function_block_rules import entries
from tests.metered import CHICAGO, FIRST_DAY, LAST_DAY, NOW_S, day_block
from tests.reading_world import ALL_BLOCKS, ReadingWorld, path_of, valid

LONG_AGO = FIRST_DAY - 8 * 366
"""Older than the seven years of the setting, and not than nine."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ReadingWorld]:
    found = ReadingWorld(tmp_path)
    with found.database.write() as conn:
        (point,) = found.points(conn, "electricity")
        readings.put_blocks(conn, [day_block(point.id, 4, LONG_AGO)], file_id=1, now_s=NOW_S)
        directory.add_tenancy(conn, point.id, found.customer, LONG_AGO, FIRST_DAY - 100)
    yield found
    found.database.close()


def keep(world: ReadingWorld, years: int) -> None:
    with world.database.write() as conn:
        expiry.set_retention(conn, world.utility, years)


@pytest.mark.parametrize(("years", "blocks"), [(9, 6), (7, 5)])
def test_a_feed_begins_with_what_the_utility_keeps(world: ReadingWorld, years: int, blocks: int) -> None:
    keep(world, years)
    subscription = world.share(ALL_BLOCKS, "electricity", days=(LONG_AGO, LAST_DAY + 1))
    assert len(entries(world.batch(subscription), "IntervalBlock")) == blocks


def test_so_does_a_bulk_feed_of_a_rep(world: ReadingWorld) -> None:
    token, subscription = world.rep_token("electricity", since=LONG_AGO)
    for years, blocks in ((9, 6), (7, 5)):
        keep(world, years)
        assert len(entries(valid(world.get(f"Batch/{subscription}", token)), "IntervalBlock")) == blocks


def test_and_a_bill_by_itself(world: ReadingWorld) -> None:
    start_s, end_s = (CHICAGO.day_start_s(day) for day in (LONG_AGO, LONG_AGO + 30))
    period = {"duration": end_s - start_s, "start": start_s}
    content = {"billingPeriod": period, "currency": 840, "qualityOfReading": 17, "statusTimeStamp": end_s}
    with world.database.write() as conn:
        (point,) = world.points(conn, "electricity")
        summaries.put_usage_summary(conn, point.id, LONG_AGO, LONG_AGO + 30, content, now_s=NOW_S)
    keep(world, 9)
    subscription = world.share(ALL_BLOCKS, "electricity", days=(LONG_AGO, LAST_DAY + 1))
    (bill,) = entries(world.batch(subscription), "UsageSummary")
    (own,) = [link.get("href") for link in bill.iter("{*}link") if link.get("rel") == "self"]
    assert world.get(path_of(str(own)), subscription).status_code == 200
    keep(world, 7)
    assert world.get(path_of(str(own)), subscription).status_code == 404


def test_of_several_utilities_the_one_that_keeps_longest_counts(world: ReadingWorld) -> None:
    with world.database.write() as conn:
        other = directory.add_utility(conn, "Panhandle Lines", "1039940674001", "America/Chicago")
        directory.add_usage_point(conn, other, "10443720000009999", now_s=NOW_S)
        expiry.set_retention(conn, other, 9)
        expiry.set_retention(conn, world.utility, 1)
        reaches = map(factories.reach_of_utility, (world.utility, other))
        points = [each for reach in reaches for each in directory.usage_points(conn, reach)]
    oldest = min(retention.first_day(each.utility, world.settings) for each in points)
    assert every_day(world.settings, points)[0] == oldest
    assert day_date(oldest).year == 2005
    assert day_date(every_day(world.settings, points[:1])[0]).year == 2013
