"""Readings are kept for some years; what is older goes, with its versions and what waits for a meter.

A utility may keep its readings for a number of years of its own (`retention_years` in its dialect), and a legal hold
keeps days for as long as it lasts (`espi.store.holds`). What went is on record: how many rows of which table, and the
SHA-256 over their keys and the names of the partitions that were dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from espi import log
from espi.clock import day_date, zone
from espi.config import Settings
from espi.intake.check import first_kept_day
from espi.store import audit, directory, expiry
from espi.store.database import Conn, Database
from espi.store.directory import Utility
from espi.store.expiry import Gone

ACTOR = "system:retention"
ACTION = "readings:expire"
RULE = "retention_years"
NOBODY = "(no utility)"


@dataclass(frozen=True)
class Limit:
    """The oldest day that a utility keeps."""

    utility_id: int
    name: str
    first_day: int


@dataclass(frozen=True)
class Expiry:
    """What went, or would go. limits: by utility. left: rows that should have gone and are there, by utility, table."""

    limits: tuple[Limit, ...]
    gone: Gone
    left: Mapping[str, Mapping[str, int]]
    dry_run: bool

    @property
    def first_day(self) -> int:
        """The oldest day that anybody keeps."""
        return min(limit.first_day for limit in self.limits)

    @property
    def rows(self) -> dict[str, int]:
        """How many rows of which table."""
        return {table.name: self.gone.total(table.name) for table in expiry.kept_tables()}

    @property
    def summary(self) -> str:
        """One line for machines."""
        counts = " ".join(f"{table}={count}" for table, count in self.rows.items())
        return f"kept_from={day_date(self.first_day)} dry_run={int(self.dry_run)} {counts} cut={self.gone.cut}"

    @property
    def report(self) -> list[str]:
        """The summary, and a line for each utility, for what is held, for the partitions, and the proof."""
        found = [self.summary]
        for limit in self.limits:
            counts = {table: by.get(limit.utility_id, 0) for table, by in self.gone.rows.items()}
            went = " ".join(f"{table}={rows}" for table, rows in counts.items() if rows)
            found.append(f"{limit.name}: kept from {day_date(limit.first_day)}; {went or 'nothing'}")
        held = " ".join(f"{table}={rows}" for table, rows in self.gone.kept.items() if rows)
        return [
            *found,
            f"held: {held or 'nothing'}",
            f"partitions: {' '.join(self.gone.partitions) or 'none'}",
            f"sha256: {self.gone.digest}",
            *(f"left: {name} {table}={rows}" for name, of in self.left.items() for table, rows in of.items()),
        ]


def years_kept(utility: Utility, settings: Settings) -> int:
    """How many years a utility's readings are kept."""
    return int(utility.dialect.get(expiry.YEARS, settings.retention_years))


def first_day(utility: Utility, settings: Settings) -> int:
    """The oldest day that a utility keeps, in its own time zone."""
    today = zone(utility.zone).day_of(settings.clock.now_s())
    return first_kept_day(today, years_kept(utility, settings))


def limits(conn: Conn, settings: Settings) -> tuple[Limit, ...]:
    """The oldest day that each utility keeps; last, for what no utility has, the oldest of them (in UTC if none)."""
    now_s = settings.clock.now_s()
    found = [Limit(one.id, one.name, first_day(one, settings)) for one in directory.utilities(conn)]
    default = first_kept_day(zone("UTC").day_of(now_s), settings.retention_years)
    oldest = min((limit.first_day for limit in found), default=default)
    return (*found, Limit(expiry.UNKNOWN, NOBODY, oldest))


def expire(database: Database, *, settings: Settings, dry_run: bool = False) -> Expiry:
    """Remove all that is too old; a dry run counts it and removes nothing."""
    gone = Gone()
    with database.read() as conn:
        bounds = limits(conn, settings)
        whole = expiry.expired_months(conn, {limit.utility_id: limit.first_day for limit in bounds})
    for month in whole:
        with database.write() as conn:
            expiry.expire_month(conn, month, gone, dry_run=dry_run)
            if not dry_run:
                _keep_on_record(conn, f"month {day_date(month):%Y-%m}", gone, settings)
    with database.write() as conn:
        for limit in bounds:
            expiry.expire_rows(conn, limit.utility_id, limit.first_day, gone, dry_run=dry_run)
        if not dry_run:
            _keep_on_record(conn, f"days before {day_date(min(one.first_day for one in bounds))}", gone, settings)
    found = Expiry(bounds, gone, {} if dry_run else _left(database, bounds), dry_run)
    if not dry_run:
        log.record(log.Event.RETENTION_DONE, kept_from=str(day_date(found.first_day)), **found.rows)
    return found


def verify(database: Database, *, settings: Settings) -> Mapping[str, Mapping[str, int]]:
    """What should have gone and is there: how many rows, by utility and table; nothing if all is well."""
    with database.read() as conn:
        bounds = limits(conn, settings)
    return _left(database, bounds)


def _left(database: Database, bounds: tuple[Limit, ...]) -> dict[str, dict[str, int]]:
    with database.read() as conn:
        found = {limit.name: expiry.left(conn, limit.utility_id, limit.first_day) for limit in bounds}
    return {name: rows for name, rows in found.items() if rows}


def _keep_on_record(conn: Conn, target: str, gone: Gone, settings: Settings) -> None:
    """The readings go, the audit's row of their going stays: the counts and the hash are of this run until then."""
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor=ACTOR,
        action=ACTION,
        target=target,
        rule=RULE,
        allowed=True,
        detail={
            "rows": {table: {str(key): rows for key, rows in by.items() if rows} for table, by in gone.rows.items()},
            "held": gone.kept,
            "cut": gone.cut,
            "partitions": gone.partitions,
            "sha256": gone.digest,
        },
    )
