"""Whether cost stays flat: a store grows from a thousand meters to a million; the same work is timed at each size.

The work is a file of 1,000 meters loaded with all rules, and requests through the whole application: a single entry and
feeds of one day and of thirty. `python -m benchmarks.flat --draw FILE` measures too, and draws the curve as SVG.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from flask import Flask

from benchmarks.lse_text import CENTRAL, FIRST_ESIID, blocks
from espi import config, log
from espi.app import create_app
from espi.clock import FOREVER, Clock, parse_day
from espi.config import Settings
from espi.day import ACTUAL_QUALITY, LOAD, DayColumns
from espi.formats import lse
from espi.intake.load import load_file
from espi.store import audit, clients, directory, grants, readings, tokens
from espi.store.channels import add_interval_channels, reading_type_for_lse
from espi.store.database import Conn, Database
from espi.store.identity import path_id_for

SIZES = (1_000, 10_000, 100_000, 1_000_000)
DAY = parse_day("2026-06-01")
FULL_DAYS = 3
SUBJECTS, SUBJECT_DAYS = 20, 30
FILE_METERS, FILES = 1_000, 4
REQUESTS, ROUNDS = 60, 5
NOW_S = CENTRAL.day_start_s(DAY + 20)
DUNS = "957877905"
BATCH = 20_000
SCOPE = "FB=1_3_4_5_13_15_31_32_37_39;IntervalDuration=900;BlockDuration=daily;HistoryLength=220752000"
ROOT = "/espi/1_1/resource"
LINES = {
    "load_us": "a meter-day loaded",
    "entry_us": "an entry",
    "feed_1d_us": "a feed of one day",
    "feed_30d_us": "a feed of thirty days",
}

Costs = dict[str, float]
"""Microseconds by kind of work."""


def figures() -> dict[str, tuple[float, str]]:
    """The cost at the largest size, and how many times that of the smallest it is."""
    curve = measured()
    least, most = curve[SIZES[0]], curve[SIZES[-1]]
    found = {}
    for name, what in LINES.items():
        found[f"flat.{name}"] = (most[name], f"us, {what}, {SIZES[-1]:,} meters in the store")
        found[f"flat.{name.removesuffix('_us')}_ratio"] = (
            most[name] / least[name],
            f"times its cost at {SIZES[0]:,} meters",
        )
    return found


def measured() -> dict[int, Costs]:
    """The costs at each size, of a store that grows: SQLite, or the empty one ESPI_BENCH_POSTGRESQL_URL names."""
    log.configure("ERROR")
    curve = {}
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(Path(folder))
        database = Database(settings.database_url)
        database.migrate()
        audit.buffer(database)
        with database.write() as conn:
            utility_id = directory.add_utility(conn, "Growing Wires", DUNS, CENTRAL.name)
        held = 0
        requests: dict[str, list[tuple[str, str]]] = {}
        for place, size in enumerate(SIZES):
            _grow(database, utility_id, held, size)
            if not held:
                with database.write() as conn:
                    requests = _requests(conn, utility_id)
            held = size
            curve[size] = _costs(database, settings, requests, place, size)
        database.close()
    return curve


def _settings(home: Path) -> Settings:
    url = os.environ.get("ESPI_BENCH_POSTGRESQL_URL")
    more = {"ESPI_DATABASE_URL": url} if url else {}
    return config.load(more, home=home, clock=Clock(fixed_s=NOW_S), max_file_records=0, log_level="ERROR")


def _grow(database: Database, utility_id: int, held: int, size: int) -> None:
    """Add meters with some days of readings each."""
    for first in range(held, size, BATCH):
        with database.write() as conn:
            esiids = [str(FIRST_ESIID + meter) for meter in range(first, min(size, first + BATCH))]
            directory.add_usage_points(conn, utility_id, esiids, now_s=NOW_S)
            points = sorted(directory.usage_point_ids(conn, utility_id, esiids).values())
            add_interval_channels(conn, points, LOAD, reading_type_for_lse(LOAD), NOW_S)
            for day in range(DAY - FULL_DAYS, DAY):
                _put(conn, points, day)


def _put(conn: Conn, points: Sequence[int], day: int) -> None:
    """A day of quarter hours for usage points."""
    many, count = len(points), 96
    values = np.random.default_rng(day).gamma(2.0, 150.0, (many, count)).astype(np.int64)
    alike = {
        name: np.full(many, value, np.int64)
        for name, value in {
            "day": day, "channel": LOAD, "start_s": CENTRAL.day_start_s(day), "interval_s": 900, "count": count,
            "estimated": 0, "absent": 0, "sent_s": NOW_S,
        }.items()
    }  # fmt: skip
    columns = DayColumns(
        usage_point_id=np.array(points),
        first=np.arange(many) * count,
        values=values.ravel(),
        codes=np.full(many * count, ACTUAL_QUALITY, np.uint8),
        total=values.sum(1),
        **alike,
    )
    readings.put_days(conn, columns, file_id=0, now_s=NOW_S)


def _requests(conn: Conn, utility_id: int) -> dict[str, list[tuple[str, str]]]:
    """Paths and tokens of some usage points that were given to a third party, by kind of work."""
    third_party = grants.add_third_party(conn, "Growing", grants.PRODUCTION, now_s=NOW_S)
    client = clients.add_client(conn, role="third_party", party_id=third_party, kind="main", now_s=NOW_S)
    esiids = [str(FIRST_ESIID + meter) for meter in range(SUBJECTS)]
    points = directory.usage_point_ids(conn, utility_id, esiids)
    for day in range(DAY - SUBJECT_DAYS, DAY - FULL_DAYS):
        _put(conn, sorted(points.values()), day)
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in LINES if name != "load_us"}
    for esiid, point in points.items():
        person = directory.add_customer(conn, f"Customer of {esiid}", "residential")
        directory.add_tenancy(conn, point, person, DAY - SUBJECT_DAYS, FOREVER)
        span = (point, DAY - SUBJECT_DAYS, FOREVER)
        ends_s = NOW_S + 365 * 86_400
        key = grants.add_authorization(
            conn, third_party, person, [span], scope=SCOPE, starts_s=NOW_S, ends_s=ends_s, now_s=NOW_S
        )
        token = tokens.issue(
            conn,
            kind="access",
            authorization_id=key,
            client_id=client.id,
            family=esiid,
            binding="",
            issued_s=NOW_S,
            expires_s=ends_s,
        )
        subscription = grants.authorization(conn, key).subscription_path_id
        path_id = path_id_for(conn, f"usage-point/{DUNS}/{esiid}")
        found["entry_us"].append((f"{ROOT}/Subscription/{subscription}/UsagePoint/{path_id}", token))
        for name, days in {"feed_1d_us": 1, "feed_30d_us": SUBJECT_DAYS}.items():
            start_s = CENTRAL.day_start_s(DAY - days)
            query = f"published-min={start_s}&published-max={{late_s}}"
            found[name].append((f"{ROOT}/Batch/Subscription/{subscription}?{query}", token))
    return found


def _costs(
    database: Database, settings: Settings, requests: dict[str, list[tuple[str, str]]], place: int, size: int
) -> Costs:
    costs = {"load_us": _load_us(database, settings, place, size)}
    app = create_app(settings, database=database)
    for name, wanted in requests.items():
        costs[name] = _request_us(app, wanted)
    return costs


def _load_us(database: Database, settings: Settings, place: int, size: int) -> float:
    """Files of the same number of meters, each of another day, all over the store's meters; the quickest of them."""
    times = []
    for number in range(FILES):
        day = DAY + place * FILES + number
        name = f"{DUNS}IntervalData20260701050000{place * FILES + number:03d}.lse"
        path = settings.home / name
        path.write_bytes(_text(day, size // FILE_METERS))
        started = time.perf_counter()
        report = load_file(database, path, name, settings=settings)
        times.append(time.perf_counter() - started)
        if report.counts.loaded != FILE_METERS:
            raise RuntimeError(f"{report.counts} of a file with {FILE_METERS} meters")
    return min(times) / FILE_METERS * 1e6


def _text(day: int, step: int) -> bytes:
    """A day of every so many-th meter of the store."""
    sent_s = CENTRAL.day_start_s(day + 1) + 5 * 3600
    parts: list[bytes] = []
    for number, (_, block) in enumerate(blocks(FILE_METERS, day, seed=day)):
        parts += lse.write(str(FIRST_ESIID + number * step), CENTRAL, [block], sent_s, per_row=12)
    return b"".join(parts)


def _request_us(app: Flask, wanted: Sequence[tuple[str, str]]) -> float:
    """The whole application's time for an answer, made anew each time; the quickest round."""
    caller, end_s = app.test_client(), CENTRAL.day_start_s(DAY)
    number = 0

    def ask() -> None:
        nonlocal number
        path, token = wanted[number % len(wanted)]
        number += 1
        path = path.format(late_s=end_s + number)
        answer = caller.get(path, headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"})
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.status} for {path}: {answer.get_data()[:500]!r}")

    return min(_timed(ask) for _ in range(ROUNDS)) / REQUESTS * 1e6


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    for _ in range(REQUESTS):
        work()
    return time.perf_counter() - started


# ---------------------------------------------------------------- the curve

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 360, 64, 24, 190, 48
COLOURS = ("#005ea2", "#b50909", "#538200", "#8b5cf6")


def drawn(curve: dict[int, Costs]) -> str:
    """The costs over the number of meters, both logarithmic, as SVG."""
    most = max(max(costs.values()) for costs in curve.values())
    top = 10 ** np.ceil(np.log10(most))
    steps = int(np.log10(top)) + 1

    def x(size: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * float(np.log10(size / SIZES[0]) / np.log10(SIZES[-1] / SIZES[0]))

    def y(cost: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * float(np.log10(max(cost, 1)) / np.log10(top))

    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" '
        'font-size="12"><title>Cost by the number of meters in the store</title>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    )
    parts = [head]
    for power in range(steps):
        level = y(10**power)
        parts.append(f'<path d="M{LEFT} {level:.1f}H{WIDTH - RIGHT}" stroke="#dfe1e2"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{level + 4:.1f}" text-anchor="end">{10**power:,} µs</text>')
    parts += [
        f'<text x="{x(size):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{size:,}</text>' for size in SIZES
    ]
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">meters</text>')
    for colour, (name, what) in zip(COLOURS, LINES.items(), strict=True):
        points = " ".join(f"{x(size):.1f},{y(costs[name]):.1f}" for size, costs in curve.items())
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        last = curve[SIZES[-1]][name]
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{y(last) + 4:.1f}" fill="{colour}">{what}</text>')
    return "\n".join([*parts, "</svg>", ""])


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print the curve, and draw it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flat", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--draw", type=Path, required=True, help="where the SVG goes")
    given = parser.parse_args(words)
    curve = measured()
    for size, costs in curve.items():
        print(f"{size:>10,}  " + "  ".join(f"{name} {cost:,.1f}" for name, cost in costs.items()))
    given.draw.write_text(drawn(curve), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
