"""private_key_jwt: a client proves itself by a signed assertion (RFC 7523; OpenID Connect Core, section 9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from joserfc.jwk import Key

from espi.config import Settings
from espi.oauth import signed
from espi.oauth.signed import Unsound
from espi.store import proofs
from espi.store.clients import Client
from espi.store.database import Conn

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_S = 600
"""How far ahead an assertion may end: it is made for one call."""
SKEW_S = 30
_KINDS = {"PS256": "RSA", "ES256": "EC", "EdDSA": "OKP", "Ed25519": "OKP"}


def subject_of(assertion: str) -> str:
    """Which client an assertion speaks of; nothing is checked yet."""
    subject = signed.unchecked_claims(assertion).get("sub")
    return subject if isinstance(subject, str) else ""


def check(conn: Conn, client: Client, assertion: str, settings: Settings) -> None:
    """Raise `Unsound` unless the assertion is the client's, for us, of now, and was not seen before."""
    found = _claims(client, assertion)
    if not found.get("iss") == found.get("sub") == client.client_id:
        raise Unsound("iss and sub are not the client")
    if found.get("aud") not in (settings.base_url, [settings.base_url]):
        raise Unsound("made for another audience than our issuer alone")
    now_s = settings.clock.now_s()
    ends_s = signed.seconds(found, "exp")
    if ends_s is None or not now_s - SKEW_S < ends_s <= now_s + LONGEST_S + SKEW_S:
        raise Unsound("ended, or ends too far ahead")
    issued_s, begins_s = signed.seconds(found, "iat"), signed.seconds(found, "nbf")
    if issued_s is not None and not now_s - LONGEST_S - SKEW_S <= issued_s <= now_s + SKEW_S:
        raise Unsound("made too long ago or in the future")
    if begins_s is not None and begins_s > now_s + SKEW_S:
        raise Unsound("does not count yet")
    proof = f"assertion/{client.id}/{signed.identifier(found)}"
    if not proofs.add_proof(conn, proof, expires_s=ends_s + SKEW_S, now_s=now_s):
        raise Unsound("seen before")


def _claims(client: Client, assertion: str) -> Mapping[str, Any]:
    header = signed.header(assertion)
    for key in _candidates(client, header):
        try:
            return signed.claims(assertion, key)
        except Unsound:
            continue
    raise Unsound("signed with none of the client's keys")


def _candidates(client: Client, header: Mapping[str, Any]) -> Iterator[Key]:
    """The client's registered keys that may have signed this."""
    for jwk in client.keys.get("keys", ()):
        fits = (
            jwk.get("kty") == _KINDS[header["alg"]]
            and jwk.get("use", "sig") == "sig"
            and jwk.get("alg", header["alg"]) == header["alg"]
            and ("kid" not in header or jwk.get("kid") == header["kid"])
        )
        if fits:
            yield signed.public_key(jwk)
