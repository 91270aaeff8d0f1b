from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse

from espi import market
from espi.config import Settings
from espi.store.database import Database
from tests import databases, market_world
from tests.market_world import World


@dataclass
class Hour:
    """What time it is for the limits, which run in real time."""

    now_s: int = 3_600_000

    def __call__(self) -> int:
        return self.now_s


@dataclass
class Caller:
    """Somebody with the tokens of the world, and the interface that he calls."""

    world: World
    settings: Settings
    database: Database
    hour: Hour = field(default_factory=Hour)
    turn_s: float = 0.02
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self, **changes: Any) -> None:
        """Begin to serve, with other settings if need be."""
        self.app = market.make(replace(self.settings, **changes), self.database, now_s=self.hour, turn_s=self.turn_s)

    def __call__(self, method: str, path: str, who: str = "", **more: Any) -> TestResponse:
        token = self.world.tokens.get(who, who)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        served = DispatcherMiddleware(Flask("nothing"), {market.PREFIX: self.app})
        return Client(served).open(
            f"/api/v1{path}",
            method=method,
            base_url=self.settings.base_url,
            headers={**headers, **more.pop("headers", {})},
            **more,
        )

    def get(self, path: str, who: str = "", **more: Any) -> Any:
        """What a GET gives that goes well."""
        answer = self("GET", path, who, **more)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def n(self, name: str) -> int:
        """A number of the world."""
        return self.world.numbers[name]


@pytest.fixture(scope="session")
def made_world(tmp_path_factory: pytest.TempPathFactory) -> tuple[databases.Saved, World]:
    folder = tmp_path_factory.mktemp("market")
    database = databases.empty(folder)
    world = market_world.make(database)
    database.close()
    return databases.save(folder), world


@pytest.fixture
def call(made_world: tuple[databases.Saved, World], settings: Settings, database: Database) -> Caller:
    """The interface over a small market of its own."""
    saved, world = made_world
    databases.restore(saved, settings.home).close()
    return Caller(replace(world, tokens={**world.tokens}), settings, database)
