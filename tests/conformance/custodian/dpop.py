"""Proofs of possession as the played custodian reads them: a JWT in a header, signed with the key that it names."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from tests.conformance.custodian.exchange import Request


class Unproven(Exception):
    """There is no good proof."""


@dataclass(frozen=True)
class Proof:
    """A good proof. name: what tells it from others. thumbprint: of its key."""

    name: str
    thumbprint: str


def key_of(request: Request, url: str) -> str:
    """The thumbprint of the key that a request proves. `Unproven` if none."""
    return read(request, url).thumbprint


def read(request: Request, url: str, *, is_bound: bool = True) -> Proof:
    """The proof of a request to an address.

    Raises:
        Unproven: there is none, or it is for another method or address and `is_bound`.
    """
    try:
        head, body, signature = request.headers["dpop"].split(".")
        header, claims = _json(head), _json(body)
        key = header["jwk"]
        _verify(key, f"{head}.{body}".encode(), _bytes(signature))
        name = str(claims["jti"])
    except (KeyError, ValueError, TypeError, InvalidSignature) as err:
        raise Unproven from err
    if is_bound and (claims.get("htm"), claims.get("htu")) != (request.method, url):
        raise Unproven
    return Proof(name, _thumbprint(key))


def _verify(key: dict[str, str], signed: bytes, signature: bytes) -> None:
    numbers = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), ec.SECP256R1())
    parts = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    numbers.public_key().verify(utils.encode_dss_signature(*parts), signed, ec.ECDSA(hashes.SHA256()))


def _thumbprint(key: dict[str, str]) -> str:
    text = json.dumps({name: key[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _json(part: str) -> dict[str, Any]:
    return dict(json.loads(_bytes(part)))


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
