"""How a day of readings is stored: its bytes on the disk, a meter's year read, days put, and days replaced.

On SQLite in a file, and on PostgreSQL on a server of its own, with fsync. Yardstick of the same run: the best COPY of
the same rows, ready made in COPY's binary form, into the same table. Of several rounds the best counts, ours and the
yardstick's in turn.

Households: each meter has its own scale (log-normal, median 120 Wh a quarter hour, sigma 0.6). By night it idles at a
seventh of that, towards evening it rises to twice that, and appliances make a quarter hour vary about that (a gamma
distribution of shape 10). Such days take a twelfth more bytes in the stored form than the real ones of homes that the
project was tried with (106 against 98). The other set, named gamma, has neither night nor evening: independent values
of gamma(2, 150 Wh), whose entropy alone is 114 bytes.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psycopg
from sqlalchemy import Integer, column, make_url, select
from sqlalchemy import values as value_rows

from benchmarks.lse_text import CENTRAL
from benchmarks.postgresql import fresh
from espi import log
from espi.clock import month_start, next_month, parse_day
from espi.day import ACTUAL_QUALITY, ESTIMATED_QUALITY, LOAD, DayColumns
from espi.store import copying, forming, partitions
from espi.store.database import Database
from espi.store.reach import Reach
from espi.store.readings import packed_blocks, put_days
from espi.store.tables import day_block

DAY = parse_day("2025-03-03")
METERS, DAYS, BATCH = 20_000, 5, 8192
YEAR_METERS, YEAR = 40, range(parse_day("2024-01-01"), parse_day("2024-12-31"))
REPLACED = METERS // 100
ROUNDS = 3
HOURS = [0.0, 1.0, 5.0, 7.5, 10.0, 16.0, 19.5, 22.0, 24.0]
SHAPE = np.interp(np.arange(96) / 4, HOURS, [0.3, 0.15, 0.15, 0.9, 0.6, 0.8, 2.0, 1.1, 0.3])

ALIKE = {"updated_s": 1_750_000_000, "file_id": 1, "revision": 1}

Figures = dict[str, dict[str, float | str]]
Values = npt.NDArray[np.int64]


def figures() -> Figures:
    """Everything this module measures."""
    log.configure("ERROR")
    found: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'espi.sqlite'}"
        found |= _of("sqlite", Database(url))
    with fresh() as url:
        database = Database(url)
        found |= _of("postgresql", database)
        found |= _copied(database)
        database.close()
    return found


def _figure(value: float, unit: str) -> dict[str, float | str]:
    return {"value": value, "unit": unit, "command": "python -m benchmarks store"}


def households(random: np.random.Generator, meters: int) -> Values:
    """A day of quarter hours of homes, in Wh."""
    means = 120.0 * random.lognormal(0, 0.6, (meters, 1)) * SHAPE
    return random.gamma(10.0, means / 10.0).astype(np.int64)


def gamma(random: np.random.Generator, meters: int) -> Values:
    """A day of independent quarter hours, in Wh."""
    return random.gamma(2.0, 150.0, (meters, 96)).astype(np.int64)


def days_of(values: Values, day: int, first_point: int = 1, *, quality: int = ACTUAL_QUALITY) -> DayColumns:
    """One day of usage points that follow one another, sent at five the next morning."""
    meters, count = values.shape
    estimated = count if quality == ESTIMATED_QUALITY else 0
    alike = {
        "day": day, "channel": LOAD, "start_s": CENTRAL.day_start_s(day), "interval_s": 900, "count": count,
        "estimated": estimated, "absent": 0, "sent_s": CENTRAL.day_start_s(day + 1) + 5 * 3600,
    }  # fmt: skip
    return DayColumns(
        **{name: np.full(meters, value) for name, value in alike.items()},
        usage_point_id=np.arange(first_point, first_point + meters),
        first=np.arange(meters) * count,
        values=values.ravel(),
        codes=np.full(values.size, quality, np.uint8),
        total=values.sum(1),
    )


def _put(database: Database, days: DayColumns, file_id: int) -> float:
    """How long it takes to put days in one transaction, by batches."""
    now_s = int(days.sent_s[0]) + 1800 + file_id
    batches = [days.take(np.arange(at, min(at + BATCH, len(days)))) for at in range(0, len(days), BATCH)]
    with database.write() as conn:
        partitions.ensure(conn, [int(days.day[0])])
    started = time.perf_counter()
    with database.write() as conn:
        for batch in batches:
            put_days(conn, batch, file_id=file_id, now_s=now_s)
    return time.perf_counter() - started


def _of(kind: str, database: Database) -> Figures:
    database.migrate()
    random = np.random.default_rng(1)
    found: Figures = {}
    first = DAY
    for name, made in (("", households), ("_gamma", gamma)):
        month = month_start(first)
        before = _bytes(database, month)
        took_s = [_put(database, days_of(made(random, METERS), first + at), at + 1) for at in range(DAYS)]
        size = (_bytes(database, month) - before) / (METERS * DAYS)
        found[f"store.{kind}_bytes_per_meter_day{name}"] = _figure(size, "bytes")
        found[f"store.{kind}_puts_per_s{name}"] = _figure(METERS / min(took_s), "days/s")
        first = next_month(month) + 2
    found[f"store.{kind}_read_meter_year_ms"] = _figure(_year_ms(database, random), "ms")
    loaded_s, replaced_s = _replaced(database, random, first)
    found[f"store.{kind}_replace_ratio_to_load"] = _figure(replaced_s / loaded_s, "times what loading the same took")
    return found


def _replaced(database: Database, random: np.random.Generator, day: int) -> tuple[float, float]:
    """How long one per cent of the meters take with estimates, and then with the actual readings; the best of each."""
    loaded, replaced = [], []
    for at in range(ROUNDS):
        _put(database, days_of(households(random, METERS), day + at, REPLACED + 1), 1)
        estimates = days_of(households(random, REPLACED), day + at, quality=ESTIMATED_QUALITY)
        loaded.append(_put(database, estimates, 2))
        replaced.append(_put(database, days_of(households(random, REPLACED), day + at), 3))
    return min(loaded), min(replaced)


def _year_ms(database: Database, random: np.random.Generator) -> float:
    for day in YEAR:
        _put(database, days_of(households(random, YEAR_METERS), day), 1)
    best = float("inf")
    with database.read() as conn:
        for point in range(1, YEAR_METERS + 1):
            reach = _reach(point)
            started = time.perf_counter()
            count = sum(day.count for day in packed_blocks(conn, reach, point, LOAD, YEAR[0], YEAR[-1] + 1))
            best = min(best, time.perf_counter() - started)
            assert count == len(YEAR) * 96
    return best * 1000


def _reach(point: int) -> Reach:
    names = (column(name, Integer) for name in ("usage_point_id", "from_day", "until_day"))
    listed = value_rows(*names, name="listed").data([(point, YEAR[0], YEAR[-1] + 1)]).cte("spans")
    return Reach(select(listed.c.usage_point_id, listed.c.from_day, listed.c.until_day), "benchmark", "benchmark")


def _bytes(database: Database, month: int) -> int:
    """What the rows of days take on the disk with their index, as they were loaded; of a month's, on PostgreSQL."""
    with database.read() as conn:
        if conn.dialect.name == "sqlite":
            sizes = "SELECT COALESCE(sum(pgsize), 0) FROM dbstat WHERE name = 'day_block'"
            return int(conn.exec_driver_sql(sizes).scalar_one())
        name = partitions.partition_name(day_block, month)
        size = conn.exec_driver_sql(f"SELECT pg_total_relation_size(to_regclass('{name}'))").scalar_one()
        return int(size or 0)


