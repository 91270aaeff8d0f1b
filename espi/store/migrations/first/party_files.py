"""Files for companies, and the keys that open the door."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def make() -> None:
    """Make the tables."""
    _files()
    _pickups()
    op.create_table(
        "party_key",
        sa.Column("id", KEY, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("fingerprint", sa.String(length=128), nullable=False),
        sa.Column("public", sa.String(length=2048), nullable=False),
        sa.Column("label", sa.String(length=128), nullable=False),
        sa.Column("added_s", sa.BigInteger(), nullable=False),
        sa.Column("used_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_key")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_party_key_fingerprint")),
        comment="What a company proves itself with to the file servers: an SSH key, or the hash of an FTPS password.",
    )
    op.create_index(op.f("ix_party_key_role_party_id"), "party_key", ["role", "party_id"], unique=False)


def _files() -> None:
    op.create_table(
        "party_file",
        sa.Column("id", KEY, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("folder", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("storage_key", sa.String(length=128), nullable=False),
        sa.Column("signature", sa.String(length=1024), nullable=False),
        sa.Column("published_at_s", sa.BigInteger(), nullable=False),
        sa.Column("archived_at_s", sa.BigInteger(), nullable=True),
        sa.Column("taken_at_s", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at_s", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_file")),
        sa.UniqueConstraint("storage_key", name=op.f("uq_party_file_storage_key")),
        comment="A file for a company. taken: first fetched to its end. withdrawn: nobody sees it any more.",
    )
    op.create_index(op.f("ix_party_file_role_party_id_name"), "party_file", ["role", "party_id", "name"], unique=False)
    op.create_table(
        "party_file_grant",
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("authorization_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("file_id", "authorization_id", name=op.f("pk_party_file_grant")),
        comment="What a file for a third party holds by whose grants: it is seen while all of them live.",
    )


def _pickups() -> None:
    op.create_table(
        "party_file_pickup",
        sa.Column("id", KEY, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("protocol", sa.String(length=8), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("began_s", sa.BigInteger(), nullable=False),
        sa.Column("ended_s", sa.BigInteger(), nullable=False),
        sa.Column("sent_bytes", sa.BigInteger(), nullable=False),
        sa.Column("to_end", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_file_pickup")),
        comment="A file was opened and sent, in part or to its end. address: from where it was fetched.",
    )
    op.create_index(
        op.f("ix_party_file_pickup_role_party_id_id"), "party_file_pickup", ["role", "party_id", "id"], unique=False
    )
