"""What loading into a Citus cluster costs beside loading into PostgreSQL, on the same server, by turns.

Measured only where ESPI_TEST_CITUS_URL names a cluster: best one on this machine, so that both have as much of it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from benchmarks.lse_text import CENTRAL, text
from espi import config, log
from espi.clock import Clock, parse_day
from espi.intake.load import load_file
from espi.store.database import Database
from tests import servers

METERS = 20_000
ROUNDS = 4
DAY = parse_day("2026-06-01")
NOW_S = CENTRAL.day_start_s(DAY + 60)
DUNS = "957877905"

Figures = dict[str, dict[str, float | str]]


def figures() -> Figures:
    """Everything this module measures; nothing where there is no cluster."""
    log.configure("ERROR")
    if servers.CITUS_URL not in os.environ:
        print(f"NOT RUN: {servers.CITUS_URL} names no Citus cluster.", file=sys.stderr)
        return {}
    cluster = servers.Cluster()
    try:
        with _plain() as plain:
            taken = _loaded({"postgresql": plain, "citus": cluster.bare(Path())})
    finally:
        cluster.stop()
    values = METERS * 96
    return {
        "intake.citus_values_per_s": {"value": values / taken["citus"], "unit": "values/s"},
        "intake.citus_ratio_to_postgresql": {
            "value": taken["postgresql"] / taken["citus"],
            "unit": "of the rate into PostgreSQL on the same server",
        },
    }


def _loaded(urls: dict[str, str]) -> dict[str, float]:
    """The seconds of the best load of a file of new days into each, after one that makes the meters known."""
    taken = dict.fromkeys(urls, float("inf"))
    with tempfile.TemporaryDirectory() as folder:
        databases = {}
        for kind, url in urls.items():
            databases[kind] = Database(url)
            databases[kind].migrate()
        for number in range(ROUNDS + 1):
            path = Path(folder) / f"{DUNS}IntervalData2026070105000000{number}.lse"
            path.write_bytes(text(METERS, DAY + number, per_row=1, seed=number))
            for kind, database in databases.items():
                home = Path(folder) / kind
                settings = config.load(
                    {}, home=home, clock=Clock(fixed_s=NOW_S), max_file_records=0, database_url=urls[kind]
                )
                started = time.perf_counter()
                report = load_file(database, path, path.name, settings=settings, adopt=number == 0)
                assert report.counts.loaded == METERS
                if number:
                    taken[kind] = min(taken[kind], time.perf_counter() - started)
        for database in databases.values():
            database.close()
    return taken


@contextlib.contextmanager
def _plain() -> Iterator[str]:
    """A database of the coordinator's server that is not of the cluster."""
    url = make_url(os.environ[servers.CITUS_URL])
    name = f"espi_bench_{os.getpid()}"
    with psycopg.connect(servers.plain(os.environ[servers.CITUS_URL]), autocommit=True) as conn:
        conn.execute("SET client_min_messages = warning")
        conn.execute(f"CREATE DATABASE {name}")
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            conn.execute(f"DROP DATABASE {name} WITH (FORCE)")
