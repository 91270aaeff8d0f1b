"""The keys and certificates that a client registers: public ones, and only where its method uses them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from espi.errors import BadInput
from espi.oauth import certificate, signed
from espi.oauth.certificate import UnfitCertificate
from espi.oauth.signed import Unsound

MOST_KEYS = 10
_KEPT = ("kty", "crv", "x", "y", "n", "e", "kid", "use", "alg")


class BadKeys(BadInput):
    """Keys or certificate names that cannot be registered."""

    code = "invalid_client_metadata"


def read(given: Mapping[str, Any], method: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The JWK set and the certificate facts (`espi.store.clients.Client`) of a registration with this method."""
    if method == "private_key_jwt":
        return {"keys": [_key(jwk) for jwk in _jwks(given)]}, {}
    if method == "self_signed_tls_client_auth":
        return {}, {certificate.PEM: "".join(_own_certificate(jwk) for jwk in _jwks(given))}
    if method == "tls_client_auth":
        return {}, _names(given)
    return {}, {}


def _jwks(given: Mapping[str, Any]) -> list[Any]:
    jwks = given.get("jwks")
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        raise BadKeys(f'jwks is missing: an object with "keys", one to {MOST_KEYS} public keys (RFC 7517).')
    return keys


def _key(jwk: object) -> dict[str, Any]:
    try:
        signed.public_key(jwk)
    except Unsound as err:
        raise BadKeys("jwks: each key is a public one: EC P-256, Ed25519, or RSA of 2048 bits or more.") from err
    if not isinstance(jwk, dict):
        raise TypeError("a key that was read is an object")
    if not all(isinstance(jwk[name], str) for name in _KEPT if name in jwk):
        raise BadKeys("jwks: the members of a key are text.")
    return {name: jwk[name] for name in _KEPT if name in jwk}


def _own_certificate(jwk: object) -> str:
    """The certificate (x5c) of a key as PEM (RFC 8705, section 2.2.2)."""
    chain = jwk.get("x5c") if isinstance(jwk, dict) else None
    if not isinstance(chain, list) or not chain or not isinstance(chain[0], str):
        raise BadKeys("jwks: each key has its self-signed certificate as x5c.")
    try:
        found = x509.load_der_x509_certificate(base64.b64decode(chain[0], validate=True))
    except (binascii.Error, ValueError) as err:
        raise BadKeys("jwks: an x5c is not a certificate in base64.") from err
    return found.public_bytes(Encoding.PEM).decode()


def _names(given: Mapping[str, Any]) -> dict[str, Any]:
    names = {name: given[name] for name in certificate.NAMES if given.get(name)}
    if len(names) != 1 or not all(isinstance(name, str) and len(name) <= 256 for name in names.values()):
        raise BadKeys(f"Name the certificate's subject or its host: one of {', '.join(certificate.NAMES)}.")
    try:
        if certificate.SUBJECT in names:
            certificate.read_name(names[certificate.SUBJECT])
    except UnfitCertificate as err:
        raise BadKeys(f"{certificate.SUBJECT} is a distinguished name, as RFC 4514 writes it.") from err
    return names
