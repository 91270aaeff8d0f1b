"""By night: what is older than each utility keeps goes, save what is held, as `espi retention run` has it.

A clock that is not the machine's own, as in a demonstration, removes nothing: what is too old by it is only counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espi import config, jobs, log
from espi.clock import DAY_S
from espi.intake import retention
from espi.jobs import Context
from espi.store.jobs import Job

KIND = "retention.expire"
LEASE_S = 3600


@jobs.handler(KIND, lease_s=LEASE_S)
def expire(context: Context, _job: Job) -> Mapping[str, Any]:
    """Remove what is too old, or count it: how many rows of which table, the proof, and what should have gone."""
    settings = context.settings
    if settings.retention_nightly == config.OFF:
        return {}
    dry_run = settings.retention_nightly == config.DRY or not settings.clock.is_real
    found = retention.expire(context.database, settings=settings, dry_run=dry_run)
    if found.left:
        log.warn(log.Event.RETENTION_LEFT, rows={name: dict(rows) for name, rows in found.left.items()})
    return {"dry_run": dry_run, **found.rows, "cut": found.gone.cut, "sha256": found.gone.digest}


jobs.every(KIND, DAY_S)
