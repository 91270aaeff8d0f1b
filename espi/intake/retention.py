"""Readings are kept for a number of years; what is older goes, and the audit says so."""

from __future__ import annotations

from espi import log
from espi.clock import zone
from espi.config import Settings
from espi.intake.check import first_kept_day
from espi.store import audit, directory, readings
from espi.store.database import Database


class _OnlyCounted(Exception):
    """Ends the transaction of a dry run, so that it is rolled back."""


def expire(database: Database, settings: Settings, *, dry_run: bool = False) -> tuple[int, dict[str, int]]:
    """Remove all readings of days before the first that is kept; that day, and how many rows went, by table.

    dry_run: do it, count, and take it back.
    """
    now_s = settings.clock.now_s()
    with database.read() as conn:
        zones = {utility.zone for utility in directory.utilities(conn)} or {"UTC"}
    day = min(first_kept_day(zone(name).day_of(now_s), settings.retention_years) for name in zones)
    gone: dict[str, int] = {}
    try:
        with database.write() as conn:
            gone = readings.drop_before(conn, day)
            if dry_run:
                _take_back()
            audit.record(
                conn,
                at_s=now_s,
                actor="system:retention",
                action="readings:expire",
                target=f"days before {day}",
                rule="retention_years",
                allowed=True,
                detail=gone,
            )
    except _OnlyCounted:
        return day, gone
    log.record(log.Event.RETENTION_DONE, first_kept_day=day, **gone)
    return day, gone


def _take_back() -> None:
    raise _OnlyCounted
