from __future__ import annotations

import pytest

from espi.clock import FOREVER
from espi.errors import BadInput, Conflict, NotFound
from espi.store import directory
from espi.store.database import Conn
from tests import factories
from tests.factories import TODAY


@pytest.fixture
def point(conn: Conn) -> int:
    return factories.usage_point(conn, factories.utility(conn))


def _tenancies(conn: Conn, point: int) -> list[tuple[int, int, int]]:
    found = directory.tenancies(conn, factories.reach_of_utility(1), point)
    return [(span.of_id, span.from_day, span.until_day) for span in found]


def test_who_moves_in_displaces_who_lived_there(conn: Conn, point: int) -> None:
    ada = factories.tenant(conn, point, TODAY - 100)
    bob = factories.tenant(conn, point, TODAY - 10, name="Bob")
    assert _tenancies(conn, point) == [(ada, TODAY - 100, TODAY - 10), (bob, TODAY - 10, FOREVER)]


def test_who_moves_out_leaves_it_empty(conn: Conn, point: int) -> None:
    ada = factories.tenant(conn, point, TODAY - 100)
    directory.move_out(conn, point, TODAY)
    assert _tenancies(conn, point) == [(ada, TODAY - 100, TODAY)]
    with pytest.raises(NotFound):
        directory.move_out(conn, point, TODAY + 2)


def test_a_move_in_on_the_same_day_corrects_the_one_before(conn: Conn, point: int) -> None:
    factories.tenant(conn, point, TODAY)
    bob = factories.tenant(conn, point, TODAY, name="Bob")
    assert _tenancies(conn, point) == [(bob, TODAY, FOREVER)]


def test_a_span_put_before_a_later_one_needs_an_end(conn: Conn, point: int) -> None:
    bob = factories.tenant(conn, point, TODAY, name="Bob")
    with pytest.raises(Conflict):
        factories.tenant(conn, point, TODAY - 100)
    ada = factories.tenant(conn, point, TODAY - 100, TODAY - 50)
    assert _tenancies(conn, point) == [(ada, TODAY - 100, TODAY - 50), (bob, TODAY, FOREVER)]


def test_a_span_ends_after_it_begins(conn: Conn, point: int) -> None:
    with pytest.raises(BadInput):
        factories.tenant(conn, point, TODAY, TODAY)


def test_spans_are_cut_to_the_days_within_reach(conn: Conn, point: int) -> None:
    first, second = factories.rep(conn, "First"), factories.rep(conn, "Second")
    directory.switch_rep(conn, point, first, TODAY - 100)
    directory.switch_rep(conn, point, second, TODAY - 50)
    reach = factories.reach_of((point, TODAY - 60, TODAY - 40))
    found = directory.reps_of_record(conn, reach, point)
    assert [(span.of_id, span.from_day, span.until_day) for span in found] == [
        (first, TODAY - 60, TODAY - 50),
        (second, TODAY - 50, TODAY - 40),
    ]


def test_a_rep_is_added_once(conn: Conn) -> None:
    directory.add_rep(conn, "First", "123456789", "10001")
    with pytest.raises(Conflict):
        directory.add_rep(conn, "Second", "123456789", "10002")
    assert [rep.name for rep in directory.reps(conn)] == ["First"]


def test_meters_follow_one_another_at_a_usage_point(conn: Conn, point: int) -> None:
    old = directory.add_meter(conn, 1, "A-1", {"meterClass": "200"})
    new = directory.add_meter(conn, 1, "A-2")
    directory.install_meter(conn, point, old, TODAY - 100)
    directory.install_meter(conn, point, new, TODAY - 50)
    found = directory.meters(conn, factories.reach_of_utility(1), point)
    assert [(meter.serial_number, meter.until_day) for meter in found] == [("A-1", TODAY - 50), ("A-2", FOREVER)]
    assert found[0].attributes == {"meterClass": "200"}
    assert directory.meters(conn, factories.reach_of((point, TODAY - 9, TODAY)), point)[0].serial_number == "A-2"


def test_a_customer_is_known_to_whom_his_days_are_within_reach(conn: Conn, point: int) -> None:
    ada = factories.tenant(conn, point, TODAY - 100, TODAY - 50)
    bob = factories.tenant(conn, point, TODAY - 50, name="Bob")
    reach = factories.reach_of((point, TODAY - 50, TODAY))
    assert directory.customer(conn, reach, bob).name == "Bob"
    with pytest.raises(NotFound):
        directory.customer(conn, reach, ada)
