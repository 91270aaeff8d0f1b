"""Files for companies: what lies in whose folders, by which grants, who fetched it, and the keys that open the door."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table

from espi.store.tables.columns import METADATA, REFERENCE, Key

party_file = Table(
    "party_file",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("party_id", BigInteger, nullable=False),
    Column("folder", String(16), nullable=False),
    Column("name", String(200), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("storage_key", String(128), nullable=False, unique=True),
    Column("signature", String(1024), nullable=False),
    Column("published_at_s", BigInteger, nullable=False),
    Column("archived_at_s", BigInteger),
    Column("taken_at_s", BigInteger),
    Column("withdrawn_at_s", BigInteger),
    Index(None, "role", "party_id", "name"),
    info=REFERENCE,
    comment="A file for a company. taken: first fetched to its end. withdrawn: nobody sees it any more.",
)

party_file_grant = Table(
    "party_file_grant",
    METADATA,
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Column("authorization_id", BigInteger, primary_key=True, autoincrement=False),
    info=REFERENCE,
    comment="What a file for a third party holds by whose grants: it is seen while all of them live.",
)

party_file_pickup = Table(
    "party_file_pickup",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("party_id", BigInteger, nullable=False),
    Column("file_id", BigInteger, nullable=False),
    Column("name", String(200), nullable=False),
    Column("protocol", String(8), nullable=False),
    Column("address", String(64), nullable=False),
    Column("began_s", BigInteger, nullable=False),
    Column("ended_s", BigInteger, nullable=False),
    Column("sent_bytes", BigInteger, nullable=False),
    Column("to_end", Boolean, nullable=False),
    Index(None, "role", "party_id", "id"),
    info=REFERENCE,
    comment="A file was opened and sent, in part or to its end. address: from where it was fetched.",
)

party_key = Table(
    "party_key",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("party_id", BigInteger, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("fingerprint", String(128), nullable=False, unique=True),
    Column("public", String(2048), nullable=False),
    Column("label", String(128), nullable=False),
    Column("added_s", BigInteger, nullable=False),
    Column("used_s", BigInteger),
    Index(None, "role", "party_id"),
    info=REFERENCE,
    comment="What a company proves itself with to the file servers: an SSH key, or the hash of an FTPS password.",
)
