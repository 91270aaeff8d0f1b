"""What is kept for the desks of REPs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make the tables."""
    op.create_table(
        "rep_count",
        sa.Column("rep_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("served", sa.Integer(), nullable=False),
        sa.Column("gained", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("came", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("rep_id", "day", name=op.f("pk_rep_count")),
        comment="How many usage points a REP served, gained and lost on a day; came: from how many readings are here.",
    )
    op.create_table(
        "bulk_request",
        sa.Column("id", KEY, nullable=False),
        sa.Column("path_id", sa.BigInteger(), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(length=256), nullable=False),
        sa.Column("from_day", sa.Integer(), nullable=False),
        sa.Column("until_day", sa.Integer(), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("cancelled", sa.Integer(), nullable=False),
        sa.Column("asked_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_request")),
        sa.UniqueConstraint("path_id", name=op.f("uq_bulk_request_path_id")),
        comment="Bulk files that a REP asked for in the browser. points: ids of usage points; none: "
        "all that it serves.",
    )
    op.create_index(op.f("ix_bulk_request_rep_id_id"), "bulk_request", ["rep_id", "id"], unique=False)
