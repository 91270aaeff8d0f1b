from __future__ import annotations

import pytest

from espi.clock import FOREVER
from espi.day import GENERATION, LOAD
from espi.errors import BadInput, Conflict, Denied, NotFound
from espi.store import directory
from espi.store.database import Conn
from espi.store.reach import Reach, days_within, united
from tests import factories
from tests.factories import NOW_S, TODAY


@pytest.fixture
def utility(conn: Conn) -> int:
    return factories.utility(conn)


def test_a_utility_is_found_by_its_name_and_number(conn: Conn, utility: int) -> None:
    by_number = directory.utility_by_duns(conn, factories.DUNS)
    assert by_number == directory.utility_by_name(conn, "Lone Star Wires") == directory.utility(conn, utility)
    assert by_number is not None
    assert (by_number.zone, by_number.esiid_lengths, by_number.dialect) == ("America/Chicago", "17,22", {})
    assert directory.utility_by_duns(conn, "957877905") is None
    with pytest.raises(NotFound):
        directory.utility(conn, utility + 1)


@pytest.mark.parametrize("duns", ["12345678", "12345678901234", "12345678a", ""])
def test_a_utility_needs_a_duns_number(conn: Conn, duns: str) -> None:
    with pytest.raises(BadInput):
        directory.add_utility(conn, "Wires", duns, factories.ZONE)


def test_a_utility_is_added_once_and_in_a_zone_that_there_is(conn: Conn, utility: int) -> None:
    with pytest.raises(Conflict):
        directory.add_utility(conn, "Another", factories.DUNS, factories.ZONE)
    with pytest.raises(Conflict):
        directory.add_utility(conn, "Lone Star Wires", "957877905", factories.ZONE)
    with pytest.raises(BadInput):
        directory.add_utility(conn, "Another", "957877905", "America/Dallas")


def test_a_usage_point_is_found_within_reach_with_its_days(conn: Conn, utility: int) -> None:
    point = factories.usage_point(conn, utility, esiid="10443720000000042")
    spans = (point, TODAY - 9, TODAY), (point, TODAY, TODAY + 5), (point, TODAY + 50, FOREVER)
    found = directory.usage_point(conn, factories.reach_of(*spans), esiid="10443720000000042")
    assert found.spans == ((TODAY - 9, TODAY + 5), (TODAY + 50, FOREVER))
    assert (found.utility.id, found.title, found.published_s) == (utility, "10443720000000042", NOW_S)
    assert directory.usage_point(conn, factories.reach_of(*spans), path_id=found.path_id) == found


@pytest.mark.parametrize(("refusal", "error"), [(404, NotFound), (403, Denied)])
def test_one_out_of_reach_and_one_that_is_not_are_refused_alike(
    conn: Conn, utility: int, refusal: int, error: type[Exception]
) -> None:
    mine = factories.usage_point(conn, utility)
    factories.usage_point(conn, utility, esiid="10443720000000042")
    reach = Reach(factories.reach_of((mine, 0, FOREVER)).spans, "test", "test", refusal)
    messages = set()
    for esiid in ("10443720000000042", "10443720000000043"):
        with pytest.raises(error) as refused:
            directory.usage_point(conn, reach, esiid=esiid)
        messages.add((refused.value.public, refused.value.status))  # type: ignore[attr-defined]
    assert len(messages) == 1


def test_a_look_up_names_one_thing(conn: Conn) -> None:
    with pytest.raises(ValueError, match="path id or an ESIID"):
        directory.usage_point(conn, factories.reach_of((1, 0, 1)))


def test_the_same_esiid_at_two_utilities_is_ambiguous_and_refused(conn: Conn, utility: int) -> None:
    other = factories.utility(conn, "Coastal Wires", "957877905")
    points = [factories.usage_point(conn, each, esiid="10443720000000042") for each in (utility, other)]
    reach = factories.reach_of(*((point, 0, FOREVER) for point in points))
    with pytest.raises(NotFound):
        directory.usage_point(conn, reach, esiid="10443720000000042")
    assert len(directory.usage_points(conn, reach)) == 2


