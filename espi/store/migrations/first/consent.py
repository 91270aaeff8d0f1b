"""Third parties, grants, clients, tokens, invitations and receipts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make the tables."""
    _third_party()
    _authorization()
    _authorization_usage_point()
    _client()
    _client_secret()
    _token()
    _authorization_code()
    _pushed_request()
    _proof_seen()
    _invitation()
    _receipt()


def _third_party() -> None:
    op.create_table(
        "third_party",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("path_id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("published_s", sa.BigInteger(), nullable=False),
        sa.Column("updated_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_third_party")),
        sa.UniqueConstraint("name", name=op.f("uq_third_party_name")),
        sa.UniqueConstraint("path_id", name=op.f("uq_third_party_path_id")),
        comment="A registered application. status: DataCustodianApplicationStatus. content: ApplicationInformation.",
    )


def _authorization() -> None:
    op.create_table(
        "authorization",
        sa.Column("id", KEY, nullable=False),
        sa.Column("path_id", sa.BigInteger(), nullable=False),
        sa.Column("subscription_path_id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("third_party_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("personal_path_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("scope", sa.String(length=256), nullable=False),
        sa.Column("bulk_id", sa.String(length=64), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("starts_s", sa.BigInteger(), nullable=False),
        sa.Column("ends_s", sa.BigInteger(), nullable=False),
        sa.Column("token_ends_s", sa.BigInteger(), nullable=False),
        sa.Column("ended_by", sa.String(length=16), nullable=False),
        sa.Column("usage_point_ids", sa.JSON(), nullable=False),
        sa.Column("published_s", sa.BigInteger(), nullable=False),
        sa.Column("updated_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorization")),
        sa.UniqueConstraint("path_id", name=op.f("uq_authorization_path_id")),
        sa.UniqueConstraint("personal_path_id", name=op.f("uq_authorization_personal_path_id")),
        sa.UniqueConstraint("subscription_path_id", name=op.f("uq_authorization_subscription_path_id")),
        comment="A customer's grant, or what a client may by itself. usage_point_ids: all that it ever covered.",
    )
    op.create_index(op.f("ix_authorization_client_id"), "authorization", ["client_id"], unique=False)
    op.create_index(op.f("ix_authorization_customer_id"), "authorization", ["customer_id"], unique=False)
    op.create_index(op.f("ix_authorization_third_party_id"), "authorization", ["third_party_id"], unique=False)


def _authorization_usage_point() -> None:
    op.create_table(
        "authorization_usage_point",
        sa.Column("authorization_id", sa.BigInteger(), nullable=False),
        sa.Column("usage_point_id", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Integer(), nullable=False),
        sa.Column("until_day", sa.Integer(), nullable=False),
        sa.CheckConstraint("from_day < until_day", name=op.f("ck_authorization_usage_point_span")),
        sa.PrimaryKeyConstraint("authorization_id", "usage_point_id", name=op.f("pk_authorization_usage_point")),
        comment="Which usage points and which days a grant covers.",
    )
    op.create_index(
        op.f("ix_authorization_usage_point_usage_point_id"),
        "authorization_usage_point",
        ["usage_point_id"],
        unique=False,
    )


def _client() -> None:
    op.create_table(
        "client",
        sa.Column("id", KEY, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("policy", sa.String(length=16), nullable=False),
        sa.Column("auth_method", sa.String(length=40), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.Column("certificate", sa.JSON(), nullable=False),
        sa.Column("sandbox", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
        sa.UniqueConstraint("client_id", name=op.f("uq_client_client_id")),
        comment="An OAuth client of a party (role, party_id). kind: main, registration, admin, upload or custodian.",
    )
    op.create_index(op.f("ix_client_role_party_id"), "client", ["role", "party_id"], unique=False)


def _client_secret() -> None:
    op.create_table(
        "client_secret",
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_s", sa.BigInteger(), nullable=False),
        sa.Column("expires_s", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_client_secret_client_id")),
        sa.PrimaryKeyConstraint("client_id", "secret_hash", name=op.f("pk_client_secret")),
        comment="A client's secrets, as SHA-256 only; two may live while they are exchanged. expires_s 0: never.",
    )


def _token() -> None:
    op.create_table(
        "token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("authorization_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("family", sa.String(length=32), nullable=False),
        sa.Column("binding", sa.String(length=128), nullable=False),
        sa.Column("issued_s", sa.BigInteger(), nullable=False),
        sa.Column("expires_s", sa.BigInteger(), nullable=False),
        sa.Column("used_s", sa.BigInteger(), nullable=True),
        sa.Column("revoked_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_token")),
        comment="A token, as SHA-256 only. kind: access or refresh. family: what came of one code. expires_s 0: never.",
    )
    op.create_index(op.f("ix_token_authorization_id"), "token", ["authorization_id"], unique=False)
    op.create_index(op.f("ix_token_family"), "token", ["family"], unique=False)


def _authorization_code() -> None:
    op.create_table(
        "authorization_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("authorization_id", sa.BigInteger(), nullable=False),
        sa.Column("family", sa.String(length=32), nullable=False),
        sa.Column("redirect_uri", sa.String(length=2048), nullable=False),
        sa.Column("challenge", sa.String(length=128), nullable=False),
        sa.Column("binding", sa.String(length=128), nullable=False),
        sa.Column("issued_s", sa.BigInteger(), nullable=False),
        sa.Column("expires_s", sa.BigInteger(), nullable=False),
        sa.Column("used_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_authorization_code")),
        comment="An authorization code, as SHA-256 only; redeemed once. challenge: PKCE S256.",
    )


def _pushed_request() -> None:
    op.create_table(
        "pushed_request",
        sa.Column("uri_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("expires_s", sa.BigInteger(), nullable=False),
        sa.Column("used_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("uri_hash", name=op.f("pk_pushed_request")),
        comment="An authorization request that a client has pushed (RFC 9126).",
    )


def _proof_seen() -> None:
    op.create_table(
        "proof_seen",
        sa.Column("proof_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("proof_hash", name=op.f("pk_proof_seen")),
        comment="The jti of an assertion or DPoP proof that was seen, so that it counts once.",
    )
    op.create_index(op.f("ix_proof_seen_expires_s"), "proof_seen", ["expires_s"], unique=False)


def _invitation() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("third_party_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("email", sa.String(length=256), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("scope", sa.String(length=256), nullable=False),
        sa.Column("months", sa.SmallInteger(), nullable=False),
        sa.Column("premises", sa.JSON(), nullable=False),
        sa.Column("link_hash", sa.String(length=64), nullable=True),
        sa.Column("authorization_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=256), nullable=False),
        sa.Column("created_s", sa.BigInteger(), nullable=False),
        sa.Column("expires_s", sa.BigInteger(), nullable=False),
        sa.Column("decided_s", sa.BigInteger(), nullable=True),
        sa.Column("reminders", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_invitation_link_hash")),
        sa.UniqueConstraint("number", name=op.f("uq_invitation_number")),
        comment="A third party's request for an agreement. premises: usage_point_id, esiid, meter, rep of each.",
    )
    op.create_index(op.f("ix_invitation_customer_id"), "invitation", ["customer_id"], unique=False)
    op.create_index(op.f("ix_invitation_third_party_id"), "invitation", ["third_party_id"], unique=False)


def _receipt() -> None:
    op.create_table(
        "receipt",
        sa.Column("authorization_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("made_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("authorization_id", "number", name=op.f("pk_receipt")),
        comment="What was agreed, changed or ended, as signed words (a JWS over body); its hash is in the audit.",
    )
