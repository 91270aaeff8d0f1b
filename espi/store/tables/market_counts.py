"""Counts of the market, kept as they are made: what the regulator's reports are drawn from."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String, Table

from espi.store.tables.columns import METADATA, REFERENCE

market_count = Table(
    "market_count",
    METADATA,
    Column("report", String(16), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("subject", String(16), primary_key=True),
    Column("part", String(16), primary_key=True),
    Column("number", BigInteger, nullable=False),
    info=REFERENCE,
    comment="How many there were: of a day, or of the month it begins; of a utility (DUNS) or a kind of caller.",
)
