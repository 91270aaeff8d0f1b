"""A corrected day, made up for a developer: the last day of a demonstration meter, sent again by its utility."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np

from espi import access
from espi.access import Principal
from espi.clock import day_date, zone
from espi.config import Settings
from espi.day import ACTUAL_QUALITY, LOAD, DayBlock
from espi.errors import BadInput, EspiError
from espi.formats import lse
from espi.intake import load
from espi.store import directory, readings
from espi.store.database import Database
from espi.store.directory import UsagePoint

DAYS_BACK = 40
FIRST_COUNTER, COUNTERS = 500, 499


def correct(database: Database, settings: Settings, principal: Principal, path_id: int) -> str:
    """Send the last measured day of a usage point again, every value a tenth higher; gives the day.

    It goes through the same intake as any utility's file, so whoever may read the day is notified.
    """
    with database.read() as conn:
        reach = access.reach(conn, principal, "usage:read", settings=settings, target=f"usage-point/{path_id}")
        point = next((one for one in directory.usage_points(conn, reach) if one.path_id == path_id), None)
        if point is None or point.service_kind != 0:
            raise BadInput("Choose one of the electricity meters that are shared with you.")
        local = zone(point.utility.zone)
        today = local.day_of(settings.clock.now_s())
        found = readings.blocks(conn, reach, point.id, LOAD, today - DAYS_BACK, today)
        days = [day for day in found if lse.can_write(day, local)]
    if not days:
        raise BadInput("This meter has measured nothing of late that could be corrected.")
    _send(database, settings, point, days[-1])
    return day_date(days[-1].day).isoformat()


def _send(database: Database, settings: Settings, point: UsagePoint, day: DayBlock) -> None:
    local, now_s = zone(point.utility.zone), max(settings.clock.now_s(), day.sent_s + 1)
    values = day.values + day.values // 10 + 1
    qualities = np.full(len(values), ACTUAL_QUALITY, np.uint8)
    text = b"".join(lse.write(point.esiid, local, [replace(day, values=values, qualities=qualities)], now_s))
    counter = FIRST_COUNTER + point.id % COUNTERS
    name = lse.file_name(point.utility.duns, local.local(now_s).replace(tzinfo=None), counter)
    report = load.load_file(database, io.BytesIO(text), name, settings=settings)
    if report.code or not report.counts.values:
        raise EspiError(detail=f"a made-up correction was refused: {report.reason}")
