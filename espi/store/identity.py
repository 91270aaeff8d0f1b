"""Ids that never change and cannot be guessed: derived from names, keyed with the installation's secret."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from espi.store.database import Conn, transaction_of

FIRST_PATH_ID = 100_000_000_000_000
LAST_PATH_ID = 999_999_999_999_999

_VERSION_5 = 5 << 76 | 1 << 63
_FREE_BITS = ~(0xF << 76 | 0b11 << 62)
"""Version and variant as RFC 9562 (section 5.5) has them; `uuid.uuid5` gives the same in ten times the time."""


def uuid_for(conn: Conn, name: str) -> str:
    """The version-5 UUID of a name, as entry ids use it (ESPI, `urn:uuid:`); its namespace is the secret."""
    return _uuid(_secret(conn), name.encode())


def path_id_for(conn: Conn, name: str) -> int:
    """The number of 15 digits that stands for a name in hrefs."""
    return _path_id(_secret(conn), name.encode())


def ids_for(conn: Conn, names: Iterable[str]) -> Iterator[tuple[str, int]]:
    """The UUID and the path id of each of many names."""
    secret = _secret(conn)
    for name in map(str.encode, names):
        yield _uuid(secret, name), _path_id(secret, name)


def _secret(conn: Conn) -> bytes:
    return transaction_of(conn).database.secret.bytes


def _uuid(secret: bytes, name: bytes) -> str:
    number = int.from_bytes(hashlib.sha1(secret + name, usedforsecurity=False).digest()[:16], "big")
    digits = f"{number & _FREE_BITS | _VERSION_5:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _path_id(secret: bytes, name: bytes) -> int:
    digest = hashlib.blake2b(name, digest_size=16, key=secret).digest()
    return FIRST_PATH_ID + int.from_bytes(digest, "big") % (LAST_PATH_ID - FIRST_PATH_ID + 1)
