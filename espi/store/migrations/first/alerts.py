"""What customers want to be told of their meters, and what they were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def make() -> None:
    """Make the tables."""
    op.create_table(
        "alert_rule",
        sa.Column("usage_point_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("channel", sa.Integer(), nullable=False),
        sa.Column("uom", sa.Integer(), nullable=False),
        sa.Column("power_of_ten", sa.Integer(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("set_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("usage_point_id", "customer_id", "kind", name=op.f("pk_alert_rule")),
        comment="What a customer wants to be told of: more than `most` in a day or month, unusual days, silence.",
    )
    op.create_table(
        "alert",
        sa.Column("usage_point_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uom", sa.Integer(), nullable=False),
        sa.Column("power_of_ten", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("against", sa.BigInteger(), nullable=False),
        sa.Column("found_s", sa.BigInteger(), nullable=False),
        sa.Column("mailed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("usage_point_id", "customer_id", "kind", "day", name=op.f("pk_alert")),
        comment="What a customer was told: of which day, how much it was, and against which amount.",
    )
    op.create_index(op.f("ix_alert_customer_id"), "alert", ["customer_id"])
