"""How fast LSE comes in: parsed with refusal of bad blocks, and loaded into SQLite with all rules, history and totals.

Yardsticks of the same run: reading a file of 100 MB and more into memory and doing nothing, `csv.reader` doing the same
job in plain Python, and a bare insert of rows like ours. Every figure is the best of several rounds, ours and the
yardstick's in turn.
"""

from __future__ import annotations

import csv
import io
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.fleet import Files
from benchmarks.lse_text import CENTRAL, text
from espi import config, log
from espi.clock import Clock, parse_day
from espi.config import Settings
from espi.day import pack_values
from espi.intake.check import Rules
from espi.intake.cut import Blocks, in_order
from espi.intake.load import load_file
from espi.intake.lse_stream import read
from espi.store.database import Database

METERS = 10_000
LARGE = 100_000
ROUNDS = 9
DAY = parse_day("2026-06-01")
NOW_S = CENTRAL.day_start_s(DAY + 60)
DUNS = "957877905"
VALUES = METERS * 96
FORMS = {"": 1, "_12_a_row": 12}

Figures = dict[str, dict[str, float | str]]


def figures() -> Figures:
    """Everything this module measures."""
    log.configure("ERROR")
    found: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, per_row in FORMS.items():
            path = Path(folder) / f"{per_row}.lse"
            path.write_bytes(_with_bad_blocks(text(METERS, DAY, per_row=per_row)))
            found |= _parse(path, name)
            path.write_bytes(b"".join(map(Files(METERS, DAY, per_row=per_row).of, range(0, LARGE, METERS))))
            found |= _read_ratios(path, name)
            path.write_bytes(text(METERS, DAY, per_row=per_row, wide_every=33))
            (mixed_s,) = _best(partial(_blocks_of, path))
            found[f"intake.parse_values_per_s{name}_with_firms"] = _figure(
                VALUES / mixed_s, "values/s, 3 % above 10 kWh"
            )
            path.unlink()
        found |= _sqlite(Path(folder))
    return found


def _figure(value: float, unit: str) -> dict[str, float | str]:
    return {"value": value, "unit": unit, "command": "python -m benchmarks intake"}


