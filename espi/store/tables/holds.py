"""What the law wants kept for longer."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text

from espi.store.tables.columns import METADATA, REFERENCE, Key

legal_hold = Table(
    "legal_hold",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("utility_id", ForeignKey("utility.id"), nullable=False),
    Column("held_point_id", Integer),
    Column("from_day", Integer, nullable=False),
    Column("until_day", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_by", String(128), nullable=False),
    Column("since_s", BigInteger, nullable=False),
    Column("released_s", BigInteger),
    Column("released_by", String(128), nullable=False, default=""),
    info=REFERENCE,
    comment="Days that do not expire before it is released: of a usage point, or where none is named of a utility.",
)
