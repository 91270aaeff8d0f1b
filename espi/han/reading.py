"""Reading meters now: the job that asks the head end, and what becomes of its answer.

A request goes out once: its id at the head end is made of its own key. An answer that comes too late, or of a value
read before it was asked for, is none.
"""

from __future__ import annotations

from espi.han import carrying, devices, gateway
from espi.han.gateway import Report
from espi.han.sending import CARRY
from espi.jobs import Context, every, handler
from espi.store import jobs, on_demand
from espi.store.database import Conn
from espi.store.jobs import Job

READ_NOW = "meter.read-now"
TIME_OUT = "meter.time-out"
PREFIX = "read"
PARTS = 3


@handler(READ_NOW)
def _ask(context: Context, job: Job) -> dict[str, int]:
    """Ask the head end to read a meter; one that hangs at none that is connected has failed."""
    usage_point_id, number = int(job.payload["usage_point"]), int(job.payload["number"])
    now_s = context.now_s()
    with context.database.write() as conn:
        found = on_demand.under_way(conn, usage_point_id, number)
        if found is None or found[0].state != on_demand.REQUESTED:
            return {"asked": 0}
        read, esiid, dialect = found
        head_end = gateway.connected().get(devices.head_end_name(dialect))
        if on_demand.is_late(read, now_s):
            on_demand.advance(conn, usage_point_id, number, on_demand.TIMED_OUT, now_s)
        elif head_end is None:
            on_demand.advance(conn, usage_point_id, number, on_demand.FAILED, now_s)
        else:
            head_end.read_register(f"{PREFIX}/{usage_point_id}/{number}", esiid)
            on_demand.advance(conn, usage_point_id, number, on_demand.SENT, now_s)
            jobs.wake_job(conn, CARRY, CARRY, {}, now_s=now_s)
            return {"asked": 1}
    return {"asked": 0}


@handler(TIME_OUT)
def _time_out(context: Context, job: Job) -> dict[str, int]:
    """End the requests that have waited too long."""
    del job
    now_s = context.now_s()
    with context.database.write() as conn:
        return {"ended": on_demand.time_out(conn, now_s - on_demand.ANSWER_WITHIN_S, now_s)}


def take(conn: Conn, report: Report) -> None:
    """Take in what a head end says of a meter that was to be read; what answers nothing under way is passed over."""
    parts = report.correlation.split("/")
    if len(parts) != PARTS or parts[0] != PREFIX or not all(part.isdecimal() for part in parts[1:]):
        return
    usage_point_id, number = int(parts[1]), int(parts[2])
    found = on_demand.under_way(conn, usage_point_id, number)
    if found is None or found[1] != report.esiid:
        return
    read, shown = found[0], report.register
    if on_demand.is_late(read, report.at_s):
        on_demand.advance(conn, usage_point_id, number, on_demand.TIMED_OUT, report.at_s)
    elif shown is None:
        on_demand.advance(conn, usage_point_id, number, on_demand.FAILED, report.at_s)
    else:
        on_demand.answer(
            conn,
            read,
            read_s=shown.read_s,
            value=shown.value,
            uom=shown.uom,
            power_of_ten=shown.power_of_ten,
            now_s=report.at_s,
        )


carrying.TAKERS.append(take)
every(TIME_OUT, 60)
