"""Readings are kept for some years; what is older goes, with its versions and what waits for a meter."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

from espi import log
from espi.clock import day_date, zone
from espi.config import Settings
from espi.intake.check import first_kept_day
from espi.store import audit, directory, readings
from espi.store.database import Conn, Database


@dataclass(frozen=True)
class Expiry:
    """What went, or would go. first_day: the oldest day kept. rows: how many rows of which table."""

    first_day: int
    rows: Mapping[str, int]
    dry_run: bool

    @property
    def summary(self) -> str:
        """One line for machines."""
        counts = " ".join(f"{table}={count}" for table, count in self.rows.items())
        return f"kept_from={day_date(self.first_day)} dry_run={int(self.dry_run)} {counts}"


class _DryRun(Exception):
    """Rolls the deletion back once it is counted."""


def expire(database: Database, *, settings: Settings, dry_run: bool = False) -> Expiry:
    """Delete all days older than `retention_years`; a dry run counts them and deletes nothing."""
    with database.read() as conn:
        first_day = _first_day(conn, settings)
    rows: dict[str, int] = {}
    with contextlib.suppress(_DryRun), database.write() as conn:
        rows.update(readings.drop_before(conn, first_day))
        if dry_run:
            raise _DryRun
        _keep_on_record(conn, first_day, rows, settings)
    if not dry_run:
        log.record(log.Event.RETENTION_DONE, kept_from=str(day_date(first_day)), **rows)
    return Expiry(first_day, rows, dry_run)


def _keep_on_record(conn: Conn, first_day: int, rows: Mapping[str, int], settings: Settings) -> None:
    """The readings go, the audit's row of their going stays."""
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor="system:retention",
        action="readings:expire",
        target=f"days before {day_date(first_day)}",
        rule="retention_years",
        allowed=True,
        detail=rows,
    )


def _first_day(conn: Conn, settings: Settings) -> int:
    """The oldest day to keep where the calendar is furthest behind; without utilities, in UTC."""
    zones = {utility.zone for utility in directory.utilities(conn)} or {"UTC"}
    now_s = settings.clock.now_s()
    return min(first_kept_day(zone(name).day_of(now_s), settings.retention_years) for name in zones)
