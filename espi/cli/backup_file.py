"""What a backup is: a sealed, packed tar of the database's rows and the home folder, ended by a list of what is in it.

It begins with `about.json` and ends with `contents.json`, which says how many rows of each table and which files with
which SHA-256 there are. Between them are the rows (`database/TABLE/NUMBER`), one snapshot of the database, and the
files (`home/...`, and `keys/device.keys` where that lies elsewhere).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from espi.config import Settings
from espi.errors import BadInput
from espi.formats.sealed import SealedReader, SealedWriter
from espi.store import dump
from espi.store.database import Conn, Database

ABOUT, CONTENTS, DEVICE_KEYS = "about.json", "contents.json", "keys/device.keys"
DATABASE, HOME = "database/", "home/"
SETTINGS_FILE = "espi.toml"
FORM = 1
_DATABASE_FILES = ("espi.sqlite", "espi.sqlite-wal", "espi.sqlite-shm", "espi.sqlite-journal")
_PACKED = 1
"""The level of compression: the rows hold packed readings, which more effort makes no smaller."""


@dataclass
class Contents:
    """What is in a backup. rows: by table; files: SHA-256 by path in the home folder."""

    rows: Counter[str] = field(default_factory=Counter)
    files: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As the backup's last entry has it."""
        return {"rows": dict(self.rows), "files": self.files}

    def differences(self, listed: Any) -> list[str]:
        """What differs from what the last entry says, in words."""
        found = [
            f"{name}: {self.rows[name]} rows instead of {listed['rows'].get(name, 0)}"
            for name in sorted({*self.rows, *listed["rows"]})
            if self.rows[name] != listed["rows"].get(name, 0)
        ]
        names = sorted({*self.files, *listed["files"]})
        return found + [f"{name} differs" for name in names if self.files.get(name) != listed["files"].get(name)]


Progress = Callable[[str], None]
"""Told what is being done, in a word or two."""


def write(settings: Settings, database: Database, path: Path, tell: Progress) -> Contents:
    """Make a backup while all goes on; it has its name only when it is whole."""
    contents, beside = Contents(), path.with_name(f"{path.name}.part")
    with _sealing(beside, settings.backup_passphrase) as tar, database.read() as conn:
        about = {"form": FORM, "revision": dump.revision(conn), "made_s": settings.clock.now_s()}
        _add(tar, ABOUT, json.dumps(about).encode())
        for name in dump.table_names():
            tell(name)
            for number, (piece, rows) in enumerate(dump.rows_out(conn, name)):
                _add(tar, f"{DATABASE}{name}/{number:06d}", piece)
                contents.rows[name] += rows
        tell("files")
        for name, file in _files(settings, path):
            _add_file(tar, name, file, contents)
        _add(tar, CONTENTS, json.dumps(contents.as_json()).encode())
    beside.replace(path)
    return contents


def read(settings: Settings, path: Path, take: Callable[[str, IO[bytes]], int]) -> Contents:
    """Read a backup from end to end; `take` gets each entry and gives the rows that it had.

    Raises `BadInput` if it cannot be opened, is of another version or differs from its own list.
    """
    contents, listed = Contents(), None
    with path.open("rb") as raw, _opening(raw, settings.backup_passphrase) as tar:
        for entry in tar:
            content = tar.extractfile(entry)
            if content is None:
                raise BadInput(f"The backup has an entry that is no file: {entry.name!r}.")
            if entry.name == ABOUT:
                _check(json.load(content))
            elif entry.name == CONTENTS:
                listed = json.load(content)
            else:
                _take(entry.name, content, contents, take)
    if listed is None:
        raise BadInput("The backup ends before its list of contents.")
    if wrong := contents.differences(listed):
        raise BadInput("The backup is not what it says: " + "; ".join(wrong))
    return contents


def look(name: str, content: IO[bytes]) -> int:
    """Take nothing of an entry, only count: for `read`."""
    return content.read().count(b"\n") - 1 if name.startswith(DATABASE) else 0


