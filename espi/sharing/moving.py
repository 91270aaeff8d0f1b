"""Consents that move from one platform to another, so that a change of vendor ends none of them.

The file is JSON lines. The first is a JWS (ES256) of who made it, when, and the SHA-256 of the rest; whoever takes it
in is given the public key by another way (`/.well-known/consent-keys.json` of the platform that made it). Tokens and
secrets are in it as hashes only, so that third parties go on with those they have.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import IO, TYPE_CHECKING, Any

from espi import access
from espi import signing as keys
from espi.access import Principal
from espi.clock import instant_text
from espi.config import Settings
from espi.errors import BadInput
from espi.store import audit, moving

if TYPE_CHECKING:
    from espi.store.database import Conn

KIND = "consent-export"
VERSION = 1
MOST_HEADER_BYTES = 16_384


def export(conn: Conn, mover: Principal, out: IO[bytes], settings: Settings) -> int:
    """Write everything that goes along, signed; how many rows that was."""
    access.require(conn, mover, "consent:move", settings=settings, target="export")
    key = keys.signing_key(settings)
    rows, digest = 0, hashlib.sha256()
    with tempfile.TemporaryFile() as body:
        for row in moving.consents(conn):
            line = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
            digest.update(line)
            body.write(line)
            rows += 1
        header = {
            "version": VERSION,
            "custodian": settings.custodian_id,
            "custodian_uri": settings.base_url,
            "at": instant_text(settings.clock.now_s()),
            "rows": rows,
            "sha256": digest.hexdigest(),
        }
        out.write(keys.sign(json.dumps(header, sort_keys=True).encode(), KIND, key).encode() + b"\n")
        body.seek(0)
        shutil.copyfileobj(body, out)
    _note(conn, mover, "consent:export", settings, {"rows": rows, "sha256": digest.hexdigest()})
    return rows


def take_in(
    conn: Conn, mover: Principal, file: IO[bytes], public_keys: Iterable[Mapping[str, Any]], settings: Settings
) -> Counter[str]:
    """Take in what another platform has written: how many rows were added, were there already, or are unknown here.

    file: can be read twice. public_keys: the other platform's (JWK). `BadInput` if it is not signed by one of them, or
    was changed; nothing is taken in then. What was taken in before stays as it is.
    """
    access.require(conn, mover, "consent:move", settings=settings, target="import")
    header = _header(file, public_keys)
    start = file.tell()
    digest = hashlib.sha256()
    for line in file:
        digest.update(line)
    if digest.hexdigest() != header.get("sha256"):
        raise BadInput("This export was changed after it was signed.")
    file.seek(start)
    counts: Counter[str] = Counter()
    for line in file:
        counts[_take(conn, json.loads(line))] += 1
    _note(conn, mover, "consent:import", settings, {"from": header.get("custodian"), **counts})
    return counts


def _header(file: IO[bytes], public_keys: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(
        keys.signed_body(file.readline(MOST_HEADER_BYTES).decode("utf-8", "replace"), KIND, public_keys)
    )
    if header.get("version") != VERSION:
        raise BadInput(f"This export is of version {header.get('version')}; this platform knows {VERSION}.")
    return header


def _take(conn: Conn, row: dict[str, Any]) -> str:
    match row["row"]:
        case "consent_key":
            return "added" if moving.put_consent_key(conn, row) else "there"
        case "third_party":
            return "added" if moving.put_third_party(conn, row) else "there"
        case "authorization":
            return moving.put_authorization(conn, row)
        case "invitation":
            return moving.put_invitation(conn, row)
    raise BadInput(f"This export holds a row {row['row']!r}, which this platform does not know.")


def _note(conn: Conn, mover: Principal, action: str, settings: Settings, detail: Mapping[str, Any]) -> None:
    audit.record(
        conn,
        at_s=settings.clock.now_s(),
        actor=str(mover),
        action=action,
        target="consents",
        rule="operator/consent:move/-",
        allowed=True,
        detail=detail,
    )
