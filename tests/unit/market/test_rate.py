"""Limits: exact where something changes, nearly exact and cheap where it is only read, shared by all processes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from espi.market.rate import Limit, Rates, Taken
from espi.store import quotas
from espi.store.database import Database

NOW_S = 1_000_000_020
START_S = 1_000_000_020 - 1_000_000_020 % 60


def rates(database: Database) -> Rates:
    return Rates(database, lambda: NOW_S)


def test_a_limit_tells_what_is_left_and_when_it_ends(database: Database) -> None:
    taken = rates(database).take("a", Limit(3, 60), exactly=True)
    assert (taken.used, taken.refused) == (1, False)
    assert taken.headers() == {
        "RateLimit-Limit": "3",
        "RateLimit-Remaining": "2",
        "RateLimit-Reset": str(START_S + 60 - NOW_S),
        "RateLimit-Policy": "3;w=60",
    }


def test_what_is_too_much_is_told_to_wait() -> None:
    assert Taken(Limit(3, 60), 4, 20).refused
    assert Taken(Limit(3, 60), 4, 20).headers()["Retry-After"] == "20"
    assert Taken(Limit(3, 60), 4, 20).headers()["RateLimit-Remaining"] == "0"


def test_no_limit_counts_nothing(database: Database) -> None:
    taken = rates(database).take("a", Limit(0, 60), exactly=True)
    assert not taken.refused
    assert taken.headers() == {}
    with database.read() as conn:
        assert quotas.used(conn, "a", START_S) == 0


def test_two_processes_never_let_more_through_than_the_limit_where_it_counts(database: Database) -> None:
    processes = [rates(database), rates(database)]

    def one(number: int) -> bool:
        return not processes[number % 2].take("a", Limit(10, 60), exactly=True).refused

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(one, range(20))) == 10


def test_reads_are_counted_here_and_told_to_the_others_now_and_then(database: Database) -> None:
    here, there = rates(database), rates(database)
    limit = Limit(100, 60)
    for _ in range(40):
        last = here.take("a", limit, exactly=False)
    here.settle()
    assert last.used == 40
    with database.read() as conn:
        told = quotas.used(conn, "a", START_S)
    assert 0 < told <= 40
    for _ in range(6):
        there.take("a", limit, exactly=False)
    there.settle()
    assert there.take("a", limit, exactly=False).used > told, "what others have let through counts"


def test_what_is_being_told_is_told_before_the_database_closes(database: Database) -> None:
    here = rates(database)
    for _ in range(20):
        here.take("a", Limit(20, 60), exactly=False)
    database.close()
    with database.read() as conn:
        assert quotas.used(conn, "a", START_S) > 0


def test_a_window_that_is_over_is_forgotten(database: Database) -> None:
    now = [NOW_S]
    found = Rates(database, lambda: now[0])
    for _ in range(3):
        found.take("a", Limit(1000, 60), exactly=False)
    now[0] += 60
    assert found.take("a", Limit(1000, 60), exactly=False).used == 1
