from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from espi import config, demo
from espi.clock import Clock, instant_s
from espi.config import Settings
from espi.demo import Facts
from espi.store.database import Database
from tests import databases

NOW_S = instant_s("2026-11-24T18:00:00Z")


@dataclass(frozen=True)
class Market:
    """A home folder with the market loaded at noon of 24 November 2026."""

    settings: Settings
    database: Database
    facts: Facts


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    home = tmp_path_factory.mktemp("market")
    settings = config.load({}, home=home, clock=Clock(fixed_s=NOW_S), database_url=databases.bare(home))
    database = Database(settings.database_url)
    database.migrate(secret=demo.ID_NAMESPACE)
    yield Market(settings, database, demo.load(database, settings))
    database.close()
