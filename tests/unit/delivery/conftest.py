from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from espi.clock import Clock
from espi.config import Settings
from espi.delivery import handlers
from espi.jobs import Context
from espi.store.database import Database
from tests.listener import Listener, listening


@pytest.fixture
def listener(loopback: None, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    """A third party's server on this machine."""
    home: Path = tmp_path_factory.mktemp("listener")
    with listening(settings, home) as found:
        yield found


@pytest.fixture
def context(settings: Settings, database: Database, listener: Listener) -> Context:
    """What jobs work with, where notifications may go to this machine and its authority is trusted."""
    assert handlers.kinds(), "they register themselves when they are loaded"
    return Context(replace(settings, notify_private=True, trust_ca=listener.authority), database)


def later(context: Context, seconds: int) -> Context:
    """The same, some time later."""
    clock = Clock(fixed_s=context.now_s() + seconds)
    return Context(replace(context.settings, clock=clock), context.database)
