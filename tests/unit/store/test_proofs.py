from __future__ import annotations

import pytest

from espi.store import proofs, pushed
from espi.store.database import Conn, Database
from tests.factories import NOW_S


@pytest.fixture
def database(each_database: Database) -> Database:
    """These run on PostgreSQL too: there, callers truly meet."""
    return each_database


def test_a_proof_counts_once_while_it_is_remembered(conn: Conn) -> None:
    seen = [proofs.add_proof(conn, "a", expires_s=NOW_S + 60, now_s=at_s) for at_s in (NOW_S, NOW_S + 59, NOW_S + 60)]
    assert seen == [True, False, True]


def test_what_a_reader_has_seen_is_seen_by_all(database: Database) -> None:
    with database.read() as one:
        assert proofs.add_proof(one, "a", expires_s=NOW_S + 60, now_s=NOW_S)
    with database.write() as other:
        assert not proofs.add_proof(other, "a", expires_s=NOW_S + 60, now_s=NOW_S)


def test_old_proofs_are_forgotten(conn: Conn) -> None:
    for number in range(3):
        proofs.add_proof(conn, str(number), expires_s=NOW_S + number, now_s=NOW_S - 1)
    assert proofs.drop_old_proofs(conn, NOW_S + 1) == 2
    assert not proofs.add_proof(conn, "2", expires_s=NOW_S + 60, now_s=NOW_S + 1)


def test_a_pushed_request_is_its_client_s_and_is_used_once(conn: Conn) -> None:
    uri = pushed.add_pushed(conn, 1, {"state": "x"}, expires_s=NOW_S + 60, now_s=NOW_S)
    assert uri.startswith("urn:ietf:params:oauth:request_uri:")
    assert pushed.pushed(conn, uri, 1, NOW_S) == {"state": "x"}
    assert pushed.pushed(conn, uri, 2, NOW_S) is None
    assert not pushed.use_pushed(conn, uri, 2, NOW_S)
    assert [pushed.use_pushed(conn, uri, 1, NOW_S) for _ in range(2)] == [True, False]
    assert pushed.pushed(conn, uri, 1, NOW_S) is None


def test_a_pushed_request_ends(conn: Conn) -> None:
    uri = pushed.add_pushed(conn, 1, {}, expires_s=NOW_S + 60, now_s=NOW_S)
    assert pushed.pushed(conn, uri, 1, NOW_S + 59) == {}
    assert pushed.pushed(conn, uri, 1, NOW_S + 60) is None
    assert not pushed.use_pushed(conn, uri, 1, NOW_S + 60)
