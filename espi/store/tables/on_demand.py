"""Reads of meters that somebody asked for, and what became of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String, Table

from espi.store.tables.columns import BY_USAGE_POINT, METADATA

on_demand_read = Table(
    "on_demand_read",
    METADATA,
    Column("usage_point_id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(9), nullable=False),
    Column("asked_by", String(128), nullable=False),
    Column("asked_s", BigInteger, nullable=False),
    Column("sent_s", BigInteger),
    Column("closed_s", BigInteger),
    Column("read_s", BigInteger),
    Column("value", BigInteger),
    Column("uom", Integer),
    Column("power_of_ten", Integer),
    info=BY_USAGE_POINT,
    comment="A read asked of a meter: requested, sent, pending; then completed, failed, timed-out or limited.",
)