def test_many_usage_points_are_added_and_found_at_once(conn: Conn, utility: int) -> None:
    esiids = [f"1044372{number:010d}" for number in range(1201)]
    directory.add_usage_points(conn, utility, esiids, now_s=NOW_S)
    found = directory.usage_point_ids(conn, utility, [*esiids, "nobody"])
    assert sorted(found) == esiids
    assert list(directory.usage_point_index(conn, utility)) == sorted(found.items())


def test_a_usage_point_is_added_once(conn: Conn, utility: int) -> None:
    directory.add_usage_point(conn, utility, "10443720000000042", now_s=NOW_S, title="Home")
    with pytest.raises(Conflict):
        directory.add_usage_point(conn, utility, "10443720000000042", now_s=NOW_S)


def test_a_channel_of_intervals_brings_its_daily_and_monthly_series(conn: Conn, utility: int) -> None:
    point = factories.usage_point(conn, utility, channels=(LOAD, GENERATION))
    found = directory.channels(conn, factories.reach_of_utility(utility), point)
    assert [(channel.number, channel.series, channel.of_number) for channel in found] == [
        (1, "interval", None),
        (4, "interval", None),
        (1001, "daily", 1),
        (1004, "daily", 4),
        (2001, "monthly", 1),
        (2004, "monthly", 4),
    ]
    content = {channel.number: channel.reading_type.content for channel in found}
    assert (content[4]["flowDirection"], content[1]["flowDirection"]) == (1, 19)
    assert (content[4]["intervalLength"], content[1004]["intervalLength"]) == (900, 86_400)
    assert directory.channel_numbers(conn, [point, 999]) == {point: {1, 4, 1001, 1004, 2001, 2004}}


def test_channels_of_a_kind_share_their_reading_type_and_nothing_else(conn: Conn, utility: int) -> None:
    points = [factories.usage_point(conn, utility) for _ in range(2)]
    reach = factories.reach_of_utility(utility)
    one, other = (directory.channels(conn, reach, point)[0] for point in points)
    assert one.reading_type == other.reading_type
    assert one.uuid != other.uuid
    assert one.path_id != other.path_id


def test_a_channel_added_again_stays_as_it_is(conn: Conn, utility: int) -> None:
    point = factories.usage_point(conn, utility)
    reach = factories.reach_of_utility(utility)
    before = directory.channels(conn, reach, point)
    directory.add_interval_channel(conn, point, LOAD, directory.reading_type_for_lse(LOAD), NOW_S + 1)
    directory.add_channel(conn, point, LOAD, {}, now_s=NOW_S + 1)
    assert directory.channels(conn, reach, point) == before


def test_channels_out_of_reach_are_none(conn: Conn, utility: int) -> None:
    point = factories.usage_point(conn, utility)
    assert directory.channels(conn, factories.reach_of((point + 1, 0, FOREVER)), point) == []


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], ()),
        ([(5, 7), (1, 3)], ((1, 3), (5, 7))),
        ([(1, 3), (3, 5)], ((1, 5),)),
        ([(1, 9), (2, 3)], ((1, 9),)),
        ([(4, 4)], ()),
    ],
)
def test_spans_that_touch_are_one(spans: list[tuple[int, int]], expected: tuple[tuple[int, int], ...]) -> None:
    assert united(spans) == expected


def test_days_within_spans() -> None:
    assert days_within(((1, 3), (5, 9)), 2, 7) == [2, 5, 6]


def test_running_and_lately_ended_go_by_the_local_day(conn: Conn) -> None:
    """At 03:00 UTC it is still yesterday in Texas, and today in Guam."""
    texas = factories.usage_point(conn, factories.utility(conn))
    guam = factories.usage_point(conn, factories.utility(conn, "Guam Power", "957877905", "Pacific/Guam"))
    now_s = TODAY * 86_400 + 3 * 3600
    spans = factories.reach_of((texas, 0, TODAY), (guam, 0, TODAY)).spans
    assert [row[0] for row in conn.execute(directory.running(conn, spans, now_s))] == [texas]
    assert [row[0] for row in conn.execute(directory.until_lately(conn, spans, now_s, 0))] == [texas]
    assert len(conn.execute(directory.until_lately(conn, spans, now_s, 1)).all()) == 2
