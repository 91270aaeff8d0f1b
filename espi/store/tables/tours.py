"""How far each login has come on the tour of the portal."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table

from espi.store.tables.columns import METADATA, REFERENCE

tour = Table(
    "tour",
    METADATA,
    Column("login_id", BigInteger, primary_key=True, autoincrement=False),
    Column("step", Integer, nullable=False),
    Column("ended", Boolean, nullable=False),
    info=REFERENCE,
    comment="The step of the tour that a login saw last, and whether he is through or wanted none.",
)
