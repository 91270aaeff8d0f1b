"""Reads of meters that somebody asked for, and what became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def make() -> None:
    """Make the tables."""
    op.create_table(
        "on_demand_read",
        sa.Column("usage_point_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("asked_by", sa.String(128), nullable=False),
        sa.Column("asked_s", sa.BigInteger(), nullable=False),
        sa.Column("sent_s", sa.BigInteger(), nullable=True),
        sa.Column("closed_s", sa.BigInteger(), nullable=True),
        sa.Column("read_s", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("uom", sa.Integer(), nullable=True),
        sa.Column("power_of_ten", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("usage_point_id", "number", name=op.f("pk_on_demand_read")),
        comment="A read asked of a meter: requested, sent, pending; then completed, failed, timed-out or limited.",
    )
