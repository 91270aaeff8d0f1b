"""Which process loads which file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make the table."""
    op.create_table(
        "file_claim",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=False),
        sa.Column("process", sa.String(length=256), nullable=False),
        sa.Column("claimed_until_s", sa.BigInteger(), nullable=False),
        sa.Column("began_s", sa.BigInteger(), nullable=False),
        sa.Column("told_s", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("checkpoint", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.SmallInteger(), nullable=False),
        sa.Column("error", sa.String(length=512), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_claim")),
        sa.UniqueConstraint("key", name=op.f("uq_file_claim_key")),
        comment="A file that somebody wants loaded, by its fingerprint. state: waiting, loading, done, set-aside.",
    )
    op.create_index(op.f("ix_file_claim_name"), "file_claim", ["name"], unique=False)
    op.create_index(op.f("ix_file_claim_state"), "file_claim", ["state"], unique=False)
