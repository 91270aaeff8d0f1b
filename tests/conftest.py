from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from espi import config
from espi.clock import Clock
from espi.config import Settings
from espi.store.database import Conn, Database
from tests import factories, network


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "loopback: may connect to this machine")
    network.shut()


@pytest.fixture(autouse=True)
def _network(request: pytest.FixtureRequest) -> Iterator[None]:
    """Shut, save for tests that are marked to talk to their own machine."""
    if any(request.node.get_closest_marker(name) for name in ("loopback", "browser")):
        with network.loopback_allowed():
            yield
    else:
        yield


@pytest.fixture
def loopback() -> Iterator[None]:
    """The test may connect to this machine."""
    with network.loopback_allowed():
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a home of their own, at noon in Texas on the day of the factories."""
    return config.load({}, home=tmp_path, clock=Clock(fixed_s=factories.NOW_S), log_level="ERROR")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that nobody writes to."""
    path = tmp_path_factory.mktemp("empty") / "espi.sqlite"
    database = Database(f"sqlite:///{path}")
    database.migrate(secret=factories.SECRET)
    database.close()
    return path


@pytest.fixture
def database(settings: Settings, empty_database: Path) -> Iterator[Database]:
    """A migrated, empty SQLite database in the home of `settings`."""
    shutil.copy(empty_database, settings.home / "espi.sqlite")
    opened = Database(settings.database_url)
    yield opened
    opened.close()


@pytest.fixture
def conn(database: Database) -> Iterator[Conn]:
    """A connection that writes; what a test does with it is in one transaction."""
    with database.write() as opened:
        yield opened
