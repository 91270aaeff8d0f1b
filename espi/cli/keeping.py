"""`espi retention` and `espi audit`: what is kept for how long, and whether the record of decisions is whole."""

from __future__ import annotations

import argparse
import sys

from espi.cli.words import Words
from espi.config import Settings
from espi.intake import retention
from espi.store import audit
from espi.store.database import Database


def add(words: Words) -> None:
    """Add the two groups."""
    group = words.group("retention", "What is kept for how long.")
    parser = group.command("run", expire, "Remove readings older than ESPI_RETENTION_YEARS.")
    parser.add_argument("--dry-run", action="store_true", help="count what would go, remove nothing")
    group = words.group("audit", "The record of decisions and changes.")
    group.command("verify", verify, "Check that no row of the audit record was changed or removed.")


def expire(settings: Settings, given: argparse.Namespace) -> int:
    """Remove what is too old, or only count it."""
    found = retention.expire(Database.opened(settings.database_url), settings=settings, dry_run=given.dry_run)
    print(found.summary)
    return 0


def verify(settings: Settings, given: argparse.Namespace) -> int:
    """Walk the chain of hashes; 1 if it is broken anywhere."""
    del given
    with Database.opened(settings.database_url).read() as conn:
        faults = audit.verify(conn)
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"the audit record is broken at {len(faults)} places" if faults else "the audit record is whole")
    return 1 if faults else 0
