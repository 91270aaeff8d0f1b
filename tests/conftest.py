from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from espi import config
from espi.clock import Clock
from espi.config import Settings
from espi.store.database import Conn, Database
from tests import factories, network
from tests import postgresql as postgresql_server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="what the tests run on")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "loopback: may connect to this machine")
    config.addinivalue_line("markers", "sqlite: is about SQLite, whatever the other tests run on")
    network.shut()


@pytest.fixture(autouse=True)
def _network(request: pytest.FixtureRequest) -> Iterator[None]:
    """Shut, save for tests that are marked to talk to their own machine."""
    if any(request.node.get_closest_marker(name) for name in ("loopback", "browser")):
        with network.loopback_allowed():
            yield
    else:
        yield


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """As it is before a command sets it up: what one test configures is not the next one's."""
    yield
    structlog.reset_defaults()


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
def postgresql() -> Iterator[postgresql_server.Server]:
    """A PostgreSQL server; it takes about a second to start, once."""
    with postgresql_server.running() as server:
        yield server


@pytest.fixture
def postgresql_database(postgresql: postgresql_server.Server) -> Iterator[Database]:
    """A migrated, empty database on PostgreSQL."""
    opened = Database(postgresql.emptied())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A migrated, empty database for all tests of a module."""
    if request.config.getoption("--database") == "postgresql":
        url = request.getfixturevalue("postgresql").make()
    else:
        path = tmp_path_factory.mktemp("shared") / "espi.sqlite"
        shutil.copy(request.getfixturevalue("empty_database"), path)
        url = f"sqlite:///{path}"
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def each_database(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database, on each kind of server in turn."""
    found: Database = request.getfixturevalue({"sqlite": "sqlite_database"}.get(request.param, "postgresql_database"))
    return found


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that nobody writes to."""
    path = tmp_path_factory.mktemp("empty") / "espi.sqlite"
    database = Database(f"sqlite:///{path}")
    database.migrate(secret=factories.SECRET)
    database.close()
    return path


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database: on SQLite in the home of `settings`, unless the run is for PostgreSQL."""
    kind = "sqlite" if request.node.get_closest_marker("sqlite") else request.config.getoption("--database")
    found: Database = request.getfixturevalue(f"{kind}_database")
    return found


@pytest.fixture
def sqlite_database(settings: Settings, empty_database: Path) -> Iterator[Database]:
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
