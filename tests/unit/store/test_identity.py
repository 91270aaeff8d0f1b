"""Ids are stable, of version 5, and cannot be had without the installation's secret."""

from __future__ import annotations

import uuid
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espi.store.database import Conn, Database, transaction_of
from espi.store.identity import FIRST_PATH_ID, LAST_PATH_ID, path_id_for, uuid_for


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_entry_ids_are_the_version_5_uuids_of_their_names(conn: Conn, name: str) -> None:
    found = uuid_for(conn, name)
    assert found == str(uuid.uuid5(transaction_of(conn).database.secret, name))
    assert uuid.UUID(found).version == 5


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_path_ids_have_fifteen_digits_which_every_reader_of_numbers_can_hold(conn: Conn, name: str) -> None:
    assert FIRST_PATH_ID <= path_id_for(conn, name) <= LAST_PATH_ID < 2**53


def test_another_installation_gives_other_ids(conn: Conn, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    other.migrate()
    with other.read() as elsewhere:
        assert uuid_for(elsewhere, "usage-point/1/2") != uuid_for(conn, "usage-point/1/2")
        assert path_id_for(elsewhere, "usage-point/1/2") != path_id_for(conn, "usage-point/1/2")
    other.close()
