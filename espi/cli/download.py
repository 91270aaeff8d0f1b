"""`espi download`: a Download My Data file, by the operator on the machine. Every one is audited."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import BinaryIO

from espi import access, feeds
from espi.access import Principal, Role
from espi.cli.opened import reading
from espi.cli.words import Words
from espi.clock import instant_s, parse_day, zone
from espi.config import Settings
from espi.errors import NotFound
from espi.intake import retention
from espi.store import directory
from espi.store.database import Conn
from espi.store.directory import Utility
from espi.store.identity import path_id_for

PROOF = "command line"


def add(words: Words) -> None:
    """Add `espi download`."""
    parser = words.command("download", download, "Write a Download My Data file of one usage point.")
    parser.add_argument("--usage-point", required=True, metavar="ESIID", help="which usage point")
    parser.add_argument("--utility", metavar="DUNS", help="whose, where two utilities have the same ESIID")
    parser.add_argument(
        "--from", dest="from_day", type=parse_day, metavar="DAY", help="first local day (the first kept)"
    )
    parser.add_argument(
        "--to", dest="to_day", type=parse_day, metavar="DAY", help="last local day, included (yesterday)"
    )
    parser.add_argument(
        "--format", choices=feeds.FORMATS, default="xml", help="of the file (xml, which is Green Button)"
    )
    parser.add_argument("--series", default="interval", help=f"{', '.join(feeds.SERIES)}, several with commas, or all")
    parser.add_argument(
        "--child-links", action="store_true", help="also name each MeterReading, for programs that follow nothing else"
    )
    parser.add_argument(
        "--as-of", type=instant_s, metavar="INSTANT", help="as it stood then, such as 2025-06-15T12:00:00Z (now)"
    )
    parser.add_argument("--receipt", type=Path, metavar="FILE", help="write there what the readings are worth, as JSON")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to (standard output)")


def download(settings: Settings, given: argparse.Namespace) -> int:
    """Stream the file; one that fails half-way is not left behind."""
    with reading(settings) as conn:
        utility = _utility(conn, given.usage_point, given.utility)
        principal = Principal(Role.system, utility.id, PROOF)
        target = f"usage point {given.usage_point}"
        reach = access.reach(conn, principal, "usage:download", settings=settings, target=target)
        point = directory.usage_point(conn, reach, esiid=given.usage_point)
        today = zone(utility.zone).day_of(settings.clock.now_s())
        first = given.from_day if given.from_day is not None else retention.first_day(utility, settings)
        last = given.to_day if given.to_day is not None else max(first, today - 1)
        question = feeds.Question(first, last + 1, feeds.series_of(given.series), child_links=given.child_links)
        question = question.as_it_stood(given.as_of)
        scope = f"RetailCustomer/{path_id_for(conn, f'{principal.role}/{principal.id}')}"
        made = feeds.download_as(
            given.format, conn, reach, question, [point], scope=scope, settings=settings, with_receipt=True
        )
        if given.output is None:
            _write(made, sys.stdout.buffer)
        else:
            write_file(made, given.output)
        if given.receipt:
            told = feeds.receipt_for(conn, reach, question, [point], settings).told()
            given.receipt.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return 0


def _utility(conn: Conn, esiid: str, duns: str | None) -> Utility:
    """The utility that has the usage point."""
    found = [
        utility
        for utility in directory.utilities(conn)
        if duns in (None, utility.duns) and directory.usage_point_ids(conn, utility.id, [esiid])
    ]
    if len(found) != 1:
        several = f"Several utilities have a usage point {esiid}; say --utility."
        raise NotFound(several if found else f"There is no usage point {esiid}.")
    return found[0]


def _write(made: feeds.Download, out: BinaryIO) -> None:
    out.writelines(made.chunks)
    out.flush()


def write_file(made: feeds.Download, path: Path) -> None:
    """Write a file; one that fails half-way is not left behind."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with unfinished.open("wb") as out:
            _write(made, out)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
