"""Files that arrive are read once to know them: size, SHA-256, records."""

from __future__ import annotations

import contextlib
import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from espi.formats.lse import BYTE_ORDER_MARK, HEADER_CODES
from espi.intake.ahead import ahead

READ_BYTES = 1 << 20
SPOOL_BYTES = 8 << 20

_HEADER = f"{HEADER_CODES[0]},".encode("ascii")
_LINE = b"\n" + _HEADER


@dataclass(frozen=True)
class Survey:
    """What a first reading tells: size in bytes, SHA-256, and how many LSE blocks begin in it (records)."""

    size: int
    sha256: str
    records: int


def survey(stream: BinaryIO) -> Survey:
    """Read a stream from its start to its end, then go back to its start."""
    digest, records, size, tail = hashlib.sha256(), 0, 0, b"\n"

    def chunks() -> Iterator[bytes]:
        while chunk := stream.read(READ_BYTES):
            digest.update(chunk)
            yield chunk

    for chunk in ahead(chunks()):
        size += len(chunk)
        text = tail + (chunk.removeprefix(BYTE_ORDER_MARK) if size == len(chunk) else chunk)
        records += _count(text)
        tail = text[-len(_HEADER) :]
    stream.seek(0)
    return Survey(size, digest.hexdigest(), records)


def _count(text: bytes) -> int:
    """How many header rows 1 begin after a line feed: as `bytes.count` says, in a third of the time."""
    octets = np.frombuffer(text, np.uint8)
    likely = np.flatnonzero((octets[:-1] == _LINE[0]) & (octets[1:] == _LINE[1]))
    likely = likely[likely <= len(text) - len(_LINE)]
    if not likely.size:
        return 0
    lines = np.ndarray((len(text) - len(_LINE) + 1,), f"S{len(_LINE)}", text, 0, (1,))
    return int((lines[likely] == _LINE).sum())


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
