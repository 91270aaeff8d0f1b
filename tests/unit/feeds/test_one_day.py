"""One day of many usage points, made for many at once: the same bytes as one by one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espi.atom.links import Hrefs
from espi.clock import month_start, parse_day
from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY, GENERATION, LOAD
from espi.feeds import PointEntries, Question
from espi.feeds.one_day import DayEntries, measured
from espi.store import day_reads, directory, months, readings
from espi.store.database import Conn, Database
from espi.store.day_reads import Range
from espi.store.reach import Reach
from tests import factories, metered

HREFS = Hrefs("https://dc.example.com/espi/1_1/resource", metered.SCOPE)
EVERYTHING = 10**9
SHORT_DAY, LONG_DAY, DAY = parse_day("2025-03-09"), parse_day("2024-11-03"), parse_day("2025-06-14")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[metered.World]:
    made = metered.World(tmp_path_factory.mktemp("world"))
    made.fill()
    yield made
    made.database.close()


def at_once(conn: Conn, reach: Reach, among: Range) -> bytes:
    return b"".join(DayEntries(conn, reach, HREFS, among.day).of(measured(conn, reach, among)))


def one_by_one(conn: Conn, reach: Reach, among: Range) -> bytes:
    entries = PointEntries(conn, reach, HREFS)
    question = Question(among.day, among.day + 1)
    points = sorted(directory.usage_points(conn, reach), key=lambda point: point.id)
    seen = [
        point
        for point in points
        if among.first <= point.id <= among.last and any(start <= among.day < stop for start, stop in point.spans)
    ]
    return b"".join(text for point in seen for text in entries.of(point, question))


@pytest.mark.parametrize("day", [metered.FIRST_DAY, metered.FIRST_DAY + 2, metered.LAST_DAY, metered.LAST_DAY + 1])
def test_every_kind_of_usage_point_is_written_as_it_is_alone(world: metered.World, day: int) -> None:
    among = Range(0, EVERYTHING, day)
    with world.database.read() as conn:
        found = at_once(conn, world.reach, among)
        assert found == one_by_one(conn, world.reach, among)
    assert found.count(b"<espi:UsagePoint>") == len(world.names) - 1, "two points is no usage point of its own"


KINDS = st.sampled_from(["load", "solar", "estimated", "odd", "large", "small", "gap", "none", "negative"])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(KINDS, min_size=1, max_size=12), day=st.sampled_from([DAY, SHORT_DAY, LONG_DAY]), data=st.data())
def test_any_run_of_usage_points_is_written_as_they_are_alone(
    shared_database: Database, kinds: list[str], day: int, data: st.DataObject
) -> None:
    with shared_database.write() as conn:
        utility = factories.utility(conn, f"U{factories.count()}", f"{factories.count():09d}")
        spans = []
        for kind in kinds:
            point = _point(conn, utility, kind, day)
            from_day = day + data.draw(st.integers(-1, 1))
            spans.append((point, from_day, from_day + data.draw(st.integers(1, 2))))
    reach = factories.reach_of(*spans)
    with shared_database.read() as conn:
        for among in day_reads.ranges(conn, reach, day, 5):
            assert at_once(conn, reach, among) == one_by_one(conn, reach, among)


def test_ranges_hold_every_usage_point_within_reach_once(database: Database) -> None:
    with database.write() as conn:
        utility = factories.utility(conn)
        points = [factories.usage_point(conn, utility) for _ in range(7)]
    spans = [(point, DAY, DAY + 1) for point in points[:5]]
    reach = factories.reach_of(*spans, spans[0], (points[5], DAY + 1, DAY + 9), (points[6], DAY - 9, DAY))
    with database.read() as conn:
        found = list(day_reads.ranges(conn, reach, DAY, 2))
        assert found == [
            Range(points[0], points[1], DAY),
            Range(points[2], points[3], DAY),
            Range(points[4], points[4], DAY),
        ]
        inside = [each.id for among in found for each in day_reads.points(conn, reach, among)]
    assert inside == points[:5]


def test_nothing_out_of_reach_is_read_even_between_those_within(database: Database) -> None:
    with database.write() as conn:
        utility = factories.utility(conn)
        points = [factories.usage_point(conn, utility) for _ in range(3)]
        for point in points:
            factories.fill(conn, point, DAY, DAY + 1)
    reach = factories.reach_of((points[0], DAY, DAY + 1), (points[2], DAY, DAY + 1), (points[1], DAY + 1, DAY + 2))
    among = Range(points[0], points[2], DAY)
    with database.read() as conn:
        assert [each.point.id for each in measured(conn, reach, among)] == [points[0], points[2]]
        assert {each.usage_point_id for each in day_reads.days(conn, reach, among)} == {points[0], points[2]}
        assert set(day_reads.interval_channels(conn, reach, among)) == {points[0], points[2]}


def test_a_day_of_a_closed_month_is_read_as_any_other(database: Database) -> None:
    with database.write() as conn:
        utility = factories.utility(conn)
        for _ in range(3):
            factories.fill(conn, factories.usage_point(conn, utility), LONG_DAY - 1, LONG_DAY + 2)
    reach, among = factories.reach_of_utility(utility), Range(0, EVERYTHING, LONG_DAY)
    with database.read() as conn:
        before = at_once(conn, reach, among)
    assert months.compact_month(database, month_start(LONG_DAY), now_s=factories.NOW_S + 1, settle_days=0).days == 9
    with database.read() as conn:
        assert at_once(conn, reach, among) == one_by_one(conn, reach, among) == before


def _point(conn: Conn, utility: int, kind: str, day: int) -> int:
    """A usage point whose day is of a kind."""
    channels = (LOAD, GENERATION) if kind == "solar" else (LOAD,)
    point = factories.usage_point(conn, utility, channels=channels)
    count = factories.block(point, day).values.size
    values = np.random.default_rng(point).integers(0, {"small": 200, "large": 10**6}.get(kind, 4000), count)
    qualities = np.full(count, ESTIMATED_QUALITY if kind == "estimated" else ACTUAL_QUALITY)
    if kind == "negative":
        values[3] = -7
    if kind == "odd":
        qualities[5:9] = ESTIMATED_QUALITY
    if kind in {"odd", "gap"}:
        qualities[90 if kind == "odd" else 0 :] = ABSENT
    blocks = [
        factories.block(point, day, channel=channel, values=values.tolist(), qualities=qualities.tolist())
        for channel in channels
    ]
    readings.put_blocks(conn, [] if kind == "none" else blocks, file_id=1, now_s=factories.NOW_S + point)
    return point
