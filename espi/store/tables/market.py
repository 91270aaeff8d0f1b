"""What the market says of usage points: the events, and what follows from them beside the spans of parties."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from espi.store.tables.columns import BY_USAGE_POINT, METADATA, REFERENCE

market_event = Table(
    "market_event",
    METADATA,
    Column("usage_point_id", Integer, primary_key=True),
    Column("digest", String(32), primary_key=True),
    Column("event_id", String(64), nullable=False),
    Column("sent_s", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("of_id", BigInteger, nullable=False),
    Column("also_id", BigInteger, nullable=False),
    Column("file_id", BigInteger, nullable=False),
    Column("taken_s", BigInteger, nullable=False),
    Column("refusal", String(256), nullable=False),
    info=BY_USAGE_POINT,
    comment="A market event as it was sent. of_id, also_id: REP, customer or meter. refusal: why it has no effect.",
)

parked_event = Table(
    "parked_event",
    METADATA,
    Column("utility_id", BigInteger, primary_key=True, autoincrement=False),
    Column("esiid", String(64), primary_key=True),
    Column("digest", String(32), primary_key=True),
    Column("text", Text, nullable=False),
    Column("file_id", BigInteger, nullable=False),
    info=REFERENCE,
    comment="A market event of an ESIID that nobody knows yet; it is applied when that becomes known.",
)

happening = Table(
    "happening",
    METADATA,
    Column("usage_point_id", Integer, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("from_s", BigInteger, primary_key=True, autoincrement=False),
    Column("until_s", BigInteger, nullable=False),
    Column("seconds", Integer, nullable=False),
    info=BY_USAGE_POINT,
    comment="From when until when there was no power, a test mode, tampering or a clock that was off by seconds.",
)

history_request = Table(
    "history_request",
    METADATA,
    Column("usage_point_id", Integer, primary_key=True),
    Column("rep_id", BigInteger, primary_key=True, autoincrement=False),
    Column("asked_day", Integer, primary_key=True, autoincrement=False),
    Column("days", Integer, nullable=False),
    Column("asked_s", BigInteger, nullable=False),
    Index(None, "rep_id"),
    info=BY_USAGE_POINT,
    comment="That a new REP of record asked for the days before its first one. days: how many of them at most.",
)
