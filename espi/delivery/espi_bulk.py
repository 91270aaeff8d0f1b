"""The bulk files of a third party where ESPI looks for them by SFTP (FB_34, which 4.1 took out).

The notification of such files names `sftp://USER@HOST/DataCustodian/espi/1_1/resource/Batch/Bulk/ID`, and a client
fetches that path: a folder with the feeds of the last delivery, each as plain XML. They are those of the outbox, which
are packed there; here they are unpacked as they are read. The way to them is not shown in listings of the root, so that
nobody who fetches all folders gets them twice.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from espi.delivery.bulk import NAMED
from espi.store.party_files import OUTBOX, PartyFile

if TYPE_CHECKING:
    from pathlib import Path

ROOT: Final = ("DataCustodian", "espi", "1_1", "resource", "Batch", "Bulk")
PACKED_END: Final = ".xml.gz"
GZIP_WBITS: Final = 31
STEP_BYTES: Final = 1 << 16


@dataclass(frozen=True)
class Feed:
    """A feed of the last delivery. name: as it is shown. size: unpacked."""

    name: str
    size: int
    file: PartyFile


def last_feeds(files: list[PartyFile]) -> list[PartyFile]:
    """The feeds of a third party's last day that are in its outbox; none for anybody else."""
    found = [one for one in files if one.place == OUTBOX and one.name.startswith(NAMED)]
    found = [one for one in found if one.name.endswith(PACKED_END)]
    last = max((_day(one) for one in found), default="")
    return [one for one in found if _day(one) == last]


def feed_of(file: PartyFile, path: Path) -> Feed | None:
    """How a packed file is shown; None if its bytes are gone."""
    try:
        with path.open("rb") as packed:
            packed.seek(-4, os.SEEK_END)  # RFC 1952: the size of what was packed
            (size,) = struct.unpack("<I", packed.read(4))
    except OSError:
        return None
    return Feed(file.name.removesuffix(".gz"), size, file)


class Unpacked:
    """The unpacked bytes of a file, from wherever they are asked for; in order they cost the least."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._unpacker = zlib.decompressobj(GZIP_WBITS)
        self._waiting = bytearray()
        self._place = self._read = 0

    def read(self, start: int, size: int) -> bytes:
        """Some bytes; none at the end."""
        if start < self._place:
            self._begin()
        while self._place + len(self._waiting) < start + size and self._fill(start):
            pass
        skipped = start - self._place
        chunk = bytes(self._waiting[skipped : skipped + size])
        del self._waiting[: skipped + len(chunk)]
        self._place = start + len(chunk)
        return chunk

    def _begin(self) -> None:
        self._unpacker = zlib.decompressobj(GZIP_WBITS)
        self._waiting = bytearray()
        self._place = self._read = 0

    def _fill(self, start: int) -> bool:
        """Unpack some more, and drop what lies before a place; false at the end."""
        packed = self._unpacker.unconsumed_tail
        if not packed:
            packed = os.pread(self._number, STEP_BYTES, self._read)
            self._read += len(packed)
        more = self._unpacker.decompress(packed, STEP_BYTES) if packed else b""
        if not packed or self._unpacker.eof:
            self._waiting += more
            return False
        self._waiting += more
        surplus = min(len(self._waiting), max(0, start - self._place))
        del self._waiting[:surplus]
        self._place += surplus
        return True


def _day(file: PartyFile) -> str:
    return file.name.split("_")[-2]
