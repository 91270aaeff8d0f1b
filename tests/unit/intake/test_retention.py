"""Readings older than the retention go; a dry run only counts them."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from espi.clock import parse_day
from espi.config import Settings
from espi.intake.check import first_kept_day
from espi.intake.retention import expire
from espi.store.database import Database
from espi.store.readings import put_blocks
from tests import factories


def days(settings: Settings) -> int:
    with sqlite3.connect(settings.home / "espi.sqlite") as conn:
        return int(conn.execute("SELECT count(*) FROM day_block").fetchone()[0])


def test_old_days_go_and_the_oldest_kept_day_stays(database: Database, settings: Settings) -> None:
    with database.write() as conn:
        point = factories.usage_point(conn, factories.utility(conn))
        kept = [parse_day("2018-06-15"), factories.TODAY - 1]
        put_blocks(
            conn, [factories.block(point, day) for day in [kept[0] - 1, *kept]], file_id=0, now_s=factories.NOW_S
        )
    dry = expire(database, settings=settings, dry_run=True)
    assert (dry.rows["day_block"], days(settings)) == (1, 3)
    assert "kept_from=2018-06-15 dry_run=1 day_block=1" in dry.summary
    assert expire(database, settings=settings).rows["day_block"] == 1
    assert days(settings) == 2
    assert expire(database, settings=replace(settings, retention_years=1)).rows["day_block"] == 1


def test_a_leap_day_counts_back_to_the_28th() -> None:
    assert first_kept_day(parse_day("2024-02-29"), 7) == parse_day("2017-02-28")
