"""Logins and sessions, files that came in and who loads them, and the audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from espi.store.migrations.first import claims

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make the tables."""
    _login()
    _session()
    _received_file()
    claims.make()
    _refused_block()
    _parked_block()
    _audit()


def _login() -> None:
    op.create_table(
        "login",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("totp_secret", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("full_name", sa.String(length=128), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("failures", sa.SmallInteger(), nullable=False),
        sa.Column("failed_s", sa.BigInteger(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("code_step", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("name", name=op.f("uq_login_name")),
        comment="Who may log in, and for whom: party_id is the customer, REP, third party or utility.",
    )
    op.create_index(op.f("ix_login_email"), "login", ["email"], unique=False)
    op.create_index(op.f("ix_login_role_party_id"), "login", ["role", "party_id"], unique=False)


def _session() -> None:
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("login_id", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("started_s", sa.BigInteger(), nullable=False),
        sa.Column("used_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
        comment="A portal session; the cookie's token is kept as a SHA-256 only.",
    )
    op.create_index(op.f("ix_session_login_id"), "session", ["login_id"], unique=False)


def _received_file() -> None:
    op.create_table(
        "received_file",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("utility_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("received_s", sa.BigInteger(), nullable=False),
        sa.Column("finished_s", sa.BigInteger(), nullable=True),
        sa.Column("checkpoint", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_file")),
        sa.UniqueConstraint("name", "sha256", name=op.f("uq_received_file_name_sha256")),
        sa.UniqueConstraint("sequence", name=op.f("uq_received_file_sequence")),
        comment="A file that came in. state: loading, loaded, refused. sequence: as finished. told: third parties are.",
    )
    op.create_index(op.f("ix_received_file_told_state"), "received_file", ["told", "state"], unique=False)


def _refused_block() -> None:
    op.create_table(
        "refused_block",
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("row_number", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=2), nullable=False),
        sa.Column("esiid", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("start_text", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=512), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "row_number", name=op.f("pk_refused_block")),
        comment="A block that was not loaded, with ERCOT's result code: the lines of the response file.",
    )


def _parked_block() -> None:
    op.create_table(
        "parked_block",
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("row_number", sa.BigInteger(), nullable=False),
        sa.Column("utility_id", sa.BigInteger(), nullable=False),
        sa.Column("esiid", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("sent_s", sa.BigInteger(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.Column("quality", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "row_number", name=op.f("pk_parked_block")),
        comment="A good block of a meter nobody knows yet; it is loaded when the meter becomes known.",
    )
    op.create_index(op.f("ix_parked_block_utility_id_esiid"), "parked_block", ["utility_id", "esiid"], unique=False)


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at_s", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=256), nullable=False),
        sa.Column("rule", sa.String(length=128), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        comment="Decisions and changes, append-only; each row carries the hash of the one before.",
    )
    op.create_index(op.f("ix_audit_target"), "audit", ["target"], unique=False)
