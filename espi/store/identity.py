"""Ids that never change and cannot be guessed: derived from names, keyed with the installation's secret."""

from __future__ import annotations

import hashlib
import uuid

from espi.store.database import Conn, transaction_of

FIRST_PATH_ID = 100_000_000_000_000
LAST_PATH_ID = 999_999_999_999_999


def uuid_for(conn: Conn, name: str) -> str:
    """The version-5 UUID of a name, as entry ids use it (ESPI, `urn:uuid:`); its namespace is the secret."""
    return str(uuid.uuid5(transaction_of(conn).database.secret, name))


def path_id_for(conn: Conn, name: str) -> int:
    """The number of 15 digits that stands for a name in hrefs."""
    secret = transaction_of(conn).database.secret
    digest = hashlib.blake2b(name.encode(), digest_size=16, key=secret.bytes).digest()
    return FIRST_PATH_ID + int.from_bytes(digest, "big") % (LAST_PATH_ID - FIRST_PATH_ID + 1)
