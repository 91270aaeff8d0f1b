"""A developer finds his client's calls by their ids, and gets the faults he wishes for; nobody else does."""

from __future__ import annotations

import time

import pytest

from espi.clock import DAY_S
from espi.errors import BadInput
from espi.store import audit, exchanges, market_counts
from espi.store.clients import Client, add_client
from espi.store.database import Database
from espi.store.exchanges import Exchange, WishedFault
from tests.factories import NOW_S


def client(database: Database, *, sandbox: bool = True) -> Client:
    with database.write() as conn:
        return add_client(conn, role="third_party", party_id=1, kind="main", now_s=NOW_S, sandbox=sandbox)


def call(of: Client, status: int = 200, number: int = 1, at_s: int = NOW_S) -> Exchange:
    return Exchange(of.id, f"id{number}", at_s, "GET", "/Batch/Subscription/{s}", status, "code", "reason")


def test_every_call_of_a_sandbox_client_is_kept_and_of_others_what_failed(database: Database) -> None:
    mine, other = client(database), client(database, sandbox=False)
    for number, (caller, status) in enumerate([(mine, 200), (mine, 403), (other, 200), (other, 401)]):
        exchanges.note(database, caller, call(caller, status, number))
    with database.read() as conn:
        assert [one.request_id for one in exchanges.exchanges_of(conn, [mine])] == ["id1", "id0"]
        assert [one.request_id for one in exchanges.exchanges_of(conn, [mine], failed=True)] == ["id1"]
        assert [one.request_id for one in exchanges.exchanges_of(conn, [other])] == ["id3"]


def test_a_call_is_found_by_its_id_by_its_own_developer_only(database: Database) -> None:
    mine, other = client(database), client(database)
    exchanges.note(database, mine, call(mine, 404))
    with database.read() as conn:
        assert exchanges.by_request_id(conn, [mine], "id1") == [call(mine, 404)]
        assert exchanges.by_request_id(conn, [other], "id1") == []


def test_old_calls_go_when_new_ones_come(database: Database) -> None:
    mine = client(database)
    exchanges.note(database, mine, call(mine, number=1))
    exchanges.note(database, mine, call(mine, number=2, at_s=NOW_S + 31 * DAY_S))
    with database.read() as conn:
        assert [one.request_id for one in exchanges.exchanges_of(conn, [mine])] == ["id2"]


def test_a_web_server_writes_calls_a_moment_later(database: Database) -> None:
    mine = client(database)
    audit.buffer(database)
    for number in range(3):
        exchanges.note(database, mine, call(mine, number=number))
    deadline = time.monotonic() + 5
    found: list[Exchange] = []
    while len(found) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
        with database.read() as conn:
            found = exchanges.exchanges_of(conn, [mine])
    assert [one.request_id for one in found] == ["id2", "id1", "id0"]


def test_a_wished_fault_comes_as_often_as_wished(database: Database) -> None:
    mine, other = client(database), client(database)
    with database.write() as conn:
        exchanges.set_fault(conn, mine, 503, 2)
    with database.read() as conn:
        exchanges.trip(conn, other)
    for begin in (database.read, database.write):
        with pytest.raises(WishedFault) as raised, begin() as conn:
            exchanges.trip(conn, mine)
        assert (raised.value.status, raised.value.retry_after_s) == (503, 2)
    with database.read() as conn:
        exchanges.trip(conn, mine)


def test_a_fault_can_be_called_off_and_is_for_sandboxes_only(database: Database) -> None:
    mine, other = client(database), client(database, sandbox=False)
    with database.write() as conn:
        exchanges.set_fault(conn, mine, 429, 5)
        assert exchanges.fault_of(conn, mine) == (429, 5)
        exchanges.set_fault(conn, mine, 429, 0)
        assert exchanges.fault_of(conn, mine) == (0, 0)
        with pytest.raises(BadInput, match="sandbox clients only"):
            exchanges.set_fault(conn, other, 503, 1)
        with pytest.raises(BadInput, match="Choose one of"):
            exchanges.set_fault(conn, mine, 200, 1)
    with database.read() as conn:
        exchanges.trip(conn, mine)


def test_every_call_is_counted_for_its_company_and_what_it_got(database: Database) -> None:
    own, other = client(database, sandbox=False), client(database)
    for caller, status, size in ((own, 200, 700), (own, 200, 300), (own, 403, 90), (own, 429, 0), (other, 200, 5)):
        exchanges.note(database, caller, Exchange(caller.id, "r", NOW_S, "GET", "/Batch", status, size=size))
    today = NOW_S // DAY_S
    with database.read() as conn:
        found = market_counts.own_calls(conn, [own.id], today, today + 1)
        assert found == {today: {"answered": 2, "refused": 1, "too-many": 1, "bytes": 1090}}
        assert market_counts.own_calls(conn, [own.id], today + 1, today + 2) == {}
