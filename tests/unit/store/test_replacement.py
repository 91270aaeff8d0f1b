"""Which readings are in force when days come in again and again (Smart Meter Texas, replacement rules)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY, DayBlock
from espi.store import readings
from espi.store.database import Conn, Database
from espi.store.merge import Content, Received, merge
from tests import factories
from tests.factories import NOW_S, TODAY

A, E, GAP = ACTUAL_QUALITY, ESTIMATED_QUALITY, ABSENT
DAY = TODAY - 1


@dataclass
class Meter:
    """A meter whose day of four readings comes in again and again."""

    conn: Conn
    usage_point_id: int
    files: int = 0

    def receive(self, values: Sequence[int], qualities: Sequence[int] | int, sent_s: int) -> str:
        """Take in a day; in one word, what became of it."""
        self.files += 1
        day = factories.block(self.usage_point_id, DAY, values=values, qualities=qualities, sent_s=sent_s)
        result = readings.put_blocks(self.conn, [day], file_id=self.files, now_s=NOW_S + self.files)
        (fate,) = [name for name in result.__slots__ if getattr(result, name)]
        return fate

    @property
    def in_force(self) -> DayBlock:
        """The day as it counts now."""
        reach = factories.reach_of((self.usage_point_id, DAY, DAY + 1))
        (day,) = readings.blocks(self.conn, reach, self.usage_point_id, 4, DAY, DAY + 1)
        return day

    @property
    def said(self) -> tuple[list[int], list[int]]:
        """The values and qualities in force."""
        return self.in_force.values.tolist(), self.in_force.qualities.tolist()

    @property
    def versions(self) -> list[readings.DayVersion]:
        """All that is known of the day's past and present."""
        reach = factories.reach_of((self.usage_point_id, DAY, DAY + 1))
        return readings.versions(self.conn, reach, self.usage_point_id, 4, DAY)


@pytest.fixture
def meter(conn: Conn) -> Meter:
    return Meter(conn, factories.usage_point(conn, factories.utility(conn)))


def test_an_actual_reading_replaces_an_estimate_even_if_it_was_sent_before(meter: Meter) -> None:
    assert meter.receive([1, 2, 3, 4], E, sent_s=20) == "created"
    assert meter.receive([5, 6, 7, 8], A, sent_s=10) == "replaced"
    assert meter.said == ([5, 6, 7, 8], [A] * 4)


def test_an_estimate_never_replaces_an_actual_reading(meter: Meter) -> None:
    meter.receive([5, 6, 7, 8], A, sent_s=10)
    assert meter.receive([1, 2, 3, 4], E, sent_s=20) == "older"
    assert meter.said == ([5, 6, 7, 8], [A] * 4)


@pytest.mark.parametrize("quality", [A, E])
def test_between_equals_the_one_sent_later_wins(meter: Meter, quality: int) -> None:
    meter.receive([1, 2, 3, 4], quality, sent_s=20)
    assert meter.receive([5, 6, 7, 8], quality, sent_s=30) == "replaced"
    assert meter.receive([9, 9, 9, 9], quality, sent_s=10) == "older"
    assert meter.said[0] == [5, 6, 7, 8]


def test_of_two_sent_at_the_same_second_the_later_arrival_wins(meter: Meter) -> None:
    meter.receive([1, 2, 3, 4], A, sent_s=10)
    assert meter.receive([5, 6, 7, 8], A, sent_s=10) == "replaced"
    assert meter.receive([1, 2, 3, 4], A, sent_s=10) == "replaced"
    assert meter.said[0] == [1, 2, 3, 4]


def test_each_interval_is_settled_by_itself(meter: Meter) -> None:
    meter.receive([1, 2, 3, 4], [A, E, A, E], sent_s=10)
    assert meter.receive([5, 6, 7, 8], [E, A, A, E], sent_s=20) == "merged"
    assert meter.said == ([1, 6, 7, 8], [A, A, A, E])
    assert (meter.in_force.total, meter.in_force.estimated) == (22, 1)


