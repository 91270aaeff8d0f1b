"""People whom customers let look at their homes beside themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make the table."""
    op.create_table(
        "holding",
        sa.Column("id", KEY, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("home_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("downloads", sa.Boolean(), nullable=False),
        sa.Column("giver", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("link_hash", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("guest_id", sa.BigInteger(), nullable=False),
        sa.Column("guest_login", sa.String(length=256), nullable=False),
        sa.Column("made_s", sa.BigInteger(), nullable=False),
        sa.Column("answer_by_s", sa.BigInteger(), nullable=False),
        sa.Column("accepted_s", sa.BigInteger(), nullable=True),
        sa.Column("ends_s", sa.BigInteger(), nullable=False),
        sa.Column("ended_s", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holding")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_holding_link_hash")),
        comment="A joint holder or friend whom a customer lets see a home of his, or (home_id 0) all of them.",
    )
    op.create_index(op.f("ix_holding_customer_id"), "holding", ["customer_id"], unique=False)
    op.create_index(op.f("ix_holding_guest_id"), "holding", ["guest_id"], unique=False)
