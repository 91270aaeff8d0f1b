"""Files that arrive: read once to know them (size, SHA-256, records), and a folder that is watched for them.

A utility's folder is `inbox/<its name or DUNS>/` in the home folder. A file is taken when it has stopped growing; when
it is done with, it moves to `done/` with its response file beside it. Names that begin with a dot or end in `.part` or
`.tmp` are not looked at, so that a sender may rename a file when it is complete.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from espi.formats.lse import BYTE_ORDER_MARK, HEADER_CODES

READ_BYTES = 1 << 20
SPOOL_BYTES = 8 << 20
UNFINISHED = (".part", ".tmp")
DONE = "done"

_HEADER = f"{HEADER_CODES[0]},".encode("ascii")


@dataclass(frozen=True)
class Survey:
    """What a first reading tells: size in bytes, SHA-256, and how many LSE blocks begin in it (records)."""

    size: int
    sha256: str
    records: int


def survey(stream: BinaryIO) -> Survey:
    """Read a stream from its start to its end, then go back to its start."""
    digest, records, size, tail = hashlib.sha256(), 0, 0, b"\n"
    while chunk := stream.read(READ_BYTES):
        digest.update(chunk)
        size += len(chunk)
        text = tail + (chunk.removeprefix(BYTE_ORDER_MARK) if size == len(chunk) else chunk)
        records += text.count(b"\n" + _HEADER)
        tail = text[-len(_HEADER) :]
    stream.seek(0)
    return Survey(size, digest.hexdigest(), records)


@contextlib.contextmanager
def opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    """A file that can be read twice: the file of a path, or a stream, kept in a temporary file if it cannot go back."""
    if isinstance(source, Path):
        with source.open("rb") as stream:
            yield stream
    elif isinstance(source, io.BytesIO):
        yield source
    else:
        with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as spool:
            shutil.copyfileobj(source, spool, READ_BYTES)
            spool.seek(0)
            yield cast("BinaryIO", spool)


Stamp = tuple[int, int]


def watch(
    folder: Path,
    take: Callable[[Path, str], str | None],
    *,
    interval_s: float = 2.0,
    keep_on: Callable[[], bool] = lambda: True,
) -> None:
    """Take each settled file of the inbox until `keep_on` says no; it is asked after each look.

    take: called with the file and the folder's name; gives the text of the response file, or None to leave the file
    alone until it changes.
    """
    known: dict[Path, Stamp] = {}
    left: dict[Path, Stamp] = {}
    while True:
        found = dict(_waiting(folder))
        for path, stamp in found.items():
            if known.get(path) == stamp != left.get(path):
                response = take(path, path.parent.name)
                if response is None:
                    left[path] = stamp
                else:
                    _move_away(path, response)
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


def _move_away(path: Path, response: str) -> None:
    """The response is complete before the file leaves the inbox: after a crash between the two, it is taken again."""
    done = path.parent / DONE
    done.mkdir(exist_ok=True)
    answer = done / f"{path.name}.response.csv"
    unfinished = answer.with_name(answer.name + UNFINISHED[0])
    unfinished.write_text(response, "utf-8")
    unfinished.replace(answer)
    path.replace(done / path.name)
