"""Customers, REPs, and who may log in."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, SmallInteger, String, Table

from espi.store.tables.columns import BY_USAGE_POINT, METADATA, REFERENCE, Key, runs

customer = Table(
    "customer",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("path_id", BigInteger, nullable=False, unique=True),
    Column("name", String(256), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("language", String(8), nullable=False, default="en"),
    Column("content", JSON, nullable=False, default=dict),
    info=REFERENCE,
    comment="A retail customer. content: his ESPI customer elements. No row of his is ever joined to another's.",
)

tenancy = Table(
    "tenancy",
    METADATA,
    *runs(),
    Column("customer_id", BigInteger, nullable=False),
    Index(None, "customer_id"),
    info=BY_USAGE_POINT,
    comment="Whose usage point it is, from move-in until move-out.",
)

rep = Table(
    "rep",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("name", String(256), nullable=False, unique=True),
    Column("duns", String(13), nullable=False, unique=True),
    Column("certificate_number", String(16), nullable=False, unique=True),
    info=REFERENCE,
    comment="A retail electric provider; certificate_number is the regulator's.",
)

rep_of_record = Table(
    "rep_of_record",
    METADATA,
    *runs(),
    Column("rep_id", BigInteger, nullable=False),
    Index(None, "rep_id", "from_day"),
    Index(None, "rep_id", "until_day"),
    info=BY_USAGE_POINT,
    comment="Which REP served the usage point on which days.",
)

login = Table(
    "login",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("name", String(256), nullable=False, unique=True),
    Column("password_hash", String(256), nullable=False),
    Column("totp_secret", String(64), nullable=False, default=""),
    Column("role", String(16), nullable=False),
    Column("party_id", BigInteger, nullable=False),
    Column("language", String(8), nullable=False, default="en"),
    Column("full_name", String(128), nullable=False, default=""),
    Column("email", String(254), nullable=False, default=""),
    Column("failures", SmallInteger, nullable=False, default=0),
    Column("failed_s", BigInteger, nullable=False, default=0),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("code_step", BigInteger, nullable=False, default=0),
    Column("position", String(16), nullable=False, default=""),
    Index(None, "role", "party_id"),
    Index(None, "email"),
    info=REFERENCE,
    comment="Who may log in, and for whom: party_id is the customer, REP, third party or utility.",
)

session = Table(
    "session",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("login_id", BigInteger, nullable=False),
    Column("data", JSON, nullable=False, default=dict),
    Column("started_s", BigInteger, nullable=False),
    Column("used_s", BigInteger, nullable=False),
    Index(None, "login_id"),
    info=REFERENCE,
    comment="A portal session; the cookie's token is kept as a SHA-256 only.",
)
