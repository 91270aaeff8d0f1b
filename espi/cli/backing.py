"""`espi backup` and `espi restore`: all of an installation in one sealed file, and back, onto any kind of database."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from espi.cli import backup_file
from espi.cli.home import open_home
from espi.cli.opened import opened
from espi.cli.words import Words
from espi.config import Settings
from espi.errors import BadInput
from espi.store import audit, dump


def add(words: Words) -> None:
    """Add the two commands."""
    what = "Write all of the installation into one sealed file, while it works on, and check that file."
    parser = words.command("backup", backup, what)
    parser.add_argument("file", type=Path, metavar="FILE", help="where to; its name must be free")
    parser = words.command("restore", restore, "Make an installation of a backup, in an empty home and database.")
    parser.add_argument("file", type=Path, metavar="FILE", help="what `espi backup` wrote")
    parser.add_argument("--check", action="store_true", help="read and check all of it, restore nothing")


def backup(settings: Settings, given: argparse.Namespace) -> int:
    """Write a backup, then read it again from end to end."""
    if given.file.exists():
        raise BadInput(f"{given.file} is there already; a backup never writes over another.")
    with opened(settings) as database:
        backup_file.write(settings, database, given.file, _tell)
    print("checking", file=sys.stderr)
    _say(backup_file.read(settings, given.file, backup_file.look), given.file, "holds")
    return 0


def restore(settings: Settings, given: argparse.Namespace) -> int:
    """Bring back a backup, all of it or nothing, and check the audit record's chain."""
    if given.check:
        _say(backup_file.read(settings, given.file, backup_file.look), given.file, "is whole and holds")
        return 0
    backup_file.read(settings, given.file, backup_file.look)
    with open_home(settings) as database, database.write() as conn:
        dump.clear(conn)
        contents = backup_file.read(settings, given.file, backup_file.into(settings, conn))
        dump.go_on_counting(conn)
        if faults := audit.verify(conn):
            raise BadInput("The audit record of the backup is not whole: " + " ".join(faults))
    _say(contents, given.file, "is restored:")
    print("Whoever was logged in logs in again. What was revoked after the backup was made is to be revoked again.")
    return 0


def _tell(what: str) -> None:
    print(what, file=sys.stderr)


def _say(contents: backup_file.Contents, path: Path, holds: str) -> None:
    rows = sum(contents.rows.values())
    print(f"{path} {holds} {rows:,} rows of {len(contents.rows)} tables and {len(contents.files):,} files.")
