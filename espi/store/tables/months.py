"""Readings of months that are closed: a channel's days of a month in one row."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table

from espi.store.tables.columns import METADATA

month_block = Table(
    "month_block",
    METADATA,
    Column("usage_point_id", Integer, primary_key=True),
    Column("channel", Integer, primary_key=True),
    Column("from_day", Integer, primary_key=True),
    Column("first_day", Integer, nullable=False),
    Column("updated_s", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    info={"distribute": "usage_point_id", "keep": "from_day"},
    comment="The days of a closed month. from_day: the month's first; first_day: the first that is there.",
    postgresql_partition_by="RANGE (from_day)",
)

closed_month = Table(
    "closed_month",
    METADATA,
    Column("from_day", Integer, primary_key=True, autoincrement=False),
    Column("closed_s", BigInteger, nullable=False),
    Column("finished_s", BigInteger),
    info={"distribute": None, "keep": None},
    comment="Months of which days may lie in month_block: whoever puts a day there looks for it first.",
)
