"""The meters that `espi vee run` works on: from a file, or from the store; each with its history from the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from espi import access
from espi.access import Principal, Role
from espi.clock import zone
from espi.config import Settings
from espi.day import GENERATION, LOAD
from espi.intake.check import Rules
from espi.intake.retention import years_kept
from espi.intake.vee.premise import Event, Premise
from espi.intake.vee.read_csv import read_intervals
from espi.intake.vee.read_lse import Block, Unread, read_lse
from espi.intake.vee.rules import Check
from espi.intake.vee.run import Meter, Report, days_of_history
from espi.intake.vee.stored import days_of, premise_of
from espi.intake.vee.thresholds import thresholds_of
from espi.store import directory
from espi.store.database import Conn
from espi.store.directory import Utility

if TYPE_CHECKING:
    from espi.store.reach import Reach

PROOF = "command line"


@dataclass(frozen=True, slots=True)
class Given:
    """What came beside the readings. registers: by ESIID and channel; events: by ESIID."""

    registers: Mapping[tuple[str, int], Mapping[int, int]] = field(default_factory=dict)
    events: Mapping[str, tuple[Event, ...]] = field(default_factory=dict)

    def with_them(self, premise: Premise, esiid: str, channel: int) -> Premise:
        """What is known of a premise, and what was given of it on top."""
        registers = {**premise.registers, **self.registers.get((esiid, channel), {})}
        return replace(premise, registers=registers, events=(*premise.events, *self.events.get(esiid, ())))


class Span(NamedTuple):
    """Stored days, the last not included, of all usage points or of one (ESIID)."""

    from_day: int
    until_day: int
    esiid: str = ""


def meters_of_store(conn: Conn, utility: Utility, span: Span, given: Given, *, settings: Settings) -> Iterator[Meter]:
    """Every channel of load or generation of a utility's usage points that has readings on those days."""
    reach = _reach(conn, utility, f"vee of {span.esiid or utility.name}", settings)
    points = (
        [directory.usage_point(conn, reach, esiid=span.esiid)] if span.esiid else directory.usage_points(conn, reach)
    )
    for point in points:
        for channel in (LOAD, GENERATION):
            meter = Meter(point.esiid, channel)
            _add_stored(conn, reach, utility, meter, point.id, span.from_day, span.until_day)
            meter.days = days_of(conn, reach, point.id, channel, span.from_day, span.until_day)
            meter.premise = given.with_them(meter.premise, point.esiid, channel)
            if meter.days:
                yield meter


def meters_of_file(
    conn: Conn, utility: Utility, path: Path, given: Given, report: Report, *, settings: Settings
) -> Iterator[Meter]:
    """Every ESIID and channel of a file, in its order, which is held in memory; what cannot be read goes to the report.

    Raises BadInput for a CSV file that is none.
    """
    reach = _reach(conn, utility, f"vee of {path.name}", settings)
    meters = _gathered(path, utility, report, settings)
    ids = directory.usage_point_ids(conn, utility.id, list({meter.esiid for meter in meters}))
    for meter in meters:
        first, until = min(meter.days), max(meter.days) + 1
        of_file = meter.premise
        if meter.esiid in ids:
            _add_stored(conn, reach, utility, meter, ids[meter.esiid], first, until)
        multiplier = max(of_file.multiplier, meter.premise.multiplier)
        known = replace(meter.premise, advances=of_file.advances, multiplier=multiplier)
        meter.premise = given.with_them(known, meter.esiid, meter.channel)
        yield meter


def _reach(conn: Conn, utility: Utility, target: str, settings: Settings) -> Reach:
    principal = Principal(Role.system, utility.id, PROOF)
    return access.reach(conn, principal, "usage:read", settings=settings, target=target)


def _add_stored(
    conn: Conn, reach: Reach, utility: Utility, meter: Meter, point_id: int, from_day: int, until_day: int
) -> None:
    """The meter's history and premise."""
    first = from_day - days_of_history(thresholds_of(utility.dialect))
    meter.before = days_of(conn, reach, point_id, meter.channel, first, from_day)
    meter.premise = premise_of(conn, reach, point_id, meter.channel, first, until_day, zone(utility.zone))


def _gathered(path: Path, utility: Utility, report: Report, settings: Settings) -> list[Meter]:
    found: dict[tuple[str, int], Meter] = {}
    for block in _blocks(path, utility, settings):
        if isinstance(block, Unread):
            report.unread.append(block)
            continue
        meter = found.setdefault((block.esiid, block.channel), Meter(block.esiid, block.channel))
        if block.day in meter.days:
            report.unread.append(Unread(block.row, Check.AS_PROVISIONED, "the day is in an earlier block already"))
            continue
        meter.days[block.day] = block.content
        advances = {} if block.advance is None else {block.day: block.advance}
        meter.premise = replace(
            meter.premise, advances={**meter.premise.advances, **advances}, multiplier=block.multiplier
        )
    return list(found.values())


def _blocks(path: Path, utility: Utility, settings: Settings) -> Iterator[Block | Unread]:
    local = zone(utility.zone)
    with path.open(encoding="utf-8-sig", newline="") as lines:
        if path.suffix.lower() == ".csv":
            yield from read_intervals(lines, local)
        else:
            yield from read_lse(lines, Rules(local, settings.clock.now_s(), years_kept(utility, settings)))
