"""The job after market events: rules are asked again of days of which the meter or the power is known otherwise now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from espi import access, jobs
from espi.access import Principal, Role
from espi.clock import QUARTER_HOUR_S, zone
from espi.day import ABSENT, ESTIMATED_QUALITY, GENERATION, LOAD, PackedDay, unpack_codes, unpack_values
from espi.intake.vee.look_back import LookBack, results_of
from espi.intake.vee.rules import JOB_RULES
from espi.intake.vee.thresholds import thresholds_of
from espi.jobs import Context
from espi.store import directory, market_events, readings
from espi.store import vee as kept
from espi.store.database import Conn
from espi.store.directory import Utility
from espi.store.jobs import Job
from espi.store.vee import Arrived, Result

if TYPE_CHECKING:
    from espi.store.reach import Reach

ELECTRICITY = 0
POINTS_AT_ONCE = 200


@jobs.handler(market_events.CHANGED)
def check_again(context: Context, job: Job) -> Mapping[str, Any]:
    """Look at the stored days of usage points once more; how many channels' days that were, and how many results."""
    with context.database.read() as conn:
        utility = directory.utility(conn, int(job.payload["utility"]))
        principal = Principal(Role.system, utility.id, "intake")
        target = f"vee after events of {utility.name}"
        reach = access.reach(conn, principal, "usage:put", settings=context.settings, target=target)
    spans = [(int(point), int(first), int(until)) for point, first, until in job.payload["spans"]]
    days = results = 0
    for start in range(0, len(spans) if utility.service_kind == ELECTRICITY else 0, POINTS_AT_ONCE):
        with context.database.read() as conn:
            some = list(_checked(conn, reach, utility, spans[start : start + POINTS_AT_ONCE], context.now_s()))
        with context.database.write() as conn:
            for day, rows, found in some:
                again = [(day, row.usage_point_id, row.channel) for row in rows]
                kept.put_results(conn, found, again=again, rules=JOB_RULES)
                days, results = days + len(rows), results + len(found)
    return {"days": days, "results": results}


def _checked(
    conn: Conn, reach: Reach, utility: Utility, spans: Sequence[tuple[int, int, int]], now_s: int
) -> Iterator[tuple[int, list[Arrived], list[Result]]]:
    by_day: dict[int, list[Arrived]] = defaultdict(list)
    energy = kept.in_watt_hours(conn, reach, spans[0][0], spans[-1][0])
    for point, first, until in spans:
        for channel in (GENERATION, LOAD):
            if (point, channel) in energy:
                for day in readings.packed_blocks(conn, reach, point, channel, first, until):
                    if day.interval_s == QUARTER_HOUR_S:
                        by_day[day.day].append(_arrived(point, channel, day))
    thresholds, local = thresholds_of(utility.dialect), zone(utility.zone)
    for number, rows in sorted(by_day.items()):
        back = LookBack(conn, reach, local, thresholds, number, rows)
        yield number, rows, list(results_of(back, now_s))


def _arrived(point: int, channel: int, day: PackedDay) -> Arrived:
    codes = unpack_codes(day.quality, day.count)
    return Arrived(
        point,
        channel,
        day.interval_s,
        day.count,
        day.packed,
        day.quality,
        int(unpack_values(day.packed, day.count).sum()),
        int((codes == ESTIMATED_QUALITY).sum()),
        int((codes == ABSENT).sum()),
        False,
    )
