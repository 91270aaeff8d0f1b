"""Files that a utility sends to the file servers: in parts, out of sight, until they are whole.

A file arrives in a folder of its own beside the inbox. When its sender closes it, it appears in the inbox at once,
under its name, and is taken from there as every file is (`espi intake watch`). What broke off stays for a week, so that
its sender can go on where it stopped. A name that ends in .part, .tmp or .filepart waits to be renamed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from espi.errors import Conflict, Denied
from espi.store.directory import Utility

if TYPE_CHECKING:
    from espi.config import Settings

FOLDER: Final = "arriving"
UNFINISHED: Final = (".part", ".tmp", ".filepart")
MOST_BYTES: Final = 8 << 30
LONGEST_NAME: Final = 200
KEPT_S: Final = 7 * 24 * 3600
RESERVED: Final = ("done",)

Found = tuple[Path, int, int]
"""A file, its size and when it was changed."""


class Arrival:
    """A file that is being sent; nobody else sends it at the same time."""

    def __init__(self, path: Path, whole: Path, *, anew: bool) -> None:
        self._path = path
        self._whole = whole
        self._number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._number)
            raise Conflict("This file is being sent in another session.") from None
        if anew:
            os.ftruncate(self._number, 0)
        self.size = os.fstat(self._number).st_size

    def write(self, start: int, chunk: bytes) -> None:
        """Keep some bytes; they come in order, or are sent again."""
        if start > self.size:
            raise Denied(f"{self.size} bytes have arrived: go on from there.")
        if start + len(chunk) > MOST_BYTES:
            raise Denied(f"A file has {MOST_BYTES >> 30} GB at most.")
        view, place = memoryview(chunk), start
        while view:
            count = os.pwrite(self._number, view, place)
            view, place = view[count:], place + count
        self.size = max(self.size, start + len(chunk))

    def close(self, *, whole: bool) -> None:
        """Let it appear in the inbox if its sender says that it is whole and its name is one of its own."""
        if self._number < 0:
            return
        try:
            if whole and not self._path.name.endswith(UNFINISHED):
                os.fsync(self._number)
                self._path.replace(self._whole)
        finally:
            os.close(self._number)
            self._number = -1


class Inbox:
    """The folder of a utility's files, and where those are that still arrive."""

    def __init__(self, settings: Settings, utility: Utility) -> None:
        self._folder = settings.home / "inbox" / utility.duns
        self._arriving = settings.home / FOLDER / utility.duns

    def begin(self, name: str, *, anew: bool) -> Arrival:
        """Begin to take in a file, or go on."""
        check_name(name)
        for folder in (self._folder, self._arriving):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._drop_old()
        return Arrival(self._arriving / name, self._folder / name, anew=anew)

    def rename(self, before: str, after: str) -> bool:
        """Give a file that waits for it another name; false where there is none that does."""
        check_name(after)
        path = self._arriving / before
        if not before.endswith(UNFINISHED) or not path.is_file():
            return False
        ends = self._arriving if after.endswith(UNFINISHED) else self._folder
        path.replace(ends / after)
        return True

    def files(self) -> Iterator[Found]:
        """Those that wait to be loaded, and those that arrive, by what has arrived of them."""
        waiting = {found[0].name: found for found in _regular(self._folder)}
        yield from (waiting | {found[0].name: found for found in _regular(self._arriving)}).values()

    def done(self) -> Iterator[Found]:
        """Those that were loaded, and their response files."""
        return _regular(self._folder / RESERVED[0])

    def _drop_old(self) -> None:
        for path, _, changed_s in _regular(self._arriving):
            if changed_s < time.time() - KEPT_S:
                path.unlink(missing_ok=True)


def check_name(name: str) -> None:
    """Raise `Denied` for a name that no file sent here can have."""
    if name.startswith(".") or name in RESERVED or len(name.encode()) > LONGEST_NAME or not name.isprintable():
        raise Denied("A file cannot have this name.")


def _regular(folder: Path) -> Iterator[Found]:
    with contextlib.suppress(FileNotFoundError):
        for path in folder.iterdir():
            if path.name.startswith("."):
                continue
            with contextlib.suppress(FileNotFoundError):
                known = path.lstat()
                if stat.S_ISREG(known.st_mode):
                    yield path, known.st_size, int(known.st_mtime)
