"""How complete the days are, and which meters are silent."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table

from espi.store.tables.columns import BY_USAGE_POINT, METADATA

completeness = Table(
    "completeness",
    METADATA,
    Column("utility_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("expected", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("late", Integer, nullable=False),
    Column("estimated", Integer, nullable=False),
    Column("partial", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("computed_s", BigInteger, nullable=False),
    info={"distribute": None, "keep": "day"},
    comment="Of a utility's channels, how many days were expected and came; those missing are the difference.",
)

silent_meter = Table(
    "silent_meter",
    METADATA,
    Column("usage_point_id", Integer, primary_key=True, autoincrement=False),
    Column("since_day", Integer, nullable=False),
    Column("last_day", Integer),
    Column("found_s", BigInteger, nullable=False),
    info=BY_USAGE_POINT,
    comment="An energised meter from which nothing came since a day. last_day: the last with readings, if lately.",
)
