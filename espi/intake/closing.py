"""By night: partitions are made for the months to come, and closed months are put away in one row a channel.

A month is closed when its last day is `compact_after_days` old; what a late file changes in it is put away again when
it has settled (`espi.store.months`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from espi import jobs
from espi.clock import DAY_S, next_month, zone
from espi.config import Settings
from espi.intake import retention
from espi.jobs import Context
from espi.store import jobs as outbox
from espi.store import months, partitions
from espi.store.database import Database
from espi.store.jobs import Job
from espi.store.months import Compacted, Progress

KIND = "store.close-months"


def close_months(
    database: Database, *, settings: Settings, before: int | None = None, progress: Progress | None = None
) -> Iterator[Compacted]:
    """Put away what lies before a day (as the setting says), oldest month first; what became of each month."""
    now_s = settings.clock.now_s()
    today = zone("UTC").day_of(now_s)
    until = today - settings.compact_after_days if before is None else before
    with database.read() as conn:
        first_day = min(limit.first_day for limit in retention.limits(conn, settings))
        found = months.months_to_compact(conn, until, first_day)
        closed = months.closed_months(conn)
    for month in found:
        yield months.compact_month(database, month, now_s=now_s, progress=progress)
    for month in closed:
        with database.write() as conn:
            months.give_back(conn, month, now_s)


@jobs.handler(KIND)
def close(context: Context, job: Job) -> Mapping[str, int]:
    """Make the partitions of this month and the next, then put away what is closed."""
    now_s = context.now_s()
    today = zone("UTC").day_of(now_s)
    with context.database.write() as conn:
        partitions.ensure(conn, [today, next_month(today)])

    def alive(_days: int, _share: float) -> None:
        with context.database.write() as conn:
            outbox.renew(conn, job, context.now_s())

    done = list(close_months(context.database, settings=context.settings, progress=alive))
    return {"months": len(done), "days": sum(one.days for one in done)}


jobs.every(KIND, DAY_S)
