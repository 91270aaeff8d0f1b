"""What validation found."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, SmallInteger, Table

from espi.store.tables.columns import METADATA

vee_result = Table(
    "vee_result",
    METADATA,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("usage_point_id", Integer, primary_key=True),
    Column("channel", Integer, primary_key=True),
    Column("rule", SmallInteger, primary_key=True, autoincrement=False),
    Column("intervals", SmallInteger, nullable=False),
    Column("places", LargeBinary),
    Column("found_s", BigInteger, nullable=False),
    info={"distribute": "usage_point_id", "keep": "day"},
    comment="A rule (V01 to V18) that a day failed. places: a bit for each interval; null: the day as a whole.",
    sqlite_with_rowid=False,
)
