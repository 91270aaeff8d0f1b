"""Months of a feed, packed once: pieces of deflate that stand beside one another in any gzip stream.

A piece ends with a full flush, so that it refers to nothing before it and nothing after refers to it. With its length
and CRC-32 a stream is put together of pieces and fresh text without unpacking any (RFC 1951, 1952).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from isal import isal_zlib

LEVEL: Final = 1
RAW: Final = -15
"""Window bits of deflate without a head."""

_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST: Final = b"\x03\x00"
"""An empty block that is the last."""

_POLYNOMIAL: Final = 0xEDB88320
_ONE: Final = 1 << 31
_WORD: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Fragment:
    """A packed text. length, crc: of the text."""

    packed: bytes
    length: int
    crc: int

    @classmethod
    def of(cls, text: Iterable[bytes]) -> Fragment:
        """Pack a text."""
        packer = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, RAW)
        packed, length, crc = [], 0, 0
        for piece in text:
            packed.append(packer.compress(piece))
            length += len(piece)
            crc = isal_zlib.crc32(piece, crc)
        packed.append(packer.flush(isal_zlib.Z_FULL_FLUSH))
        return cls(b"".join(packed) if length else b"", length, crc)


class Fragments:
    """Fragments by key, up to so many bytes in all; those that nobody asked for the longest make room.

    A key must hold all that the text is made of. Threads may share one.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._found: OrderedDict[Hashable, Fragment] = OrderedDict()
        self._lock = threading.Lock()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._found)

    def get(self, key: Hashable, text: Iterable[bytes]) -> Fragment:
        """The fragment of a key. text: of it; nobody goes through it if the fragment is kept."""
        with self._lock:
            found = self._found.get(key)
            if found is not None:
                self._found.move_to_end(key)
                return found
        made = Fragment.of(text)
        with self._lock:
            self.bytes += len(made.packed) + OVERHEAD
            there = self._found.pop(key, None)
            if there is not None:
                self.bytes -= len(there.packed) + OVERHEAD
            self._found[key] = made
            while self.bytes > self._most_bytes:
                self.bytes -= len(self._found.popitem(last=False)[1].packed) + OVERHEAD
        return made


OVERHEAD: Final = 1024
"""What a fragment takes beside its bytes: its key above all."""


def gzip(pieces: Iterable[bytes | Fragment]) -> Iterator[bytes]:
    """One gzip member of fresh text and fragments, as it is made."""
    packer = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, RAW)
    length = crc = 0
    open_ = False
    yield _HEAD
    for piece in pieces:
        if isinstance(piece, Fragment):
            if open_:
                yield packer.flush(isal_zlib.Z_FULL_FLUSH)
                open_ = False
            yield piece.packed
            crc = joined_crc(crc, piece.crc, piece.length)
            length += piece.length
            continue
        open_ = True
        crc = isal_zlib.crc32(piece, crc)
        length += len(piece)
        if packed := packer.compress(piece):
            yield packed
    if open_:
        yield packer.flush(isal_zlib.Z_FULL_FLUSH)
    yield _LAST + crc.to_bytes(4, "little") + (length & _WORD).to_bytes(4, "little")


def joined_crc(first: int, second: int, length: int) -> int:
    """The CRC-32 of two texts one after the other, by theirs. length: of the second, in bytes.

    A text of zeros behind the first multiplies its CRC by a power of x; the CRC is linear in all else.
    """
    return _product(_power(length), first) ^ second


def _product(one: int, other: int) -> int:
    """The product of polynomials of bits, the highest power last, modulo the polynomial of CRC-32."""
    found, bit = 0, _ONE
    while bit:
        if one & bit:
            found ^= other
        other = (other >> 1) ^ (_POLYNOMIAL if other & 1 else 0)
        bit >>= 1
    return found


@lru_cache(maxsize=4096)
def _power(length: int) -> int:
    """The power of x for so many bytes: 8 times the length."""
    found, square = _ONE, _ONE >> 8
    while length:
        if length & 1:
            found = _product(square, found)
        square = _product(square, square)
        length >>= 1
    return found
