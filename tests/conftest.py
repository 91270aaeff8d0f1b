from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from espi import config
from espi.clock import Clock
from espi.config import Settings
from espi.store.database import Conn, Database
from tests import databases, factories, network, servers


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=databases.KINDS, default="sqlite", help="what the tests run on")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "loopback: may connect to this machine")
    config.addinivalue_line("markers", "sqlite: is about SQLite, whatever the other tests run on")
    network.shut()
    if config.getoption("--database") == "citus" and servers.CITUS_URL not in os.environ:
        raise pytest.UsageError(f"{servers.CITUS_URL} names no cluster; it looks like postgresql://USER@HOST/DATABASE")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that ask for `each_database` run on SQLite and on PostgreSQL, or on what the run is for."""
    if "each_database" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database")
        metafunc.parametrize("database_kind", ["sqlite", "postgresql"] if chosen == "sqlite" else [chosen])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    databases.choose(databases.kind_of(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """What the test was lent is taken back, and what its module was when that ends too."""
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    yield
    if nextitem is None or nextitem.path != item.path:
        databases.take_back()
    elif folder is not None:
        databases.take_back(folder)


def pytest_sessionfinish() -> None:
    databases.stop()


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
def database_kind() -> str:
    """What the test runs on: `each_database` repeats it for several."""
    return databases.chosen()


@pytest.fixture
def loopback() -> Iterator[None]:
    """The test may connect to this machine."""
    with network.loopback_allowed():
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a home of their own, at noon in Texas on the day of the factories."""
    return config.load(
        databases.environment(tmp_path),
        home=tmp_path,
        clock=Clock(fixed_s=factories.NOW_S),
        log_level="ERROR",
        second_factor=False,
    )


@pytest.fixture
def postgresql_database(tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty database on PostgreSQL, whatever the run is for."""
    yield from _database_on("postgresql", tmp_path)


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty database on SQLite, whatever the run is for."""
    yield from _database_on("sqlite", tmp_path)


def _database_on(kind: str, home: Path) -> Iterator[Database]:
    place = databases.place(kind)
    place.empty(home)
    opened = Database(place.url(home))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A migrated, empty database for all tests of a module."""
    opened = databases.empty(tmp_path_factory.mktemp("shared"))
    yield opened
    opened.close()


@pytest.fixture
def each_database(database_kind: str, settings: Settings) -> Iterator[Database]:
    """A migrated, empty database, on each kind of server in turn."""
    opened = databases.empty(settings.home)
    yield opened
    opened.close()


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A migrated, empty database: the one of `settings`."""
    opened = databases.empty(settings.home)
    yield opened
    opened.close()


@pytest.fixture
def conn(database: Database) -> Iterator[Conn]:
    """A connection that writes; what a test does with it is in one transaction."""
    with database.write() as opened:
        yield opened