def _copied(database: Database) -> Figures:
    """How many days a second PostgreSQL takes in when their rows are ready made, and how ours compare."""
    url = make_url(str(database.url)).set(drivername="postgresql").render_as_string(hide_password=False)
    random, day = np.random.default_rng(2), parse_day("2025-08-04")
    ready, ours = [], []
    with psycopg.connect(url) as conn:
        for at in range(2 * ROUNDS):
            days = days_of(households(random, METERS), day + at)
            if at % 2:
                ours.append(_put(database, days, 1))
                continue
            with database.write() as other:
                partitions.ensure(other, [day + at])
            numbers = {name: getattr(days, name) for name in ("day", "channel", "usage_point_id")}
            numbers |= {name: np.full(METERS, value) for name, value in ALIKE.items()}
            rows = b"".join(forming.encode_rows(days, {}, copying.lead(day_block, numbers)))
            started = time.perf_counter()
            listed = ", ".join([*numbers, "content"])
            with conn.cursor().copy(f"COPY day_block ({listed}) FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows + b"\xff\xff")
            conn.commit()
            ready.append(time.perf_counter() - started)
    return {
        "store.postgresql_copies_per_s": _figure(METERS / min(ready), "days/s"),
        "store.postgresql_put_ratio_to_copy": _figure(min(ready) / min(ours), "of the rate of COPY of ready-made rows"),
    }
