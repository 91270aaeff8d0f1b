"""The drill: back up, destroy, restore, and every answer is the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from espi import config, feeds
from espi.clock import FOREVER
from espi.config import Settings
from espi.feeds import Question
from espi.han import sealing
from espi.store import directory, dump
from espi.store.database import Database
from tests import databases, factories
from tests.unit.cli.conftest import ESIID, Run

PASSPHRASE = "a river, a lamp, two geese"
DEVICE = "device 0011223344556677"


@pytest.fixture(autouse=True)
def _passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESPI_BACKUP_PASSPHRASE", PASSPHRASE)


@pytest.fixture
def backup(run: Run, database: Database, settings: Settings, tmp_path: Path) -> Path:
    """A backup of a home with a customer, readings, a sealed key and a file for a company."""
    with database.write() as conn:
        directory.add_tenancy(conn, 1, directory.add_customer(conn, "Ada Ångström", "residential"), 1, FOREVER)
    (settings.home / "outbox").mkdir()
    (settings.home / "outbox" / "feed.zip").write_bytes(bytes(range(256)) * 9000)
    (settings.home / "sealed").write_bytes(sealing.seal(settings, b"link key", DEVICE))
    path = tmp_path / "all.backup"
    assert run("backup", path) == 0
    return path


def answers(database: Database, settings: Settings) -> list[bytes]:
    """What a customer would download, in each format."""
    question = Question(factories.TODAY - 7, factories.TODAY)
    found = []
    with database.read() as conn:
        reach = factories.reach_of_utility(1)
        points = directory.usage_points(conn, reach)
        for ending in ("xml", "csv", "json"):
            made = feeds.download_as(ending, conn, reach, question, points, scope="drill", settings=settings)
            found.append(b"".join(made.chunks))
    return found


def rows(database: Database) -> dict[str, list[bytes]]:
    with database.read() as conn:
        found = {
            name: sorted(line for piece, _ in dump.rows_out(conn, name) for line in piece.splitlines())
            for name in dump.table_names()
        }
    return {name: lines for name, lines in found.items() if name != "audit"}


def test_after_a_restore_everything_is_as_it_was(
    run: Run,
    database: Database,
    settings: Settings,
    backup: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, held = answers(database, settings), rows(database)
    assert ESIID.encode() not in backup.read_bytes()
    database.close()
    shutil.rmtree(settings.home)

    home = tmp_path / "again"
    monkeypatch.setenv("ESPI_HOME", str(home))
    monkeypatch.setenv("ESPI_DATABASE_URL", databases.bare(home))
    assert run("restore", backup) == 0

    restored = config.load()
    again = Database(restored.database_url)
    assert rows(again) == held
    assert answers(again, restored) == before
    assert (home / "outbox" / "feed.zip").read_bytes() == bytes(range(256)) * 9000
    assert sealing.unseal(restored, (home / "sealed").read_bytes(), DEVICE) == b"link key"
    with again.write() as conn:
        assert directory.add_customer(conn, "Whoever comes next", "residential") == 2
    again.close()


def test_a_backup_can_be_checked_alone(run: Run, backup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("restore", "--check", backup) == 0
    assert "is whole and holds" in capsys.readouterr().out


def test_a_backup_never_writes_over_another(run: Run, backup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = backup.read_bytes()
    assert run("backup", backup) == 1
    assert "is there already" in capsys.readouterr().err
    assert backup.read_bytes() == before


def test_nothing_is_restored_over_what_is_there(
    run: Run, database: Database, backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = rows(database)
    assert run("restore", backup) == 1
    assert "The database is not empty" in capsys.readouterr().err
    assert rows(database) == held


def test_a_damaged_backup_restores_nothing(
    run: Run, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = bytearray(backup.read_bytes())
    raw[len(raw) // 2] ^= 1
    backup.write_bytes(raw)
    home = tmp_path / "again"
    monkeypatch.setenv("ESPI_HOME", str(home))
    monkeypatch.setenv("ESPI_DATABASE_URL", databases.bare(home))
    assert run("restore", backup) == 1
    assert "cannot be opened" in capsys.readouterr().err
    assert not home.exists()


def test_a_backup_without_a_passphrase_is_refused(
    run: Run, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ESPI_BACKUP_PASSPHRASE")
    assert run("backup", tmp_path / "all.backup") == 1
    assert "at least 16 characters" in capsys.readouterr().err
    assert not (tmp_path / "all.backup").exists()


def test_settings_that_are_there_stay(
    run: Run, settings: Settings, database: Database, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.home / "espi.toml").write_text("sandbox = true\n")
    second = tmp_path / "second.backup"
    assert run("backup", second) == 0
    home = tmp_path / "again"
    home.mkdir()
    (home / "espi.toml").write_text('log_level = "ERROR"\n')
    monkeypatch.setenv("ESPI_HOME", str(home))
    monkeypatch.setenv("ESPI_DATABASE_URL", databases.bare(home))
    assert run("restore", second) == 0
    assert (home / "espi.toml").read_text() == 'log_level = "ERROR"\n'
