"""A small market with one usage point of every kind of data, and feeds of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from espi import config, feeds
from espi.clock import Clock, parse_day, zone
from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY, DayBlock
from espi.feeds import Question
from espi.store import channels, directory, readings, summaries
from espi.store.channels import reading_type_for_lse
from espi.store.database import Conn, Database
from espi.store.directory import UsagePoint
from espi.store.summaries import RegisterRead
from tests import databases, factories

SCOPE = "RetailCustomer/123456789012345"
NOW_S = 1_418_000_000
CHICAGO = zone("America/Chicago")

FIRST_DAY = parse_day("2014-10-31")
LAST_DAY = parse_day("2014-11-04")
"""The days that every usage point has readings of; the second of November has 25 hours."""

HOURLY = {**reading_type_for_lse(4), "intervalLength": 3600, "measuringPeriod": 7}
NET = {**reading_type_for_lse(4), "flowDirection": 4}
GAS = {**HOURLY, "commodity": 7, "uom": 169, "powerOfTenMultiplier": -3}
WATER = {**HOURLY, "commodity": 9, "kind": 58, "uom": 128}


class World:
    """A database of usage points, named by the kind of their data."""

    def __init__(self, folder: Path, url: str = "") -> None:
        if not url:
            databases.empty(folder).close()
            url = databases.place().url(folder)
        self.settings = config.load({}, home=folder, clock=Clock(fixed_s=NOW_S), database_url=url)
        self.database = Database(self.settings.database_url)
        self.database.migrate(secret=factories.SECRET)
        self.names: dict[str, list[str]] = {}
        with self.database.write() as conn:
            self.utility = directory.add_utility(conn, "Lone Star Wires", "957877905", "America/Chicago")
        self.reach = factories.reach_of_utility(self.utility)

    def fill(self) -> None:
        """Add a usage point of every kind."""
        with self.database.write() as conn:
            for name in ("electricity", "solar", "register", "bills", "quality"):
                self.add(conn, name, {4: reading_type_for_lse(4)})
            self.add(conn, "cost", {4: HOURLY}, interval_s=3600, costs=True)
            self.add(conn, "net", {10: NET}, least=-500)
            self.add(conn, "gas", {10: GAS}, service=1, interval_s=3600)
            self.add(conn, "water", {10: WATER}, service=2, interval_s=3600)
            self._channels(conn, "solar", {1: reading_type_for_lse(1)}, least=0)
            self._register(conn, "register")
            self._bills(conn, "bills")
            self._bills(conn, "quality")
            self._quality(conn, "quality")
            self.add(conn, "odd", {4: reading_type_for_lse(4)}, odd=True)
        self.names["two points"] = [*self.names["electricity"], *self.names["solar"]]

    def points(self, conn: Conn, name: str) -> list[UsagePoint]:
        """The usage points of a name."""
        return [directory.usage_point(conn, self.reach, esiid=esiid) for esiid in self.names[name]]

    def feed(self, name: str, question: Question | None = None, *, scope: str = SCOPE) -> bytes:
        """The feed of the usage points of a name: by default with every series that the name speaks of."""
        series = feeds.SERIES if name == "register" else ("interval",)
        question = question or Question(FIRST_DAY, LAST_DAY + 1, series=frozenset(series))
        with self.database.read() as conn:
            points = self.points(conn, name)
            return b"".join(feeds.download(conn, self.reach, question, points, scope=scope, settings=self.settings))

    def add(
        self, conn: Conn, name: str, kinds: Mapping[int, Mapping[str, Any]], *, service: int = 0, **how: Any
    ) -> None:
        esiid = f"1044372000{len(self.names):07d}"
        self.names[name] = [esiid]
        directory.add_usage_point(
            conn, self.utility, esiid, now_s=NOW_S - 9000, title=f"Home with {name}", service_kind=service
        )
        self._channels(conn, name, kinds, **how)

    def _id(self, conn: Conn, name: str) -> int:
        (esiid,) = self.names[name]
        return directory.usage_point_ids(conn, self.utility, [esiid])[esiid]

    def _channels(self, conn: Conn, name: str, kinds: Mapping[int, Mapping[str, Any]], **how: Any) -> None:
        point = self._id(conn, name)
        for number, kind in kinds.items():
            channels.add_interval_channel(conn, point, number, kind, NOW_S - 9000)
            blocks = [day_block(point, number, day, **how) for day in range(FIRST_DAY, LAST_DAY + 1)]
            readings.put_blocks(conn, blocks, file_id=1, now_s=NOW_S)

    def _register(self, conn: Conn, name: str) -> None:
        """A register that, on one day, moves on by 900 Wh more than the intervals say."""
        point = self._id(conn, name)
        kind = channels.register_type(reading_type_for_lse(4))
        channels.add_channel(conn, point, 3004, kind, now_s=NOW_S - 9000, series="register", of_number=4)
        value = 1_000_000
        rows = []
        for day in range(FIRST_DAY, LAST_DAY + 2):
            rows.append(RegisterRead(day, point, 3004, CHICAGO.day_start_s(day), value, ACTUAL_QUALITY))
            value += day_block(point, 4, day).total + (900 if day == FIRST_DAY + 1 else 0)
        summaries.put_register_reads(conn, rows, now_s=NOW_S)

    def _quality(self, conn: Conn, name: str) -> None:
        start, end = CHICAGO.day_start_s(FIRST_DAY), CHICAGO.day_start_s(LAST_DAY)
        content = {"summaryInterval": {"duration": end - start, "start": start}, "supplyVoltageDips": 3}
        summaries.put_power_quality(conn, self._id(conn, name), FIRST_DAY, LAST_DAY, content, now_s=NOW_S)

    def _bills(self, conn: Conn, name: str) -> None:
        point = self._id(conn, name)
        start, end = CHICAGO.day_start_s(FIRST_DAY), CHICAGO.day_start_s(LAST_DAY)
        content = {
            "billingPeriod": {"duration": end - start, "start": start},
            "billLastPeriod": 1_234_500,
            "costAdditionalLastPeriod": 200_000,
            "costAdditionalDetailLastPeriod": [{"amount": 200_000, "note": "Customer charge", "itemKind": 4}],
            "currency": 840,
            "overallConsumptionLastPeriod": {"powerOfTenMultiplier": 0, "uom": 72, "value": 96_000},
            "currentBillingPeriodOverAllConsumption": {
                "powerOfTenMultiplier": 0,
                "timeStamp": end,
                "uom": 72,
                "value": 12_000,
            },
            "qualityOfReading": 17,
            "statusTimeStamp": end,
            "commodity": 1,
            "tariffProfile": "R-1",
        }
        summaries.put_usage_summary(conn, point, FIRST_DAY, LAST_DAY, content, now_s=NOW_S)


def day_block(
    usage_point_id: int,
    channel: int,
    day: int,
    *,
    interval_s: int = 900,
    least: int = 100,
    costs: bool = False,
    odd: bool = False,
) -> DayBlock:
    """A day of made-up readings; odd: some estimated, some absent."""
    count = CHICAGO.day_length_s(day) // interval_s
    values = (np.arange(count, dtype=np.int64) * 37 + day * 11) % 900 + least
    qualities = np.full(count, ACTUAL_QUALITY, np.uint8)
    if odd:
        qualities[10:14] = ESTIMATED_QUALITY
        qualities[20:24] = ABSENT
    prices = values * 12 if costs else None
    start_s = CHICAGO.day_start_s(day)
    return DayBlock(usage_point_id, channel, day, start_s, interval_s, values, qualities, costs=prices)
