"""Numbers that are seen in the order of their giving, so that a reader who goes on from the last one misses none."""

from __future__ import annotations

from sqlalchemy import text

from espi.store.audit import CHAIN_LOCK
from espi.store.database import Conn


def take_turn(conn: Conn) -> None:
    """Wait until no other transaction is giving numbers, and be the only one that does until this one ends.

    SQLite lets one transaction write at a time anyway. It is the lock of the audit's chain, which nearly every such
    transaction takes as well: two locks, taken in two orders, could make two transactions wait for each other.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})
