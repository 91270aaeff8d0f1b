from __future__ import annotations

from dataclasses import replace

import pytest

from espi import access, scope, sharing
from espi.access import Principal, Role, TokenKind
from espi.clock import DAY_S, FOREVER
from espi.config import Settings
from espi.errors import BadInput, Conflict, NotFound
from espi.sharing import Terms
from espi.store import audit, directory, events, grants, jobs, tokens
from espi.store.database import Conn
from espi.store.reach import united
from tests import factories
from tests.consent import MOVED_IN, SCOPE, Home, later
from tests.factories import NOW_S, TODAY

CUSTOMER_TOKEN = str(TokenKind.customer)


def _seen(conn: Conn, home: Home, settings: Settings, grant: int = 0) -> dict[int, tuple[tuple[int, int], ...]]:
    principal = Principal(Role.third_party, home.sunny.id, CUSTOMER_TOKEN, "sunny", grant)
    reach = access.reach(conn, principal, "usage:read", settings=settings)
    spans: dict[int, list[tuple[int, int]]] = {}
    for point, first, until in conn.execute(reach.spans):
        spans.setdefault(point, []).append((first, until))
    return {point: united(days) for point, days in spans.items()}


def _token(conn: Conn, home: Home, authorization_id: int) -> str:
    return tokens.issue(
        conn,
        kind="access",
        authorization_id=authorization_id,
        client_id=home.client.id,
        family="f",
        binding="",
        issued_s=NOW_S,
        expires_s=NOW_S + 3600,
    )


def test_a_grant_opens_the_history_agreed_to_within_the_tenancy_until_it_ends(
    conn: Conn, settings: Settings, home: Home, terms: Terms
) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    assert (made.status, made.scope, made.starts_s, made.ends_s) == (1, SCOPE, NOW_S, NOW_S + 90 * DAY_S)
    assert _seen(conn, home, settings, made.id) == {home.point: ((MOVED_IN, TODAY + 91),)}


@pytest.mark.parametrize(
    ("history", "from_day", "first"),
    [
        ("HistoryLength=864000", None, TODAY - 10),
        ("HistoryLength=1", None, TODAY - 30),
        ("HistoryLength=34128000", TODAY - 5, TODAY - 5),
        ("HistoryLength=864000", TODAY - 50, TODAY - 10),
        ("BlockDuration=daily", None, MOVED_IN),
    ],
)
def test_history_goes_back_as_far_as_the_scope_says_or_the_customer_if_he_wants_less(
    conn: Conn, settings: Settings, home: Home, terms: Terms, history: str, from_day: int | None, first: int
) -> None:
    wanted = replace(terms, scope=scope.parse(f"FB=4_5;{history}"), from_day=from_day)
    sharing.grant(conn, home.ada, home.sunny, wanted, settings=settings)
    assert _seen(conn, home, settings)[home.point][0][0] == first


def test_who_does_not_live_there_now_cannot_grant_it(conn: Conn, settings: Settings, home: Home, terms: Terms) -> None:
    other = factories.usage_point(conn, 1)
    factories.tenant(conn, other, TODAY - 10, name="Grace Hopper")
    left = factories.usage_point(conn, 1)
    directory.add_tenancy(conn, left, home.customer, TODAY - 50, TODAY - 20)
    for point in (other, left, 999):
        with pytest.raises(NotFound) as refused:
            sharing.grant(conn, home.ada, home.sunny, replace(terms, usage_point_ids=(point,)), settings=settings)
        assert refused.value.public == NotFound.public
    assert grants.authorizations_of(conn, home.sunny.id) == []


@pytest.mark.parametrize("days", [0, -1, 367 + 2])
def test_a_grant_that_is_over_or_too_long_is_refused(
    conn: Conn, settings: Settings, home: Home, terms: Terms, days: int
) -> None:
    with pytest.raises(BadInput):
        sharing.grant(conn, home.ada, home.sunny, replace(terms, ends_s=NOW_S + days * DAY_S), settings=settings)


def test_nothing_is_granted_of_no_meter_or_to_an_application_that_is_not_in_production(
    conn: Conn, settings: Settings, home: Home, terms: Terms
) -> None:
    with pytest.raises(BadInput, match="at least one"):
        sharing.grant(conn, home.ada, home.sunny, replace(terms, usage_point_ids=()), settings=settings)
    for status in (grants.REVIEW, grants.ON_HOLD, grants.WITHDRAWN):
        with pytest.raises(Conflict):
            sharing.grant(conn, home.ada, replace(home.sunny, status=status), terms, settings=settings)


def test_a_newer_grant_takes_the_place_of_the_older_one_and_of_no_other(
    conn: Conn, settings: Settings, home: Home, terms: Terms
) -> None:
    other = grants.third_party(conn, grants.add_third_party(conn, "Moony", grants.PRODUCTION))
    kept = sharing.grant(conn, home.ada, other, terms, settings=settings)
    old = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    new = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    states = {one.id: (one.status, one.ended_by) for one in grants.authorizations_of(conn, home.sunny.id)}
    assert states == {old.id: (grants.REVOKED, "superseded"), new.id: (grants.ACTIVE, "")}
    assert grants.authorization(conn, kept.id).status == grants.ACTIVE
    assert len({old.path_id, new.path_id, old.subscription_path_id, new.subscription_path_id}) == 4


