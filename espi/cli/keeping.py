"""`espi retention`, `hold`, `store` and `audit`: what is kept, for how long, in which form, and what proves it."""

from __future__ import annotations

import argparse
import sys

from espi.cli import archive
from espi.cli.directory import utility_named
from espi.cli.opened import opened, reading, writing
from espi.cli.words import Words
from espi.clock import day_date, instant_text, parse_day
from espi.config import Settings
from espi.errors import BadInput, NotFound
from espi.intake import closing, retention
from espi.store import audit, directory, expiry, holds
from espi.store.database import Conn
from espi.store.holds import Hold


def add(words: Words) -> None:
    """Add the four groups."""
    group = words.group("retention", "What is kept for how long.")
    parser = group.command("run", expire, "Remove what is older than each utility's retention, save what is held.")
    parser.add_argument("--dry-run", action="store_true", help="count what would go, remove nothing")
    group.command("verify", verify_retention, "Check that nothing is left that should have gone.")
    parser = group.command("set", set_years, "Keep a utility's readings for a number of years of its own.")
    parser.add_argument("utility", metavar="UTILITY", help="its name")
    parser.add_argument("--years", type=int, help="how many (without it: ESPI_RETENTION_YEARS)")
    archive.add(group)
    _add_hold(words)
    group = words.group("store", "How readings are stored.")
    parser = group.command("compact", compact, "Put closed months away in one row a channel, as is done each night.")
    parser.add_argument(
        "--before",
        type=archive.month,
        metavar="MONTH",
        help="months before this one (those of ESPI_COMPACT_AFTER_DAYS)",
    )
    group = words.group("audit", "The record of decisions and changes.")
    group.command("verify", verify, "Check that no row of the audit record was changed or removed.")


def _add_hold(words: Words) -> None:
    group = words.group("hold", "Legal holds: what is kept longer than the retention.")
    parser = group.command("add", add_hold, "Keep days of a usage point or of a whole utility until they are released.")
    parser.add_argument("--utility", required=True, metavar="NAME", help="whose readings")
    parser.add_argument("--usage-point", metavar="ESIID", help="of this usage point (all of the utility's)")
    parser.add_argument("--from", dest="from_day", type=parse_day, required=True, metavar="DAY", help="first local day")
    parser.add_argument("--to", dest="to_day", type=parse_day, required=True, metavar="DAY", help="last one, included")
    parser.add_argument("--reason", required=True, help="why, such as the number of the case")
    parser.add_argument("--by", required=True, help="who wants it")
    parser = group.command("list", list_holds, "List the holds.")
    parser.add_argument("--all", action="store_true", help="those that are released too")
    parser = group.command("release", release_hold, "End a hold; what is too old goes with the next run.")
    parser.add_argument("hold", type=int, metavar="NUMBER", help="which, as `espi hold list` has it")
    parser.add_argument("--by", required=True, help="who says so")


def expire(settings: Settings, given: argparse.Namespace) -> int:
    """Remove what is too old, or only count it; 1 if something is left afterwards."""
    with opened(settings) as database:
        found = retention.expire(database, settings=settings, dry_run=given.dry_run)
    print("\n".join(found.report))
    return 1 if found.left else 0


def verify_retention(settings: Settings, given: argparse.Namespace) -> int:
    """Look for what should have gone; 1 if there is any."""
    del given
    with opened(settings) as database:
        left = retention.verify(database, settings=settings)
    for name, of_utility in left.items():
        for table, rows in of_utility.items():
            print(f"{name}: {table} has {rows} rows that are too old", file=sys.stderr)
    print("something is kept too long" if left else "nothing is kept too long")
    return 1 if left else 0


def set_years(settings: Settings, given: argparse.Namespace) -> int:
    """Give a utility a retention of its own, or take it away."""
    if given.years is not None and given.years < 1:
        raise BadInput("Readings are kept for a year at least.")
    with writing(settings) as conn:
        one = utility_named(conn, given.utility)
        expiry.set_retention(conn, one.id, given.years)
        audit.record(
            conn,
            at_s=settings.clock.now_s(),
            actor=holds.COMMAND_LINE,
            action="retention:set",
            target=f"utility {one.name}",
            rule=retention.RULE,
            allowed=True,
            detail={"years": given.years},
        )
    return 0


def add_hold(settings: Settings, given: argparse.Namespace) -> int:
    """Hold days, and print the number of the hold."""
    with writing(settings) as conn:
        one = utility_named(conn, given.utility)
        point = _point(conn, one, given.usage_point) if given.usage_point else None
        days = given.from_day, given.to_day + 1
        how = {"by": given.by, "now_s": settings.clock.now_s(), "usage_point_id": point}
        print(holds.add_hold(conn, one.id, *days, given.reason, **how))
    return 0


def list_holds(settings: Settings, given: argparse.Namespace) -> int:
    """One line a hold: number, utility, usage point, days, who, since when, released when and by whom, reason."""
    with reading(settings) as conn:
        names = {one.id: one.name for one in directory.utilities(conn)}
        for hold in holds.holds(conn, released=given.all):
            print("\t".join(_line(hold, names[hold.utility_id])))
    return 0


def release_hold(settings: Settings, given: argparse.Namespace) -> int:
    """End a hold."""
    with writing(settings) as conn:
        holds.end_hold(conn, given.hold, by=given.by, now_s=settings.clock.now_s())
    return 0


def compact(settings: Settings, given: argparse.Namespace) -> int:
    """Put months away; a line for each, and how far it is in between where somebody looks on."""
    with opened(settings) as database:

        def progress(days: int, share: float) -> None:
            if sys.stderr.isatty():
                print(f"\r{share:4.0%}  {days} days", end="", file=sys.stderr, flush=True)

        for done in closing.close_months(database, settings=settings, before=given.before, progress=progress):
            print(f"{day_date(done.month):%Y-%m} days={done.days} left={done.left}")
        return 0


def verify(settings: Settings, given: argparse.Namespace) -> int:
    """Walk the chain of hashes; 1 if it is broken anywhere."""
    del given
    with reading(settings) as conn:
        faults = audit.verify(conn)
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"the audit record is broken at {len(faults)} places" if faults else "the audit record is whole")
    return 1 if faults else 0


def _point(conn: Conn, utility: directory.Utility, esiid: str) -> int:
    found = directory.usage_point_ids(conn, utility.id, [esiid])
    if not found:
        raise NotFound(f"{utility.name} has no usage point {esiid}.")
    return found[esiid]


def _line(hold: Hold, utility: str) -> list[str]:
    point = "all" if hold.held_point_id is None else str(hold.held_point_id)
    days = f"{day_date(hold.from_day)}..{day_date(hold.until_day - 1)}"
    over = "" if hold.released_s is None else f"{instant_text(hold.released_s)} {hold.released_by}"
    return [str(hold.id), utility, point, days, hold.set_by, instant_text(hold.since_s), over, hold.reason]
