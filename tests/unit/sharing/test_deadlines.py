from __future__ import annotations

import re

import pytest

from espi import access, sharing
from espi import jobs as work
from espi.access import Principal, Role, TokenKind
from espi.clock import DAY_S, zone
from espi.config import Settings
from espi.formats.market_events import Kind, MarketEvent
from espi.intake.market.put import Sender, put
from espi.jobs import Context
from espi.scope import parse
from espi.sharing import Asked, Terms, deadlines, granting
from espi.sharing.invitations import by_link
from espi.store import directory, events, grants, jobs, parties
from espi.store import invitations as stored
from espi.store.database import Conn, Database
from espi.store.market_events import MOVED
from tests import consent, factories
from tests.consent import Home, later
from tests.factories import NOW_S, TODAY


@pytest.fixture
def made(conn: Conn, settings: Settings, home: Home) -> stored.Invitation:
    return sharing.invite(conn, home.asker, Asked((home.triple,), "ada@example.com", 3), settings)


def _subjects(conn: Conn) -> list[str]:
    return [job.payload["subject"] for job in reversed(jobs.jobs(conn, kind="mail.send"))]


def _state(conn: Conn, home: Home) -> str:
    return stored.invitations_of(conn, home.sunny.id)[-1].state


def test_who_does_not_answer_is_reminded_twice_with_a_fresh_link_and_then_it_lapses(
    conn: Conn, settings: Settings, home: Home, made: stored.Invitation
) -> None:
    told = {day: sharing.remind_due(conn, later(settings, day * DAY_S)) for day in (6, 7, 8, 20, 21, 29, 30, 31)}
    assert told == {6: 0, 7: 1, 8: 0, 20: 0, 21: 1, 29: 0, 30: 1, 31: 0}
    assert [subject.startswith("Reminder") for subject in _subjects(conn)] == [False, True, True]
    assert _state(conn, home) == "LAPSED"
    assert [event.kind for event in events.events(conn, home.sunny.id)] == ["invitation.lapsed"]


def test_an_old_link_stops_with_the_reminder(
    conn: Conn, settings: Settings, home: Home, made: stored.Invitation
) -> None:
    at_day_7 = later(settings, 7 * DAY_S)
    sharing.remind_due(conn, at_day_7)
    texts = [job.payload["text"] for job in reversed(jobs.jobs(conn, kind="mail.send"))]
    old, new = (re.search(r"/invitations/([\w-]+)", text) for text in texts)
    assert old
    assert new
    assert by_link(conn, new[1], at_day_7).number == made.number
    assert stored.invitation_by_link(conn, old[1]) is None


def test_both_sides_are_told_before_the_end_three_times(
    conn: Conn, settings: Settings, home: Home, made: stored.Invitation
) -> None:
    granted = sharing.accept(conn, made, home.ada, settings=settings)
    days = (granted.ends_s - NOW_S) // DAY_S
    told = {
        left: sharing.remind_due(conn, later(settings, granted.ends_s - NOW_S - left * DAY_S))
        for left in (days, 46, 45, 30, 14, 13, 3, 1)
    }
    assert told == {days: 0, 46: 0, 45: 1, 30: 0, 14: 1, 13: 0, 3: 1, 1: 0}
    assert _state(conn, home) == "EXPIRING"
    assert [event.detail.get("change") for event in events.events(conn, home.sunny.id)][2:] == ["expiring"] * 3
    assert len([subject for subject in _subjects(conn) if subject.startswith("Sharing with Sunny ends")]) == 3


def test_what_is_renewed_is_told_of_again_before_its_new_end(
    conn: Conn, settings: Settings, home: Home, made: stored.Invitation
) -> None:
    granted = sharing.accept(conn, made, home.ada, settings=settings)
    soon = later(settings, granted.ends_s - NOW_S - 10 * DAY_S)
    assert sharing.remind_due(conn, soon) == 1
    renewed = sharing.renew(
        conn, grants.authorization(conn, granted.id), granted.ends_s + 90 * DAY_S, settings=soon, actor=home.ada
    )
    assert _state(conn, home) == "RENEWED"
    assert sharing.remind_due(conn, soon) == 0
    assert sharing.remind_due(conn, later(settings, renewed.ends_s - NOW_S - 45 * DAY_S)) == 1
    assert _state(conn, home) == "EXPIRING"


def test_a_grant_of_a_month_is_not_told_of_45_days_before_its_end(
    conn: Conn, settings: Settings, home: Home, terms: Terms
) -> None:
    month = Terms(terms.scope, terms.usage_point_ids, NOW_S + 30 * DAY_S)
    sharing.grant(conn, home.ada, home.sunny, month, settings=settings)
    told = [sharing.remind_due(conn, later(settings, (30 - left) * DAY_S)) for left in (30, 15, 14, 3)]
    assert told == [0, 0, 1, 1]


def test_a_grant_ends_when_its_time_is_over(
    conn: Conn, settings: Settings, home: Home, made: stored.Invitation
) -> None:
    granted = sharing.accept(conn, made, home.ada, settings=settings)
    lasts_s = granted.ends_s - NOW_S
    assert sharing.expire_due(conn, later(settings, lasts_s - 1)) == 0
    assert sharing.expire_due(conn, later(settings, lasts_s)) == 1
    ended = grants.authorization(conn, granted.id)
    assert (ended.status, ended.ended_by, _state(conn, home)) == (grants.REVOKED, "expired", "EXPIRED")