def test_an_end_takes_tokens_and_prepared_answers_with_it_and_is_told_and_recorded(
    conn: Conn, settings: Settings, home: Home, terms: Terms
) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    text = _token(conn, home, made.id)
    jobs.add_job(conn, "prepare", {}, now_s=NOW_S, owner=f"authorization/{made.id}", key="mine")
    ended = sharing.end(conn, made, "customer", settings=settings, actor=home.ada)
    assert (ended.status, ended.ended_by) == (grants.REVOKED, "customer")
    assert _seen(conn, home, settings) == {}
    found = tokens.token(conn, text)
    assert found is not None
    assert not found.counts(NOW_S)
    assert jobs.job_by_key(conn, "mine") is None
    told = events.events(conn, home.sunny.id)
    assert [event.kind for event in told] == ["authorization.granted", "authorization.ended"]
    assert told[-1].resources == (f"Authorization/{made.path_id}",)
    assert told[-1].detail == {"by": "customer", "status": 0}
    assert sharing.end(conn, ended, "operator", settings=settings, actor="operator") == ended
    assert audit.verify(conn) == []


def test_nothing_is_left_of_a_grant_whose_event_cannot_be_written(
    conn: Conn, settings: Settings, home: Home, terms: Terms
) -> None:
    unknown = replace(home.sunny, id=home.sunny.id + 1)
    with pytest.raises(NotFound), conn.begin_nested():
        sharing.grant(conn, home.ada, unknown, terms, settings=settings)
    assert grants.authorizations_of(conn, unknown.id) == []
    assert events.events(conn, unknown.id) == []


def test_a_third_party_may_take_back_its_own_end_and_nobody_elses(
    conn: Conn, settings: Settings, home: Home, terms: Terms
) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    text = _token(conn, home, made.id)
    ended = sharing.end(conn, made, "third_party", settings=settings, actor=home.asker)
    back = sharing.restore(conn, ended, settings=settings, actor=home.asker)
    assert (back.status, back.ended_by) == (grants.ACTIVE, "")
    assert home.point in _seen(conn, home, settings)
    revoked = tokens.token(conn, text)
    assert revoked is not None
    assert revoked.revoked_s == NOW_S
    for by in ("customer", "operator", "move_out", "expired"):
        ended = sharing.end(conn, back, by, settings=settings, actor="test")
        with pytest.raises(Conflict):
            sharing.restore(conn, ended, settings=settings, actor=home.asker)
        grants.set_authorization_status(conn, made.id, grants.ACTIVE, now_s=NOW_S)


def test_a_grant_that_is_over_or_followed_by_another_is_not_restored(
    conn: Conn, settings: Settings, home: Home, terms: Terms
) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    ended = sharing.end(conn, made, "third_party", settings=settings, actor=home.asker)
    with pytest.raises(Conflict):
        sharing.restore(conn, ended, settings=later(settings, 91 * DAY_S), actor=home.asker)
    sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    with pytest.raises(Conflict):
        sharing.restore(conn, ended, settings=settings, actor=home.asker)


def test_a_customer_can_end_it_sooner_or_let_it_go_on(conn: Conn, settings: Settings, home: Home, terms: Terms) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    shorter = sharing.shorten(conn, made, NOW_S + 10 * DAY_S, settings=settings, actor=home.ada)
    assert (shorter.ends_s, _seen(conn, home, settings)) == (
        NOW_S + 10 * DAY_S,
        {home.point: ((MOVED_IN, TODAY + 11),)},
    )
    renewed = sharing.renew(conn, shorter, NOW_S + 300 * DAY_S, settings=settings, actor=home.ada)
    assert _seen(conn, home, settings) == {home.point: ((MOVED_IN, TODAY + 301),)}
    kinds = [event.detail.get("change") for event in events.events(conn, home.sunny.id)]
    assert kinds == [None, "shortened", "renewed"]
    for wrong in (NOW_S, renewed.ends_s, renewed.ends_s + 1):
        with pytest.raises(BadInput):
            sharing.shorten(conn, renewed, wrong, settings=settings, actor=home.ada)
    for wrong in (renewed.ends_s, NOW_S + 370 * DAY_S):
        with pytest.raises(BadInput):
            sharing.renew(conn, renewed, wrong, settings=settings, actor=home.ada)


def test_nobody_changes_the_grant_of_another(conn: Conn, settings: Settings, home: Home, terms: Terms) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    grace = Principal(Role.customer, factories.tenant(conn, factories.usage_point(conn, 1), TODAY - 1), "password")
    with pytest.raises(NotFound):
        sharing.shorten(conn, made, NOW_S + DAY_S, settings=settings, actor=grace)
    with pytest.raises(NotFound):
        sharing.renew(conn, made, NOW_S + 100 * DAY_S, settings=settings, actor=grace)


def test_an_application_that_is_taken_out_of_service_loses_everything(
    conn: Conn, settings: Settings, home: Home, terms: Terms
) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    grants.add_client_authorization(conn, home.client, "client", SCOPE, NOW_S)
    assert sharing.withdraw_third_party(conn, home.sunny, settings=settings, actor="operator") == 2
    found = grants.authorizations_of(conn, home.sunny.id)
    assert [(one.kind, one.status, one.ended_by) for one in found] == [
        ("customer", 0, "operator"),
        ("client", 0, "operator"),
    ]
    assert grants.third_party(conn, home.sunny.id).status == grants.WITHDRAWN
    assert made.id == found[0].id


def test_a_client_has_one_authorization_of_its_own_for_each_kind_of_token(conn: Conn, home: Home) -> None:
    made = [grants.add_client_authorization(conn, home.client, "client", SCOPE, NOW_S) for _ in range(2)]
    assert made[0] == made[1]
    found = grants.client_authorization(conn, home.client.id, "client")
    assert found is not None
    assert (found.third_party_id, found.usage_points, found.ends_s) == (home.sunny.id, {}, FOREVER * DAY_S)
    for lookup, number in (
        (grants.authorization_by_path_id, found.path_id),
        (grants.authorization_by_subscription, found.subscription_path_id),
    ):
        assert lookup(conn, number) == found
        with pytest.raises(NotFound):
            lookup(conn, 7)
