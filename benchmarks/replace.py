"""What replacing estimates by actual readings costs beside loading them: the whole loader, in SQLite and PostgreSQL.

In a store of many meters one per cent have estimates for a day; their file is loaded, and then that with the actual
readings of the same day, with all rules, history and totals on. In turn, some days; the best of each counts.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks import postgresql
from benchmarks.lse_text import CENTRAL, text
from espi import config, log
from espi.clock import Clock, parse_day
from espi.config import Settings
from espi.day import ESTIMATED_QUALITY
from espi.intake.load import load_file
from espi.store.database import Database

METERS = 100_000
SHARE = 100
DAYS = 7
DAY = parse_day("2026-06-01")
NOW_S = CENTRAL.day_start_s(DAY + 60)
DUNS = "957877905"

Figures = dict[str, dict[str, float | str]]


def figures() -> Figures:
    """Everything this module measures."""
    log.configure("ERROR")
    found: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        found |= _of("sqlite", _settings(Path(folder)))
        with postgresql.fresh() as url:
            found |= _of("postgresql", _settings(Path(folder), database_url=url))
    return found


def _of(kind: str, settings: Settings) -> Figures:
    database = Database(settings.database_url)
    database.migrate()
    _load(database, settings, text(METERS, DAY - 1, per_row=12), "0", adopt=True)
    estimated_s, replaced_s = [], []
    for number in range(DAYS):
        estimated = text(METERS // SHARE, DAY + number, per_row=12, seed=number, quality=ESTIMATED_QUALITY)
        actual = text(METERS // SHARE, DAY + number, per_row=12, seed=DAYS + number)
        estimated_s.append(_load(database, settings, estimated, f"1{number}"))
        replaced_s.append(_load(database, settings, actual, f"2{number}"))
    database.close()
    ratio = min(replaced_s) / min(estimated_s)
    return {
        f"intake.replace_ratio_{kind}": {"value": ratio, "unit": "times what loading the estimates took"},
        f"intake.replaces_per_s_{kind}": {"value": METERS // SHARE / min(replaced_s), "unit": "days/s"},
    }


def _load(database: Database, settings: Settings, data: bytes, number: str, *, adopt: bool = False) -> float:
    """The seconds that a file takes."""
    path = settings.home / f"{DUNS}IntervalData202607010500000{number:0>2}.lse"
    path.write_bytes(data)
    started = time.perf_counter()
    report = load_file(database, path, path.name, settings=settings, adopt=adopt)
    taken = time.perf_counter() - started
    path.unlink()
    assert report.counts.loaded + report.counts.replaced == report.counts.blocks > 0
    return taken


def _settings(home: Path, **more: str) -> Settings:
    return config.load({}, home=home, clock=Clock(fixed_s=NOW_S), max_file_records=0, log_level="ERROR", **more)
