from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from espi.errors import BadInput, WrongSchema
from espi.store import directory
from espi.store.database import Conn, Database
from espi.store.identity import path_id_for, uuid_for
from espi.store.partitions import months_there, partition_name, partitioned
from espi.store.tables import METADATA
from tests import databases, factories


def test_the_migrations_make_exactly_the_tables_that_are_declared(each_database: Database) -> None:
    with each_database.write() as conn:
        months = {partition_name(table, month) for table in partitioned() for month in months_there(conn, table)}
        opts = {"compare_type": True, "compare_server_default": True}
        opts["include_name"] = lambda name, _kind, _parents: name not in months
        context = MigrationContext.configure(conn, opts=opts)
        assert compare_metadata(context, METADATA) == []


def _schema(conn: Conn) -> dict[str, set[str]]:
    """What SQLite says of each table and index, line by line, whatever their order."""
    rows = conn.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {row.name: {line.strip().rstrip(",") for line in row.sql.splitlines()} for row in rows}


@pytest.mark.sqlite
def test_they_make_them_to_the_letter(conn: Conn, tmp_path: Path) -> None:
    declared = create_engine(f"sqlite:///{tmp_path / 'declared.sqlite'}")
    with declared.begin() as other:
        METADATA.create_all(other)
        expected = _schema(other)
    declared.dispose()
    migrated = _schema(conn)
    assert {name: migrated[name] for name in expected} == expected
    assert set(migrated) - set(expected) == {"alembic_version"}


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite'}")
    with pytest.raises(WrongSchema) as refused:
        database.check()
    assert "espi init" in refused.value.public
    database.migrate()
    database.check()
    database.close()


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.read() as conn:
        before = uuid_for(conn, "x")
    database.migrate(secret="00000000-0000-4000-8000-000000000000")
    reopened = Database(str(database.url))
    with reopened.read() as conn:
        assert uuid_for(conn, "x") == before
    reopened.close()


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.check()
    database.close()


def test_several_nodes_may_migrate_at_once(each_database: Database, tmp_path: Path) -> None:
    home = tmp_path / "new"
    home.mkdir()
    url = databases.bare(home)
    nodes = [multiprocessing.get_context("spawn").Process(target=_migrate, args=(url,)) for _ in range(2)]
    for node in nodes:
        node.start()
    for node in nodes:
        node.join(60)
    assert [node.exitcode for node in nodes] == [0, 0]


def test_a_reading_connection_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"), database.read() as conn:
        factories.utility(conn)


def test_a_reader_sees_one_snapshot_while_others_write(database: Database) -> None:
    with database.read() as reader:
        assert directory.utilities(reader) == []
        with database.write() as writer:
            factories.utility(writer)
        assert directory.utilities(reader) == []
    with database.read() as reader:
        assert len(directory.utilities(reader)) == 1


def _stop_half_way(database: Database) -> None:
    with database.write() as conn:
        factories.utility(conn)
        raise RuntimeError("half-way")


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError, match="half-way"):
        _stop_half_way(database)
    with database.read() as conn:
        assert directory.utilities(conn) == []


@pytest.mark.sqlite
def test_sqlite_is_durable_and_checks_foreign_keys(conn: Conn) -> None:
    pragmas = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert conn.exec_driver_sql("PRAGMA page_size").scalar() == 8192


def test_a_url_that_is_none_is_refused_without_repeating_it() -> None:
    with pytest.raises(BadInput) as refused:
        Database("my password is hunter2")
    assert "hunter2" not in refused.value.public


def test_ids_are_stable_version_5_uuids_and_15_digit_numbers(conn: Conn) -> None:
    assert uuid_for(conn, "usage-point/1/2") == uuid_for(conn, "usage-point/1/2") != uuid_for(conn, "usage-point/1/3")
    assert uuid_for(conn, "usage-point/1/2")[14] == "5"
    assert all(len(str(path_id_for(conn, f"usage-point/1/{number}"))) == 15 for number in range(100))


def test_ids_of_another_installation_are_others(database: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    other.migrate()
    with database.read() as ours, other.read() as theirs:
        assert uuid_for(ours, "x") != uuid_for(theirs, "x")
        assert path_id_for(ours, "x") != path_id_for(theirs, "x")
    other.close()


def test_a_key_is_the_same_for_all_who_share_the_database_and_another_for_each_purpose(database: Database) -> None:
    key = database.key_for("form tokens")
    again = Database(str(database.url))
    assert again.key_for("form tokens") == key
    assert database.key_for("receipts") != key
    assert len(key) == 32
    again.close()
