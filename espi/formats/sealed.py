"""A stream that is sealed with a passphrase: nobody without it reads it, and no change, cut or repeat of it is missed.

The stream is a mark, a salt, then pieces: each its length in four bytes and what AES-GCM made of up to a mebibyte. The
nonce of a piece is its number and whether it is the last, so pieces cannot be moved, left out or cut off. The key is
scrypt's, of the passphrase and the salt.
"""

from __future__ import annotations

import io
import secrets
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from espi.errors import BadInput

MARK = b"ESPI sealed 1\n"
SALT_BYTES = 16
PIECE_BYTES = 1 << 20
TAG_BYTES = 16
LEAST_PASSPHRASE = 16
"""Characters of a passphrase: what is guessed at leisure must be long."""
_COST, _BLOCK, _AT_ONCE = 2**15, 8, 1


class SealedWriter(io.RawIOBase):
    """Writes into a sealed stream; it is whole only once it was closed. Raises `BadInput` for a short passphrase."""

    def __init__(self, raw: BinaryIO, passphrase: str) -> None:
        salt = secrets.token_bytes(SALT_BYTES)
        self._key, self._raw = _key(passphrase, salt), raw
        self._header = MARK + salt
        self._waiting = bytearray()
        self._number = 0
        raw.write(self._header)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, given: object) -> int:
        """Take bytes; they are sealed a piece at a time."""
        data = memoryview(given)  # type: ignore[arg-type]
        self._waiting += data
        while len(self._waiting) > PIECE_BYTES:
            self._seal(bytes(self._waiting[:PIECE_BYTES]), last=False)
            del self._waiting[:PIECE_BYTES]
        return data.nbytes

    def finish(self) -> None:
        """Write the last piece; without it nobody takes the stream for whole."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, piece: bytes, *, last: bool) -> None:
        sealed = self._key.encrypt(_nonce(self._number, last=last), piece, self._header)
        self._raw.write(len(sealed).to_bytes(4) + sealed)
        self._number += 1


class SealedReader(io.RawIOBase):
    """Reads a sealed stream; gives no byte of a piece before all of it was checked. Raises `BadInput`."""

    def __init__(self, raw: BinaryIO, passphrase: str) -> None:
        self._raw = raw
        self._header = raw.read(len(MARK) + SALT_BYTES)
        if not self._header.startswith(MARK) or len(self._header) < len(MARK) + SALT_BYTES:
            raise BadInput("This is not a sealed file that espi made.")
        self._key = _key(passphrase, self._header[len(MARK) :])
        self._number = 0
        self._opened = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, room: object) -> int:
        """Put checked bytes into room; 0 after the last piece. Raises `BadInput`."""
        into = memoryview(room)  # type: ignore[arg-type]
        while not self._opened and not self._ended:
            self._open()
        taken = min(len(into), len(self._opened))
        into[:taken] = self._opened[:taken]
        self._opened = self._opened[taken:]
        return taken

    def _open(self) -> None:
        length = self._raw.read(4)
        size = int.from_bytes(length)
        if len(length) < 4 or not TAG_BYTES <= size <= PIECE_BYTES + TAG_BYTES:
            raise BadInput(f"The file ends or breaks at piece {self._number + 1}: it is not whole.")
        sealed = self._raw.read(size)
        for last in (False, True):
            try:
                piece = self._key.decrypt(_nonce(self._number, last=last), sealed, self._header)
            except InvalidTag:
                continue
            break
        else:
            why = "the passphrase is another one, or the file was changed" if not self._number else "it was changed"
            raise BadInput(f"The file cannot be opened at piece {self._number + 1}: {why}.")
        self._opened, self._ended = memoryview(piece), last
        self._number += 1
        if last and self._raw.read(1):
            raise BadInput("The file goes on after its end.")


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])


def _key(passphrase: str, salt: bytes) -> AESGCM:
    if len(passphrase) < LEAST_PASSPHRASE:
        raise BadInput(f"The passphrase must have at least {LEAST_PASSPHRASE} characters.")
    return AESGCM(Scrypt(salt, 32, _COST, _BLOCK, _AT_ONCE).derive(passphrase.encode()))
