"""A file is claimed by one process at a time, and what a dead one had by the next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from espi.store import claims, queue
from espi.store.claims import ClaimLost, Terms
from espi.store.database import Database
from tests.factories import NOW_S

ONE = Terms("one", lease_s=60, failures=3)
OTHER = replace(ONE, process="other")


@pytest.fixture
def wanted(each_database: Database) -> Database:
    with each_database.write() as conn:
        claims.want(conn, [("k", "a.lse", 1000)], NOW_S)
        claims.want(conn, [("k", "a.lse", 1000), ("l", "b.lse", 10)], NOW_S + 1)
    return each_database


def take(database: Database, terms: Terms, now_s: int = NOW_S, *, again_before_s: int = NOW_S) -> claims.Claim | None:
    with database.write() as conn:
        return claims.claim(conn, "k", terms, now_s, again_before_s=again_before_s)


def state(database: Database) -> tuple[str, int]:
    with database.read() as conn:
        (found,) = claims.claims(conn, keys=["k"])
    return found.state, found.failures


def test_a_file_is_one_process_s_until_it_is_silent_for_too_long(wanted: Database) -> None:
    mine = take(wanted, ONE)
    assert mine
    assert take(wanted, OTHER, NOW_S + 59) is None
    with wanted.write() as conn:
        claims.renew(conn, mine, 500, ONE, NOW_S + 59)
    assert take(wanted, OTHER, NOW_S + 118) is None
    assert take(wanted, OTHER, NOW_S + 119)
    with wanted.write() as conn, pytest.raises(ClaimLost):
        claims.renew(conn, mine, 600, ONE, NOW_S + 120)


def test_what_a_process_had_that_has_ended_is_free_at_once(wanted: Database) -> None:
    assert take(wanted, ONE)
    assert take(wanted, replace(OTHER, ended=lambda process: process == "one"))


def test_a_file_whose_loaders_die_at_the_same_place_is_set_aside(wanted: Database) -> None:
    for number in range(3):
        assert take(wanted, ONE, NOW_S + 100 * number)
    assert take(wanted, ONE, NOW_S + 300) is None
    assert state(wanted) == (claims.SET_ASIDE, 3)
    with wanted.write() as conn:
        assert claims.retry(conn, None, NOW_S) == ["a.lse"]
        assert claims.retry(conn, None, NOW_S) == []
    assert take(wanted, ONE)


def test_a_file_whose_loaders_die_further_on_each_time_is_not(wanted: Database) -> None:
    with wanted.write() as conn:
        file = queue.take_file(conn, "a.lse", "ab" * 32, None, "lse", NOW_S)
    for number in range(6):
        assert take(wanted, ONE, NOW_S + 100 * number)
        with wanted.write() as conn:
            queue.checkpoint(conn, file.id, 100 * (number + 1), {})
    assert state(wanted) == (claims.LOADING, 1)


def test_what_is_done_is_taken_again_only_by_who_came_later(wanted: Database) -> None:
    mine = take(wanted, ONE)
    assert mine
    with wanted.write() as conn:
        claims.finish(conn, mine, 7, NOW_S + 5)
    assert take(wanted, OTHER, NOW_S + 9, again_before_s=NOW_S + 5) is None
    again = take(wanted, OTHER, NOW_S + 9, again_before_s=NOW_S + 6)
    assert again
    with wanted.write() as conn:
        claims.release(conn, again, NOW_S + 10)
    assert state(wanted) == (claims.DONE, 0)


def test_what_is_over_is_forgotten_but_not_what_is_set_aside(wanted: Database) -> None:
    for number in range(4):
        take(wanted, ONE, NOW_S + 100 * number)
    with wanted.write() as conn:
        assert claims.forget(conn, NOW_S + 1000) == 1
        assert [one.name for one in claims.claims_of_name(conn, "a.lse")] == ["a.lse"]
