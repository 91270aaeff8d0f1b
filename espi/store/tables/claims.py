"""Which process loads which file, and which files nobody could load."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, SmallInteger, String, Table

from espi.store.tables.columns import METADATA, REFERENCE, Key

file_claim = Table(
    "file_claim",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("name", String(512), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("claim", String(32), nullable=False, default=""),
    Column("process", String(256), nullable=False, default=""),
    Column("claimed_until_s", BigInteger, nullable=False, default=0),
    Column("began_s", BigInteger, nullable=False, default=0),
    Column("told_s", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False, default=0),
    Column("checkpoint", BigInteger, nullable=False, default=0),
    Column("failures", SmallInteger, nullable=False, default=0),
    Column("error", String(512), nullable=False, default=""),
    Column("file_id", BigInteger),
    Index(None, "name"),
    Index(None, "state"),
    info=REFERENCE,
    comment="A file that somebody wants loaded, by its fingerprint. state: waiting, loading, done, set-aside.",
)
