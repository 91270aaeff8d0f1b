"""The jobs of the home area network, for whoever works on jobs."""

from __future__ import annotations

from espi.han import (
    carrying,
    gateway,
    reading,  # noqa: F401  (its jobs register themselves)
)
from espi.han.sending import CARRY
from espi.jobs import Context, every, handler
from espi.store import jobs
from espi.store.jobs import Job

SWEEP = "han.sweep"
MOST_TURNS = 200


@handler(CARRY)
def _carry(context: Context, job: Job) -> dict[str, int]:
    """Carry what is queued to every head end, and take in what they say, until there is no more of it."""
    done = 0
    for head_end in gateway.connected().values():
        for _ in range(MOST_TURNS):
            with context.database.write() as conn:
                turn = carrying.turn(conn, head_end, context.settings)
            done += turn.reports + turn.sent + turn.devices
            if not turn.full:
                break
    with context.database.write() as conn:
        jobs.rest(conn, job, None, context.now_s())  # again at once, where more was queued meanwhile
    return {"done": done}


@handler(SWEEP)
def _sweep(context: Context, job: Job) -> dict[str, int]:
    """End what is overdue or has lost its ground; where there is a network, look what it says."""
    del job
    with context.database.write() as conn:
        ended = carrying.sweep(conn, context.settings)
        if gateway.connected():
            jobs.wake_job(conn, CARRY, CARRY, {}, now_s=context.now_s())
    return {"ended": ended}


every(SWEEP, 60)
