"""Usage points come a page at a time, each once, and how much a reach holds is told without reading it."""

from __future__ import annotations

from espi.clock import FOREVER
from espi.store import pages
from espi.store.database import Conn
from tests import factories
from tests.factories import TODAY


def test_pages_hold_every_usage_point_once_in_order_of_their_making(conn: Conn) -> None:
    utility = factories.utility(conn)
    points = [factories.usage_point(conn, utility) for _ in range(7)]
    reach = factories.reach_of(*[(point, 0, FOREVER) for point in points], (points[0], 5, 6))
    found = [[point.id for point in page] for _, page in pages.usage_point_pages(conn, reach, page=3)]
    assert [sorted(page) for page in found] == [points[:3], points[3:6], points[6:]]


def test_ids_are_looked_up_again_from_the_last_one_on(conn: Conn, monkeypatch: object) -> None:
    utility = factories.utility(conn)
    points = [factories.usage_point(conn, utility) for _ in range(5)]
    reach = factories.reach_of(*[(point, 0, FOREVER) for point in points])
    monkeypatch.setattr(pages, "IDS", 2)  # type: ignore[attr-defined]
    assert [point.id for _, page in pages.usage_point_pages(conn, reach) for point in page] == points


def test_a_reader_asks_for_part_after_part_by_the_last_id(conn: Conn) -> None:
    utility = factories.utility(conn)
    points = [factories.usage_point(conn, utility) for _ in range(5)]
    reach = factories.reach_of(*[(point, 0, FOREVER) for point in points[:4]], (points[0], 5, 6))
    parts = [pages.usage_points_after(conn, reach, after, 3) for after in (0, points[2], points[3])]
    assert [[point.id for point in part] for part in parts] == [points[:3], points[3:4], []]


def test_meter_days_are_counted_within_the_question_only(conn: Conn) -> None:
    reach = factories.reach_of((1, 0, FOREVER), (2, TODAY - 3, TODAY), (3, TODAY + 1, FOREVER))
    assert pages.meter_days(conn, reach, TODAY - 10, TODAY) == 13
    assert pages.meter_days(conn, factories.reach_of((3, 5, 6)), TODAY - 10, TODAY) == 0


def test_zones_are_those_of_the_utilities(conn: Conn) -> None:
    texas, desert = factories.utility(conn), factories.utility(conn, "Far West", "123456789", "America/Denver")
    one, other = factories.usage_point(conn, texas), factories.usage_point(conn, desert)
    assert pages.zone_names(conn, [one, other]) == {one: "America/Chicago", other: "America/Denver"}
