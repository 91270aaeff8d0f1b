"""Files that came in, and the audit."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from espi.store.tables.columns import METADATA, REFERENCE, Key

received_file = Table(
    "received_file",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("name", String(512), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("utility_id", BigInteger),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("received_s", BigInteger, nullable=False),
    Column("finished_s", BigInteger),
    Column("checkpoint", BigInteger, nullable=False, default=0),
    Column("counts", JSON, nullable=False, default=dict),
    Column("sequence", BigInteger, unique=True),
    Column("told", Boolean, nullable=False, default=False),
    UniqueConstraint("name", "sha256"),
    Index(None, "told", "state"),
    info=REFERENCE,
    comment="A file that came in. state: loading, loaded, refused. sequence: as finished. told: third parties are.",
)

refused_block = Table(
    "refused_block",
    METADATA,
    Column("file_id", BigInteger, primary_key=True),
    Column("row_number", BigInteger, primary_key=True),
    Column("code", String(2), nullable=False),
    Column("esiid", String(64), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("start_text", String(32), nullable=False),
    Column("reason", String(512), nullable=False),
    info=REFERENCE,
    comment="A block that was not loaded, with ERCOT's result code: the lines of the response file.",
)

parked_block = Table(
    "parked_block",
    METADATA,
    Column("file_id", BigInteger, primary_key=True),
    Column("row_number", BigInteger, primary_key=True),
    Column("utility_id", BigInteger, nullable=False),
    Column("esiid", String(64), nullable=False),
    Column("channel", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("sent_s", BigInteger, nullable=False),
    Column("packed", LargeBinary, nullable=False),
    Column("quality", LargeBinary, nullable=False),
    Column("count", Integer, nullable=False),
    Index(None, "utility_id", "esiid"),
    info={"distribute": None, "keep": "day"},
    comment="A good block of a meter nobody knows yet; it is loaded when the meter becomes known.",
)

audit = Table(
    "audit",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("at_s", BigInteger, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", String(256), nullable=False),
    Column("rule", String(128), nullable=False),
    Column("allowed", Boolean, nullable=False),
    Column("detail", JSON, nullable=False, default=dict),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "target"),
    info=REFERENCE,
    comment="Decisions and changes, append-only; each row carries the hash of the one before.",
)
