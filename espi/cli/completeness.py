"""`espi completeness`: how much of each day of a utility has come in, and counting it anew."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from espi.cli.directory import utility_named
from espi.cli.opened import opened
from espi.cli.words import Words
from espi.clock import day_date, parse_day, zone
from espi.config import Settings
from espi.errors import BadInput
from espi.intake.completeness import count_days
from espi.store import directory
from espi.store.completeness import completeness_of
from espi.store.database import Database

DAYS_SHOWN = 7
HEADING = "utility", "day", "expected", "received", "late", "estimated", "partial", "refused", "missing"


def add(words: Words) -> None:
    """Add `espi completeness`."""
    parser = words.command("completeness", show, "How much of each day has come in: a line a utility and day.")
    parser.add_argument("--utility", metavar="WHICH", help="only one, by name or DUNS number")
    parser.add_argument("--from", dest="from_day", type=parse_day, metavar="DAY", help="first local day (a week back)")
    parser.add_argument("--to", dest="to_day", type=parse_day, metavar="DAY", help="last local day (yesterday)")
    parser.add_argument("--recompute", action="store_true", help="count anew first, from the readings themselves")


def show(settings: Settings, given: argparse.Namespace) -> int:
    """Days of channels, in columns apart by tabs."""
    with opened(settings) as database:
        for line in _lines(database, settings.clock.now_s(), given):
            print(line)
    return 0


def _lines(database: Database, now_s: int, given: argparse.Namespace) -> Iterator[str]:
    with database.read() as conn:
        if given.utility:
            utilities = [directory.utility_by_duns(conn, given.utility) or utility_named(conn, given.utility)]
        else:
            utilities = directory.utilities(conn)
    today = max((zone(each.zone).day_of(now_s) for each in utilities), default=0)
    last = today - 1 if given.to_day is None else given.to_day
    first = last - DAYS_SHOWN + 1 if given.from_day is None else given.from_day
    if first > last:
        raise BadInput("The first day must not be after the last.")
    for utility in utilities if given.recompute else ():
        for day in range(first, last + 1):
            with database.write() as conn:
                count_days(conn, utility, [day], now_s)
    names = {each.id: each.name for each in utilities}
    with database.read() as conn:
        found = completeness_of(conn, first, last + 1, names)
    yield "\t".join(HEADING)
    for each in found:
        numbers = (str(getattr(each, name)) for name in HEADING[2:])
        yield "\t".join((names[each.utility_id], str(day_date(each.day)), *numbers))
