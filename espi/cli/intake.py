"""`espi intake`: files of utilities come in, by name or from the inbox, by as many processes as there are."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from espi.cli import intake_files, loading
from espi.cli.opened import opened
from espi.cli.words import Words
from espi.config import Settings
from espi.formats.lse import RESULT_CODES
from espi.intake import load, response
from espi.intake.claim import Incoming, Loader, NotLoadedError, Progress, incoming
from espi.intake.report import FileReport
from espi.intake.watch import Watch
from espi.store import claims, directory, queue
from espi.store.database import Database

ALL_LOADED, FAILED, SOME_REFUSED = 0, 1, 3
INBOX = "inbox"
RESPONSES = "responses"
PATIENCE_S = 300
LOOK_EVERY_S = 0.5


def add(words: Words) -> None:
    """Add `espi intake`."""
    group = words.group("intake", "Files of utilities come in.")
    parser = group.command(
        "run", run, "Load LSE and Green Button files. Exit: 0 all, 3 some blocks refused, 1 failure."
    )
    parser.add_argument("--adopt", action="store_true", help="make the utility, usage points and channels nobody knows")
    _side_by_side(parser)
    part = "be one of several processes that began then, and tell of own files only"
    parser.add_argument("--part", type=int, default=0, metavar="SINCE", help=part)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="an LSE file, or one that ends in .xml")
    parser = group.command("watch", watch, "Load what arrives in the folders of utilities; stop with Ctrl-C.")
    parser.add_argument("--every", type=float, default=2.0, metavar="SECONDS", help="how often to look (2)")
    parser.add_argument("--once", action="store_true", help="stop when what is there now is loaded")
    _side_by_side(parser)
    parser.add_argument(
        "folders",
        nargs="*",
        type=Path,
        metavar="FOLDER",
        help="holds a folder for each utility (inbox in the home folder)",
    )
    intake_files.add(group)


def _side_by_side(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="how many load side by side here (1)")


def run(settings: Settings, given: argparse.Namespace) -> int:
    """Load the files, together with whoever else loads them; one that fails does not stop the others."""
    with opened(settings) as database:
        return _run(database, settings, given)


def _run(database: Database, settings: Settings, given: argparse.Namespace) -> int:
    files, failed = _known(given.files)
    loader = Loader(database, settings, patience_s=PATIENCE_S, began_s=given.part)
    loader.want(files)

    def take(path: Path, progress: Progress) -> FileReport:
        report = load.load_file(database, path, path.name, settings=settings, adopt=given.adopt, progress=progress)
        _keep_response(settings, report)
        return report

    alone = given.processes < 2 and not given.part
    with loading.ended_by_signal(), contextlib.nullcontext() if given.part else loading.bar(loader, files):
        if given.processes > 1:
            words = [
                "run",
                f"--part={loader.began_s}",
                *(["--adopt"] if given.adopt else []),
                "--",
                *map(str, given.files),
            ]
            loading.side_by_side(words, given.processes, crashes=settings.intake_attempts * max(1, len(files)))
        found = _load_all(loader, files, take, tell_all=alone)
    return FAILED if failed or FAILED in found else max(found, default=ALL_LOADED)


def watch(settings: Settings, given: argparse.Namespace) -> int:
    """Load what arrives until told to stop; each utility's folder may only hold its own files."""
    with opened(settings) as database:
        return _watch(database, settings, given)


