"""What validation costs: the rules at intake beside the load that they are part of, and the job after the file."""

from __future__ import annotations

import io
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.lse_text import CENTRAL, text
from espi import config, jobs, log
from espi.clock import Clock, parse_day
from espi.intake import handlers
from espi.intake.check import Rules
from espi.intake.cut import in_order
from espi.intake.load import load_file
from espi.intake.lse_stream import read
from espi.intake.vee.arriving import Keys, day_results
from espi.intake.vee.grid import grids_of
from espi.intake.vee.thresholds import Thresholds
from espi.jobs import Context
from espi.store import jobs as outbox
from espi.store import queue
from espi.store.database import Database

METERS, DAYS, ROUNDS = 10_000, 4, 9
DAY = parse_day("2026-06-01")
NOW_S = CENTRAL.day_start_s(DAY + 60)
DUNS = "957877905"

Figures = dict[str, dict[str, float | str]]


def figures() -> Figures:
    """Everything this module measures."""
    log.configure("ERROR")
    with tempfile.TemporaryDirectory() as folder:
        load_s, job_s = _loaded(Path(folder))
    rules_s = _rules()
    return {
        "vee.values_per_s": _figure(METERS * 96 / rules_s, "values/s through the rules at intake"),
        "vee.share_of_intake": _figure(rules_s / load_s, "of the time of a load into SQLite"),
        "vee.job_meter_days_per_s": _figure(METERS / job_s, "channels' days/s held against their history"),
    }


def _figure(value: float, unit: str) -> dict[str, float | str]:
    return {"value": value, "unit": unit, "command": "python -m benchmarks vee"}


def _rules() -> float:
    """The rules over a file's blocks, in batches as intake has them; the best of several rounds."""
    rules = Rules(CENTRAL, NOW_S, 7)
    data = io.BytesIO(text(METERS, DAY, per_row=1))
    days = in_order([piece.blocks for piece in read(data, rules)]).days
    assert len(days) == METERS
    best_s = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        keys = Keys(days.day, np.arange(METERS), days.channel)
        list(day_results(keys, grids_of(days), Thresholds(), NOW_S, lambda asked: [0] * len(asked)))
        best_s = min(best_s, time.perf_counter() - started)
    return best_s


def _loaded(folder: Path) -> tuple[float, float]:
    """The shortest load of a day and the job after the last one, with the days before as history."""
    settings = config.load({}, home=folder, clock=Clock(fixed_s=NOW_S), log_level="ERROR")
    database = Database(settings.database_url)
    database.migrate()
    context = Context(settings, database)
    load_s = job_s = float("inf")
    for number in range(DAYS):
        name = f"{DUNS}IntervalData2026070105000000{number}.lse"
        data = io.BytesIO(text(METERS, DAY + number, per_row=1, seed=number))
        started = time.perf_counter()
        load_file(database, data, name, settings=settings, adopt=number == 0)
        load_s = min(load_s, time.perf_counter() - started)
        job_s = _job(context)
    database.close()
    return load_s, job_s


def _job(context: Context) -> float:
    """How long the job takes that the file has queued; what else it has queued is dropped."""
    assert handlers.MODULES
    spent_s = 0.0
    while True:
        with context.database.write() as conn:
            job = outbox.claim(conn, context.now_s())
        if job is None:
            return spent_s
        result = {}
        if job.kind == queue.CHECK:
            started = time.perf_counter()
            result = dict(jobs.HANDLERS[job.kind].work(context, job) or {})
            spent_s = time.perf_counter() - started
            assert result["days"] == METERS
        with context.database.write() as conn:
            outbox.finish(conn, job, result, context.now_s())
