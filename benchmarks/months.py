"""Closed months: how much disk a meter's day takes, how fast months are put away and read, how fast one is dropped.

On SQLite in a file, and on PostgreSQL on a server of its own, with fsync. Values are those of `benchmarks.lse_text`.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import Integer, column, select
from sqlalchemy import values as value_rows

from benchmarks.lse_text import CENTRAL
from benchmarks.postgresql import fresh
from espi import log
from espi.clock import DAY_S, next_month, parse_day
from espi.day import ACTUAL_QUALITY, LOAD, DayColumns
from espi.store import months, partitions, readings
from espi.store.database import Database
from espi.store.reach import Reach
from espi.store.tables import day_block, month_block

METERS, A_LOAD = 2_000, 500
MONTH = parse_day("2025-03-01")
NOW_S = CENTRAL.day_start_s(parse_day("2026-01-01"))
YEAR_METERS = 20
YEAR = parse_day("2024-01-01"), parse_day("2025-01-01")
DROPPED = 7_000_000
ROUNDS = 25

Figures = dict[str, dict[str, float | str]]


def figures() -> Figures:
    """Everything this module measures."""
    log.configure("ERROR")
    found: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        found |= _of("sqlite", Database(f"sqlite:///{Path(folder) / 'espi.sqlite'}"))
    with fresh() as url:
        database = Database(url)
        found |= _of("postgresql", database)
        found |= _drop(database)
        database.close()
    return found


def _figure(value: float, unit: str) -> dict[str, float | str]:
    return {"value": value, "unit": unit, "command": "python -m benchmarks months"}


def _of(kind: str, database: Database) -> Figures:
    database.migrate()
    for first in range(1, METERS + 1, A_LOAD):
        _put(database, range(first, first + A_LOAD), range(MONTH, next_month(MONTH)))
    started = time.perf_counter()
    done = months.compact_month(database, MONTH, now_s=NOW_S)
    took_s = time.perf_counter() - started
    days = METERS * (next_month(MONTH) - MONTH)
    assert (done.days, done.left) == (days, 0)
    _put(database, range(1, YEAR_METERS + 1), range(*YEAR))
    return {
        f"months.{kind}_bytes_per_meter_day": _figure(_bytes(database) / days, "bytes"),
        f"months.{kind}_days_put_away_per_s": _figure(days / took_s, "days/s"),
        f"months.{kind}_year_of_rows_of_days_ms": _figure(_read_ms(database), "ms"),
        f"months.{kind}_year_of_closed_months_ms": _figure(_closed_year_ms(database), "ms"),
    }


def _put(database: Database, points: range, days: range) -> None:
    """Days of quarter hours, each loaded the morning after."""
    random = np.random.default_rng(points.start)
    with database.write() as conn:
        for day in days:
            count, meters = CENTRAL.quarter_hours(day), len(points)
            means = 150.0 * random.lognormal(0, 0.4, (meters, 1))
            values = random.gamma(2.0, means, (meters, count)).astype(np.int64)
            sent_s = CENTRAL.day_start_s(day + 1) + 5 * 3600
            same = {name: np.full(meters, value) for name, value in _same(day, count, sent_s).items()}
            arrived = DayColumns(
                **same,
                usage_point_id=np.array(points),
                first=np.arange(meters) * count,
                total=values.sum(1),
                values=values.ravel(),
                codes=np.full(values.size, ACTUAL_QUALITY, np.uint8),
            )
            loaded_s = sent_s + 1800 + int(random.integers(600))
            readings.put_days(conn, arrived, file_id=(day - MONTH) * 2000 + points.start + 10**6, now_s=loaded_s)


def _same(day: int, count: int, sent_s: int) -> dict[str, int]:
    return {
        "day": day,
        "channel": LOAD,
        "start_s": CENTRAL.day_start_s(day),
        "interval_s": 900,
        "count": count,
        "estimated": 0,
        "absent": 0,
        "sent_s": sent_s,
    }


def _bytes(database: Database) -> int:
    """What the rows of the closed month take on the disk, with indexes and all."""
    with database.read() as conn:
        if conn.dialect.name == "sqlite":
            names = "SELECT name FROM sqlite_master WHERE tbl_name = 'month_block'"
            return int(conn.exec_driver_sql(f"SELECT sum(pgsize) FROM dbstat WHERE name IN ({names})").scalar_one())  # noqa: S608
        name = partitions.partition_name(month_block, MONTH)
        return int(conn.exec_driver_sql(f"SELECT pg_total_relation_size('{name}')").scalar_one())


def _closed_year_ms(database: Database) -> float:
    month = YEAR[0]
    while month < YEAR[1]:
        assert months.compact_month(database, month, now_s=NOW_S).days
        month = next_month(month)
    return _read_ms(database)


def _read_ms(database: Database) -> float:
    """A year of a meter, its values unpacked, from a warm store."""
    best = float("inf")
    with database.read() as conn:
        for place in range(ROUNDS):
            point = place % YEAR_METERS + 1
            reach = _reach(point)
            started = time.perf_counter()
            days = list(readings.packed_blocks(conn, reach, point, LOAD, *YEAR))
            best = min(best, time.perf_counter() - started)
            assert len(days) == YEAR[1] - YEAR[0]
    return best * 1000


def _reach(point: int) -> Reach:
    names = (column(name, Integer) for name in ("usage_point_id", "from_day", "until_day"))
    listed = value_rows(*names, name="listed").data([(point, *YEAR)]).cte("spans")
    return Reach(select(listed.c.usage_point_id, listed.c.from_day, listed.c.until_day), "benchmark", "benchmark")


def _drop(database: Database) -> Figures:
    """A month of seven million rows of days, made by the server itself."""
    month = parse_day("2018-01-01")
    with database.write() as conn:
        partitions.ensure(conn, [month])
        conn.exec_driver_sql(
            "INSERT INTO day_block (day, channel, usage_point_id, updated_s, file_id, revision, content) "  # noqa: S608
            f"SELECT {month} + mod(n, 10), 4, n / 10, {NOW_S - 900 * DAY_S}, 7, 1, "
            f"decode(repeat(md5(n::text), 7), 'hex') FROM generate_series(1, {DROPPED}) AS n"
        )
    started = time.perf_counter()
    with database.write() as conn:
        partitions.drop_partition(conn, day_block, month)
    took_s = time.perf_counter() - started
    return {"months.postgresql_drop_of_7m_rows_s": _figure(took_s, "s")}
