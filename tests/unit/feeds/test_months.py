"""Feeds with months that were packed before: the same bytes, never stale, never of days out of reach."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from espi import config
from espi.clock import Clock, month_start, next_month, zone
from espi.config import Settings
from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY, GENERATION, LOAD
from espi.feeds import Contents, Feed, Question, Times
from espi.feeds.fragments import Fragments
from espi.feeds.question import HOURLY
from espi.store import directory, months, readings
from espi.store.database import Conn, Database
from espi.store.reach import Reach
from tests import factories
from tests.factories import NOW_S, TODAY

FIRST = month_start(TODAY - 200)
PLACE = zone(factories.ZONE)
SCOPE = "Subscription/123456789012345"


def feed(
    conn: Conn, reach: Reach, question: Question, settings: Settings, kept: Fragments | None, scope: str = SCOPE
) -> Feed:
    points = directory.usage_points(conn, reach)
    return Feed(conn, reach, question, points, scope=scope, settings=settings, kept=kept)


def packed(
    database: Database, reach: Reach, question: Question, settings: Settings, kept: Fragments, scope: str = SCOPE
) -> bytes:
    """What a feed with packed months says, which is what it says without."""
    with database.read() as conn:
        found = feed(conn, reach, question, settings, kept, scope)
        text = gzip.decompress(b"".join(found.gzip()))
        plain = feed(conn, reach, question, settings, None, scope)
        assert text == b"".join(plain)
        assert found.tag == plain.tag
    return text


@pytest.fixture
def point(database: Database) -> int:
    """A usage point with seven months of load."""
    with database.write() as conn:
        found = factories.usage_point(conn, factories.utility(conn))
        factories.fill(conn, found, FIRST, TODAY)
    return found


def test_whole_months_are_packed_once(database: Database, settings: Settings, point: int) -> None:
    reach, kept = factories.reach_of((point, FIRST, TODAY)), Fragments(10**7)
    question = Question(FIRST, TODAY)
    first = packed(database, reach, question, settings, kept)
    whole = len({month_start(day) for day in range(FIRST, TODAY)}) - 1
    assert len(kept) == whole, "the present month is not whole"
    assert packed(database, reach, question, settings, kept) == first
    assert len(kept) == whole


def test_a_correction_is_seen_at_once(database: Database, settings: Settings, point: int) -> None:
    reach, kept, question = factories.reach_of((point, FIRST, TODAY)), Fragments(10**7), Question(FIRST, TODAY)
    packed(database, reach, question, settings, kept)
    for value in (77_001, 77_002):
        with database.write() as conn:
            late = factories.block(point, FIRST + 40, values=[value] * 96, sent_s=NOW_S + value)
            readings.put_blocks(conn, [late], file_id=2, now_s=NOW_S)
        assert f"<espi:value>{value}</espi:value>".encode() in packed(database, reach, question, settings, kept)


def test_a_closed_month_says_what_it_said(database: Database, settings: Settings, point: int) -> None:
    reach, kept, question = factories.reach_of((point, FIRST, TODAY)), Fragments(10**7), Question(FIRST, TODAY)
    before = packed(database, reach, question, settings, kept)
    for month in (FIRST, next_month(FIRST)):
        assert months.compact_month(database, month, now_s=NOW_S + 1, settle_days=0).days
    assert packed(database, reach, question, settings, kept) == before
    with database.write() as conn:
        late = factories.block(point, FIRST + 3, values=[77_003] * 96, sent_s=NOW_S + 9)
        readings.put_blocks(conn, [late], file_id=2, now_s=NOW_S + 9)
    assert b"<espi:value>77003</espi:value>" in packed(database, reach, question, settings, kept)


def test_a_reach_that_cuts_a_month_gets_it_fresh(database: Database, settings: Settings, point: int) -> None:
    kept, question = Fragments(10**7), Question(FIRST, TODAY)
    packed(database, factories.reach_of((point, FIRST, TODAY)), question, settings, kept)
    there = len(kept)
    second = next_month(FIRST)
    text = packed(database, factories.reach_of((point, FIRST + 3, second + 9)), question, settings, kept)
    assert len(kept) == there
    assert text.count(b"<espi:IntervalBlock>") == second + 9 - FIRST - 3


def test_two_holders_share_no_month(database: Database, settings: Settings, point: int) -> None:
    reach, kept, question = factories.reach_of((point, FIRST, TODAY)), Fragments(10**7), Question(FIRST, TODAY)
    packed(database, reach, question, settings, kept)
    other = packed(database, reach, question, settings, kept, "Subscription/999999999999999")
    assert b"123456789012345" not in other


def test_few_days_pages_and_changes_are_made_afresh(database: Database, settings: Settings, point: int) -> None:
    reach, kept = factories.reach_of((point, FIRST, TODAY)), Fragments(10**7)
    few = Question(FIRST, next_month(FIRST))
    changed = Question(FIRST, TODAY, times=Times(updated_min_s=0))
    with database.read() as conn:
        assert not feed(conn, reach, few, settings, kept).has_months
        assert not feed(conn, reach, changed, settings, kept).has_months


DAYS = st.integers(0, TODAY - FIRST)
CHANGES = st.lists(st.tuples(DAYS, st.sampled_from(["gap", "estimated", "odd", "large", "same"])), max_size=6)


@profile(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    spans=st.lists(st.tuples(DAYS, DAYS), min_size=1, max_size=3),
    asked=st.tuples(DAYS, DAYS),
    bounds=st.tuples(st.none() | st.integers(0, 96 * 200), st.none() | st.integers(0, 96 * 200)),
    contents=st.sampled_from([None, Contents(costs=False), Contents(series=frozenset({HOURLY}))]),
    changes=CHANGES,
)
def test_packed_months_change_nothing(
    shared_database: Database,
    shared: tuple[int, Settings, Fragments],
    spans: Sequence[tuple[int, int]],
    asked: tuple[int, int],
    bounds: tuple[int | None, int | None],
    contents: Contents | None,
    changes: Sequence[tuple[int, str]],
) -> None:
    point, settings, kept = shared
    with shared_database.write() as conn:
        _change(conn, point, changes)
    reach = factories.reach_of(*((point, FIRST + min(span), FIRST + max(span) + 1) for span in spans))
    low, high = (None if late is None else PLACE.day_start_s(FIRST) + 900 * late for late in bounds)
    question = Question(
        FIRST + min(asked),
        FIRST + max(asked) + 1,
        contents.series if contents else frozenset({"interval"}),
        contents=contents,
        times=Times(published_min_s=low, published_max_s=high),
    )
    for each in (question, replace(question, times=Times()), question):
        packed(shared_database, reach, each, settings, kept)


@pytest.fixture(scope="module")
def shared(shared_database: Database) -> tuple[int, Settings, Fragments]:
    """A usage point of two channels, and months that all examples share."""
    with shared_database.write() as conn:
        found = factories.usage_point(conn, factories.utility(conn), channels=(LOAD, GENERATION))
        for channel in (LOAD, GENERATION):
            factories.fill(conn, found, FIRST, TODAY + 1, channel=channel)
    return found, config.load({}, clock=Clock(fixed_s=NOW_S)), Fragments(10**7)


def _change(conn: Conn, point: int, changes: Sequence[tuple[int, str]]) -> None:
    for late, kind in changes:
        day, sent_s = FIRST + late, NOW_S + factories.count()
        count = factories.block(point, day).values.size
        values = np.arange(count) + (100_000 if kind == "large" else sent_s % 500)
        qualities = np.full(count, ESTIMATED_QUALITY if kind == "estimated" else ACTUAL_QUALITY)
        if kind in {"gap", "odd"}:
            qualities[0 if kind == "gap" else 50 :] = ABSENT
        block = factories.block(
            point, day, values=values.tolist(), qualities=qualities.tolist(), sent_s=0 if kind == "same" else sent_s
        )
        readings.put_blocks(conn, [block], file_id=3, now_s=sent_s)