def test_a_gap_is_filled_by_anything_and_fills_nothing(meter: Meter) -> None:
    meter.receive([1, 2, 0, 0], [A, A, GAP, GAP], sent_s=10)
    assert meter.receive([0, 0, 7, 0], [GAP, GAP, E, GAP], sent_s=5) == "merged"
    assert meter.receive([0, 0, 0, 0], GAP, sent_s=50) == "older"
    assert meter.said == ([1, 2, 7, 0], [A, A, E, GAP])


def test_gaps_then_an_estimate_then_the_actual_as_centerpoint_once_sent_them(meter: Meter) -> None:
    meter.receive([0] * 4, GAP, sent_s=10)
    assert meter.receive([1] * 4, E, sent_s=20) == "replaced"
    assert meter.receive([2] * 4, A, sent_s=30) == "replaced"
    assert [version.block.revision for version in meter.versions] == [1, 2, 3]


def test_the_same_again_changes_nothing(meter: Meter) -> None:
    meter.receive([1, 2, 3, 4], A, sent_s=10)
    first = meter.in_force
    assert meter.receive([1, 2, 3, 4], A, sent_s=10) == "unchanged"
    assert meter.receive([1, 2, 3, 4], A, sent_s=30) == "unchanged"
    assert (meter.in_force.revision, meter.in_force.updated_s) == (1, first.updated_s)
    assert meter.receive([9, 9, 9, 9], A, sent_s=20) == "older", "the same, sent again later, counts as sent later"


def test_a_replacement_moves_updated_and_the_revision_and_keeps_published(meter: Meter) -> None:
    meter.receive([1, 2, 3, 4], E, sent_s=10)
    meter.receive([5, 6, 7, 8], A, sent_s=20)
    now = meter.in_force
    assert (now.revision, now.published_s, now.updated_s) == (2, NOW_S + 1, NOW_S + 2)


def test_every_version_is_kept_with_when_it_counted(meter: Meter) -> None:
    meter.receive([1, 2, 3, 4], [A, E, A, E], sent_s=10)
    meter.receive([5, 6, 7, 8], [E, A, A, E], sent_s=20)
    meter.receive([9, 9, 9, 9], E, sent_s=15)
    told = [
        (version.block.values.tolist(), version.block.revision, version.received, version.in_force, version.file_id)
        for version in meter.versions
    ]
    assert told == [
        ([1, 2, 3, 4], 1, True, False, 1),
        ([5, 6, 7, 8], 0, True, False, 2),
        ([9, 9, 9, 9], 0, True, False, 3),
        ([1, 6, 7, 8], 2, False, True, 2),
    ]
    assert meter.versions[0].replaced_s == NOW_S + 2


def test_what_is_beaten_is_kept_once_however_often_it_comes(meter: Meter) -> None:
    meter.receive([5, 6, 7, 8], A, sent_s=20)
    fates = {meter.receive([1, 2, 3, 4], A, sent_s=10) for _ in range(5)}
    assert fates == {"older"}
    assert len(meter.versions) == 2


def test_a_day_of_another_spacing_is_taken_or_left_whole(meter: Meter) -> None:
    meter.receive([1, 2, 3, 4], [A, A, A, E], sent_s=10)
    assert meter.receive([10, 20], A, sent_s=5) == "replaced", "no estimates beats some"
    assert meter.receive([5, 6, 7, 8], E, sent_s=20) == "older"
    assert meter.receive([5, 6, 7, 8], [A, E, A, A], sent_s=30) == "merged", "with the first it has no estimates"
    assert meter.said == ([5, 2, 7, 8], [A] * 4)


