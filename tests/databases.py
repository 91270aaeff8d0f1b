"""Where the databases of tests are: in files of SQLite, or on a server of PostgreSQL or a Citus cluster.

A test knows its database by the folder that is the home of its settings. What a test was lent is taken back when it
ends, and what a module was lent when that ends; what is to live longer is saved, and restored for each test.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from espi.config import Settings
from espi.store.database import Database
from tests import factories, servers

KINDS = ("sqlite", "postgresql", "citus")

Saved = Any
"""A state of a database that can be had again; only where it was saved."""


class Place(Protocol):
    """Where databases are."""

    def url(self, home: Path) -> str:
        """The URL of the database of a home."""

    def empty(self, home: Path) -> None:
        """Make it a migrated database with nothing in it."""

    def bare(self, home: Path) -> str:
        """The URL of a database without any table, for a home that has none yet; nobody else ever has it."""

    def save(self, home: Path) -> Saved:
        """Keep its state, and take it back from its home."""

    def restore(self, saved: Saved, home: Path) -> None:
        """Make it a copy of what was saved."""

    def take_back(self, below: Path | None = None) -> None:
        """Lend to others what was lent to homes below a folder, or to any."""

    def stop(self) -> None:
        """Leave nothing behind."""


class Files:
    """Files of SQLite, each in the home that it belongs to."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="sqlite-"))
        self._empty = self._folder / "espi.sqlite"
        database = Database(f"sqlite:///{self._empty}")
        database.migrate(secret=factories.SECRET)
        database.close()

    def url(self, home: Path) -> str:
        return f"sqlite:///{home.absolute() / 'espi.sqlite'}"

    def empty(self, home: Path) -> None:
        self.restore(self._empty, home)

    def bare(self, home: Path) -> str:
        return self.url(home)

    def save(self, home: Path) -> Path:
        return home / "espi.sqlite"

    def restore(self, saved: Path, home: Path) -> None:
        shutil.copy(saved, home / "espi.sqlite")

    def take_back(self, below: Path | None = None) -> None:
        """Nothing: what belongs to a test is in its folder."""

    def stop(self) -> None:
        shutil.rmtree(self._folder)


_PLACES: dict[str, Callable[[], Place]] = {"sqlite": Files, "postgresql": servers.Embedded, "citus": servers.Cluster}
_opened: dict[str, Place] = {}
_chosen = ["sqlite"]


def kind_of(item: pytest.Item) -> str:
    """What a test runs on: what it is marked or repeated for, else what the run is for."""
    if item.get_closest_marker("sqlite"):
        return "sqlite"
    repeated = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return str(repeated.get("database_kind") or item.config.getoption("--database"))


def choose(kind: str) -> None:
    """What the tests from here on run on."""
    _chosen[0] = kind


def chosen() -> str:
    """What this test runs on."""
    return _chosen[0]


def place(kind: str = "") -> Place:
    """Where the databases of this test are; a server is started when it is first asked for."""
    kind = kind or _chosen[0]
    if kind not in _opened:
        _opened[kind] = _PLACES[kind]()
    return _opened[kind]


def environment(home: Path) -> dict[str, str]:
    """The variables that tell the settings of a home of its database."""
    return {} if _chosen[0] == "sqlite" else {"ESPI_DATABASE_URL": place().url(home)}


def empty(home: Path) -> Database:
    """A migrated database with nothing in it, for the settings of a home."""
    place().empty(home)
    return Database(place().url(home))


def bare(home: Path) -> str:
    """The URL of a database without any table, for a home that has none yet."""
    return place().bare(home)


def save(home: Path) -> Saved:
    """Keep what the database of a home now holds; nobody has it open any more."""
    return place().save(home)


def restore(saved: Saved, home: Path) -> Database:
    """A copy of a saved database, for the settings of a home."""
    place().restore(saved, home)
    return Database(place().url(home))


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """What the database of settings answers to a query in SQL, past all of the code; JSON is text."""
    database = Database(settings.database_url)
    with database.read() as conn:
        found = [tuple(map(_plain, row)) for row in conn.exec_driver_sql(query)]
    database.close()
    return found


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def take_back(below: Path | None = None) -> None:
    """A test has ended, whose folder is given, or a module."""
    for each in _opened.values():
        each.take_back(below)


def stop() -> None:
    """The run has ended."""
    while _opened:
        _opened.popitem()[1].stop()
