"""The database that a command works with: it is opened for the command, and closed when that is done."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from espi.config import Settings
from espi.store.database import Conn, Database


def opened(settings: Settings) -> contextlib.AbstractContextManager[Database]:
    """The database of the settings, for a block. Raises `WrongSchema`."""
    return Database.opened(settings.database_url)


@contextlib.contextmanager
def reading(settings: Settings) -> Iterator[Conn]:
    """One snapshot of it, for a command that only reads."""
    with opened(settings) as database, database.read() as conn:
        yield conn


@contextlib.contextmanager
def writing(settings: Settings) -> Iterator[Conn]:
    """One transaction of it, for a command that is done with that."""
    with opened(settings) as database, database.write() as conn:
        yield conn
