"""The shared LSE files load to exactly what their `.expected.csv` says. ESPI_SHARED is the shared folder."""

from __future__ import annotations

import csv
import itertools
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from espi.clock import Clock, day_date
from espi.config import Settings, load
from espi.intake.load import load_file
from espi.intake.report import FileReport
from espi.store.database import Database
from espi.store.form import heads

FILES = sorted((Path(os.environ["ESPI_SHARED"]) / "data" / "lse").glob("*.lse"))
NOW = "2014-02-01T12:00:00Z"
Row = tuple[str, int, str, int, str, int]


def expected() -> list[Row]:
    """The last file in order of sending says what a day ends with, unless it is an estimate."""
    found: dict[tuple[str, int, str], Row] = {}
    for path in sorted(FILES, key=lambda path: path.name.split("IntervalData")[1]):
        with path.with_name(path.name + ".expected.csv").open(newline="") as stream:
            for row in csv.DictReader(stream):
                key = row["esiid"], int(row["channel"]), row["day"]
                found[key] = (*key, int(row["intervals"]), row["kwh"], int(row["estimated"]))
    return sorted(found.values())


def stored(path: Path) -> list[Row]:
    with sqlite3.connect(path) as conn:
        rows = conn.execute(
            "SELECT esiid, channel, day, day_block.content FROM day_block "
            "JOIN usage_point ON usage_point.id = usage_point_id"
        ).fetchall()
    found = heads((day, content) for _, _, day, content in rows)
    return sorted(
        (esiid, channel, str(day_date(day)), it.count, f"{it.total // 1000}.{it.total % 1000:03d}", it.estimated)
        for (esiid, channel, day, _), it in zip(rows, found, strict=True)
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({}, home=tmp_path, clock=Clock.parse(NOW))


def take(settings: Settings, paths: list[Path]) -> list[FileReport]:
    database = Database(settings.database_url)
    database.migrate()
    reports = [load_file(database, path, path.name, settings=settings, adopt=True) for path in paths]
    database.close()
    return reports


@pytest.mark.parametrize("seed", range(6))
def test_in_any_order_and_twice(settings: Settings, seed: int) -> None:
    paths = list(FILES)
    random.Random(seed).shuffle(paths)  # noqa: S311 - an order to try, no secret
    reports = take(settings, paths)
    assert stored(settings.home / "espi.sqlite") == expected()
    again = take(settings, paths)
    assert [report.counts for report in again] == [report.counts for report in reports]
    assert all(report.again for report in again)
    assert stored(settings.home / "espi.sqlite") == expected()


def test_the_file_of_bad_blocks_says_what_is_wrong_with_each(settings: Settings) -> None:
    (bad,) = (path for path in FILES if "20140120" in path.name)
    (report,) = take(settings, [bad])
    assert [block.code for block in report.refused] == ["03", "01", "04", "02"]
    assert report.counts.loaded == 1
    assert report.exit_code == 3


def test_after_kill_9_at_any_moment(settings: Settings, tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from tests.shared.test_lse_files import take; from espi.clock import Clock; "
        "from espi.config import load; import espi.intake.load as it; it.BATCH_BLOCKS = 1; "
        "import espi.intake.lse_stream as s; s.read.__kwdefaults__['piece_bytes'] = 4096; "
        f"take(load({{}}, home=pathlib.Path({str(tmp_path)!r}), clock=Clock.parse({NOW!r})), "
        "[pathlib.Path(p) for p in sys.argv[1:]])"
    )
    moments = random.Random(9)  # noqa: S311 - moments to try, no secret
    killed = 0
    for _ in itertools.count():
        child = subprocess.Popen([sys.executable, "-c", script, *map(str, FILES)], cwd=Path(__file__).parents[2])
        time.sleep(moments.uniform(0.6, 1.2) + killed * 0.05)
        child.send_signal(signal.SIGKILL)
        if child.wait() == 0:
            break
        killed += 1
    assert killed
    assert stored(tmp_path / "espi.sqlite") == expected()
