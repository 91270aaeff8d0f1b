"""Consent receipts: what was agreed, changed or ended, signed so that anybody can check it.

A receipt is JSON in one canonical form; its JWS has the body taken out (RFC 7515, appendix F) and its hash is in the
audit. Each names the hash of the one before it, so that none can be left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from joserfc.util import urlsafe_b64encode

from espi import signing as keys
from espi.clock import day_date, instant_text
from espi.config import Settings
from espi.errors import BadInput
from espi.store import audit, grants
from espi.store import receipts as stored

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint

KIND = "consent-receipt"
VERSION = 1


def issue(
    conn: Conn,
    authorization: grants.Authorization,
    what: str,
    *,
    settings: Settings,
    actor: str,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Add the next receipt of a grant. what: granted, changed, ended or restored. facts: what differs from the last."""
    now_s = settings.clock.now_s()
    last = stored.last_receipt(conn, authorization.id)
    known = json.loads(last.body) if last else {}
    number = last.number + 1 if last else 1
    body = canonical(
        {
            **known,
            **_unchanging(conn, authorization, settings),
            "receipt": f"{authorization.path_id}/{number}",
            "what": what,
            "at": instant_text(now_s),
            "by": actor,
            "scope": authorization.scope,
            "starts": instant_text(authorization.starts_s),
            "ends": instant_text(now_s if what == "ended" else authorization.ends_s),
            "previous": hashed(last.body) if last else "",
            **(facts or {}),
        }
    )
    key = keys.signing_key(settings)
    stored.add_consent_key(conn, str(key.kid), keys.public(key))
    header, _, signature = keys.sign(body.encode(), KIND, key).split(".")
    stored.add_receipt(conn, authorization.id, number, body, f"{header}..{signature}", now_s)
    audit.record(
        conn,
        at_s=now_s,
        actor=actor,
        action="receipt:add",
        target=f"authorization {authorization.path_id}",
        rule="every change of a grant",
        allowed=True,
        detail={"number": number, "what": what, "sha256": hashed(body)},
    )


def covered(points: Sequence[UsagePoint], spans: Mapping[int, tuple[int, int]]) -> list[dict[str, str]]:
    """Usage points as a receipt names them: by the number of their address, with the days that may be read."""
    return [
        {
            "usage_point": str(point.path_id),
            "from": day_date(spans[point.id][0]).isoformat(),
            "until": day_date(spans[point.id][1]).isoformat(),
        }
        for point in points
    ]


def document(receipt: stored.Receipt) -> dict[str, Any]:
    """A receipt as a customer gets it: the record in plain words of JSON, and the JWS that proves it."""
    header, _, signature = receipt.signature.partition("..")
    middle = urlsafe_b64encode(receipt.body.encode()).decode()
    return {"receipt": json.loads(receipt.body), "jws": f"{header}.{middle}.{signature}"}


def verify(text: str, public_keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The record of a receipt file, if it is whole and signed with one of the keys; else `BadInput` says what is not.

    text: the file that the customer got, or the JWS alone.
    """
    if not text.lstrip().startswith("{"):
        found: dict[str, Any] = json.loads(keys.signed_body(text, KIND, public_keys))
        return found
    try:
        given = json.loads(text)
        record, proof = given["receipt"], given["jws"]
    except (ValueError, KeyError, TypeError) as err:
        raise BadInput("This is no consent receipt: it has no members receipt and jws.") from err
    if keys.signed_body(str(proof), KIND, public_keys) != canonical(record).encode():
        raise BadInput("The words of this receipt are not the ones that were signed.")
    return dict(record)


def canonical(record: Mapping[str, Any]) -> str:
    """JSON in the one form that is signed: members by name, no blanks, nothing escaped that need not be."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hashed(body: str) -> str:
    """The SHA-256 of a receipt's body, as the audit and the next receipt name it."""
    return hashlib.sha256(body.encode()).hexdigest()


def _unchanging(conn: Conn, authorization: grants.Authorization, settings: Settings) -> dict[str, Any]:
    third_party = grants.third_party(conn, authorization.third_party_id)
    return {
        "version": VERSION,
        "custodian": settings.custodian_id,
        "custodian_uri": settings.base_url,
        "authorization": f"{settings.resource_url}/Authorization/{authorization.path_id}",
        "third_party": {
            "id": str(third_party.path_id),
            "name": third_party.name,
            "uri": str(third_party.content.get("client_uri", "")),
        },
    }
