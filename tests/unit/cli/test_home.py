"""`espi init`: what it makes, once."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from espi.config import Settings
from espi.store import people
from espi.store.database import Database
from tests import databases, factories

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Run

NONE_YET = {
    "sqlite": "The database cannot be opened; `espi init` makes one.",
    "postgresql": "The database is not at this version's schema; run `espi init`.",
    "citus": "The database is not at this version's schema; run `espi init`.",
}
"""On a server an operator has made the database before the home; it has no table yet."""


@pytest.fixture
def home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that nobody has made yet, with a database that has no table, if it is on a server."""
    monkeypatch.setenv("ESPI_DATABASE_URL", databases.bare(home))
    return home


def test_the_first_operator_can_log_in_with_what_is_printed(
    run: Run, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("init") == 0
    words = capsys.readouterr().out.split()
    name, password, totp = (words[words.index(label) + 1] for label in ("name", "password", "key"))
    with Database.opened(settings.database_url) as database, database.write() as conn:
        login = people.settle(conn, people.try_password(conn, name, password), factories.NOW_S)
    assert login is not None
    assert (login.role, login.totp_secret) == ("operator", totp)


def test_a_second_time_it_changes_nothing_and_tells_no_secret(
    run: Run, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("init")
    capsys.readouterr()
    assert run("init") == 0
    assert "password" not in capsys.readouterr().out
    assert run("init", "--quiet") == 0
    assert capsys.readouterr().out == ""


def test_the_home_folder_is_the_owners_alone(run: Run, home: Path) -> None:
    run("init")
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_database_of_another_version_is_named_with_the_remedy(
    run: Run, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    assert run("serve") == 1
    assert "run `espi init`" in capsys.readouterr().err


def test_a_bad_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("ESPI_RETENTION_YEARS", "many")
    assert run("init") == 1
    assert "ESPI_RETENTION_YEARS" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [("audit", "verify"), ("retention", "run"), ("utility", "list"), ("download", "--usage-point", "1"), ("serve",)],
)
def test_before_there_is_a_home_every_command_says_how_to_make_one(
    run: Run, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert run(*words) == 1
    assert capsys.readouterr().err == f"espi: {NONE_YET[databases.chosen()]}\n"
