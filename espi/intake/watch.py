"""The inbox folder, watched: each file that has stopped growing is loaded, answered and moved away.

A utility's folder is `inbox/<its name or DUNS>/` in the home folder. When a file is done with, it moves to `done/`
there with its response file beside it. Names that begin with a dot or end in `.part` or `.tmp` are not looked at, so
that a sender may rename a file when it is complete.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from espi import log
from espi.config import Settings
from espi.errors import EspiError
from espi.intake import response
from espi.intake.load import load_file
from espi.intake.report import FileReport
from espi.store import directory
from espi.store.database import Database

UNFINISHED = (".part", ".tmp")
DONE = "done"

Stamp = tuple[int, int]
"""Size and time of the last change: a file with the same one twice has stopped growing."""


def watch(
    database: Database,
    *,
    settings: Settings,
    adopt: bool = False,
    interval_s: float = 2.0,
    keep_on: Callable[[], bool] = lambda: True,
    done: Callable[[FileReport], None] | None = None,
) -> None:
    """Load what arrives in the inbox until `keep_on` says no; it is asked after each look, one every `interval_s`.

    done: called with each report. A file that cannot be loaded now (its folder names no utility, the database is busy)
    stays until it changes, and the log says why.
    """
    folder = settings.home / "inbox"
    folder.mkdir(parents=True, exist_ok=True)
    known: dict[Path, Stamp] = {}
    left: dict[Path, Stamp] = {}
    while True:
        found = dict(_waiting(folder))
        for path, stamp in found.items():
            if known.get(path) == stamp != left.get(path):
                report = _take(database, path, settings, adopt=adopt)
                if report is None:
                    left[path] = stamp
                elif done:
                    done(report)
        known = found
        if not keep_on():
            return
        time.sleep(interval_s)


def _waiting(folder: Path) -> Iterator[tuple[Path, Stamp]]:
    for path in sorted(folder.glob("*/*")):
        if path.is_file() and not path.name.startswith(".") and not path.name.endswith(UNFINISHED):
            with contextlib.suppress(FileNotFoundError):
                found = path.stat()
                yield path, (found.st_size, found.st_mtime_ns)


def _take(database: Database, path: Path, settings: Settings, *, adopt: bool) -> FileReport | None:
    try:
        sender = _sender(database, path.parent.name, adopt=adopt)
        report = load_file(database, path, path.name, settings=settings, adopt=adopt, sender=sender)
    except (EspiError, OSError) as err:
        log.warn(log.Event.FILE_FAILED, file=path.name, folder=path.parent.name, error=str(err))
        return None
    _move_away(path, response.write(report))
    return report


def _sender(database: Database, folder: str, *, adopt: bool) -> directory.Utility | None:
    with database.read() as conn:
        found = directory.utility_by_duns(conn, folder) or directory.utility_by_name(conn, folder)
    if found is None and not adopt:
        raise EspiError(detail=f"the folder {folder!r} bears no utility's name or DUNS number")
    return found


def _move_away(path: Path, answer: str) -> None:
    """The response is complete before the file leaves the inbox: after a crash between the two, it is taken again."""
    folder = path.parent / DONE
    folder.mkdir(exist_ok=True)
    final = folder / response.response_name(path.name)
    unfinished = final.with_name(final.name + UNFINISHED[0])
    unfinished.write_text(answer, "utf-8")
    unfinished.replace(final)
    path.replace(folder / path.name)
