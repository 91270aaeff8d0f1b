"""How complete each day of a utility is, kept up to date as files come in; and, by night, which meters are silent.

After a file its days are counted anew, each by the one job that a utility's day has: files that come while it works, or
within `PAUSE_S` of its last count, are counted together. What a count gives does not depend on what was there before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from espi import jobs
from espi.clock import DAY_S, day_date, zone
from espi.errors import BadInput
from espi.jobs import Context
from espi.store import completeness, directory, queue, silent
from espi.store import jobs as outbox
from espi.store.completeness import Bounds
from espi.store.database import Conn
from espi.store.directory import Utility
from espi.store.jobs import Job

KEY = "completeness"
DAY, SILENT = "completeness.day", "nightly.silent"
PAUSE_S = 300
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What a utility's `dialect` says under `completeness`, else the defaults.

    late_hours: so long after the end of a local day its readings are late (23: at eleven in the evening of the next
    day). silent_days: a meter without readings of so many days is silent.
    """

    late_hours: int = 23
    silent_days: int = 3


def deadlines_of(dialect: Mapping[str, Any]) -> Deadlines:
    """The deadlines of a utility. Raises `BadInput` for a name or a value that is none."""
    given = dialect.get(KEY, {})
    if not isinstance(given, Mapping) or set(given) - set(Deadlines.__slots__):
        raise BadInput(f"{KEY} in the dialect may hold {' and '.join(Deadlines.__slots__)}.")
    found = Deadlines(**given)
    for name in Deadlines.__slots__:
        value = getattr(found, name)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
            raise BadInput(f"{KEY}: {name} is a whole number from 1 to 1000.")
    return found


def bounds(utility: Utility, day: int) -> Bounds:
    """When a local day of a utility begins and ends, and after when its readings are late."""
    local = zone(utility.zone)
    end_s = local.day_start_s(day + 1)
    return Bounds(day, local.day_start_s(day), end_s, end_s + deadlines_of(utility.dialect).late_hours * HOUR_S)


def count_days(conn: Conn, utility: Utility, days: Iterable[int], now_s: int) -> int:
    """Count days of a utility anew; how many were: those of months that are put away stay as they are."""
    return sum(
        completeness.put_completeness(conn, utility.id, bounds(utility, day), f"{day_date(day):%Y%m%d}", now_s)
        for day in days
    )


@jobs.handler(queue.COUNT)
def after_file(context: Context, job: Job) -> Mapping[str, int]:
    """Have the days of a file counted, and take the flag from meters that were silent and sent something."""
    now_s = context.now_s()
    with context.database.write() as conn:
        file = queue.file(conn, int(job.payload["file_id"]))
        if file.utility_id is None:
            return {"days": 0, "cleared": 0}
        utility = directory.utility(conn, file.utility_id)
        for day in file.days:
            payload = {"utility_id": utility.id, "day": day}
            outbox.wake_job(conn, DAY, f"{DAY}/{utility.id}/{day}", payload, now_s=now_s)
        lately = zone(utility.zone).day_of(now_s) - deadlines_of(utility.dialect).silent_days
        cleared = silent.end_silence(conn, file.id, [day for day in file.days if day >= lately])
    return {"days": len(file.days), "cleared": cleared}


@jobs.handler(DAY)
def count_day(context: Context, job: Job) -> None:
    """Count a day of a utility, unless it was counted a moment ago: then once that pause is over."""
    now_s = context.now_s()
    day = int(job.payload["day"])
    with context.database.write() as conn:
        utility = directory.utility(conn, int(job.payload["utility_id"]))
        last = completeness.completeness_of(conn, day, day + 1, [utility.id])
        if last and last[0].computed_s < now_s < last[0].computed_s + PAUSE_S:
            outbox.rest(conn, job, last[0].computed_s + PAUSE_S, now_s)
            return
        count_days(conn, utility, [day], now_s)
        outbox.rest(conn, job, None, now_s)


@jobs.handler(SILENT)
def find_silent(context: Context, _job: Job) -> Mapping[str, int]:
    """Look for silent meters of every utility, and count its last days anew: no file tells of what never came."""
    now_s = context.now_s()
    found = Counter[str](found=0, cleared=0)
    with context.database.read() as conn:
        utilities = directory.utilities(conn)
    for utility in utilities:
        today = zone(utility.zone).day_of(now_s)
        days = deadlines_of(utility.dialect).silent_days
        with context.database.write() as conn:
            first, last = bounds(utility, today - days), bounds(utility, today - 1)
            found.update(silent.put_silent(conn, utility.id, first, last, now_s))
            count_days(conn, utility, range(today - days, today), now_s)
    return dict(found)


jobs.every(SILENT, DAY_S)
