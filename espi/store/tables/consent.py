"""Third parties, what customers let them see, and what proves it: clients, codes, tokens."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
)

from espi.store.tables.columns import BY_USAGE_POINT, METADATA, REFERENCE, Key, stamps

third_party = Table(
    "third_party",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("name", String(256), nullable=False, unique=True),
    Column("status", SmallInteger, nullable=False),
    Column("path_id", BigInteger, nullable=False, unique=True),
    Column("uuid", String(36), nullable=False),
    Column("content", JSON, nullable=False, default=dict),
    *stamps(),
    info=REFERENCE,
    comment="A registered application. status: DataCustodianApplicationStatus. content: ApplicationInformation.",
)

authorization = Table(
    "authorization",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("path_id", BigInteger, nullable=False, unique=True),
    Column("subscription_path_id", BigInteger, nullable=False, unique=True),
    Column("uuid", String(36), nullable=False),
    Column("kind", String(16), nullable=False, default="customer"),
    Column("third_party_id", BigInteger, nullable=False),
    Column("client_id", BigInteger, nullable=False, default=0),
    Column("customer_id", BigInteger, nullable=False),
    Column("personal_path_id", BigInteger, unique=True),
    Column("status", SmallInteger, nullable=False),
    Column("scope", String(256), nullable=False),
    Column("bulk_id", String(64), nullable=False, default=""),
    Column("terms", JSON, nullable=False, default=dict),
    Column("starts_s", BigInteger, nullable=False),
    Column("ends_s", BigInteger, nullable=False),
    Column("token_ends_s", BigInteger, nullable=False, default=0),
    Column("ended_by", String(16), nullable=False, default=""),
    Column("usage_point_ids", JSON, nullable=False, default=list),
    *stamps(),
    Index(None, "third_party_id"),
    Index(None, "customer_id"),
    Index(None, "client_id"),
    info=REFERENCE,
    comment="A customer's grant, or what a client may by itself. usage_point_ids: all that it ever covered.",
)

authorization_usage_point = Table(
    "authorization_usage_point",
    METADATA,
    Column("authorization_id", BigInteger, primary_key=True),
    Column("usage_point_id", Integer, primary_key=True),
    Column("from_day", Integer, nullable=False),
    Column("until_day", Integer, nullable=False),
    CheckConstraint("from_day < until_day", name="span"),
    Index(None, "usage_point_id"),
    info=BY_USAGE_POINT,
    comment="Which usage points and which days a grant covers.",
)

client = Table(
    "client",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("client_id", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("party_id", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("policy", String(16), nullable=False),
    Column("auth_method", String(40), nullable=False),
    Column("keys", JSON, nullable=False, default=dict),
    Column("certificate", JSON, nullable=False, default=dict),
    Column("sandbox", Boolean, nullable=False, default=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("created_s", BigInteger, nullable=False),
    Index(None, "role", "party_id"),
    info=REFERENCE,
    comment="An OAuth client of a party (role, party_id). kind: main, registration, admin, upload or custodian.",
)

client_secret = Table(
    "client_secret",
    METADATA,
    Column("client_id", ForeignKey("client.id"), primary_key=True),
    Column("secret_hash", String(64), primary_key=True),
    Column("created_s", BigInteger, nullable=False),
    Column("expires_s", BigInteger, nullable=False),
    info=REFERENCE,
    comment="A client's secrets, as SHA-256 only; two may live while they are exchanged. expires_s 0: never.",
)

token = Table(
    "token",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("authorization_id", BigInteger, nullable=False),
    Column("client_id", BigInteger, nullable=False),
    Column("family", String(32), nullable=False),
    Column("binding", String(128), nullable=False, default=""),
    Column("issued_s", BigInteger, nullable=False),
    Column("expires_s", BigInteger, nullable=False),
    Column("used_s", BigInteger),
    Column("revoked_s", BigInteger),
    Index(None, "authorization_id"),
    Index(None, "family"),
    info=REFERENCE,
    comment="A token, as SHA-256 only. kind: access or refresh. family: what came of one code. expires_s 0: never.",
)

authorization_code = Table(
    "authorization_code",
    METADATA,
    Column("code_hash", String(64), primary_key=True),
    Column("client_id", BigInteger, nullable=False),
    Column("authorization_id", BigInteger, nullable=False),
    Column("family", String(32), nullable=False),
    Column("redirect_uri", String(2048), nullable=False),
    Column("challenge", String(128), nullable=False, default=""),
    Column("binding", String(128), nullable=False, default=""),
    Column("issued_s", BigInteger, nullable=False),
    Column("expires_s", BigInteger, nullable=False),
    Column("used_s", BigInteger),
    info=REFERENCE,
    comment="An authorization code, as SHA-256 only; redeemed once. challenge: PKCE S256.",
)

pushed_request = Table(
    "pushed_request",
    METADATA,
    Column("uri_hash", String(64), primary_key=True),
    Column("client_id", BigInteger, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("expires_s", BigInteger, nullable=False),
    Column("used_s", BigInteger),
    info=REFERENCE,
    comment="An authorization request that a client has pushed (RFC 9126).",
)

proof_seen = Table(
    "proof_seen",
    METADATA,
    Column("proof_hash", String(64), primary_key=True),
    Column("expires_s", BigInteger, nullable=False),
    Index(None, "expires_s"),
    info=REFERENCE,
    comment="The jti of an assertion or DPoP proof that was seen, so that it counts once.",
)
