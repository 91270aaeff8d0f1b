"""`espi retention`, `espi hold` and `espi store`: what is kept, for how long and in which form, by command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from espi import config
from espi.atom import schema
from espi.config import Settings
from espi.store import directory, readings
from espi.store.database import Database
from tests import databases, factories

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

ESIID = "10443720000000042"
UTILITY = "Lone Star Wires"
LATER = "2032-06-13T17:00:00Z"
"""Seven years after the day of the factories, less two days."""


def test_what_is_held_outlives_the_retention_until_it_is_released(
    run: Run, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--utility", UTILITY, "--usage-point", ESIID, "--from", "2025-06-10", "--to", "2025-06-11")
    assert run("hold", "add", *words, "--reason", "case 7", "--by", "counsel") == 0
    number = capsys.readouterr().out.strip()
    monkeypatch.setenv("ESPI_CLOCK", LATER)
    assert run("retention", "verify") == 1
    assert "is kept too long" in capsys.readouterr().out
    assert run("retention", "run") == 0
    assert "held: day_block=2" in capsys.readouterr().out
    assert run("retention", "verify") == 0
    assert run("download", "--usage-point", ESIID, "--from", "2025-06-08", "--to", "2025-06-12", "--format", "csv") == 0
    capsys.readouterr()
    assert run("hold", "list") == 0
    assert "2025-06-10..2025-06-11\tcounsel" in capsys.readouterr().out
    assert run("hold", "release", number, "--by", "counsel") == 0
    assert run("hold", "release", number, "--by", "counsel") == 1
    assert run("retention", "run") == 0
    assert "day_block=2" in capsys.readouterr().out
    assert run("audit", "verify") == 0


def test_a_utility_has_years_of_its_own(
    run: Run, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ESPI_CLOCK", LATER)
    assert run("retention", "set", UTILITY, "--years", "9") == 0
    assert run("retention", "run", "--dry-run") == 0
    assert f"{UTILITY}: kept from 2023-06-13; nothing" in capsys.readouterr().out
    assert run("retention", "set", UTILITY, "--years", "0") == 1
    assert run("retention", "set", UTILITY) == 0
    assert run("retention", "run", "--dry-run") == 0
    assert "kept from 2025-06-13; day_block=" in capsys.readouterr().out


def test_months_are_put_away_and_download_the_same(
    run: Run, database: Database, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    words = ("download", "--usage-point", ESIID, "--from", "2025-06-08", "--to", "2025-06-14", "--format", "csv")
    assert run(*words) == 0
    before = capsysbinary.readouterr().out
    monkeypatch.setenv("ESPI_CLOCK", "2025-08-15T00:00:00Z")
    assert run("store", "compact") == 0
    assert capsysbinary.readouterr().out == b""
    assert run("store", "compact", "--before", "2025-07") == 0
    assert capsysbinary.readouterr().out == b"2025-06 days=7 left=0\n"
    assert run(*words) == 0
    assert capsysbinary.readouterr().out == before


def test_an_archive_can_be_loaded_again(
    run: Run, database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "2025-06.xml"
    assert run("retention", "archive", "--month", "2025-06", "--utility", UTILITY, "-o", path) == 0
    assert schema.validate(path.read_bytes()) == []
    before = _readings(settings)
    assert len(before) == 7
    monkeypatch.setenv("ESPI_HOME", str(tmp_path / "other"))
    for name, value in databases.environment(tmp_path / "other").items():
        monkeypatch.setenv(name, value)
    other = config.load()
    other.home.mkdir()
    databases.empty(other.home).close()
    assert run("intake", "run", "--adopt", path) == 0
    assert _readings(other) == before


def _readings(settings: Settings) -> list[tuple[int, list[int]]]:
    """The days of quarter hours of the one usage point."""
    database = Database(settings.database_url)
    reach = factories.reach_of_utility(1)
    with database.read() as conn:
        (point,) = directory.usage_points(conn, reach)
        found = [
            (day.day, day.values.tolist())
            for series in directory.channels(conn, reach, point.id)
            if series.series == "interval"
            for day in readings.blocks(conn, reach, point.id, series.number, factories.TODAY - 30, factories.TODAY)
            if day.interval_s == 900
        ]
    database.close()
    return found
