"""Intake asks the gate, as everybody does, before a file's readings go in; the decision is audited."""

from __future__ import annotations

from espi import access
from espi.access import Principal, Role
from espi.config import Settings
from espi.store import directory
from espi.store.database import Conn


def may_put(conn: Conn, utility: directory.Utility, file_name: str, settings: Settings) -> None:
    """Raise Denied unless intake may put usage of a utility's meters."""
    principal = Principal(Role.system, utility.id, "intake")
    access.reach(conn, principal, "usage:put", settings=settings, target=f"file {file_name}")
