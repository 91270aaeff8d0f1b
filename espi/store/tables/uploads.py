"""Files that utilities send in the browser, until they are loaded; and how a utility shows itself."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from espi.store.tables.columns import METADATA, REFERENCE, Key

upload = Table(
    "upload",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("utility_id", BigInteger, nullable=False),
    Column("name", String(512), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sent_by", String(256), nullable=False),
    Column("state", String(16), nullable=False),
    Column("sent_s", BigInteger, nullable=False),
    Column("done_s", BigInteger),
    Column("file_id", BigInteger),
    Column("problem", String(16), nullable=False, default=""),
    Column("reason", String(512), nullable=False, default=""),
    Index(None, "utility_id", "id"),
    Index(None, "file_id"),
    info=REFERENCE,
    comment="A file sent in the browser. state: arriving, wanted, done, refused, cancelled. problem: why at the door.",
)

upload_piece = Table(
    "upload_piece",
    METADATA,
    Column("upload_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
    info=REFERENCE,
    comment="A part of a file that waits to be loaded; it goes when the file is done with.",
)

brand = Table(
    "brand",
    METADATA,
    Column("utility_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(64), nullable=False, default=""),
    Column("colour", String(7), nullable=False, default=""),
    Column("dark_colour", String(7), nullable=False, default=""),
    Column("logo", LargeBinary),
    Column("phone", String(32), nullable=False, default=""),
    Column("outage_phone", String(32), nullable=False, default=""),
    Column("mail", String(254), nullable=False, default=""),
    Column("changed_s", BigInteger, nullable=False),
    info=REFERENCE,
    comment="How a utility shows itself to its customers: name, colours (#rrggbb), logo (PNG), whom to call.",
)
