"""Market events and what follows from them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def make() -> None:
    """Make the tables."""
    _market_event()
    _parked_event()
    _happening()
    _history_request()


def _market_event() -> None:
    op.create_table(
        "market_event",
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("sent_s", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("of_id", sa.BigInteger(), nullable=False),
        sa.Column("also_id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("taken_s", sa.BigInteger(), nullable=False),
        sa.Column("refusal", sa.String(length=256), nullable=False),
        sa.PrimaryKeyConstraint("usage_point_id", "digest", name=op.f("pk_market_event")),
        comment="A market event as it was sent. of_id, also_id: REP, customer or meter. refusal: why it has no effect.",
    )


def _parked_event() -> None:
    op.create_table(
        "parked_event",
        sa.Column("utility_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("esiid", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("utility_id", "esiid", "digest", name=op.f("pk_parked_event")),
        comment="A market event of an ESIID that nobody knows yet; it is applied when that becomes known.",
    )


def _happening() -> None:
    op.create_table(
        "happening",
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("from_s", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until_s", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("usage_point_id", "kind", "from_s", name=op.f("pk_happening")),
        comment="From when until when there was no power, a test mode, tampering or a clock that was off by seconds.",
    )


def _history_request() -> None:
    op.create_table(
        "history_request",
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("rep_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asked_day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("asked_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("usage_point_id", "rep_id", "asked_day", name=op.f("pk_history_request")),
        comment="That a new REP of record asked for the days before its first one. days: how many of them at most.",
    )
    op.create_index(op.f("ix_history_request_rep_id"), "history_request", ["rep_id"], unique=False)
