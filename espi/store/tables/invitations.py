"""What third parties have asked of customers, and the record of what was agreed."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, SmallInteger, String, Table, Text

from espi.store.tables.columns import METADATA, REFERENCE, Key

invitation = Table(
    "invitation",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("number", String(32), nullable=False, unique=True),
    Column("third_party_id", BigInteger, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("state", String(32), nullable=False),
    Column("customer_id", BigInteger),
    Column("email", String(256), nullable=False),
    Column("language", String(8), nullable=False),
    Column("scope", String(256), nullable=False),
    Column("months", SmallInteger, nullable=False),
    Column("premises", JSON, nullable=False),
    Column("link_hash", String(64), unique=True),
    Column("authorization_id", BigInteger),
    Column("reason", String(256), nullable=False, default=""),
    Column("created_s", BigInteger, nullable=False),
    Column("expires_s", BigInteger, nullable=False),
    Column("decided_s", BigInteger),
    Column("reminders", SmallInteger, nullable=False, default=0),
    Index(None, "third_party_id"),
    Index(None, "customer_id"),
    info=REFERENCE,
    comment="A third party's request for an agreement. premises: usage_point_id, esiid, meter, rep of each.",
)

receipt = Table(
    "receipt",
    METADATA,
    Column("authorization_id", BigInteger, primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("made_s", BigInteger, nullable=False),
    info=REFERENCE,
    comment="What was agreed, changed or ended, as signed words (a JWS over body); its hash is in the audit.",
)
