"""The record of decisions and changes: append-only, each row carrying the hash of the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, text

from espi.store.audit_buffer import AuditBuffer
from espi.store.database import Conn, Database, transaction_of
from espi.store.tables import audit

FIRST_HASH = "0" * 64
CHAIN_LOCK = 0x41554449
_HASHED = ("at_s", "actor", "action", "target", "rule", "allowed", "detail", "previous_hash")


def record(
    conn: Conn,
    *,
    at_s: int,
    actor: str,
    action: str,
    target: str,
    rule: str,
    allowed: bool,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Append a row. On a connection that only reads it is written, and committed, beside it, or is kept for a moment.

    A web server keeps decisions on reads in its database's buffer (`espi.store.audit_buffer`). What was refused stays
    on record even if the transaction of the caller is rolled back.
    """
    row = {
        "at_s": at_s,
        "actor": actor[:128],
        "action": action,
        "target": target[:256],
        "rule": rule,
        "allowed": allowed,
        "detail": dict(detail or {}),
    }
    transaction = transaction_of(conn)
    if transaction.writes:
        _append(conn, row)
        if not allowed:
            transaction.after_rollback.append(lambda other: _append(other, row))
    elif transaction.database.audit_buffer is not None:
        transaction.database.audit_buffer.add(row)
    else:
        with transaction.database.write() as writer:
            _append(writer, row)


def buffer(database: Database) -> None:
    """Keep a database's decisions on reads for a moment and write them together, as a web server does."""

    def write(rows: Sequence[Mapping[str, Any]]) -> None:
        with database.write() as conn:
            append_all(conn, rows)

    if database.audit_buffer is None:
        database.audit_buffer = AuditBuffer(write)


def verify(conn: Conn) -> list[str]:
    """What is wrong with the chain, in words; nothing if it is whole."""
    faults = []
    previous = FIRST_HASH
    rows = select(audit).order_by(audit.c.id).execution_options(yield_per=1000)
    for row in conn.execute(rows).mappings():
        if row["previous_hash"] != previous:
            faults.append(f"Audit row {row['id']} does not follow the row before it: one was removed or changed.")
        if row["hash"] != _hash({**row}):
            faults.append(f"Audit row {row['id']} was changed after it was written.")
        previous = row["hash"]
    return faults


def append_all(conn: Conn, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append rows, chained in their order, with one statement."""
    previous = _last_hash(conn)
    chained = []
    for row in rows:
        whole = {**row, "previous_hash": previous}
        previous = _hash(whole)
        chained.append({**whole, "hash": previous})
    if chained:
        conn.execute(insert(audit), chained)


def _append(conn: Conn, row: Mapping[str, Any]) -> None:
    append_all(conn, [row])


def _last_hash(conn: Conn) -> str:
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})
    last = conn.scalar(select(audit.c.hash).order_by(audit.c.id.desc()).limit(1))
    return last or FIRST_HASH


def _hash(row: Mapping[str, Any]) -> str:
    hashed = [row[name] for name in _HASHED]
    return hashlib.sha256(json.dumps(hashed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
