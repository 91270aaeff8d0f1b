"""Decisions on reads that a web server keeps for a moment: none is lost, the chain holds, the same one counts."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from espi import access
from espi.access import Principal, Role
from espi.config import Settings
from espi.errors import Denied
from espi.store import audit
from espi.store.database import Database
from espi.store.tables import audit as audit_table

ADA = Principal(Role.customer, 7, "password", "ada")


@pytest.fixture
def buffered(database: Database) -> Iterator[Database]:
    audit.buffer(database)
    yield database
    database.close()


def _rows(database: Database) -> list[tuple[str, str, bool, dict[str, object]]]:
    with database.read() as conn:
        table = audit_table.c
        query = select(table.actor, table.action, table.allowed, table.detail).order_by(table.id)
        return [tuple(row) for row in conn.execute(query)]


def _flush(database: Database) -> None:
    assert database.audit_buffer is not None
    database.audit_buffer.flush()


def test_a_read_is_on_record_after_the_next_flush_and_says_how_often(buffered: Database, settings: Settings) -> None:
    with buffered.read() as conn:
        for _time in range(3):
            access.reach(conn, ADA, "usage:read", settings=settings, target="home")
    _flush(buffered)
    assert _rows(buffered) == [("customer:7:ada", "usage:read", True, {"proof": "password", "times": 3})]


def test_a_refusal_is_on_record_as_well(buffered: Database, settings: Settings) -> None:
    with buffered.read() as conn, pytest.raises(Denied):
        access.reach(conn, ADA, "usage:put", settings=settings)
    _flush(buffered)
    assert _rows(buffered) == [("customer:7:ada", "usage:put", False, {"proof": "password"})]


def test_a_change_is_on_record_in_its_own_transaction(buffered: Database, settings: Settings) -> None:
    with buffered.write() as conn:
        access.reach(conn, ADA, "grant:revoke", settings=settings)
    assert [row[1] for row in _rows(buffered)] == ["grant:revoke"]


def test_what_cannot_be_written_yet_is_kept(buffered: Database, settings: Settings) -> None:
    with buffered.read() as conn:
        access.reach(conn, ADA, "usage:read", settings=settings)
    kept = buffered.audit_buffer
    assert kept is not None
    write, kept._write = kept._write, lambda _rows: (_ for _ in ()).throw(OSError("the disk is full"))
    with pytest.raises(OSError, match="full"):
        kept.flush()
    kept._write = write
    kept.flush()
    assert len(_rows(buffered)) == 1


def test_closing_writes_the_rest(buffered: Database, settings: Settings) -> None:
    with buffered.read() as conn:
        access.reach(conn, ADA, "usage:read", settings=settings)
    buffered.close()
    assert len(_rows(buffered)) == 1


def test_many_readers_and_a_writer_leave_a_whole_chain(buffered: Database, settings: Settings) -> None:
    def read(name: str) -> None:
        for number in range(40):
            with buffered.read() as conn:
                principal = Principal(Role.customer, number, "password", name)
                access.reach(conn, principal, "usage:read", settings=settings)

    readers = [threading.Thread(target=read, args=(f"reader {number}",)) for number in range(4)]
    for reader in readers:
        reader.start()
    for _number in range(20):
        with buffered.write() as conn:
            access.reach(conn, ADA, "grant:revoke", settings=settings)
        _flush(buffered)
    for reader in readers:
        reader.join()
    _flush(buffered)
    with buffered.read() as conn:
        assert audit.verify(conn) == []
    assert len(_rows(buffered)) == 4 * 40 + 20
