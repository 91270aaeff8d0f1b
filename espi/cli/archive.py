"""`espi retention archive`: a month of a utility's readings as files that outlive them.

The files are Green Button (or LSE, JSON, CSV) as everybody else gets it, for that is what will be readable in ten
years: `espi intake load` reads the first two again, and the kit of `conformance` judges them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from espi import access, feeds
from espi.access import Principal, Role
from espi.cli.directory import utility_named
from espi.cli.download import PROOF, write_file
from espi.cli.opened import reading
from espi.cli.words import Words
from espi.clock import day_date, next_month, parse_day
from espi.config import Settings
from espi.store import directory
from espi.store.database import Conn
from espi.store.identity import path_id_for

POINTS_A_FILE = 5_000


def add(group: Words) -> None:
    """Add the command to `espi retention`."""
    parser = group.command("archive", archive, "Write a month of a utility's readings to files, before it expires.")
    parser.add_argument("--month", type=month, required=True, metavar="MONTH", help="which, as 2018-06")
    parser.add_argument("--utility", required=True, metavar="NAME", help="whose")
    parser.add_argument("--format", choices=feeds.FORMATS, default="xml", help="of the files (xml: Green Button)")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="where to; several are numbered before the dot"
    )


def archive(settings: Settings, given: argparse.Namespace) -> int:
    """Write the files and print their names."""
    with reading(settings) as conn:
        for path, made in _files(conn, settings, given):
            write_file(made, path)
            print(path)
    return 0


def month(text: str) -> int:
    """The first day of a month written as 2018-06."""
    return parse_day(f"{text}-01")


def _files(conn: Conn, settings: Settings, given: argparse.Namespace) -> Iterator[tuple[Path, feeds.Download]]:
    principal = Principal(Role.system, utility_named(conn, given.utility).id, PROOF)
    target = f"month {day_date(given.month):%Y-%m} of {given.utility}"
    reach = access.reach(conn, principal, "usage:download", settings=settings, target=target)
    series = feeds.series_of("all" if given.format == "xml" else "interval")
    question = feeds.Question(given.month, next_month(given.month), series)
    scope = f"RetailCustomer/{path_id_for(conn, f'{principal.role}/{principal.id}')}"
    points = directory.usage_points(conn, reach)
    for start in range(0, len(points), POINTS_A_FILE):
        some = points[start : start + POINTS_A_FILE]
        made = feeds.download_as(given.format, conn, reach, question, some, scope=scope, settings=settings)
        number = "" if len(points) <= POINTS_A_FILE else f"-{start // POINTS_A_FILE + 1:04d}"
        yield given.output.with_stem(f"{given.output.stem}{number}"), made
