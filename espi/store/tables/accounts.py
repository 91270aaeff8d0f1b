"""What hangs at a login beside its password: further customers, mailed links, passkeys and recovery codes."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, LargeBinary, String, Table, Text

from espi.store.tables.columns import METADATA, REFERENCE, Key

login_party = Table(
    "login_party",
    METADATA,
    Column("login_id", BigInteger, primary_key=True, autoincrement=False),
    Column("party_id", BigInteger, primary_key=True, autoincrement=False),
    Column("since_s", BigInteger, nullable=False),
    Index(None, "party_id"),
    info=REFERENCE,
    comment="A further customer that a login may speak for: one person whom utilities know under several numbers.",
)

one_time = Table(
    "one_time",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("login_id", BigInteger, nullable=False),
    Column("data", JSON, nullable=False, default=dict),
    Column("expires_s", BigInteger, nullable=False),
    Index(None, "login_id"),
    Index(None, "expires_s"),
    info=REFERENCE,
    comment="What is good once and for a time: a mailed link, a passkey's challenge; kept as a SHA-256 only.",
)

passkey = Table(
    "passkey",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("login_id", BigInteger, nullable=False),
    Column("credential_hash", String(64), nullable=False, unique=True),
    Column("credential_id", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(64), nullable=False),
    Column("synced", Boolean, nullable=False),
    Column("made_s", BigInteger, nullable=False),
    Column("used_s", BigInteger),
    Index(None, "login_id"),
    info=REFERENCE,
    comment="A WebAuthn credential of a login; credential_hash is the SHA-256 of its id, which may be long.",
)

recovery_code = Table(
    "recovery_code",
    METADATA,
    Column("login_id", BigInteger, primary_key=True, autoincrement=False),
    Column("code_hash", String(64), primary_key=True),
    info=REFERENCE,
    comment="Codes that let a login in once each where the phone is lost; kept as a keyed hash only.",
)
