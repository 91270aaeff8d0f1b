"""Companies' own affairs: whom they invited to their desk, and what they have reached."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, String, Table

from espi.store.tables.columns import METADATA, REFERENCE, Key

colleague_invitation = Table(
    "colleague_invitation",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("party_id", BigInteger, nullable=False),
    Column("email", String(254), nullable=False),
    Column("position", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("invited_by", String(256), nullable=False),
    Column("invited_s", BigInteger, nullable=False),
    Column("expires_s", BigInteger, nullable=False),
    Index(None, "role", "party_id"),
    info=REFERENCE,
    comment="A colleague whom a company's administrator invited. state: waiting, accepted or withdrawn.",
)

company_milestone = Table(
    "company_milestone",
    METADATA,
    Column("role", String(16), primary_key=True),
    Column("party_id", BigInteger, primary_key=True, autoincrement=False),
    Column("what", String(64), primary_key=True),
    Column("at_s", BigInteger, nullable=False),
    Column("detail", JSON, nullable=False, default=dict),
    info=REFERENCE,
    comment="What a company has reached on its way to production, or the last test of an address of its.",
)
