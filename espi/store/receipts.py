"""Receipts of what customers agreed to, and the public halves of the keys that they are signed with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from espi.store.database import Conn
from espi.store.reach import Reach
from espi.store.tables import authorization_usage_point, deployment
from espi.store.tables import receipt as table

KEY_NAME = "consent-key/"


@dataclass(frozen=True)
class Receipt:
    """A numbered record of a grant. body: canonical JSON. signature: a JWS over it, without the body (RFC 7515, F)."""

    authorization_id: int
    number: int
    body: str
    signature: str
    made_s: int


def add_receipt(conn: Conn, authorization_id: int, number: int, body: str, signature: str, now_s: int) -> None:
    """Keep a receipt."""
    values = {"authorization_id": authorization_id, "number": number, "body": body, "signature": signature}
    conn.execute(insert(table).values(**values, made_s=now_s))


def last_receipt(conn: Conn, authorization_id: int) -> Receipt | None:
    """The latest receipt of a grant, for the one that follows it."""
    query = select(table).where(table.c.authorization_id == authorization_id).order_by(table.c.number.desc()).limit(1)
    row = conn.execute(query).mappings().first()
    return Receipt(**row) if row else None


def receipts(conn: Conn, reach: Reach, authorization_id: int) -> list[Receipt]:
    """The receipts of a grant that covers, or covered, a usage point within reach, in their order."""
    covers = authorization_usage_point
    within = reach.spans.subquery()
    covered = select(covers.c.authorization_id).where(
        covers.c.authorization_id == authorization_id, covers.c.usage_point_id.in_(select(within.c.usage_point_id))
    )
    query = select(table).where(table.c.authorization_id == authorization_id, covered.exists()).order_by(table.c.number)
    return [Receipt(**row) for row in conn.execute(query).mappings()]


def add_consent_key(conn: Conn, key_id: str, public: Mapping[str, Any]) -> None:
    """Make the public half of a signing key known to every machine; nothing happens if it is."""
    name = KEY_NAME + key_id
    if conn.scalar(select(deployment.c.name).where(deployment.c.name == name)) is None:
        conn.execute(insert(deployment).values(name=name, value=json.dumps(dict(public), sort_keys=True)))


def consent_keys(conn: Conn) -> list[dict[str, Any]]:
    """The public keys (JWK) that receipts were ever signed with here."""
    query = select(deployment.c.value).where(deployment.c.name.startswith(KEY_NAME)).order_by(deployment.c.name)
    return [json.loads(value) for value in conn.scalars(query)]
