"""What nobody needs any more goes once a day: old events and jobs, and what proved something that is over."""

from __future__ import annotations

from collections.abc import Mapping

from espi import jobs
from espi.clock import DAY_S
from espi.jobs import Context
from espi.store import events, proofs, quotas, tokens
from espi.store import jobs as outbox
from espi.store.jobs import Job

KIND = "nightly.forget"
KEEP_DAYS = 30
KEEP_WINDOWS_DAYS = 2


@jobs.handler(KIND)
def forget(context: Context, _job: Job) -> Mapping[str, int]:
    """Drop what is older than `KEEP_DAYS`: delivered or given-up events, finished jobs, tokens and codes that are over.

    Proofs that can no longer be repeated go, and so do the counts of days gone by.
    """
    now_s = context.now_s()
    before_s = now_s - KEEP_DAYS * DAY_S
    found: dict[str, int] = {}
    with context.database.write() as conn:
        found["events"] = events.drop_events(conn, before_s)
    with context.database.write() as conn:
        found["jobs"] = outbox.drop_finished(conn, before_s)
    with context.database.write() as conn:
        found["tokens"] = tokens.forget_tokens(conn, before_s)
        found["proofs"] = proofs.drop_old_proofs(conn, now_s)
        found["windows"] = quotas.forget_windows(conn, now_s - KEEP_WINDOWS_DAYS * DAY_S)
    return found


jobs.every(KIND, DAY_S)
