"""The database: SQLite by default, PostgreSQL in production. Connections, transactions and the schema's version.

A `Database` has two engines: one for reading, whose connections cannot write and see one snapshot, and one for writing.
Other layers hand the connection on (`Conn`) and never use it themselves.
"""

from __future__ import annotations

import contextlib
import functools
import hmac
import secrets
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, Insert, create_engine, event, insert, make_url, select, text
from sqlalchemy.exc import OperationalError

from espi import log
from espi.errors import BadInput, WrongSchema
from espi.store import distribution, tables
from espi.store.audit_buffer import AuditBuffer

Conn = Connection
"""A connection inside a transaction, opaque outside `espi.store`."""

Node = tuple[str, int]
"""A node of a cluster: host and port."""

BUSY_S = 30
MOST_CONNECTIONS = 160
"""Of a process, for reading and again for writing: one for each answer that may be on its way, so none ever waits."""
ON_NODES = "-c citus.enable_manual_changes_to_shards=on -c lock_timeout=60s"
"""What holds on connections to nodes: shards may be written to, and no row waits longer for another loader."""

MIGRATION_LOCK = 0x45535049
_TRANSACTION = "espi_transaction"
_DRIVERS = dict.fromkeys(("postgres", "postgresql"), "postgresql+psycopg")
"""What a URL names that names no driver: the one that is installed."""


@dataclass
class Transaction:
    """What a connection knows of its transaction: its database, whether it writes, what must outlive a roll-back.

    beside: the transactions on nodes of a cluster that end as it does.
    """

    database: Database
    writes: bool
    after_rollback: list[Callable[[Conn], None]] = field(default_factory=list)
    beside: dict[Node, Connection] = field(default_factory=dict)

    def end_beside(self, *, commit: bool) -> None:
        """End the transactions on nodes of a cluster that belong to this one, before it ends itself."""
        while self.beside:
            _, conn = self.beside.popitem()
            try:
                if commit:
                    conn.commit()
            finally:
                conn.close()


