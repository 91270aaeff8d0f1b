"""What the clock does at the desk: tickets are closed and forgotten, suspensions begin; and the handler of mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from espi.helpdesk import change_control, counting, publishing, standing, tickets
from espi.jobs import Context, every, handler

if TYPE_CHECKING:
    from espi.store.jobs import Job

MODULES = (change_control, counting, publishing)
"""They register their handlers as they are imported."""
JOB = "helpdesk.hourly"


@handler(JOB)
def look(context: Context, job: Job) -> dict[str, int]:
    """The hourly look at the clock."""
    del job
    with context.database.write() as conn:
        closed, forgotten = tickets.tidy(conn, context.settings)
        suspended = standing.suspend(conn, context.settings)
    return {"closed": closed, "forgotten": forgotten, "suspended": suspended}


every(JOB, 3600)
