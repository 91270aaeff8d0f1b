"""What hangs at a login beside its password."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make the tables."""
    _login_party()
    _one_time()
    _passkey()
    _recovery_code()


def _login_party() -> None:
    op.create_table(
        "login_party",
        sa.Column("login_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("login_id", "party_id", name=op.f("pk_login_party")),
        comment="A further customer that a login may speak for: one person whom utilities know under several numbers.",
    )
    op.create_index(op.f("ix_login_party_party_id"), "login_party", ["party_id"], unique=False)


def _one_time() -> None:
    op.create_table(
        "one_time",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("login_id", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("expires_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_one_time")),
        comment="What is good once and for a time: a mailed link, a passkey's challenge; kept as a SHA-256 only.",
    )
    op.create_index(op.f("ix_one_time_expires_s"), "one_time", ["expires_s"], unique=False)
    op.create_index(op.f("ix_one_time_login_id"), "one_time", ["login_id"], unique=False)


def _passkey() -> None:
    op.create_table(
        "passkey",
        sa.Column("id", KEY, nullable=False),
        sa.Column("login_id", sa.BigInteger(), nullable=False),
        sa.Column("credential_hash", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("synced", sa.Boolean(), nullable=False),
        sa.Column("made_s", sa.BigInteger(), nullable=False),
        sa.Column("used_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_hash", name=op.f("uq_passkey_credential_hash")),
        comment="A WebAuthn credential of a login; credential_hash is the SHA-256 of its id, which may be long.",
    )
    op.create_index(op.f("ix_passkey_login_id"), "passkey", ["login_id"], unique=False)


def _recovery_code() -> None:
    op.create_table(
        "recovery_code",
        sa.Column("login_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("login_id", "code_hash", name=op.f("pk_recovery_code")),
        comment="Codes that let a login in once each where the phone is lost; kept as a keyed hash only.",
    )
