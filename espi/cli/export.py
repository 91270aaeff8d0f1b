"""`espi export`: the bulk files of a day for a recipient, by as many processes on as many machines as run it."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from espi import jobs
from espi.access import Role
from espi.cli.directory import utility_named
from espi.cli.opened import opened
from espi.cli.words import Words
from espi.clock import day_date, parse_day
from espi.config import Settings
from espi.delivery import bulk
from espi.delivery.bulk import Delivery, Progress
from espi.delivery.bulk_part import Order
from espi.errors import NotFound
from espi.jobs import Context
from espi.store import directory, grants
from espi.store.database import Conn

TELL_EVERY_S = 5.0
LOOK_EVERY_S = 0.5
FAILED = 1


def add(words: Words) -> None:
    """Add `espi export`."""
    parser = words.command("export", export, "Write the bulk files of a day for a recipient, with a manifest.")
    recipient = parser.add_mutually_exclusive_group(required=True)
    recipient.add_argument("--utility", metavar="NAME", help="a utility: all its usage points")
    recipient.add_argument("--rep", metavar="NAME", help="a REP: the usage points that it serves on the day")
    recipient.add_argument("--third-party", metavar="NAME", help="a third party: what its live grants open")
    parser.add_argument("--day", required=True, type=parse_day, metavar="DAY", help="which local day")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="where to (bulk in the home folder)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="how many processes write here (1)")
    parser.add_argument("--again", action="store_true", help="make the files anew, even if they are there")


def export(settings: Settings, given: argparse.Namespace) -> int:
    """Begin the delivery, or join one that is under way, and work on it until its manifest is there."""
    with opened(settings) as database:
        return _export(Context(settings, database), given)


def _export(context: Context, given: argparse.Namespace) -> int:
    with context.database.read() as conn:
        order = Order(*_recipient(conn, given), given.day)
    folder = given.output or bulk.folder_of(context.settings, order)
    delivery = bulk.begin(context, order, folder, again=given.again)
    helpers = [_started(given, delivery) for _ in range(given.workers - 1)]
    found = _work(context, delivery)
    for each in helpers:
        each.wait()
    if not found.is_signed:
        print(f"espi: {len(found.failed)} files failed: {found.failed[0]}", file=sys.stderr)
        return FAILED
    print(f"files={found.files} usage_points={found.usage_points} manifest={delivery.manifest}")
    return 0


def _recipient(conn: Conn, given: argparse.Namespace) -> tuple[Role, int]:
    """Whose files are wanted. Raises `NotFound`."""
    if given.utility:
        return Role.tdsp, utility_named(conn, given.utility).id
    if given.rep:
        known = {each.name: each.id for each in directory.reps(conn)}
        if given.rep not in known:
            raise NotFound(f"There is no REP {given.rep!r}; `espi rep list` names them.")
        return Role.rep, known[given.rep]
    found = grants.third_party_by_name(conn, given.third_party)
    if found is None:
        raise NotFound(f"There is no third party {given.third_party!r}; `espi third-party list` names them.")
    return Role.third_party, found.id


def _started(given: argparse.Namespace, delivery: Delivery) -> subprocess.Popen[bytes]:
    """A further process that joins the delivery."""
    options = {"--utility": given.utility, "--rep": given.rep, "--third-party": given.third_party}
    recipient = [word for option, name in options.items() if name is not None for word in (option, name)]
    day = f"{day_date(given.day):%Y-%m-%d}"
    words = ["export", *recipient, "--day", day, "--output", str(delivery.folder)]
    return subprocess.Popen(
        [sys.executable, "-m", "espi", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _work(context: Context, delivery: Delivery) -> Progress:
    """Write files until all are written, here or elsewhere, or one failed for good; tell how far it is."""
    started = told = time.monotonic()
    before = bulk.progress(context, delivery).usage_points
    while True:
        ran = jobs.run_one(context, delivery.key)
        now = time.monotonic()
        if ran and now - told < TELL_EVERY_S:
            continue
        found = bulk.progress(context, delivery)
        if found.is_signed or found.failed:
            return found
        if now - told >= TELL_EVERY_S:
            told = now
            _tell(found, (found.usage_points - before) / (now - started))
        if not ran:
            time.sleep(LOOK_EVERY_S)


def _tell(found: Progress, rate: float) -> None:
    """A line on how far it is."""
    line = f"files {found.files}/{found.total}, {found.usage_points:,} usage points"
    if rate and found.usage_points:
        left = found.usage_points / found.files * (found.total - found.files)
        line += f", {rate:,.0f} a second, {left / rate:,.0f} s left"
    print(line, file=sys.stderr, flush=True)