def into(settings: Settings, conn: Conn) -> Callable[[str, IO[bytes]], int]:
    """Take entries into an empty database and a home folder: for `read`."""

    def take(name: str, content: IO[bytes]) -> int:
        if name.startswith(DATABASE):
            return dump.rows_in(conn, name.split("/")[1], content.read())
        _put_file(_place(settings, name), content)
        return 0

    return take


def _take(name: str, content: IO[bytes], contents: Contents, take: Callable[[str, IO[bytes]], int]) -> None:
    if name.startswith(DATABASE):
        contents.rows[name.split("/")[1]] += take(name, content)
        return
    digested = _Digested(content)
    read = io.BufferedReader(digested)
    take(name, read)
    while read.read(1 << 20):
        pass
    contents.files[name] = digested.digest.hexdigest()


class _Digested(io.RawIOBase):
    """A stream whose digest is taken as it is read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, room: object) -> int:
        """Read, and take into the digest."""
        into = memoryview(room)  # type: ignore[arg-type]
        piece = self._source.read(len(into))
        into[: len(piece)] = piece
        self.digest.update(piece)
        return len(piece)


def _check(about: Any) -> None:
    if about.get("form") != FORM:
        raise BadInput("The backup is of a form that this version does not know.")


def _files(settings: Settings, path: Path) -> Iterator[tuple[str, Path]]:
    """What of the home folder is backed up: all but the database, which is there as rows, and backups themselves."""
    ours = {path.absolute(), path.with_name(f"{path.name}.part").absolute()}
    for file in sorted(settings.home.rglob("*")):
        name = file.relative_to(settings.home).as_posix()
        if file.is_symlink() or not file.is_file() or name in _DATABASE_FILES or file.absolute() in ours:
            continue
        yield HOME + name, file
    if settings.device_keys and Path(settings.device_keys).is_file():
        yield DEVICE_KEYS, Path(settings.device_keys)


def _place(settings: Settings, name: str) -> Path:
    """Where a file of a backup goes. Raises `BadInput` for one that would lie elsewhere."""
    if name == DEVICE_KEYS:
        return Path(settings.device_keys) if settings.device_keys else settings.home / "device.keys"
    parts = PurePosixPath(name).parts
    if len(parts) < 2 or parts[0] != "home" or ".." in parts:
        raise BadInput(f"The backup has a file that belongs nowhere: {name!r}.")
    return settings.home.joinpath(*parts[1:])


def _put_file(path: Path, content: IO[bytes]) -> None:
    """Write a file of the backup; settings that are there stay, for they may name another database."""
    if path.name == SETTINGS_FILE and path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with path.open("wb") as file:
        while piece := content.read(1 << 20):
            file.write(piece)


@contextmanager
def _sealing(path: Path, passphrase: str) -> Iterator[tarfile.TarFile]:
    path.touch(mode=0o600)
    with path.open("wb") as raw:
        sealed = SealedWriter(raw, passphrase)
        with (
            gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=_PACKED) as packed,
            tarfile.open(mode="w|", fileobj=packed) as tar,
        ):
            yield tar
        sealed.finish()


@contextmanager
def _opening(raw: IO[bytes], passphrase: str) -> Iterator[tarfile.TarFile]:
    sealed = io.BufferedReader(SealedReader(raw, passphrase), 1 << 20)  # type: ignore[arg-type]
    try:
        with gzip.GzipFile(fileobj=sealed) as packed, tarfile.open(mode="r|", fileobj=packed) as tar:
            yield tar
    except (tarfile.TarError, gzip.BadGzipFile, EOFError) as err:
        raise BadInput("The backup cannot be unpacked.", detail=str(err)) from err
    while sealed.read(1 << 20):
        pass  # the seal of the last piece is checked too


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def _add_file(tar: tarfile.TarFile, name: str, path: Path, contents: Contents) -> None:
    """Add a file as long as it is now; one that has gone since is no part of this moment."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        entry = tarfile.TarInfo(name)
        entry.size = path.stat().st_size
        read = _Digested(file)
        tar.addfile(entry, io.BufferedReader(read))
    contents.files[name] = read.digest.hexdigest()
