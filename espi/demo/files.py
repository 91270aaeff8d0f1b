"""The utilities' LSE files of the demonstration market, written month by month and loaded as any other file is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from espi.clock import next_month
from espi.config import Settings
from espi.demo.measured import MEASURES, block, is_estimated
from espi.demo.period import Period
from espi.demo.points import points
from espi.demo.roster import COMPANIES, Company, Point
from espi.errors import EspiError
from espi.formats import lse
from espi.intake import load
from espi.store.database import Database

FIRST_FILE, REPLACEMENT = 1, 2
SENT_AT_S = 300
"""Files are sent this long after midnight, by the wall clock."""
REPLACED_AFTER_DAYS = 4


@dataclass(frozen=True)
class Shipment:
    """One file: a utility's readings of a month. late: the actual readings of days that were estimated at first."""

    company: Company
    month_day: int
    sent_day: int
    late: bool

    def name(self, period: Period) -> str:
        """What the file is called."""
        sent_s = self.sent_s(period)
        counter = REPLACEMENT if self.late else FIRST_FILE
        return lse.file_name(self.company.duns, period.zone.local(sent_s).replace(tzinfo=None), counter)

    def sent_s(self, period: Period) -> int:
        """When it was sent."""
        return period.zone.day_start_s(self.sent_day) + SENT_AT_S


def shipments(period: Period) -> Iterator[Shipment]:
    """Every file of the period in the order of sending."""
    electric = [company for company in COMPANIES if company.service_kind == 0]
    month_day = period.first_day
    while month_day < period.until_day:
        after = next_month(month_day)
        for company in electric:
            yield Shipment(company, month_day, min(after, period.until_day), late=False)
        if after + REPLACED_AFTER_DAYS <= period.until_day:
            for company in electric:
                yield Shipment(company, month_day, after + REPLACED_AFTER_DAYS, late=True)
        month_day = after


def load_all(database: Database, settings: Settings, period: Period, say: Callable[[str], None]) -> list[str]:
    """Write every file into the home folder and take it in; those taken in before are known by name and hash.

    Gives the files' names, relative to the home folder.
    """
    folder = settings.home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    names, values = [], 0
    for shipment in shipments(period):
        path = folder / shipment.name(period)
        if write(path, shipment, period):
            report = load.load_file(database, path, path.name, settings=settings)
            if report.code:
                raise EspiError(f"{path.name} was refused: {report.reason}")
            values += report.counts.values
            names.append(f"demo/{path.name}")
    say(f"{len(names)} LSE files with {values:,} values loaded")
    return names


def write(path: Path, shipment: Shipment, period: Period) -> bool:
    """Write one file; whether it has anything in it."""
    with path.open("wb") as file:
        for point in points():
            if point.company is shipment.company:
                file.writelines(_of_point(point, shipment, period))
    if path.stat().st_size == 0:
        path.unlink()
        return False
    return True


def _of_point(point: Point, shipment: Shipment, period: Period) -> Iterator[bytes]:
    for measure in MEASURES[point.kind]:
        if measure.by_file:
            blocks = (
                block(0, point, measure, period, day, estimated=estimated and not shipment.late)
                for day in range(shipment.month_day, min(next_month(shipment.month_day), period.until_day))
                if (estimated := is_estimated(point, period, day)) or not shipment.late
            )
            yield from lse.write(point.esiid, period.zone, blocks, shipment.sent_s(period))
