"""What LSE has no words for and is put into the store directly: other series, dials, bills, power quality."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from espi.day import ACTUAL_QUALITY, LOAD
from espi.demo import bills
from espi.demo.measured import MEASURES, block, day_values
from espi.demo.period import Period
from espi.demo.points import points
from espi.demo.roster import Point
from espi.store import queue, readings, summaries
from espi.store.channels import REGISTER
from espi.store.database import Conn, Database

NAME = "demonstration market"
FIRST_DIAL_KWH = 18_000
WH_A_KWH = 1000
AHEAD_NUMBER, AHEAD_EVERY_DAYS, AHEAD_WH = 2, 30, 2500


def put_all(
    database: Database, period: Period, point_ids: dict[str, int], now_s: int, say: Callable[[str], None]
) -> None:
    """Put it all, point by point; what is there already stays as it is."""
    with database.write() as conn:
        digest = hashlib.sha256(NAME.encode()).hexdigest()
        file_id = queue.take_file(conn, NAME, digest, None, "demonstration", now_s).id
        queue.finish(conn, file_id, "loaded", now_s, {})
    for point in points():
        with database.write() as conn:
            _put_series(conn, point, point_ids[point.esiid], period, file_id, now_s)
            _put_bills(conn, point, point_ids[point.esiid], period, now_s)
            if point.registered:
                _put_dial(conn, point, point_ids[point.esiid], period, now_s)
    say("prices, demand, temperature, gas, water, dials and bills put beside them")


def _put_series(conn: Conn, point: Point, point_id: int, period: Period, file_id: int, now_s: int) -> None:
    for measure in MEASURES[point.kind]:
        if not measure.by_file:
            days = range(period.first_day, period.until_day)
            blocks = [
                block(point_id, point, measure, period, day, sent_s=period.zone.day_start_s(day + 1)) for day in days
            ]
            readings.put_blocks(conn, blocks, file_id=file_id, now_s=now_s)


def dial(point: Point, period: Period) -> Iterator[tuple[int, int]]:
    """What the dial showed at each midnight in kWh, as it shows no fractions; a new meter begins at 0.

    Now and then one dial runs ahead of the intervals, as happens where intervals are edited.
    """
    measure = MEASURES[point.kind][0]
    hung = [day for _, day in period.meters(point)][1:]
    total_wh = FIRST_DIAL_KWH * WH_A_KWH
    for day in range(period.first_day, period.until_day + 1):
        if day in hung:
            total_wh = 0
        yield day, total_wh // WH_A_KWH
        if day < period.until_day:
            total_wh += int(day_values(point, measure, period, day).sum())
        if point.number == AHEAD_NUMBER and day % AHEAD_EVERY_DAYS == 0:
            total_wh += AHEAD_WH


def _put_dial(conn: Conn, point: Point, point_id: int, period: Period, now_s: int) -> None:
    reads = [
        summaries.RegisterRead(
            day=day,
            usage_point_id=point_id,
            channel=REGISTER + LOAD,
            read_s=period.zone.day_start_s(day),
            value=kwh,
            quality=ACTUAL_QUALITY,
        )
        for day, kwh in dial(point, period)
    ]
    summaries.put_register_reads(conn, reads, now_s=now_s)


def _put_bills(conn: Conn, point: Point, point_id: int, period: Period, now_s: int) -> None:
    for span in period.bills(point):
        content = bills.usage_summary(point, period, span)
        summaries.put_usage_summary(conn, point_id, *span, content, now_s=now_s)
        if point.quality_measured:
            content = bills.power_quality(point, period, span)
            summaries.put_power_quality(conn, point_id, *span, content, now_s=now_s)
