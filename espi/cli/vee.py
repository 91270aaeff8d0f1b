"""`espi vee`: what rules find in a utility's readings, estimates before it sends them, and what intake found."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from espi import access
from espi.access import Principal, Role
from espi.cli.directory import utility_named
from espi.cli.opened import reading
from espi.cli.words import Words
from espi.clock import day_date, parse_day, zone
from espi.config import Settings
from espi.errors import BadInput
from espi.formats import lse
from espi.intake.vee import run as vee
from espi.intake.vee.meters import PROOF, Given, Span, meters_of_file, meters_of_store
from espi.intake.vee.read_csv import read_events, read_registers
from espi.intake.vee.rules import REFUSED_BY, RULES, Check
from espi.intake.vee.run import Meter, Report
from espi.intake.vee.thresholds import thresholds_of
from espi.store import directory
from espi.store import vee as kept
from espi.store.database import Conn
from espi.store.directory import Utility

if TYPE_CHECKING:
    from espi.store.reach import Reach

SOME_LEFT = 3


def add(words: Words) -> None:
    """Add `espi vee`."""
    group = words.group("vee", "Validation, estimation and editing (VEE) of readings.")
    parser = group.command(
        "run", run, "Check a file or stored days, and write LSE with estimates. Exit: 0 whole, 3 gaps left, 1 failure."
    )
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="LSE with gaps, or CSV where it ends in .csv"
    )
    parser.add_argument("--utility", required=True, metavar="WHICH", help="whose, by name or DUNS number")
    parser.add_argument("--usage-point", default="", metavar="ESIID", help="without a file: only this one")
    parser.add_argument(
        "--from", dest="from_day", type=parse_day, metavar="DAY", help="without a file: first local day"
    )
    parser.add_argument(
        "--to", dest="to_day", type=parse_day, metavar="DAY", help="last local day, included (the first)"
    )
    parser.add_argument("--registers", type=Path, metavar="FILE", help="CSV of midnight register reads")
    parser.add_argument("--events", type=Path, metavar="FILE", help="CSV of outages, test modes and the like")
    parser.add_argument("--report", type=Path, metavar="FILE", help="CSV of every finding and estimate")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the LSE file; a folder: named by the rule")
    parser.add_argument("--dry-run", action="store_true", help="write no LSE file")
    parser = group.command("report", report_day, "What the rules found on a day that came in, by rule.")
    parser.add_argument("--utility", required=True, metavar="WHICH", help="whose, by name or DUNS number")
    parser.add_argument("--day", required=True, type=parse_day, help="the local day")
    parser.add_argument("--list", action="store_true", help="each meter's results too: ESIID, channel, rule, intervals")


def run(settings: Settings, given: argparse.Namespace) -> int:
    """Work meter by meter; an LSE file that fails half-way is not left behind."""
    if not given.dry_run and given.output is None:
        raise BadInput("Say where to write with -o, or --dry-run.")
    if (given.file is None) == (given.from_day is None):
        raise BadInput("Give a FILE, or stored days with --from.")
    report = Report()
    with reading(settings) as conn:
        utility = _utility(conn, given)
        chunks = _lse(conn, utility, given, settings, report)
        if given.dry_run:
            for _ in chunks:
                pass
        else:
            _write(_path(given.output, utility, settings), chunks)
    if given.report:
        _write_report(given.report, report)
    print("\n".join(report.summary()), flush=True)
    return SOME_LEFT if report.unwritten or report.unread else 0


def report_day(settings: Settings, given: argparse.Namespace) -> int:
    """A line for each rule of the table; those that refuse blocks count the blocks that name the day."""
    with reading(settings) as conn:
        utility = _utility(conn, given)
        principal = Principal(Role.system, utility.id, PROOF)
        target = f"vee of {day_date(given.day)}"
        reach = access.reach(conn, principal, "usage:read", settings=settings, target=target)
        for line in rule_lines(conn, reach, utility.id, given.day):
            print(line)
        for esiid, result in kept.results(conn, reach, given.day) if given.list else ():
            print(f"{esiid}\t{result.channel}\t{Check(result.rule).id}\t{result.intervals}")
    return 0


def rule_lines(conn: Conn, reach: Reach, utility_id: int, day: int) -> Iterator[str]:
    """What each rule found on a day, as `V08 days=1 intervals=2 what it asks`."""
    found = {Check(count.rule): count for count in kept.counts(conn, reach, day)}
    refused = kept.refusals(conn, utility_id, f"{day_date(day):%Y%m%d}")
    blocks = {check: refused.get(code, 0) for code, check in REFUSED_BY.items()}
    blocks[Check.METER_KNOWN] = kept.parked_on(conn, utility_id, day)
    for rule in RULES:
        count = found.get(rule.check)
        days, intervals = (count.days, count.intervals) if count else (blocks.get(rule.check, 0), 0)
        yield f"{rule.check.id} days={days} intervals={intervals} {rule.asks}"


def _utility(conn: Conn, given: argparse.Namespace) -> Utility:
    return directory.utility_by_duns(conn, given.utility) or utility_named(conn, given.utility)


def _lse(
    conn: Conn, utility: Utility, given: argparse.Namespace, settings: Settings, report: Report
) -> Iterator[bytes]:
    thresholds, local = thresholds_of(utility.dialect), zone(utility.zone)
    now_s = settings.clock.now_s()
    only_estimated = given.file is None
    for meter in _meters(conn, utility, given, settings, report):
        days = list(vee.work_on(meter, local, thresholds, report, only_estimated=only_estimated))
        yield from lse.write(meter.esiid, local, days, now_s)


def _meters(
    conn: Conn, utility: Utility, given: argparse.Namespace, settings: Settings, report: Report
) -> Iterator[Meter]:
    local = zone(utility.zone)
    beside = Given(
        registers=read_registers(_lines(given.registers), local) if given.registers else {},
        events=read_events(_lines(given.events)) if given.events else {},
    )
    if given.file is None:
        last = given.from_day if given.to_day is None else given.to_day
        if last < given.from_day:
            raise BadInput("The first day must not be after the last.")
        span = Span(given.from_day, last + 1, given.usage_point)
        return meters_of_store(conn, utility, span, beside, settings=settings)
    return meters_of_file(conn, utility, given.file, beside, report, settings=settings)


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8-sig").splitlines(keepends=True)


def _path(output: Path, utility: Utility, settings: Settings) -> Path:
    if not output.is_dir():
        return output
    sent = zone(utility.zone).local(settings.clock.now_s())
    return output / lse.file_name(utility.duns, sent, 1)


def _write(path: Path, chunks: Iterator[bytes]) -> None:
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with unfinished.open("wb") as out:
            out.writelines(chunks)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_report(path: Path, report: Report) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(vee.HEADING)
        writer.writerows(report.lines)
        writer.writerows((each.check.id, "", "", "", f"row {each.row}", 0, each.reason) for each in report.unread)
