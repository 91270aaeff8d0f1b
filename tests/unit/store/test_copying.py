"""Many rows at once are the same rows on every database, and fail as single ones do."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from espi.store import copying, partitions
from espi.store.database import Conn, Database
from espi.store.statement import run
from espi.store.tables import day_block_version, deployment, utility
from tests.factories import TODAY

UTILITY = (1, "Lone \t Star\n\\N", "103994067", "America/Chicago", 0, "17,22", {"a": ['"', None]}, "u", 5)
VERSION = (TODAY, 4, 7, 100, 3, 1, 1, 200, True, b"\0\1")


def test_rows_come_back_as_they_were_copied(conn: Conn) -> None:
    copying.copy_rows(conn, utility, [UTILITY])
    assert conn.execute(select(utility)).all() == [UTILITY]


@pytest.mark.parametrize("count", [2, 200])
def test_few_rows_and_many_are_put_alike_and_written_over(conn: Conn, count: int) -> None:
    """A hundred take another way on PostgreSQL than a few do."""
    partitions.ensure(conn, [TODAY])
    first = [(TODAY, 4, point, 100, 3, 1, 1, None, True, bytes(point)) for point in range(count)]
    copying.put_rows(conn, day_block_version, first)
    again = [(*row[:7], 300, False, b"new") for row in first]
    copying.put_rows(conn, day_block_version, again, over=True)
    rows = conn.execute(select(day_block_version).order_by("usage_point_id")).all()
    assert rows == again


def test_what_clashes_is_told_as_of_any_other_statement(database: Database) -> None:
    with database.write() as conn:
        partitions.ensure(conn, [TODAY])
    for count in (2, 200):
        with pytest.raises(IntegrityError), database.write() as conn:
            copying.put_rows(conn, day_block_version, [VERSION] * count)
    with pytest.raises(IntegrityError), database.write() as conn:
        copying.copy_rows(conn, deployment, [("secret", "another")])


def test_an_error_of_the_driver_is_told_as_sqlalchemy_does(database: Database) -> None:
    with pytest.raises((ProgrammingError, OperationalError)), database.read() as conn:
        run(conn, "SELECT nothing FROM nowhere", [])