def test_the_gate_refuses_at_the_second_whenever_the_clock_is_looked_at(
    conn: Conn, settings: Settings, home: Home, terms: Terms
) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    token = Principal(Role.third_party, home.sunny.id, str(TokenKind.customer), "sunny", made.id)
    spans = [
        conn.execute(access.reach(conn, token, "usage:read", settings=later(settings, seconds)).spans).fetchall()
        for seconds in (made.ends_s - NOW_S - 1, made.ends_s - NOW_S)
    ]
    assert [len(found) for found in spans] == [1, 0]


def test_whoever_moves_out_shares_no_more(conn: Conn, settings: Settings, home: Home, made: stored.Invitation) -> None:
    granted = sharing.accept(conn, made, home.ada, settings=settings)
    directory.move_out(conn, home.point, TODAY + 5)
    assert sharing.expire_due(conn, settings) == 0
    assert sharing.expire_due(conn, later(settings, 5 * DAY_S)) == 1
    ended = grants.authorization(conn, granted.id)
    assert (ended.ended_by, _state(conn, home)) == ("move_out", "TERMINATED_MOVE_OUT")
    told = events.events(conn, home.sunny.id)[-1]
    assert (told.kind, told.detail["by"]) == ("authorization.ended", "move_out")


def test_whoever_moves_in_ends_what_the_one_before_shared(
    conn: Conn, settings: Settings, home: Home, terms: Terms
) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    directory.add_tenancy(conn, home.point, factories.customer(conn, "Grace Hopper"), TODAY)
    assert sharing.end_left(conn, settings, home.point + 1) == 0
    assert sharing.end_left(conn, settings, home.point) == 1
    assert grants.authorization(conn, made.id).ended_by == "move_out"


@pytest.mark.parametrize(("kind", "ended"), [(Kind.MOVE_OUT, 1), (Kind.MOVE_IN, 1), (Kind.SWITCH, 0)])
def test_market_events_end_what_those_shared_who_moved_out_and_a_switch_ends_nothing(
    conn: Conn, settings: Settings, home: Home, terms: Terms, kind: Kind, ended: int
) -> None:
    made = sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)
    (utility,) = directory.utilities(conn)
    at_s = zone(factories.ZONE).day_start_s(TODAY)
    next_rep = factories.rep(conn, "Next")
    numbers = {rep.id: rep.duns for rep in parties.reps(conn)}
    duns = numbers[next_rep] if kind is Kind.SWITCH else ""
    newcomer = str(factories.customer(conn, "Grace Hopper")) if kind is Kind.MOVE_IN else ""
    told = MarketEvent("1", 1, home.esiid, kind, at_s, rep=duns, customer=newcomer)
    assert put(conn, utility, [told], Sender("test", NOW_S)).changed == {home.point}
    assert len(jobs.jobs(conn, kind=MOVED)) == ended
    assert sharing.end_left(conn, settings) == ended
    assert grants.authorization(conn, made.id).ended_by == ("move_out" if ended else "")


def test_of_several_meters_the_one_that_was_left_drops_out_and_the_others_stay(
    conn: Conn, settings: Settings, home: Home, terms: Terms
) -> None:
    second = factories.usage_point(conn, 1)
    directory.add_tenancy(conn, second, home.customer, TODAY - 50)
    both = Terms(terms.scope, (home.point, second), terms.ends_s)
    made = sharing.grant(conn, home.ada, home.sunny, both, settings=settings)
    directory.move_out(conn, second, TODAY)
    assert sharing.expire_due(conn, settings) == 0
    kept = grants.authorization(conn, made.id)
    assert (kept.status, list(kept.usage_points)) == (grants.ACTIVE, [home.point])
    assert events.events(conn, home.sunny.id)[-1].detail["change"] == "moved out"


def test_a_worker_looks_at_the_clock_every_hour(database: Database, settings: Settings) -> None:
    with database.write() as conn:
        home = consent.home(conn)
        sharing.invite(conn, home.asker, Asked((home.triple,), "ada@example.com", 3), settings)
    assert work.TIMETABLE[deadlines.JOB] == 3600
    context = Context(later(settings, 7 * DAY_S), database)
    with database.write() as conn:
        jobs.add_job(conn, deadlines.JOB, {}, now_s=context.now_s(), key="look")
        for waiting in jobs.jobs(conn, kind="mail.send"):
            jobs.drop_job(conn, waiting.id)
    assert work.run_one(context)
    with database.read() as conn:
        done = jobs.job_by_key(conn, "look")
        assert done is not None
        assert (done.state, done.result) == ("done", {"ended": 0, "told": 1})


def test_very_many_are_ended_in_small_transactions(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (granting, deadlines):
        monkeypatch.setattr(module, "MOST_AT_ONCE", 2)
    with database.write() as conn:
        home = consent.home(conn)
        for _ in range(5):
            point = factories.usage_point(conn, 1)
            other = Principal(Role.customer, factories.tenant(conn, point, TODAY - 9), "password")
            terms = Terms(parse(consent.SCOPE), (point,), NOW_S + DAY_S)
            sharing.grant(conn, other, home.sunny, terms, settings=settings)
        assert sharing.withdraw_third_party(conn, home.sunny, settings=settings, actor="operator") == 2
    assert work.run_due(Context(settings, database)) >= 1
    with database.read() as conn:
        assert {one.ended_by for one in grants.authorizations_of(conn, home.sunny.id)} == {"operator"}
