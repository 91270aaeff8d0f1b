"""Proofs of possession: PKCE (RFC 7636) and DPoP (RFC 9449), signed with a key that lives as long as a run.

The signature is ES256 on plain integers, since the kit stands on the standard library. It is no code for secrets
worth keeping: it takes a time that depends on the key.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

Point = tuple[int, int] | None

FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
GENERATOR = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
"""The curve P-256: its field, and a point that generates a group of a prime order (FIPS 186, RFC 7518 section 3.4)."""


def encode(data: bytes) -> str:
    """Base64url without padding, as JSON web signatures write bytes."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def challenge(verifier: str) -> str:
    """The S256 code challenge of a verifier (RFC 7636 section 4.2)."""
    return encode(hashlib.sha256(verifier.encode("ascii")).digest())


def verifier() -> str:
    """A new code verifier of 43 characters."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Key:
    """A private key on P-256."""

    secret: int

    @classmethod
    def new(cls) -> Key:
        """A key nobody had before."""
        return cls(1 + secrets.randbelow(ORDER - 1))

    def jwk(self) -> dict[str, str]:
        """The public key as a JSON web key, its members in the order of RFC 7638."""
        x, y = _times(self.secret, GENERATOR) or (0, 0)
        return {"crv": "P-256", "kty": "EC", "x": encode(x.to_bytes(32)), "y": encode(y.to_bytes(32))}

    def thumbprint(self) -> str:
        """The key's thumbprint (RFC 7638), the `jkt` of tokens that are bound to it."""
        text = json.dumps(self.jwk(), separators=(",", ":"))
        return encode(hashlib.sha256(text.encode("ascii")).digest())

    def sign(self, message: bytes) -> bytes:
        """The ES256 signature: two numbers of 32 bytes each."""
        digest = int.from_bytes(hashlib.sha256(message).digest())
        while True:
            once = 1 + secrets.randbelow(ORDER - 1)
            x, _ = _times(once, GENERATOR) or (0, 0)
            first = x % ORDER
            second = pow(once, -1, ORDER) * (digest + first * self.secret) % ORDER
            if first and second:
                return first.to_bytes(32) + second.to_bytes(32)


def dpop(key: Key, method: str, url: str, *, token: str = "", nonce: str = "", issued_s: int | None = None) -> str:
    """A DPoP proof for one request (RFC 9449 section 4.2).

    token: the access token that it goes with. nonce: the one the server asked for. issued_s: instead of now.
    """
    bare = urlunsplit(urlsplit(url)._replace(query="", fragment=""))
    claims: dict[str, Any] = {
        "jti": secrets.token_urlsafe(16),
        "htm": method,
        "htu": bare,
        "iat": int(time.time()) if issued_s is None else issued_s,
    }
    if token:
        claims["ath"] = encode(hashlib.sha256(token.encode("ascii")).digest())
    if nonce:
        claims["nonce"] = nonce
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk()}
    signed = ".".join(encode(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    return f"{signed}.{encode(key.sign(signed.encode('ascii')))}"


def _times(count: int, point: Point) -> Point:
    """A multiple of a point, by doubling and adding."""
    found: Point = None
    while count:
        if count & 1:
            found = _plus(found, point)
        point = _plus(point, point)
        count >>= 1
    return found


def _plus(one: Point, other: Point) -> Point:
    """The sum of two points of the curve; None is its zero."""
    if one is None or other is None:
        return other if one is None else one
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % FIELD == 0:
        return None
    slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, FIELD) if one == other else (y2 - y1) * pow(x2 - x1, -1, FIELD)
    x3 = (slope * slope - x1 - x2) % FIELD
    return x3, (slope * (x1 - x3) - y1) % FIELD
