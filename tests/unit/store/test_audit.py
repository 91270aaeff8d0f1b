from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from espi.store import audit, directory
from espi.store.database import Conn, Database
from espi.store.tables import audit as audit_table
from tests import factories
from tests.factories import NOW_S


def _record(conn: Conn, target: str = "x", *, allowed: bool = True) -> None:
    audit.record(conn, at_s=NOW_S, actor="customer:1", action="usage:read", target=target, rule="own", allowed=allowed)


def _targets(database: Database) -> list[str]:
    with database.read() as conn:
        return list(conn.scalars(select(audit_table.c.target).order_by(audit_table.c.id)))


def test_a_chain_that_nobody_touched_is_whole(conn: Conn) -> None:
    for number in range(5):
        _record(conn, str(number))
    assert audit.verify(conn) == []


def test_a_change_a_removal_and_an_insertion_show(conn: Conn) -> None:
    for number in range(6):
        _record(conn, str(number))
    conn.execute(update(audit_table).where(audit_table.c.id == 2).values(actor="nobody"))
    assert audit.verify(conn) == ["Audit row 2 was changed after it was written."]
    conn.execute(delete(audit_table).where(audit_table.c.id == 4))
    assert audit.verify(conn)[1] == "Audit row 5 does not follow the row before it: one was removed or changed."


def test_a_change_with_its_hash_made_anew_shows_in_the_row_after(conn: Conn) -> None:
    for number in range(3):
        _record(conn, str(number))
    row = {**conn.execute(audit_table.select().where(audit_table.c.id == 2)).mappings().one(), "actor": "nobody"}
    forged = {"actor": "nobody", "hash": audit._hash(row)}
    conn.execute(update(audit_table).where(audit_table.c.id == 2).values(forged))
    assert len(audit.verify(conn)) == 1


def test_what_a_reader_decides_is_written_at_once(database: Database) -> None:
    with database.read() as conn:
        _record(conn)
        assert _targets(database) == ["x"]


def test_what_is_allowed_is_on_record_with_the_change_or_not_at_all(database: Database) -> None:
    with pytest.raises(RuntimeError):
        _fail_after(database, allowed=True)
    assert _targets(database) == []


def test_a_refusal_stays_on_record_though_its_transaction_is_rolled_back(database: Database) -> None:
    with pytest.raises(RuntimeError):
        _fail_after(database, allowed=False)
    assert _targets(database) == ["x"]
    with database.read() as conn:
        assert directory.utilities(conn) == []
        assert audit.verify(conn) == []


def _fail_after(database: Database, *, allowed: bool) -> None:
    with database.write() as conn:
        factories.utility(conn)
        _record(conn, allowed=allowed)
        raise RuntimeError


def test_an_actor_s_name_of_any_length_is_cut_to_fit(conn: Conn) -> None:
    audit.record(conn, at_s=0, actor="a" * 999, action="x", target="t" * 999, rule="r", allowed=False)
    assert audit.verify(conn) == []
