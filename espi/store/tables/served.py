"""What is kept for the desks of REPs: counts by day, and the bulk files that they asked for."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table

from espi.store.tables.columns import METADATA, REFERENCE, Key

rep_count = Table(
    "rep_count",
    METADATA,
    Column("rep_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("served", Integer, nullable=False),
    Column("gained", Integer, nullable=False),
    Column("lost", Integer, nullable=False),
    Column("came", Integer),
    info=REFERENCE,
    comment="How many usage points a REP served, gained and lost on a day; came: from how many readings are here.",
)

bulk_request = Table(
    "bulk_request",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("path_id", BigInteger, nullable=False, unique=True),
    Column("rep_id", BigInteger, nullable=False),
    Column("asked_by", String(256), nullable=False),
    Column("from_day", Integer, nullable=False),
    Column("until_day", Integer, nullable=False),
    Column("points", JSON, nullable=False, default=list),
    Column("cancelled", Integer, nullable=False, default=0),
    Column("asked_s", BigInteger, nullable=False),
    Index(None, "rep_id", "id"),
    info=REFERENCE,
    comment="Bulk files that a REP asked for in the browser. points: ids of usage points; none: all that it serves.",
)
