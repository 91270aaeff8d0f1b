from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from espi import config
from espi.cli import main
from espi.clock import instant_text
from espi.config import Settings
from espi.store.database import Database
from tests import databases, factories

Run = Callable[..., int]
ESIID = "10443720000000042"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of the commands of a test, which do not exist yet."""
    found = tmp_path / "home"
    monkeypatch.setenv("ESPI_HOME", str(found))
    for name, value in databases.environment(found).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ESPI_CLOCK", instant_text(factories.NOW_S))
    monkeypatch.setenv("ESPI_LOG_LEVEL", "ERROR")
    return found


@pytest.fixture
def run(home: Path) -> Run:
    """The `espi` command."""
    return lambda *words: main([str(word) for word in words])


@pytest.fixture
def settings(home: Path) -> Settings:
    """The settings that the commands find."""
    return config.load()


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The commands' database, with one utility, one usage point and one week of its load."""
    settings.home.mkdir()
    opened = databases.empty(settings.home)
    with opened.write() as conn:
        utility = factories.utility(conn)
        point = factories.usage_point(conn, utility, esiid=ESIID)
        factories.fill(conn, point, factories.TODAY - 7, factories.TODAY)
    yield opened
    opened.close()
