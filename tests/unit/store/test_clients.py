from __future__ import annotations

import pytest
from sqlalchemy import select

from espi.errors import BadInput, Conflict, NotFound
from espi.store import clients
from espi.store.clients import Client
from espi.store.database import Conn, Database
from espi.store.tables import client_secret
from tests.factories import NOW_S

DAY_S = 86_400


@pytest.fixture
def database(each_database: Database) -> Database:
    """These run on PostgreSQL too: there, callers truly meet."""
    return each_database


def _client(conn: Conn, client_id: str = "acme_energy", kind: str = "main") -> Client:
    return clients.add_client(conn, role="third_party", party_id=7, kind=kind, now_s=NOW_S, client_id=client_id)


def test_a_client_is_found_by_its_id_and_among_those_of_its_party(conn: Conn) -> None:
    main = _client(conn)
    admin = _client(conn, "acme_energy_admin", "admin")
    assert clients.client_by_client_id(conn, "acme_energy") == main
    assert clients.client(conn, admin.id) == admin
    assert clients.clients_of(conn, "third_party", 7) == [main, admin]
    assert clients.clients_of(conn, "rep", 7) == []
    assert clients.client_by_client_id(conn, "ACME_energy") is None
    with pytest.raises(NotFound):
        clients.client(conn, 999)


def test_a_client_without_an_id_gets_one_that_cannot_be_guessed(conn: Conn) -> None:
    one = clients.add_client(conn, role="rep", party_id=1, kind="main", now_s=NOW_S)
    other = clients.add_client(conn, role="rep", party_id=1, kind="main", now_s=NOW_S)
    assert len(one.client_id) == 24
    assert one.client_id != other.client_id


def test_a_client_id_is_given_once(conn: Conn) -> None:
    _client(conn)
    with pytest.raises(Conflict, match="acme_energy"):
        _client(conn)


def test_a_secret_counts_for_its_client_only_and_is_not_kept(conn: Conn) -> None:
    owner, other = _client(conn), _client(conn, "other")
    secret = clients.add_secret(conn, owner, NOW_S)
    assert clients.secret_matches(conn, owner, secret, NOW_S)
    assert not clients.secret_matches(conn, owner, secret + "x", NOW_S)
    assert not clients.secret_matches(conn, owner, "", NOW_S)
    assert not clients.secret_matches(conn, other, secret, NOW_S)
    assert secret not in str(conn.execute(select(client_secret)).all())


def test_a_secret_ends(conn: Conn) -> None:
    owner = _client(conn)
    secret = clients.add_secret(conn, owner, NOW_S, expires_s=NOW_S + 10)
    assert clients.secret_matches(conn, owner, secret, NOW_S + 9)
    assert not clients.secret_matches(conn, owner, secret, NOW_S + 10)


def test_two_secrets_live_at_once_and_no_third(conn: Conn) -> None:
    owner = _client(conn)
    one, two = clients.add_secret(conn, owner, NOW_S, expires_s=NOW_S + 10), clients.add_secret(conn, owner, NOW_S)
    assert clients.secret_matches(conn, owner, one, NOW_S)
    assert clients.secret_matches(conn, owner, two, NOW_S)
    with pytest.raises(Conflict):
        clients.add_secret(conn, owner, NOW_S)
    three = clients.add_secret(conn, owner, NOW_S + 10)
    assert clients.secret_matches(conn, owner, three, NOW_S + 10)
    assert len(clients.secret_times(conn, owner, NOW_S + 10)) == 2


def test_a_rotated_secret_counts_for_the_overlap(conn: Conn) -> None:
    owner = _client(conn)
    old = clients.add_secret(conn, owner, NOW_S)
    new = clients.rotate_secret(conn, owner, NOW_S, overlap_s=DAY_S)
    assert clients.secret_matches(conn, owner, old, NOW_S + DAY_S - 1)
    assert not clients.secret_matches(conn, owner, old, NOW_S + DAY_S)
    assert clients.secret_matches(conn, owner, new, NOW_S + 400 * DAY_S)


def test_a_second_rotation_ends_the_oldest_secret(conn: Conn) -> None:
    owner = _client(conn)
    one = clients.add_secret(conn, owner, NOW_S)
    two = clients.rotate_secret(conn, owner, NOW_S, overlap_s=DAY_S)
    three = clients.rotate_secret(conn, owner, NOW_S, overlap_s=DAY_S)
    counting = [clients.secret_matches(conn, owner, secret, NOW_S) for secret in (one, two, three)]
    assert counting == [False, True, True]


def test_a_secret_that_got_out_ends_at_once(conn: Conn) -> None:
    owner = _client(conn)
    old = clients.add_secret(conn, owner, NOW_S)
    new = clients.rotate_secret(conn, owner, NOW_S)
    assert not clients.secret_matches(conn, owner, old, NOW_S)
    assert clients.secret_matches(conn, owner, new, NOW_S)


def test_a_secret_from_outside_is_long_enough_to_be_random(conn: Conn) -> None:
    owner = _client(conn)
    with pytest.raises(BadInput, match="22 characters"):
        clients.add_secret(conn, owner, NOW_S, secret="swordfish")
    given = "a-demonstration-secret-of-some-length"
    assert clients.add_secret(conn, owner, NOW_S, secret=given) == given
    assert clients.add_secret(conn, owner, NOW_S, secret=given) == given
    assert len(clients.secret_times(conn, owner, NOW_S)) == 1


def test_what_a_client_proves_itself_with_can_change_but_never_who_it_is(conn: Conn) -> None:
    owner = _client(conn)
    clients.change_client(conn, owner, policy="fapi2", auth_method="private_key_jwt", keys={"keys": []})
    clients.set_disabled(conn, owner, True)
    changed = clients.client(conn, owner.id)
    assert (changed.policy, changed.auth_method, changed.disabled) == ("fapi2", "private_key_jwt", True)
    with pytest.raises(ValueError, match="party_id"):
        clients.change_client(conn, owner, party_id=8)


def test_secrets_are_forgotten_when_a_key_takes_their_place(conn: Conn) -> None:
    owner = _client(conn)
    secret = clients.add_secret(conn, owner, NOW_S)
    clients.drop_secrets(conn, owner)
    assert not clients.secret_matches(conn, owner, secret, NOW_S)
