"""How fast LSE comes into PostgreSQL by one process, all rules on, beside COPY of the same rows made ready.

The yardstick, in the same run and on the same server: the rows that the load has stored, as COPY's binary form has
them, written into a table like the one they came from, with its key, committed. fsync is on for both.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import psycopg
import psycopg.sql
from sqlalchemy import make_url

from benchmarks.fleet import DUNS, Files, add_meters
from benchmarks.lse_text import CENTRAL
from benchmarks.postgresql import fresh
from espi import config, log
from espi.clock import Clock, parse_day
from espi.intake.load import load_file
from espi.store.database import Database

METERS, ROUNDS = 100_000, 4
DAY = parse_day("2026-06-01")
NOW_S = CENTRAL.day_start_s(DAY + 60)
FORMS = {"": 1, "_12_a_row": 12}
PIECE = 1 << 18

Figures = dict[str, dict[str, float | str]]


def figures() -> Figures:
    """Everything this module measures."""
    log.configure("ERROR")
    found: Figures = {}
    with tempfile.TemporaryDirectory() as folder, fresh() as url:
        database = Database(url)
        database.migrate()
        add_meters(database, METERS, NOW_S)
        day = DAY
        for name, per_row in FORMS.items():
            load_s, cpu_s, copy_s = [], [], []
            for _ in range(ROUNDS):
                wall_s, own_s = _load(database, url, Path(folder), day, per_row)
                load_s.append(wall_s)
                cpu_s.append(own_s)
                copy_s.append(_copy(url, day))
                day += 1
            values = METERS * 96
            found |= {
                f"intake.postgresql_values_per_s{name}": _figure(values / min(load_s), "values/s"),
                f"intake.postgresql_ratio_to_copy{name}": _figure(
                    min(copy_s) / min(load_s), "of the rate of COPY of ready-made rows"
                ),
                f"intake.postgresql_loader_us{name}": _figure(
                    min(cpu_s) / METERS * 1e6, "microseconds of the loader's processor a meter-day"
                ),
            }
        database.close()
    return found


def _figure(value: float, unit: str) -> dict[str, float | str]:
    return {"value": value, "unit": unit, "command": "python -m benchmarks intake_postgresql"}


def _load(database: Database, url: str, folder: Path, day: int, per_row: int) -> tuple[float, float]:
    """How long one file takes, by the clock and of our own processor."""
    settings = config.load(
        {"ESPI_DATABASE_URL": url}, home=folder, clock=Clock(fixed_s=NOW_S), max_file_records=0, log_level="ERROR"
    )
    path = folder / f"{DUNS}IntervalData20260701050000{day % 1000:03d}.lse"
    path.write_bytes(Files(METERS, day, per_row=per_row, seed=day).of(0))
    started, own = time.perf_counter(), time.process_time()
    report = load_file(database, path, path.name, settings=settings)
    taken = time.perf_counter() - started, time.process_time() - own
    assert report.counts.loaded == METERS
    path.unlink()
    return taken


def _copy(url: str, day: int) -> float:
    """How long the server takes to get the rows of a day made ready."""
    server = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as conn:
        query = psycopg.sql.SQL(
            "COPY (SELECT * FROM day_block WHERE day = {} ORDER BY usage_point_id) TO STDOUT (FORMAT BINARY)"
        )
        with conn.cursor().copy(query.format(day)) as copy:
            rows = b"".join(copy)
        conn.execute("DROP TABLE IF EXISTS ready_made")
        conn.execute("CREATE TABLE ready_made (LIKE day_block INCLUDING ALL)")
        started = time.perf_counter()
        with conn.transaction(), conn.cursor().copy("COPY ready_made FROM STDIN (FORMAT BINARY)") as copy:
            for start in range(0, len(rows), PIECE):
                copy.write(rows[start : start + PIECE])
        taken = time.perf_counter() - started
        assert conn.execute("SELECT count(*) FROM ready_made").fetchone() == (METERS,)
    return taken
