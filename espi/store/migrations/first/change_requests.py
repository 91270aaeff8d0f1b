"""Requests to change how the system works, what is written about them, and votes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make the tables."""
    _change_request()
    op.create_table(
        "change_comment",
        sa.Column("request_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.Column("company", sa.String(length=256), nullable=False),
        sa.Column("login_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f("pk_change_comment")),
        comment="What a company wrote about a change request, public but for login_id.",
    )
    op.create_table(
        "change_vote",
        sa.Column("request_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("utility_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("choice", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.Column("login_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "utility_id", name=op.f("pk_change_vote")),
        comment="The one vote of a utility on a change request: yes, no or abstain; public but for login_id.",
    )


def _change_request() -> None:
    op.create_table(
        "change_request",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("impact", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("company", sa.String(length=256), nullable=False),
        sa.Column("login_id", sa.BigInteger(), nullable=False),
        sa.Column("submitted_s", sa.BigInteger(), nullable=False),
        sa.Column("changed_s", sa.BigInteger(), nullable=False),
        sa.Column("voting_until_s", sa.BigInteger(), nullable=True),
        sa.Column("decided_s", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(length=256), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_request")),
        sa.UniqueConstraint("number", name=op.f("uq_change_request_number")),
        sa.UniqueConstraint("uuid", name=op.f("uq_change_request_uuid")),
        comment="A wish to change the system, public but for login_id. state: open, voting, accepted, rejected...",
    )
    op.create_index(op.f("ix_change_request_state"), "change_request", ["state"], unique=False)
