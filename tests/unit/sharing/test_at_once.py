"""What several do at the same moment happens once, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from espi import sharing
from espi.clock import DAY_S
from espi.config import Settings
from espi.errors import Conflict
from espi.scope import parse
from espi.sharing import Asked, Terms
from espi.store import grants
from espi.store import invitations as stored
from espi.store.database import Conn, Database
from tests import consent
from tests.consent import SCOPE
from tests.factories import NOW_S

HOW_MANY = 4

pytestmark = pytest.mark.loopback


def _at_once(database: Database, act: Callable[[Conn], object]) -> int:
    """How many of several at once succeed."""

    def attempt(_number: int) -> bool:
        try:
            with database.write() as conn:
                act(conn)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(HOW_MANY) as pool:
        return sum(pool.map(attempt, range(HOW_MANY)))


def test_an_invitation_is_answered_once(each_database: Database, settings: Settings) -> None:
    with each_database.write() as conn:
        home = consent.home(conn)
        made = sharing.invite(conn, home.asker, Asked((home.triple,), "ada@example.com", 3), settings)
    assert _at_once(each_database, lambda conn: sharing.accept(conn, made, home.ada, settings=settings)) == 1
    with each_database.read() as conn:
        assert [one.status for one in grants.authorizations_of(conn, home.sunny.id)] == [grants.ACTIVE]


def test_yes_no_and_withdrawal_at_once_leave_one_state(each_database: Database, settings: Settings) -> None:
    with each_database.write() as conn:
        home = consent.home(conn)
        made = sharing.invite(conn, home.asker, Asked((home.triple,), "ada@example.com", 3), settings)
    ways: list[Callable[[Conn], object]] = [
        lambda conn: sharing.accept(conn, made, home.ada, settings=settings),
        lambda conn: sharing.reject(conn, made, home.ada, settings=settings),
        lambda conn: sharing.withdraw(conn, home.asker, made.number, settings),
    ]
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda way: _at_once(each_database, way), ways))
    assert sum(done) == 1
    with each_database.read() as conn:
        found = stored.invitation_by_number(conn, home.sunny.id, made.number)
        assert found.state == ("ACTIVE", "REJECTED", "WITHDRAWN")[done.index(1)]


def test_one_grant_to_a_third_party_lives_however_many_are_given_at_once(
    each_database: Database, settings: Settings
) -> None:
    with each_database.write() as conn:
        home = consent.home(conn)
    terms = Terms(parse(SCOPE), (home.point,), NOW_S + DAY_S)
    given = _at_once(each_database, lambda conn: sharing.grant(conn, home.ada, home.sunny, terms, settings=settings))
    assert given == HOW_MANY
    with each_database.read() as conn:
        states = [one.status for one in grants.authorizations_of(conn, home.sunny.id)]
    assert sorted(states) == [grants.REVOKED] * (HOW_MANY - 1) + [grants.ACTIVE]
