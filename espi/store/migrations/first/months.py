"""Readings of months that are closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def make() -> None:
    """Make the tables."""
    op.create_table(
        "month_block",
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Integer(), nullable=False),
        sa.Column("updated_s", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("usage_point_id", "channel", "from_day", name=op.f("pk_month_block")),
        comment="The days of a closed month. from_day: the month's first; first_day: the first that is there.",
        postgresql_partition_by="RANGE (from_day)",
    )
    if op.get_bind().dialect.name == "postgresql":  # it is small already: no use trying to make it smaller
        op.execute("ALTER TABLE month_block ALTER COLUMN content SET STORAGE EXTERNAL")
    op.create_table(
        "closed_month",
        sa.Column("from_day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closed_s", sa.BigInteger(), nullable=False),
        sa.Column("finished_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("from_day", name=op.f("pk_closed_month")),
        comment="Months of which days may lie in month_block: whoever puts a day there looks for it first.",
    )