def _watch(database: Database, settings: Settings, given: argparse.Namespace) -> int:
    folders = given.folders or [settings.home / INBOX]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    if given.processes > 1:
        words = ["watch", "--every", str(given.every), *(["--once"] if given.once else [])]
        with loading.ended_by_signal():
            loading.side_by_side([*words, "--", *map(str, folders)], given.processes, crashes=None)
        return ALL_LOADED
    looks = iter((True, False))
    loader = Loader(database, settings, patience_s=float("inf"))

    def sender(name: str) -> directory.Utility | None:
        with database.read() as conn:
            return directory.utility_by_duns(conn, name) or directory.utility_by_name(conn, name)

    def take(path: Path, folder: str, progress: Progress) -> FileReport:
        report = load.load_file(database, path, path.name, settings=settings, sender=sender(folder), progress=progress)
        tell(report)
        return report

    watching = Watch(loader, folders, take, lambda name: loader.patiently(lambda: sender(name)) is not None, complain)
    with loading.ended_by_signal():
        watching.run(interval_s=given.every, keep_on=lambda: next(looks) if given.once else True)
    return ALL_LOADED


def tell(report: FileReport) -> None:
    """A line for machines on standard output; each refused block on standard error."""
    for block in report.refused:
        where = f"row {block.row_number}, {block.esiid} channel {block.channel} {block.start_text}"
        complain(f"{report.name}: {block.code} {where}: {block.reason}")
    if report.code:
        complain(f"{report.name}: {report.code} {RESULT_CODES[report.code]} {report.reason}")
    print(report.summary, flush=True)


def complain(line: str) -> None:
    """Tell an operator what went wrong."""
    print(line, file=sys.stderr, flush=True)


def _known(paths: Sequence[Path]) -> tuple[list[Incoming], bool]:
    """The files that can be read, each once, and whether there was one that cannot."""
    found: dict[str, Incoming] = {}
    failed = False
    for path in paths:
        try:
            file = incoming(path)
        except OSError as err:
            complain(f"{path}: {err.strerror}")
            failed = True
        else:
            found.setdefault(file.key, file)
    return list(found.values()), failed


def _load_all(
    loader: Loader, files: Sequence[Incoming], take: Callable[[Path, Progress], FileReport], *, tell_all: bool
) -> set[int]:
    """Load files until each is done with, by whomever; gives what that is worth as exit statuses.

    tell_all: tell of those too that others loaded.
    """
    left = {file.key: file for file in files}
    found: set[int] = set()
    while left:
        known = loader.known(list(left))
        for one in known:
            if one.state == claims.SET_ASIDE:
                complain(f"{one.name}: set aside: {one.error} `espi intake retry` lets it be loaded again.")
                found.add(FAILED)
                left.pop(one.key)
        free = loader.claimable(known)
        for one in known:
            if one.state == claims.DONE and one not in free:
                report = _report(loader, one)
                found.add(report.exit_code)
                left.pop(one.key)
                if tell_all:
                    tell(report)
        outcome = _load_one(loader, [one for one in free if one.key in left], left, take)
        if outcome is not None:
            found.add(outcome)
        elif left:
            time.sleep(LOOK_EVERY_S)
    return found


def _load_one(
    loader: Loader,
    free: Sequence[claims.Claim],
    left: dict[str, Incoming],
    take: Callable[[Path, Progress], FileReport],
) -> int | None:
    """Load the first of the files that can be had; its exit status, or none where there was none, or it failed."""
    claim = next((mine for one in free if (mine := loader.claim(one.key))), None)
    if claim is None:
        return None
    path = left[claim.key].path
    try:
        report = loader.load(claim, lambda progress: take(path, progress))
    except NotLoadedError as err:
        complain(str(err))
        if not err.out_of_reach:
            return None
        left.pop(claim.key)
        return FAILED
    tell(report)
    left.pop(claim.key)
    return report.exit_code


def _report(loader: Loader, one: claims.Claim) -> FileReport:
    def find() -> FileReport:
        with loader.database.read() as conn:
            return FileReport.of(conn, queue.file(conn, one.file_id or 0), again=True)

    return loader.patiently(find)


def _keep_response(settings: Settings, report: FileReport) -> None:
    folder = settings.home / RESPONSES
    folder.mkdir(parents=True, exist_ok=True)
    (folder / response.response_name(report.name)).write_text(response.write(report), "utf-8")
