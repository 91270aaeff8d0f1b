"""A whole night: the files of millions of meters, loaded into PostgreSQL by `espi intake run` with two processes.

`python -m benchmarks.night` makes a database with so many usage points, and the files of a day, which are not counted,
then starts the command, with all rules on, and counts from its start to its end. Afterwards the rows and watt-hours in
the store are held against what the files hold, exactly. It needs 30 GB of disk, and 16 GB of memory for the files to
stay in the cache.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text as sql

from benchmarks.fleet import DUNS, Files, add_meters
from benchmarks.lse_text import CENTRAL
from benchmarks.postgresql import SETTINGS, fresh
from espi.clock import parse_day
from espi.store import form
from espi.store.database import Database

METERS, FILE_METERS, PROCESSES = 7_000_000, 50_000, 2
DAY = parse_day("2026-06-01")
NOW_S = CENTRAL.day_start_s(DAY + 2)
ROWS_AT_ONCE = 100_000


@dataclass(frozen=True)
class Night:
    """What is loaded. per_row: triples a row. wide_every: each so-manieth meter is a firm's; 0: none."""

    meters: int
    file_meters: int
    processes: int
    per_row: int
    wide_every: int


def main() -> int:
    """Measure a night and add the figure to bench.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.night", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--meters", type=int, default=METERS, help=f"how many usage points ({METERS})")
    parser.add_argument("--file-meters", type=int, default=FILE_METERS, help=f"how many a file ({FILE_METERS})")
    parser.add_argument("--processes", type=int, default=PROCESSES, help=f"how many loaders ({PROCESSES})")
    parser.add_argument("--per-row", type=int, default=12, help="triples a row, 12 or 1 (12)")
    parser.add_argument("--wide-every", type=int, default=33, help="each so-manieth meter passes 10 kWh (33); 0: none")
    parser.add_argument("--folder", type=Path, help="where the files go for the time (a temporary folder)")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parents[1] / "bench.json")
    given = parser.parse_args()
    night = Night(given.meters, given.file_meters, given.processes, given.per_row, given.wide_every)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder, fresh() as url:
        seconds = measured(night, url, Path(folder))
    _keep(given.output, night, seconds)
    return 0


def measured(night: Night, url: str, folder: Path) -> float:
    """How long the night takes, in seconds; fails unless all is in the store afterwards."""
    database = Database(url)
    database.migrate()
    _say(f"making {night.meters:,} usage points")
    add_meters(database, night.meters, NOW_S)
    _say(f"writing {-(-night.meters // night.file_meters):,} files")
    watt_hours = 0
    paths = []
    for number, (data, expected) in enumerate(_files(night)):
        path = folder / f"{DUNS}IntervalData20260602{number // 1000:06d}{number % 1000:03d}.lse"
        path.write_bytes(data)
        paths.append(path)
        watt_hours += expected
    os.sync()
    with database.write() as conn:
        conn.execute(sql("ANALYZE"))
    _say(f"loading {sum(path.stat().st_size for path in paths) / 1e9:.1f} GB by {night.processes} processes")
    seconds = _load(night, url, folder, paths)
    rows, found = _stored(database)
    database.close()
    if (rows, found) != (night.meters, watt_hours):
        raise SystemExit(f"{rows} days and {found} Wh are in the store, not {night.meters} and {watt_hours}")
    _say(f"{rows:,} days and {found:,} Wh are in the store, as in the files")
    return seconds


def _files(night: Night) -> Iterator[tuple[bytes, int]]:
    """The bytes of each file, and its watt-hours."""
    whole = Files(night.file_meters, DAY, per_row=night.per_row, wide_every=night.wide_every)
    expected = _watt_hours(whole.of(0))
    for first in range(0, night.meters - night.file_meters + 1, night.file_meters):
        yield whole.of(first), expected
    if rest := night.meters % night.file_meters:
        last = Files(rest, DAY, per_row=night.per_row, wide_every=night.wide_every)
        data = last.of(night.meters - rest)
        yield data, _watt_hours(data)


def _watt_hours(data: bytes) -> int:
    """Of a file, without our readers: every third field of the rows of values."""
    rows = (line.split(b",") for line in data.splitlines() if line.startswith(b"10"))
    return sum(int(value.replace(b".", b"")) for row in rows for value in row[1::3] if value)


def _load(night: Night, url: str, folder: Path, paths: list[Path]) -> float:
    command = [sys.executable, "-m", "espi", "intake", "run", "--processes", str(night.processes), *map(str, paths)]
    settings = {
        "ESPI_DATABASE_URL": url,
        "ESPI_HOME": str(folder),
        "ESPI_CLOCK": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW_S)),
        "ESPI_LOG_LEVEL": "ERROR",
        "ESPI_MAX_FILE_RECORDS": "0",
    }
    started, before = time.perf_counter(), _processor_s()
    subprocess.run(command, check=True, env=os.environ | settings, stdout=subprocess.DEVNULL)
    taken = time.perf_counter() - started
    _say(f"the loaders' processor: {(_processor_s() - before) / night.meters * 1e6:.1f} us a meter-day")
    return taken


def _processor_s() -> float:
    """What our ended children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _stored(database: Database) -> tuple[int, int]:
    """How many days are in the store, and their watt-hours, day by day."""
    rows = watt_hours = 0
    with database.read() as conn:
        query = sql("SELECT day, content FROM day_block").execution_options(yield_per=ROWS_AT_ONCE)
        for some in conn.execute(query).partitions():
            heads = form.heads((day, content) for day, content in some)
            rows += len(heads)
            watt_hours += sum(head.total for head in heads)
    return rows, watt_hours


def _keep(path: Path, night: Night, seconds: float) -> None:
    """Print the figure and put it among those of the whole run."""
    name = "intake.night_seconds"
    figure = {
        "value": seconds,
        "unit": f"s for {night.meters:,} meters by {night.processes} processes, {night.per_row} triples a row",
        "command": "make bench-night",
        "server": SETTINGS,
    }
    print(f"{name}  {seconds:.1f}  {figure['unit']}  ({night.meters / seconds:,.0f} meters/s)")
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    found.setdefault("figures", {})[name] = figure
    path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def _say(line: str) -> None:
    print(f"== {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
