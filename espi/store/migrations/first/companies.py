"""Companies' own affairs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make the tables."""
    op.create_table(
        "colleague_invitation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("position", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("invited_by", sa.String(length=256), nullable=False),
        sa.Column("invited_s", sa.BigInteger(), nullable=False),
        sa.Column("expires_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_colleague_invitation")),
        comment="A colleague whom a company's administrator invited. state: waiting, accepted or withdrawn.",
    )
    op.create_index(
        op.f("ix_colleague_invitation_role_party_id"), "colleague_invitation", ["role", "party_id"], unique=False
    )
    op.create_table(
        "company_milestone",
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("party_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("role", "party_id", "what", name=op.f("pk_company_milestone")),
        comment="What a company has reached on its way to production, or the last test of an address of its.",
    )
