"""By night: what the regulator's reports tell is counted and kept, so that no report counts when it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from espi.access import Role
from espi.clock import DAY_S, month_start
from espi.jobs import Context, every, handler
from espi.store import market_counts

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.jobs import Job

JOB = "nightly.market-counts"


@handler(JOB, lease_s=3600)
def count(context: Context, job: Job) -> dict[str, int]:
    """The nightly count."""
    del job
    with context.database.write() as conn:
        return {"months": count_market(conn, context.now_s())}


def count_market(conn: Conn, now_s: int) -> int:
    """Count this month and what is still changing of the one before; how many months were counted."""
    this = month_start(now_s // DAY_S)
    before = month_start(this - 1)
    market_counts.count_stocks(conn, this, now_s, Role.customer)
    for month in (before, this):
        market_counts.count_flows(conn, month, now_s)
    return 2


every(JOB, DAY_S)
