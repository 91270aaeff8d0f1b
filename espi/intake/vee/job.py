"""The job after a file: the rules that need other days, the register or the meter, over what the file has changed.

Days that were not looked at as they came are looked at here for the other rules too: those that were merged of several
files' readings, and those of files that are not LSE. Doing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from espi import access, jobs
from espi.access import Principal, Role
from espi.clock import QUARTER_HOUR_S, zone
from espi.day import GENERATION, LOAD
from espi.intake.vee.arriving import Keys, day_results, maxima_of_meters
from espi.intake.vee.grid import grids
from espi.intake.vee.look_back import LookBack, results_of
from espi.intake.vee.rules import DAY_RULES, JOB_RULES
from espi.intake.vee.thresholds import Thresholds, thresholds_of
from espi.jobs import Context
from espi.store import directory, queue
from espi.store import jobs as outbox
from espi.store import vee as kept
from espi.store.database import Conn
from espi.store.directory import Utility
from espi.store.jobs import Job
from espi.store.queue import ReceivedFile
from espi.store.vee import Arrived, Result

if TYPE_CHECKING:
    from espi.store.reach import Reach

DAYS_AT_ONCE = 2000
LSE = "lse"
ELECTRICITY = 0


@jobs.handler(queue.CHECK)
def check_file(context: Context, job: Job) -> Mapping[str, Any]:
    """Look at every day that a file has changed; how many channels' days that were, and how many results."""
    with context.database.read() as conn:
        file = queue.file(conn, int(job.payload["file_id"]))
        utility = None if file.utility_id is None else directory.utility(conn, file.utility_id)
    days = results = 0
    if utility is not None and utility.service_kind == ELECTRICITY:
        for day, rows, found in _checked(context, file, utility):
            days += len(rows)
            results += len(found)
            with context.database.write() as conn:
                _keep(conn, day, rows, found, file.kind)
                outbox.progress(conn, job, days, 0, now_s=context.now_s())
    return {"days": days, "results": results}


def _checked(
    context: Context, file: ReceivedFile, utility: Utility
) -> Iterator[tuple[int, Sequence[Arrived], Sequence[Result]]]:
    """Some usage points of a day at a time: the day, their rows, and what was found."""
    thresholds = thresholds_of(utility.dialect)
    principal = Principal(Role.system, utility.id, "intake")
    with context.database.read() as conn:
        target = f"vee of file {file.name}"
        reach = access.reach(conn, principal, "usage:put", settings=context.settings, target=target)
    for day in file.days:
        after_id, more = 0, True
        while more:
            with context.database.read() as conn:
                came = kept.arrived(conn, reach, file.id, day, after_id, DAYS_AT_ONCE)
                rows = _electric(conn, reach, came)
                found = list(_results(conn, reach, utility, thresholds, day, rows, context.now_s(), file.kind))
            more = len(came) >= DAYS_AT_ONCE
            after_id = came[-1].usage_point_id if came else after_id
            if rows:
                yield day, rows, found


def _results(
    conn: Conn,
    reach: Reach,
    utility: Utility,
    thresholds: Thresholds,
    day: int,
    rows: Sequence[Arrived],
    now_s: int,
    kind: str,
) -> Iterator[Result]:
    if rows:
        back = LookBack(conn, reach, zone(utility.zone), thresholds, day, rows)
        yield from results_of(back, now_s)
        yield from _of_the_day(conn, [row for row in rows if _is_new(row, kind)], day, thresholds, now_s)


def _of_the_day(conn: Conn, rows: Sequence[Arrived], day: int, thresholds: Thresholds, now_s: int) -> Iterator[Result]:
    if rows:
        keys = Keys.of([day] * len(rows), [row.usage_point_id for row in rows], [row.channel for row in rows])
        packed = grids([row.packed for row in rows], [row.quality for row in rows], [row.count for row in rows])
        yield from day_results(keys, packed, thresholds, now_s, partial(maxima_of_meters, conn))


def _is_new(row: Arrived, kind: str) -> bool:
    """Whether intake has not looked at the day as it is now."""
    return row.merged or kind != LSE


def _electric(conn: Conn, reach: Reach, came: Sequence[Arrived]) -> list[Arrived]:
    """The quarter hours of load and generation, in Wh, among what came."""
    if not came:
        return []
    energy = kept.in_watt_hours(conn, reach, came[0].usage_point_id, came[-1].usage_point_id)
    return [
        row
        for row in came
        if row.channel in {LOAD, GENERATION}
        and row.interval_s == QUARTER_HOUR_S
        and (row.usage_point_id, row.channel) in energy
    ]


def _keep(conn: Conn, day: int, rows: Sequence[Arrived], found: Sequence[Result], kind: str) -> None:
    """Keep the results in place of those that the same rules gave before."""
    every = [(day, row.usage_point_id, row.channel) for row in rows]
    new = [(day, row.usage_point_id, row.channel) for row in rows if _is_new(row, kind)]
    kept.put_results(conn, (), again=new, rules=DAY_RULES)
    kept.put_results(conn, found, again=every, rules=JOB_RULES)
