from __future__ import annotations

import pytest

from espi.clock import FOREVER
from espi.errors import BadInput, Conflict, NotFound
from espi.store import grants
from espi.store.database import Conn
from espi.store.grants import ACTIVE, ON_HOLD, PRODUCTION, REVOKED
from tests import factories
from tests.factories import NOW_S, TODAY


@pytest.fixture
def point(conn: Conn) -> int:
    return factories.usage_point(conn, factories.utility(conn))


@pytest.fixture
def ada(conn: Conn, point: int) -> int:
    return factories.tenant(conn, point, TODAY - 100)


@pytest.fixture
def app(conn: Conn) -> int:
    return grants.add_third_party(conn, "Sunny", PRODUCTION, {"client_name": "Sunny"})


def _grant(conn: Conn, app: int, customer: int, *spans: tuple[int, int, int]) -> int:
    return grants.add_authorization(
        conn, app, customer, spans, scope="FB=4_5", starts_s=NOW_S - 10, ends_s=NOW_S + 10, now_s=NOW_S
    )


def _reached(conn: Conn, app: int, now_s: int = NOW_S) -> list[tuple[int, ...]]:
    return [tuple(row) for row in conn.execute(grants.of_third_party(app, now_s))]


def test_a_grant_reaches_its_days_within_the_tenancy(conn: Conn, app: int, ada: int, point: int) -> None:
    _grant(conn, app, ada, (point, TODAY - 200, TODAY + 5))
    assert _reached(conn, app) == [(point, TODAY - 100, TODAY + 5)]


def test_a_grant_counts_in_its_period_only(conn: Conn, app: int, ada: int, point: int) -> None:
    _grant(conn, app, ada, (point, TODAY - 50, TODAY))
    counts = {
        now_s - NOW_S: bool(_reached(conn, app, now_s)) for now_s in (NOW_S - 11, NOW_S - 10, NOW_S + 9, NOW_S + 10)
    }
    assert counts == {-11: False, -10: True, 9: True, 10: False}


def test_revoking_ends_it_at_once_and_moves_updated(conn: Conn, app: int, ada: int, point: int) -> None:
    key = _grant(conn, app, ada, (point, TODAY - 50, TODAY))
    grants.set_authorization_status(conn, key, REVOKED, now_s=NOW_S + 1)
    assert _reached(conn, app) == []
    (found,) = grants.authorizations(conn, factories.reach_of_utility(1), customer_id=ada)
    assert (found.status, found.updated_s) == (REVOKED, NOW_S + 1)


def test_an_application_on_hold_reaches_nothing(conn: Conn, app: int, ada: int, point: int) -> None:
    _grant(conn, app, ada, (point, TODAY - 50, TODAY))
    grants.set_third_party_status(conn, app, ON_HOLD)
    assert _reached(conn, app) == []
    assert [party.status for party in grants.third_parties(conn)] == [ON_HOLD]


def test_a_usage_point_can_be_taken_out_of_a_grant(conn: Conn, app: int, ada: int, point: int) -> None:
    other = factories.usage_point(conn, 1)
    key = _grant(conn, app, ada, (point, TODAY - 50, TODAY), (other, TODAY - 50, TODAY))
    grants.forget_usage_point(conn, key, point, now_s=NOW_S)
    (found,) = grants.authorizations(conn, factories.reach_of_utility(1), third_party_id=app)
    assert (found.id, dict(found.usage_points)) == (key, {other: ((TODAY - 50, TODAY),)})
    assert _reached(conn, app) == []


def test_grants_are_listed_to_whom_their_usage_points_are_within_reach(
    conn: Conn, app: int, ada: int, point: int
) -> None:
    key = _grant(conn, app, ada, (point, TODAY - 50, TODAY))
    (found,) = grants.authorizations(conn, factories.reach_of((point, 0, FOREVER)), customer_id=ada)
    assert (found.id, found.status, found.scope, found.third_party_id) == (key, ACTIVE, "FB=4_5", app)
    assert grants.authorizations(conn, factories.reach_of((point + 1, 0, FOREVER)), customer_id=ada) == []
    with pytest.raises(ValueError, match="third party or a customer"):
        grants.authorizations(conn, factories.reach_of((point, 0, FOREVER)))


def test_each_grant_has_paths_of_its_own(conn: Conn, app: int, ada: int, point: int) -> None:
    for _ in range(2):
        _grant(conn, app, ada, (point, TODAY - 50, TODAY))
    found = grants.authorizations(conn, factories.reach_of_utility(1), customer_id=ada)
    assert len({each.path_id for each in found} | {each.subscription_path_id for each in found}) == 4


def test_what_is_not_there_or_there_already_is_said(conn: Conn, app: int, ada: int) -> None:
    with pytest.raises(Conflict):
        grants.add_third_party(conn, "Sunny", PRODUCTION)
    with pytest.raises(NotFound):
        grants.set_third_party_status(conn, app + 1, ON_HOLD)
    with pytest.raises(NotFound):
        grants.set_authorization_status(conn, 99, ACTIVE, now_s=NOW_S)
    with pytest.raises(BadInput):
        grants.add_authorization(conn, app, ada, [], scope="", starts_s=NOW_S, ends_s=NOW_S, now_s=NOW_S)