def _best(*runs: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """The shortest time of each run, all of them in turn in every round."""
    times = [float("inf")] * len(runs)
    for _ in range(rounds):
        for place, run in enumerate(runs):
            started = time.perf_counter()
            run()
            times[place] = min(times[place], time.perf_counter() - started)
    return times


def _with_bad_blocks(data: bytes) -> bytes:
    """One block in a thousand loses a value."""
    blocks = data.split(b"\n00000001,")
    for place in range(0, len(blocks), 1000):
        blocks[place] = blocks[place].replace(b"10000003", b"x0000003")
    return b"\n00000001,".join(blocks)


def _parse(path: Path, name: str) -> Figures:
    def plain() -> int:
        with path.open(newline="") as stream:
            return sum(1 for _ in _by_csv(stream))

    assert _blocks_of(path) == plain() == METERS - METERS // 1000
    own_s, csv_s = _best(lambda: _blocks_of(path), plain)
    return {
        f"intake.parse_values_per_s{name}": _figure(VALUES / own_s, "values/s"),
        f"intake.parse_ratio_to_csv{name}": _figure(csv_s / own_s, "times csv.reader's rate"),
    }


def _read_ratios(path: Path, name: str) -> Figures:
    """Beside reading a large file that the system has cached: whole into memory, and in pieces that are dropped."""

    def pieces() -> None:
        with path.open("rb") as stream:
            while stream.read(1 << 20):
                pass

    own_s, whole_s, pieces_s = _best(lambda: _blocks_of(path), lambda: len(path.read_bytes()), pieces)
    return {
        f"intake.parse_ratio_to_file_read{name}": _figure(
            whole_s / own_s, "of the rate of reading the cached file into memory"
        ),
        f"intake.parse_ratio_to_piece_read{name}": _figure(
            pieces_s / own_s, "of the rate of reading the cached file in pieces of 1 MiB that are dropped at once"
        ),
    }


def _blocks_of(path: Path) -> int:
    rules = Rules(CENTRAL, NOW_S, 7)
    with path.open("rb") as stream:
        return sum(len(piece.blocks) for piece in read(stream, rules))


def _by_csv(stream: io.TextIOBase) -> Iterator[tuple[str, str, str, list[int], list[str]]]:
    """The same job in plain Python: blocks of 96 whole watt-hours with their statuses, bad blocks left out."""
    header: list[str] = []
    values: list[int] = []
    statuses: list[str] = []

    def block() -> Iterator[tuple[str, str, str, list[int], list[str]]]:
        if header and len(values) == 96:
            yield header[1], header[2], header[3], values, statuses

    for row in csv.reader(stream):
        if row[0] == "00000001":
            yield from block()
            header, values, statuses = row, [], []
        elif row[0].isdigit() and row[0] >= "10000000":
            try:
                values += [int(value.replace(".", "")) for value in row[1::3]]
            except ValueError:
                header = []
            statuses += row[2::3]
    yield from block()


def _sqlite(folder: Path) -> Figures:
    settings = _settings(folder / "load")
    database = Database(settings.database_url)
    database.migrate()
    times = []
    bare_s = float("inf")
    for number in range(6):
        day = DAY + number
        path = folder / f"{DUNS}IntervalData2026070105000000{number}.lse"
        path.write_bytes(text(METERS, day, per_row=1, seed=number))
        started = time.perf_counter()
        report = load_file(database, path, path.name, settings=settings, adopt=number == 0)
        times.append(time.perf_counter() - started)
        assert report.counts.loaded == METERS
        bare_s = min(bare_s, _bare_insert(folder / f"bare{number}.sqlite", path))
    database.close()
    best_s = min(times[1:])
    return {
        "intake.sqlite_values_per_s": _figure(VALUES / best_s, "values/s"),
        "intake.sqlite_first_load_values_per_s": _figure(VALUES / times[0], "values/s"),
        "intake.sqlite_ratio_to_bare_insert": _figure(bare_s / best_s, "of the rate of a bare insert of the same rows"),
    }


def _bare_insert(target: Path, source: Path) -> float:
    """How long SQLite takes for the packed rows alone, without parsing, rules or look-ups."""
    with source.open("rb") as stream:
        days = in_order([piece.blocks for piece in read(stream, Rules(CENTRAL, NOW_S, 7))])
    rows = [(*row, b"\x11") for row in _plain_rows(days)]
    conn = sqlite3.connect(target, isolation_level=None)
    conn.execute("PRAGMA page_size=8192")
    conn.execute("PRAGMA journal_mode=WAL").close()
    columns = "day, point, channel, start, total, packed, quality"
    conn.execute(f"CREATE TABLE day ({columns}, PRIMARY KEY (day, point, channel)) WITHOUT ROWID")
    started = time.perf_counter()
    conn.execute("BEGIN")
    conn.executemany("INSERT INTO day VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    conn.execute("COMMIT")
    taken = time.perf_counter() - started
    conn.close()
    return taken


def _plain_rows(blocks: Blocks) -> Iterator[tuple[int, int, int, int, int, bytes]]:
    """Day, ESIID as a number, channel, start, total and packed values."""
    days = blocks.days
    columns = days.day, blocks.esiid.astype(np.int64), days.channel, days.start_s, days.total
    for *row, first, count in zip(*(column.tolist() for column in (*columns, days.first, days.count)), strict=True):
        day, esiid, channel, start_s, total = row
        yield day, esiid, channel, start_s, total, pack_values(days.values[first : first + count])


def _settings(home: Path) -> Settings:
    return config.load({}, home=home, clock=Clock(fixed_s=NOW_S), max_file_records=0, log_level="ERROR")
