"""People whom customers let look at their homes beside themselves."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table

from espi.store.tables.columns import METADATA, REFERENCE, Key

holding = Table(
    "holding",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("customer_id", BigInteger, nullable=False),
    Column("home_id", Integer, nullable=False, default=0),
    Column("kind", String(8), nullable=False),
    Column("downloads", Boolean, nullable=False, default=False),
    Column("giver", String(128), nullable=False),
    Column("name", String(128), nullable=False),
    Column("email", String(254), nullable=False),
    Column("language", String(8), nullable=False),
    Column("link_hash", String(64), unique=True),
    Column("state", String(16), nullable=False),
    Column("guest_id", BigInteger, nullable=False, default=0),
    Column("guest_login", String(256), nullable=False, default=""),
    Column("made_s", BigInteger, nullable=False),
    Column("answer_by_s", BigInteger, nullable=False),
    Column("accepted_s", BigInteger),
    Column("ends_s", BigInteger, nullable=False),
    Column("ended_s", BigInteger),
    Column("ended_by", String(16), nullable=False, default=""),
    Index(None, "customer_id"),
    Index(None, "guest_id"),
    info=REFERENCE,
    comment="A joint holder or friend whom a customer lets see a home of his, or (home_id 0) all of them.",
)
