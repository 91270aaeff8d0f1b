"""How complete the days are, and which meters are silent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def make() -> None:
    """Make the tables."""
    op.create_table(
        "completeness",
        sa.Column("utility_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("estimated", sa.Integer(), nullable=False),
        sa.Column("partial", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("computed_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("utility_id", "day", name=op.f("pk_completeness")),
        comment="Of a utility's channels, how many days were expected and came; those missing are the difference.",
    )
    op.create_table(
        "silent_meter",
        sa.Column("usage_point_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since_day", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Integer(), nullable=True),
        sa.Column("found_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("usage_point_id", name=op.f("pk_silent_meter")),
        comment="An energised meter from which nothing came since a day. last_day: the last with readings, if lately.",
    )
