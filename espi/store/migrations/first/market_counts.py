"""Counts of the market, which the regulator's reports are drawn from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def make() -> None:
    """Make the table."""
    op.create_table(
        "market_count",
        sa.Column("report", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("report", "day", "subject", "part", name=op.f("pk_market_count")),
        comment="How many there were: of a day, or of the month it begins; of a utility (DUNS) or a kind of caller.",
    )
