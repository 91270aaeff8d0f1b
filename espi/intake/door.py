"""What is looked at before a file that a utility sends is taken in: its name, whose it is, how it is packed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from enum import StrEnum

from espi.errors import BadInput
from espi.formats import lse, market_events
from espi.store.directory import Utility

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
GZIP_END, XML_END = ".gz", ".xml"
GZIP_WINDOW = 31
STEP_BYTES = 1 << 20
LONGEST_NAME = 200


class Problem(StrEnum):
    """Why a file is not taken in at all, or nothing was done with it."""

    NAME = "name"
    DUNS = "duns"
    EMPTY = "empty"
    ZIPPED = "zipped"
    BROKEN = "broken"
    LARGE = "large"
    CONTENT = "content"
    AGAIN = "again"


class TurnedAwayError(Exception):
    """A file is not taken in: the problem, and the words for its response file."""

    def __init__(self, problem: Problem, reason: str) -> None:
        super().__init__(reason)
        self.problem = problem
        self.reason = reason


def plain_name(given: str) -> str:
    """A file's name as a browser gives it: without folders, control characters, and the ending of gzip."""
    name = given.replace("\\", "/").rpartition("/")[2]
    name = "".join(letter for letter in name if letter.isprintable())[:LONGEST_NAME].strip()
    return name[: -len(GZIP_END)] if name.lower().endswith(GZIP_END) else name


def check_name(name: str, utility: Utility) -> None:
    """Raise `TurnedAwayError` unless a file's name is one that a utility's files have."""
    if name.lower().endswith(XML_END):
        return
    if name.lower().endswith(".zip"):
        raise TurnedAwayError(Problem.ZIPPED, f"{name} is a ZIP archive; send the file itself, or packed with gzip.")
    try:
        duns = market_events.duns_of(name) if "MarketEvents" in name else lse.parse_file_name(name).duns
    except BadInput as err:
        raise TurnedAwayError(Problem.NAME, err.public) from err
    if duns != utility.duns:
        reason = f"The name bears the DUNS number {duns}, but the sender is {utility.name}, {utility.duns}."
        raise TurnedAwayError(Problem.DUNS, reason)


def unpacked(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """A file's bytes, unpacked where it is packed with gzip; `TurnedAwayError` if it is empty, broken or too large."""
    size, parts = 0, iter(chunks)
    first = next(parts, b"")
    if first.startswith(ZIP):
        raise TurnedAwayError(Problem.ZIPPED, "It is a ZIP archive; send the file itself, or packed with gzip.")
    whole = _gunzipped(_with(first, parts)) if first.startswith(GZIP) else _with(first, parts)
    for chunk in whole:
        size += len(chunk)
        if size > most:
            raise TurnedAwayError(Problem.LARGE, f"It has more than {most} bytes.")
        if chunk:
            yield chunk
    if not size:
        raise TurnedAwayError(Problem.EMPTY, "The file is empty.")


def _with(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _gunzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What gzip packed, a little at a time, however much a few bytes stand for; members one after the other."""
    pack = zlib.decompressobj(GZIP_WINDOW)
    try:
        for chunk in chunks:
            left = chunk
            while left:
                if pack.eof:
                    pack = zlib.decompressobj(GZIP_WINDOW)
                yield pack.decompress(left, STEP_BYTES)
                left = pack.unused_data if pack.eof else pack.unconsumed_tail
    except zlib.error as err:
        raise TurnedAwayError(Problem.BROKEN, f"It is packed with gzip, but cannot be unpacked: {err}.") from err
    if not pack.eof:
        raise TurnedAwayError(Problem.BROKEN, "It is packed with gzip, but its end is missing.")
