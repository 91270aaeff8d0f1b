"""`espi intake`: files of utilities come in, by name or from the inbox."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from espi.cli.words import Words
from espi.config import Settings
from espi.errors import EspiError
from espi.formats.lse import RESULT_CODES
from espi.intake import inbox, load, response
from espi.intake.load import Progress as Told
from espi.intake.report import FileReport
from espi.store import directory
from espi.store.database import Database

ALL_LOADED, FAILED, SOME_REFUSED = 0, 1, 3
INBOX = "inbox"
RESPONSES = "responses"


def add(words: Words) -> None:
    """Add `espi intake`."""
    group = words.group("intake", "Files of utilities come in.")
    parser = group.command(
        "run", run, "Load LSE and Green Button files. Exit: 0 all, 3 some blocks refused, 1 failure."
    )
    parser.add_argument("--adopt", action="store_true", help="make the utility, usage points and channels nobody knows")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="an LSE file, or one that ends in .xml")
    parser = group.command("watch", watch, "Load what arrives in the folders inbox/UTILITY of the home folder.")
    parser.add_argument("--every", type=float, default=2.0, metavar="SECONDS", help="how often to look (2)")
    parser.add_argument("--once", action="store_true", help="stop when what is there now is loaded")


def run(settings: Settings, given: argparse.Namespace) -> int:
    """Load the files one after the other; a file that fails does not stop the next."""
    database = Database.opened(settings.database_url)
    worst = ALL_LOADED
    for path in given.files:
        try:
            with _progress(path.name) as told:
                report = load.load_file(database, path, path.name, settings=settings, adopt=given.adopt, progress=told)
        except (EspiError, OSError) as err:
            print(f"{path}: {err.public if isinstance(err, EspiError) else err.strerror}", file=sys.stderr)
            worst = FAILED
            continue
        tell(report)
        _keep_response(settings, report)
        if worst != FAILED:
            worst = max(worst, report.exit_code) if report.exit_code != FAILED else FAILED
    return worst


def watch(settings: Settings, given: argparse.Namespace) -> int:
    """Load what arrives until told to stop; each utility's folder may only hold its own files."""
    database = Database.opened(settings.database_url)
    folder = settings.home / INBOX
    folder.mkdir(parents=True, exist_ok=True)
    looks = iter((True, False))

    def take(path: Path, sender: str) -> str | None:
        with database.read() as conn:
            utility = directory.utility_by_duns(conn, sender) or directory.utility_by_name(conn, sender)
        if utility is None:
            print(f"{sender}: no utility has this name or DUNS number, so its folder is left alone", file=sys.stderr)
            return None
        try:
            report = load.load_file(database, path, path.name, settings=settings, sender=utility)
        except (EspiError, OSError) as err:
            print(f"{path}: {err}; it is left alone until it changes", file=sys.stderr)
            return None
        tell(report)
        return response.write(report)

    inbox.watch(folder, take, interval_s=given.every, keep_on=lambda: next(looks) if given.once else True)
    return ALL_LOADED


def tell(report: FileReport) -> None:
    """A line for machines on standard output; each refused block on standard error."""
    for block in report.refused:
        where = f"row {block.row_number}, {block.esiid} channel {block.channel} {block.start_text}"
        print(f"{report.name}: {block.code} {where}: {block.reason}", file=sys.stderr)
    if report.code:
        print(f"{report.name}: {report.code} {RESULT_CODES[report.code]} {report.reason}", file=sys.stderr)
    print(report.summary, flush=True)


def _keep_response(settings: Settings, report: FileReport) -> None:
    folder = settings.home / RESPONSES
    folder.mkdir(parents=True, exist_ok=True)
    (folder / response.response_name(report.name)).write_text(response.write(report), "utf-8")


@contextmanager
def _progress(name: str) -> Iterator[Told | None]:
    """A bar while standard error is a terminal; nothing for machines."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, size: bar.update(task, completed=done, total=size)
