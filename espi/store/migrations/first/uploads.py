"""Files that utilities send in the browser, and how a utility shows itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make the tables."""
    op.create_table(
        "upload",
        sa.Column("id", KEY, nullable=False),
        sa.Column("utility_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sent_by", sa.String(length=256), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sent_s", sa.BigInteger(), nullable=False),
        sa.Column("done_s", sa.BigInteger(), nullable=True),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=512), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        comment="A file sent in the browser. state: arriving, wanted, done, refused, cancelled. "
        "problem: why at the door.",
    )
    op.create_index(op.f("ix_upload_utility_id_id"), "upload", ["utility_id", "id"])
    op.create_index(op.f("ix_upload_file_id"), "upload", ["file_id"])
    op.create_table(
        "upload_piece",
        sa.Column("upload_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f("pk_upload_piece")),
        comment="A part of a file that waits to be loaded; it goes when the file is done with.",
    )
    op.create_table(
        "brand",
        sa.Column("utility_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("colour", sa.String(length=7), nullable=False),
        sa.Column("dark_colour", sa.String(length=7), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("outage_phone", sa.String(length=32), nullable=False),
        sa.Column("mail", sa.String(length=254), nullable=False),
        sa.Column("changed_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("utility_id", name=op.f("pk_brand")),
        comment="How a utility shows itself to its customers: name, colours (#rrggbb), logo (PNG), whom to call.",
    )
