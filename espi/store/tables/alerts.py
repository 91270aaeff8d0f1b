"""What customers want to be told of their meters, and what they were told."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table

from espi.store.tables.columns import BY_USAGE_POINT, METADATA

alert_rule = Table(
    "alert_rule",
    METADATA,
    Column("usage_point_id", Integer, primary_key=True, autoincrement=False),
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(8), primary_key=True),
    Column("channel", Integer, nullable=False),
    Column("uom", Integer, nullable=False),
    Column("power_of_ten", Integer, nullable=False),
    Column("most", BigInteger, nullable=False),
    Column("set_s", BigInteger, nullable=False),
    info=BY_USAGE_POINT,
    comment="What a customer wants to be told of: more than `most` in a day or month, unusual days, silence.",
)

alert = Table(
    "alert",
    METADATA,
    Column("usage_point_id", Integer, primary_key=True, autoincrement=False),
    Column("customer_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(8), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("uom", Integer, nullable=False),
    Column("power_of_ten", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("against", BigInteger, nullable=False),
    Column("found_s", BigInteger, nullable=False),
    Column("mailed", Boolean, nullable=False),
    Index(None, "customer_id"),
    info=BY_USAGE_POINT,
    comment="What a customer was told: of which day, how much it was, and against which amount.",
)
