"""Claims on files that were done with long ago are forgotten once a day; what became of the files is kept."""

from __future__ import annotations

from collections.abc import Mapping

from espi import jobs
from espi.clock import DAY_S
from espi.jobs import Context
from espi.store import claims
from espi.store.jobs import Job

KIND = "intake.forget"
KEEP_DAYS = 30


@jobs.handler(KIND)
def forget(context: Context, _job: Job) -> Mapping[str, int]:
    """Drop claims on files that were loaded, or wanted in vain, more than `KEEP_DAYS` ago."""
    with context.database.write() as conn:
        return {"claims": claims.forget(conn, context.now_s() - KEEP_DAYS * DAY_S)}


jobs.every(KIND, DAY_S)
