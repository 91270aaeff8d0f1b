"""What every page works with: the settings, the database, and who is asking."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from espi.config import Settings
from espi.store.database import Database

EXTENSION = "espi"


@dataclass(frozen=True)
class Site:
    """The settings in force and the database, attached to the application once."""

    settings: Settings
    database: Database

    def now_s(self) -> int:
        """The present instant, by the clock of the settings."""
        return self.settings.clock.now_s()


def site() -> Site:
    """The site of the application that answers."""
    found: Site = current_app.extensions[EXTENSION]
    return found
