from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from espi.store import clients, grants, tokens
from espi.store.database import Conn, Database
from tests import factories
from tests.factories import NOW_S


@pytest.fixture
def database(each_database: Database) -> Database:
    """These run on PostgreSQL too: there, callers truly meet."""
    return each_database


def _client(conn: Conn) -> clients.Client:
    third_party = grants.add_third_party(conn, f"Wattwise {factories.count()}", grants.PRODUCTION)
    return clients.add_client(conn, role="third_party", party_id=third_party, kind="main", now_s=NOW_S)


def _token(conn: Conn, kind: str = "access", **given: object) -> str:
    values = {"authorization_id": 1, "client_id": 1, "family": "f", "binding": "", "issued_s": NOW_S}
    return tokens.issue(conn, kind=kind, **{**values, "expires_s": NOW_S + 3600, **given})  # type: ignore[arg-type]


def _code(conn: Conn, **given: object) -> str:
    values = {"client_id": 1, "authorization_id": 1, "redirect_uri": "https://a.example/cb", "issued_s": NOW_S}
    return tokens.add_code(conn, **{**values, "expires_s": NOW_S + 300, **given})  # type: ignore[arg-type]


def test_only_hashes_are_kept(conn: Conn) -> None:
    made = [_token(conn), _code(conn)]
    for table in ("token", "authorization_code"):
        kept = str(conn.execute(text(f"SELECT * FROM {table}")).all())  # noqa: S608 -- two names of our own
        assert not any(value in kept for value in made)
    assert min(map(len, made)) >= 43


def test_a_token_counts_until_it_ends_is_used_or_revoked(conn: Conn) -> None:
    made = _token(conn)
    found = tokens.token(conn, made)
    assert found is not None
    assert found.counts(NOW_S + 3599)
    assert not found.counts(NOW_S + 3600)
    tokens.revoke(conn, made, NOW_S)
    revoked = tokens.token(conn, made)
    assert revoked is not None
    assert not revoked.counts(NOW_S)
    assert tokens.token(conn, "unknown") is None


def test_a_code_is_redeemed_once_and_in_time(conn: Conn) -> None:
    made = _code(conn, challenge="c")
    assert tokens.redeem_code(conn, made, NOW_S + 300) is None
    found = tokens.redeem_code(conn, made, NOW_S + 299)
    assert found is not None
    assert (found.challenge, found.redirect_uri) == ("c", "https://a.example/cb")
    assert tokens.redeem_code(conn, made, NOW_S + 299) is None


def test_a_refresh_token_is_used_once(conn: Conn) -> None:
    made = _token(conn, "refresh")
    assert tokens.use_refresh(conn, made, NOW_S)
    assert not tokens.use_refresh(conn, made, NOW_S)
    assert not tokens.use_refresh(conn, _token(conn), NOW_S), "an access token is none"


def test_a_lost_answer_is_given_again_for_a_short_while(conn: Conn) -> None:
    made = _token(conn, "refresh")
    assert not tokens.repeat_refresh(conn, made, NOW_S), "it was never used"
    tokens.use_refresh(conn, made, NOW_S)
    assert not tokens.repeat_refresh(conn, made, NOW_S), "two callers at once"
    assert tokens.repeat_refresh(conn, made, NOW_S + 1)
    assert tokens.repeat_refresh(conn, made, NOW_S + tokens.GRACE_S - 1)
    assert not tokens.repeat_refresh(conn, made, NOW_S + tokens.GRACE_S)


def test_no_answer_is_given_again_once_its_successor_was_used(conn: Conn) -> None:
    first, second = _token(conn, "refresh"), _token(conn, "refresh")
    tokens.use_refresh(conn, first, NOW_S)
    tokens.use_refresh(conn, second, NOW_S + 1)
    assert not tokens.repeat_refresh(conn, first, NOW_S + 2)


def test_tokens_end_by_family_and_by_authorization(conn: Conn) -> None:
    first, other = _token(conn, family="one"), _token(conn, family="two", authorization_id=2)
    tokens.revoke_family(conn, "one", NOW_S)
    code = _code(conn, authorization_id=2)
    assert tokens.revoke_authorization(conn, 2, NOW_S) == 1
    assert tokens.redeem_code(conn, code, NOW_S) is None
    for text_ in (first, other):
        found = tokens.token(conn, text_)
        assert found is not None
        assert found.revoked_s == NOW_S


def test_a_tester_can_let_access_tokens_expire(conn: Conn) -> None:
    access, refresh = _token(conn), _token(conn, "refresh")
    assert tokens.expire_authorization_tokens(conn, 1, NOW_S) == 1
    counts = [found and found.counts(NOW_S) for found in (tokens.token(conn, access), tokens.token(conn, refresh))]
    assert counts == [False, True]


def test_old_ones_are_forgotten(conn: Conn) -> None:
    made, lasting = _token(conn), _token(conn, expires_s=0)
    assert tokens.forget_tokens(conn, NOW_S + 3600) == 0
    assert tokens.forget_tokens(conn, NOW_S + 3601) == 1
    assert tokens.token(conn, made) is None
    assert tokens.token(conn, lasting) is not None


def test_an_access_token_opens_client_and_authorization_in_one_look(conn: Conn) -> None:
    client = _client(conn)
    key = grants.add_client_authorization(conn, client, "client", "FB=34_35", NOW_S)
    made = _token(conn, authorization_id=key, client_id=client.id)
    found = tokens.opened(conn, made)
    assert found is not None
    assert found.client == client
    assert found.authorization == grants.authorization(conn, key)
    assert found.third_party_status == grants.PRODUCTION
    assert tokens.opened(conn, _token(conn, "refresh", authorization_id=key, client_id=client.id)) is None


@pytest.mark.parametrize("kind", ["code", "refresh"])
def test_many_at_once_get_it_once(database: Database, kind: str) -> None:
    with database.write() as conn:
        made = _code(conn) if kind == "code" else _token(conn, "refresh")
    got: list[bool] = []

    def redeem() -> None:
        with database.write() as conn:
            if kind == "code":
                got.append(tokens.redeem_code(conn, made, NOW_S) is not None)
            else:
                got.append(tokens.use_refresh(conn, made, NOW_S))

    threads = [threading.Thread(target=redeem) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 5 + [True]
