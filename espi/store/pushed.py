"""Authorization requests that clients have pushed (RFC 9126), by the hash of the address that stands for each."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select, update

from espi.store.database import Conn
from espi.store.tables import pushed_request

PREFIX = "urn:ietf:params:oauth:request_uri:"


def add_pushed(conn: Conn, client_id: int, parameters: Mapping[str, str], *, expires_s: int, now_s: int) -> str:
    """Keep a client's request and return the request_uri that stands for it. client_id: the client's row."""
    conn.execute(delete(pushed_request).where(pushed_request.c.expires_s <= now_s))
    uri = PREFIX + secrets.token_urlsafe(32)
    values = {"uri_hash": _hash(uri), "client_id": client_id, "parameters": dict(parameters), "expires_s": expires_s}
    conn.execute(insert(pushed_request).values(values))
    return uri


def pushed(conn: Conn, uri: str, client_id: int, now_s: int) -> Mapping[str, Any] | None:
    """The parameters that a client has pushed, while they are neither used nor too old."""
    found = pushed_request.c
    query = select(found.parameters).where(*_open(uri, client_id, now_s))
    parameters: Mapping[str, Any] | None = conn.scalar(query)
    return parameters


def use_pushed(conn: Conn, uri: str, client_id: int, now_s: int) -> bool:
    """Use a request up: true for one caller, however many try at once."""
    used = update(pushed_request).where(*_open(uri, client_id, now_s)).values(used_s=now_s)
    return conn.execute(used).rowcount == 1


def _open(uri: str, client_id: int, now_s: int) -> tuple[Any, ...]:
    found = pushed_request.c
    return (
        found.uri_hash == _hash(uri),
        found.client_id == client_id,
        found.expires_s > now_s,
        found.used_s.is_(None),
    )


def _hash(uri: str) -> str:
    return hashlib.sha256(uri.encode()).hexdigest()
