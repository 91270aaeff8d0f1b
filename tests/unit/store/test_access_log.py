from __future__ import annotations

import pytest

from espi import access, sharing
from espi.access import Principal, Role, TokenKind
from espi.clock import DAY_S
from espi.config import Settings
from espi.errors import Denied
from espi.scope import parse
from espi.sharing import Terms
from espi.store import access_log, grants
from espi.store.database import Conn
from tests import consent, factories
from tests.consent import SCOPE, Home, later
from tests.factories import NOW_S


@pytest.fixture
def home(conn: Conn) -> Home:
    return consent.home(conn)


@pytest.fixture
def made(conn: Conn, settings: Settings, home: Home) -> grants.Authorization:
    terms = Terms(parse(SCOPE), (home.point,), NOW_S + 30 * DAY_S)
    return sharing.grant(conn, home.ada, home.sunny, terms, settings=settings)


def _ask(conn: Conn, home: Home, settings: Settings, action: str, grant: int = 0, third_party: int = 0) -> None:
    kind = TokenKind.customer if grant else TokenKind.client
    asker = Principal(Role.third_party, third_party or home.sunny.id, str(kind), "sunny", grant)
    access.reach(conn, asker, action, settings=settings, target=f"address of {action}")


def _log(conn: Conn, home: Home, settings: Settings, grant: grants.Authorization) -> list[access_log.Read]:
    reach = access.reach(conn, home.ada, "access-log:read", settings=settings)
    return access_log.reads(conn, reach, grant.id)


def test_each_call_with_a_grant_is_in_its_log_the_newest_first(
    conn: Conn, settings: Settings, home: Home, made: grants.Authorization
) -> None:
    _ask(conn, home, settings, "subscription:read", made.id)
    _ask(conn, home, later(settings, 60), "person:read", made.id)
    read = _log(conn, home, settings, made)
    assert [(one.at_s - NOW_S, one.action, one.what, one.in_bulk) for one in read] == [
        (60, "person:read", "address of person:read", False),
        (0, "subscription:read", "address of subscription:read", False),
    ]


def test_what_was_refused_is_in_it_too_but_is_no_last_read(
    conn: Conn, settings: Settings, home: Home, made: grants.Authorization
) -> None:
    with pytest.raises(Denied):
        _ask(conn, home, settings, "bulk:read", made.id)
    assert [one.allowed for one in _log(conn, home, settings, made)] == [False]
    reach = access.reach(conn, home.ada, "access-log:read", settings=settings)
    assert access_log.last_read(conn, reach, made.id) is None
    _ask(conn, home, later(settings, 5), "subscription:read", made.id)
    assert access_log.last_read(conn, reach, made.id) == NOW_S + 5


def test_what_a_third_party_read_of_all_is_in_the_log_of_grants_that_lived_then(
    conn: Conn, settings: Settings, home: Home, made: grants.Authorization
) -> None:
    other = grants.add_third_party(conn, "Moony", grants.PRODUCTION)
    _ask(conn, home, later(settings, -60), "bulk:read")
    _ask(conn, home, settings, "bulk:read")
    _ask(conn, home, settings, "bulk:read", third_party=other)
    sharing.end(conn, made, "customer", settings=later(settings, 60), actor=home.ada)
    _ask(conn, home, later(settings, 90), "bulk:read")
    ended = grants.authorization(conn, made.id)
    assert [(one.at_s, one.in_bulk) for one in _log(conn, home, settings, ended)] == [(NOW_S, True)]


def test_the_log_is_for_whose_grant_it_is(
    conn: Conn, settings: Settings, home: Home, made: grants.Authorization
) -> None:
    _ask(conn, home, settings, "subscription:read", made.id)
    nobody = factories.reach_of((home.point + 1, 0, 99_999))
    assert access_log.reads(conn, nobody, made.id) == []
    assert access_log.last_read(conn, nobody, made.id) is None
