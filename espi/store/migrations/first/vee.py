"""What validation found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def make() -> None:
    """Make the table."""
    op.create_table(
        "vee_result",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Integer(), nullable=False),
        sa.Column("rule", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("intervals", sa.SmallInteger(), nullable=False),
        sa.Column("places", sa.LargeBinary(), nullable=True),
        sa.Column("found_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "usage_point_id", "channel", "rule", name=op.f("pk_vee_result")),
        comment="A rule (V01 to V18) that a day failed. places: a bit for each interval; null: the day as a whole.",
        sqlite_with_rowid=False,
    )
