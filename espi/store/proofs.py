"""What counts once: the identifiers of assertions and proofs of possession, across all processes and machines."""

from __future__ import annotations

import hashlib

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from espi.store.database import Conn, transaction_of
from espi.store.tables import proof_seen


def add_proof(conn: Conn, proof: str, *, expires_s: int, now_s: int) -> bool:
    """Note that a proof was seen; false if it was before. It is remembered until expires_s.

    Where the caller's connection only reads, it is noted in a transaction of its own.
    """
    transaction = transaction_of(conn)
    if transaction.writes:
        return _add(conn, proof, expires_s, now_s)
    with transaction.database.write() as writing:
        return _add(writing, proof, expires_s, now_s)


def drop_old_proofs(conn: Conn, now_s: int) -> int:
    """Forget the proofs that are too old to be used again, and say how many they were."""
    return conn.execute(delete(proof_seen).where(proof_seen.c.expires_s <= now_s)).rowcount


def _add(conn: Conn, proof: str, expires_s: int, now_s: int) -> bool:
    key = hashlib.sha256(proof.encode()).hexdigest()
    conn.execute(delete(proof_seen).where(proof_seen.c.proof_hash == key, proof_seen.c.expires_s <= now_s))
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    new = insert(proof_seen).values(proof_hash=key, expires_s=expires_s).on_conflict_do_nothing()
    return conn.execute(new.returning(proof_seen.c.proof_hash)).first() is not None
