"""Each night what is too old goes by itself, unless a setting, or a clock that is not the machine's, says otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from espi import config, jobs
from espi.clock import DAY_S, Clock
from espi.config import Settings
from espi.intake import expiring, retention
from espi.jobs import Context
from espi.store import jobs as outbox
from espi.store.database import Database
from espi.store.readings import put_blocks
from espi.store.tables import day_block
from tests import factories

REAL = Clock()
STANDS_STILL = Clock(fixed_s=REAL.now_s())


@pytest.mark.parametrize(
    ("nightly", "clock", "stays"),
    [
        (config.REMOVE, REAL, False),
        (config.DRY, REAL, True),
        (config.OFF, REAL, True),
        (config.REMOVE, STANDS_STILL, True),
    ],
)
def test_by_night_what_is_too_old_goes(
    settings: Settings, database: Database, nightly: str, clock: Clock, *, stays: bool
) -> None:
    settings = replace(settings, clock=clock, retention_nightly=nightly)
    with database.write() as conn:
        point = factories.usage_point(conn, factories.utility(conn))
        (limit, _) = retention.limits(conn, settings)
        old, kept = limit.first_day - 1, limit.first_day
        put_blocks(conn, [factories.block(point, day) for day in (old, kept)], file_id=1, now_s=clock.now_s())
        outbox.add_job(conn, expiring.KIND, {}, now_s=clock.now_s())
    assert jobs.run_due(Context(settings, database)) == 1
    with database.read() as conn:
        found = sorted(conn.scalars(select(day_block.c.day)))
        (job,) = outbox.jobs(conn, kind=expiring.KIND)
    assert found == ([old, kept] if stays else [kept])
    assert (job.state, job.error) == (outbox.DONE, "")
    assert job.result.get("day_block") == (None if nightly == config.OFF else 1)
    assert job.result.get("dry_run", True) == stays


def test_it_is_in_the_timetable_of_every_night() -> None:
    assert jobs.TIMETABLE[expiring.KIND] == DAY_S