def test_one_call_may_bring_a_day_twice(conn: Conn) -> None:
    point = factories.usage_point(conn, factories.utility(conn))
    days = [
        factories.block(point, DAY, values=[1, 1], qualities=E, sent_s=10),
        factories.block(point, DAY + 1, values=[3, 3], sent_s=10),
        factories.block(point, DAY, values=[2, 2], sent_s=10),
        factories.block(point, DAY, values=[2, 2], sent_s=10),
    ]
    result = readings.put_blocks(conn, days, file_id=1, now_s=NOW_S)
    assert (sorted(result.created), result.replaced, result.unchanged) == ([0, 1], [2], [3])


def test_costs_and_buckets_follow_the_reading_that_wins(conn: Conn) -> None:
    point = factories.usage_point(conn, factories.utility(conn))
    plain = factories.block(point, DAY, values=[1, 2], qualities=[A, E], sent_s=10)
    priced = factories.block(point, DAY, values=[3, 4], qualities=[E, A], sent_s=20)
    priced = DayBlock(
        **{name: getattr(priced, name) for name in DayBlock.__slots__}
        | {"costs": np.array([70, 80]), "tou": np.array([1, 2], np.uint8)}
    )
    for number, day in enumerate((plain, priced)):
        readings.put_blocks(conn, [day], file_id=number, now_s=NOW_S)
    (found,) = readings.blocks(conn, factories.reach_of((point, DAY, DAY + 1)), point, 4, DAY, DAY + 1)
    assert found.costs is not None
    assert found.tou is not None
    assert (found.values.tolist(), found.costs.tolist(), found.tou.tolist()) == ([1, 4], [0, 80], [0, 2])


READING = st.tuples(st.integers(0, 3), st.sampled_from([A, E, GAP]))
RECEIVED = st.lists(st.tuples(READING, READING, READING), min_size=2, max_size=5)


def _block(point: int, readings_: Sequence[tuple[int, int]], sent_s: int) -> DayBlock:
    values, qualities = zip(*readings_, strict=True)
    return factories.block(point, DAY, values=values, qualities=qualities, sent_s=sent_s)


def _plain_merge(received: Sequence[tuple[Sequence[tuple[int, int]], int]]) -> list[tuple[int, int]]:
    """The rule as it is written down: an interval's winner is the greatest by (kind of reading, sent)."""
    rank = {A: 2, E: 1, GAP: 0}
    winners = []
    for interval in range(3):
        value, quality, _ = max(
            ((*days[interval], sent_s) for days, sent_s in received), key=lambda it: (rank[it[1]], it[2])
        )
        winners.append((0 if quality == GAP else value, quality))
    return winners


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(received=RECEIVED, resend=st.booleans())
def test_the_order_of_arrival_does_not_matter(
    database: Database, *, received: list[tuple[tuple[int, int], ...]], resend: bool
) -> None:
    sent = list(enumerate(received))
    if resend:
        sent.append((len(sent), received[0]))
    expected = _plain_merge([(days, sent_s) for sent_s, days in sent])
    with database.write() as conn:
        utility = factories.utility(conn, name=f"Utility {factories.count()}", duns=f"{factories.count():09d}")
        for order in list(permutations(sent))[:12]:
            point = factories.usage_point(conn, utility, channels=())
            for sent_s, days in order:
                readings.put_blocks(conn, [_block(point, days, sent_s)], file_id=1, now_s=NOW_S)
            (found,) = readings.blocks(conn, factories.reach_of((point, DAY, DAY + 1)), point, 4, DAY, DAY + 1)
            assert list(zip(found.values.tolist(), found.qualities.tolist(), strict=True)) == expected


@given(st.permutations([(900, 4, 1, A), (900, 4, 2, E), (1800, 2, 3, A), (1800, 2, 4, E), (3600, 1, 5, A)]))
def test_days_of_several_spacings_settle_the_same_in_any_order(order: list[tuple[int, int, int, int]]) -> None:
    received = [
        Received(Content(0, spacing, length, bytes([sent_s] * length), bytes([quality])), sent_s)
        for spacing, length, sent_s, quality in order
    ]
    assert merge(received).interval_s == 3600
