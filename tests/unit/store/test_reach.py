"""What is kept of a reach, and for how long; and what is left of one where it meets another."""

from __future__ import annotations

from espi import access
from espi.access import Principal, Role, TokenKind
from espi.clock import FOREVER
from espi.config import Settings
from espi.store import directory, grants, parties
from espi.store.database import Conn, Database
from espi.store.reach import Reach, shared, spans_of
from tests import consent, factories
from tests.factories import NOW_S, TODAY


def test_a_reader_s_spans_are_read_once_a_transaction_and_anew_in_the_next(database: Database) -> None:
    with database.write() as conn:
        point = factories.usage_point(conn, factories.utility(conn))
        customer = factories.tenant(conn, point, TODAY - 9)
    reach = Reach(parties.own_tenancies(customer), "test", "test")
    with database.read() as conn:
        (found,) = directory.usage_points(conn, reach)
        assert spans_of(conn, reach, point) is found.spans
    with database.write() as conn:
        directory.move_out(conn, point, TODAY - 1)
        assert spans_of(conn, reach, point) == ((TODAY - 9, TODAY - 1),)
    with database.read() as conn:
        assert spans_of(conn, reach, point) == ((TODAY - 9, TODAY - 1),)


def test_who_writes_sees_what_he_has_just_changed(conn: Conn) -> None:
    point = factories.usage_point(conn, factories.utility(conn))
    reach = Reach(parties.own_tenancies(factories.tenant(conn, point, TODAY - 9)), "test", "test")
    assert len(directory.usage_points(conn, reach)) == 1
    directory.move_out(conn, point, TODAY - 1)
    assert spans_of(conn, reach, point) == ((TODAY - 9, TODAY - 1),)


def test_only_what_both_hold_is_shared(conn: Conn) -> None:
    utility = factories.utility(conn)
    points = [factories.usage_point(conn, utility) for _ in range(3)]
    one = factories.reach_of((points[0], 0, 10), (points[0], 20, 30), (points[1], 0, 10))
    customer = factories.customer(conn)
    for point, first, last in zip(points, (5, 10, 0), (25, 20, 10), strict=True):
        directory.add_tenancy(conn, point, customer, first, last)
    both = shared(one, parties.own_tenancies(customer))
    assert [spans_of(conn, both, point) for point in points] == [((5, 10), (20, 25)), (), ()]


def test_a_grant_narrows_the_custodian_to_what_it_covers_while_it_lives(conn: Conn, settings: Settings) -> None:
    home = consent.home(conn)
    other = factories.usage_point(conn, 1)
    covered = [(home.point, TODAY - 5, FOREVER)]
    period = {"starts_s": NOW_S - 1, "ends_s": NOW_S + 9, "now_s": NOW_S - 1}
    key = grants.add_authorization(conn, home.sunny.id, home.customer, covered, scope="FB=4", **period)
    custodian = Principal(Role.tdsp, 1, TokenKind.custodian.value)
    reach = access.reach(conn, custodian, "point:read", settings=settings)
    within = access.within_grant(reach, home.sunny.id, key)
    assert [spans_of(conn, within, point) for point in (home.point, other)] == [((TODAY - 5, FOREVER),), ()]
    assert (within.rule, within.refusal) == (reach.rule, reach.refusal)
    grants.set_authorization_status(conn, key, grants.REVOKED, now_s=NOW_S)
    assert spans_of(conn, access.within_grant(reach, home.sunny.id, key), home.point) == ()


def test_a_token_of_one_grant_opens_the_same_whichever_way_it_is_read(conn: Conn, settings: Settings) -> None:
    home = consent.home(conn)
    covered = [(home.point, TODAY - 500, TODAY - 5)]
    period = {"starts_s": NOW_S - 1, "ends_s": NOW_S + 9, "now_s": NOW_S - 1}
    key = grants.add_authorization(conn, home.sunny.id, home.customer, covered, scope="FB=4", **period)
    sunny = Principal(Role.third_party, home.sunny.id, TokenKind.customer.value, grant=key)
    reach = access.reach(conn, sunny, "subscription:read", settings=settings)
    assert reach.known(conn) == {home.point: ((consent.MOVED_IN, TODAY - 5),)}
    plain = Reach(reach.spans, "test", "test")
    assert plain.known(conn) is None
    assert spans_of(conn, plain, home.point) == spans_of(conn, reach, home.point)
