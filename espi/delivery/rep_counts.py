"""What REPs serve, counted several times a day, so that nobody who opens a page waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from espi import jobs
from espi.clock import DAY_S, zone
from espi.jobs import Context
from espi.store import directory, served

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.jobs import Job

KIND: Final = "rep.counts"
EVERY_S: Final = DAY_S // 4
SERVED_DAYS: Final = 400
"""Of how many days it is counted what each REP served: thirteen months."""
CAME_DAYS: Final = 35
"""Of how many days it is counted from how many meters readings came."""
AGAIN_DAYS: Final = 4
"""How many of these are counted anew each time, because files come late."""


def today(conn: Conn, now_s: int) -> int:
    """The local day that it is, where it is latest among the utilities."""
    return max((zone(each.zone).day_of(now_s) for each in directory.utilities(conn)), default=now_s // DAY_S)


@jobs.handler(KIND)
def count(context: Context, job: Job) -> Mapping[str, Any]:
    """Count what each REP serves, then, a day at a time, from how many of its meters readings came."""
    del job
    with context.database.read() as conn:
        last = today(conn, context.now_s())
        reps = [each.id for each in directory.reps(conn)]
        missing = served.days_without_came(conn, range(last - CAME_DAYS, last - AGAIN_DAYS))
    for rep_id in reps:
        with context.database.write() as conn:
            served.put_rep_counts(conn, rep_id, range(last - SERVED_DAYS, last + 1))
    for day in (*missing, *range(last - AGAIN_DAYS, last)):
        with context.database.write() as conn:
            served.put_came(conn, day)
    return {"reps": len(reps), "days": len(missing) + AGAIN_DAYS}


jobs.every(KIND, EVERY_S)