class Database:
    """A database by its SQLAlchemy URL. Nothing is opened before it is needed.

    before_close: what ends the work of others who write to it in threads of their own.
    """

    def __init__(self, url: str) -> None:
        try:
            found = make_url(url)
        except Exception as err:
            raise BadInput("The database URL cannot be understood; it looks like sqlite:///PATH.") from err
        self.audit_buffer: AuditBuffer | None = None
        self.before_close: list[Callable[[], None]] = []
        self.url = found.set(drivername=_DRIVERS.get(found.drivername, found.drivername))
        self._reader = _engine(self.url, writes=False)
        self._idle: list[Connection] = []
        self._writer = _engine(self.url, writes=True)
        self._nodes: dict[Node, Engine] = {}
        self.citus: bool | None = None

    @classmethod
    @contextlib.contextmanager
    def opened(cls, url: str) -> Iterator[Database]:
        """The database of a URL for a block, which must be at this version's schema: else `WrongSchema`."""
        with contextlib.closing(cls(url)) as database:
            database.check()
            yield database

    @contextlib.contextmanager
    def read(self) -> Iterator[Conn]:
        """A connection that sees one consistent snapshot and cannot write."""
        if self.url.get_backend_name() == "sqlite":
            with self._kept() as conn:
                yield conn
            return
        with self._reader.connect() as conn:
            conn.info[_TRANSACTION] = Transaction(self, writes=False)
            with conn.begin():
                yield conn

    @contextlib.contextmanager
    def _kept(self) -> Iterator[Conn]:
        """A reading connection to SQLite that is kept from one snapshot to the next.

        A file's connection does not go stale, and making and ending SQLAlchemy's own transaction costs more than a
        query: so that goes on for as long as the connection, and the driver is told of each snapshot.
        """
        conn = self._idle.pop() if self._idle else self._open_reader()
        driver = conn.connection
        driver.info[_TRANSACTION] = Transaction(self, writes=False)
        try:
            driver.cursor().execute("BEGIN")
            yield conn
            driver.commit()
        except BaseException:
            conn.close()
            raise
        self._idle.append(conn)

    def _open_reader(self) -> Connection:
        conn = self._reader.connect()
        conn.begin()
        return conn

    @contextlib.contextmanager
    def write(self) -> Iterator[Conn]:
        """One transaction: committed at the end of the block, rolled back if it raises.

        On SQLite it holds the write lock from the start (BEGIN IMMEDIATE), so it never fails half-way for lack of it.
        """
        transaction = Transaction(self, writes=True)
        try:
            with self._writer.connect() as conn:
                conn.info[_TRANSACTION] = transaction
                with conn.begin():
                    yield conn
                    transaction.end_beside(commit=True)
        except BaseException:
            transaction.end_beside(commit=False)
            if transaction.after_rollback:
                with self.write() as conn:
                    for repeat in transaction.after_rollback:
                        repeat(conn)
            raise

    def at(self, host: str, port: int) -> Connection:
        """A connection to another node of a cluster, as the same user and to the database of the same name."""
        url = self.url.difference_update_query(["host", "port"]).set(host=host, port=port)
        engine = self._nodes.get((host, port)) or _engine(url, writes=True, settings=ON_NODES)
        return self._nodes.setdefault((host, port), engine).connect()

    def migrate(self, *, secret: str | None = None, shards: int = distribution.DEFAULT_SHARDS) -> None:
        """Bring the schema up to date; several nodes may do so at once, one of them works and the others wait.

        secret: the UUID that this installation's ids are derived from, given only to get the same ids again. shards: of
        each table that is distributed, where the database is that of a Citus cluster.
        """
        if self.url.database and self.url.get_backend_name() == "sqlite":
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        with self.write() as conn:
            if conn.dialect.name == "postgresql":
                conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            config = _alembic()
            config.attributes["connection"] = conn
            command.upgrade(config, "head")
            distribution.distribute(conn, shards)
            _keep_secret(conn, secret)
        log.record(log.Event.MIGRATED, revision=_head())

    def check(self) -> None:
        """Raise `WrongSchema` unless it is there, with the schema that this version of the program knows."""
        try:
            with self.read() as conn:
                found = MigrationContext.configure(conn).get_current_revision()
        except OperationalError as err:
            raise WrongSchema("The database cannot be opened; `espi init` makes one.", detail=str(err)) from err
        if found != _head():
            raise WrongSchema("The database is not at this version's schema; run `espi init`.", detail=f"found {found}")

    @functools.cached_property
    def secret(self) -> uuid.UUID:
        """The namespace of this installation's ids."""
        with self.read() as conn:
            found = conn.scalar(select(tables.deployment.c.value).where(tables.deployment.c.name == "secret"))
        return uuid.UUID(found)

    def key_for(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose, the same on every machine that shares the database."""
        return hmac.digest(self.secret.bytes, f"key/{purpose}".encode(), "sha256")

    def close(self) -> None:
        """End what others do with it and close the pooled connections. A process that forks closes first."""
        while self.before_close:
            self.before_close.pop()()
        if self.audit_buffer is not None:
            self.audit_buffer.close()
            self.audit_buffer = None
        while self._idle:
            self._idle.pop().close()
        for engine in (self._reader, self._writer, *self._nodes.values()):
            engine.dispose()


def inserted_id(conn: Conn, statement: Insert) -> int:
    """Run an insert of one row and return the id that the row got."""
    key = conn.execute(statement).inserted_primary_key
    if key is None:
        raise TypeError("this insert gives no key")
    return int(key[0])


def transaction_of(conn: Conn) -> Transaction:
    """The transaction that a connection made by `Database` is in."""
    found: Transaction = conn.info[_TRANSACTION]
    return found


def _keep_secret(conn: Conn, given: str | None) -> None:
    deployment = tables.deployment
    known = conn.scalar(select(deployment.c.value).where(deployment.c.name == "secret"))
    if known is None:
        secret = str(uuid.UUID(given)) if given else str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
        conn.execute(insert(deployment).values(name="secret", value=secret))


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


@functools.cache
def _head() -> str | None:
    return ScriptDirectory.from_config(_alembic()).get_current_head()


def _engine(url: URL, *, writes: bool, settings: str = "") -> Engine:
    pool = {"hide_parameters": True, "max_overflow": MOST_CONNECTIONS}
    if url.get_backend_name() != "sqlite":
        level = "READ COMMITTED" if writes else "REPEATABLE READ"
        options = {"connect_args": {"options": settings}} if settings else {}
        server = create_engine(url, isolation_level=level, pool_pre_ping=True, **pool, **options)
        return server if writes else server.execution_options(postgresql_readonly=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_S, "check_same_thread": False}, **pool)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver shall not begin transactions by itself
        pragmas = ["page_size=8192", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"]
        for pragma in [*pragmas, *(["cache_size=-65536"] if writes else ["cache_size=-2048", "query_only=ON"])]:
            connection.execute(f"PRAGMA {pragma}").close()

    if writes:

        @event.listens_for(engine, "begin")
        def start(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
