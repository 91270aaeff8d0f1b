"""Makers of what clients prove themselves with: keys, signed assertions, DPoP proofs, certificates."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests import factories
from tests.factories import NOW_S

ISSUER = "https://localhost:8443"
TOKEN_URL = f"{ISSUER}/oauth/token"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def text64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number64(number: int, length: int) -> str:
    return text64(number.to_bytes(length, "big"))


@functools.cache
def key(name: str = "ours") -> ec.EllipticCurvePrivateKey:
    """An EC key; the same for the same name."""
    return ec.generate_private_key(ec.SECP256R1())


@functools.cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@functools.cache
def edwards_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def jwk(private: PrivateKey, **more: Any) -> dict[str, Any]:
    """The public half of a key as a JWK."""
    public = private.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        numbers = public.public_numbers()
        found = {"kty": "EC", "crv": "P-256", "x": number64(numbers.x, 32), "y": number64(numbers.y, 32)}
    elif isinstance(public, rsa.RSAPublicKey):
        modulus = public.public_numbers().n
        found = {"kty": "RSA", "e": "AQAB", "n": number64(modulus, (modulus.bit_length() + 7) // 8)}
    else:
        found = {"kty": "OKP", "crv": "Ed25519", "x": text64(public.public_bytes_raw())}
    return found | more


def signed(private: PrivateKey, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """A JWT, signed as its header's alg says, by hand: the server's library is not what tests it."""
    text = f"{text64(json.dumps(header).encode())}.{text64(json.dumps(claims).encode())}"
    if isinstance(private, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    elif isinstance(private, rsa.RSAPrivateKey):
        pad: Any = padding.PKCS1v15()
        if header["alg"] == "PS256":
            pad = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        signature = private.sign(text.encode(), pad, hashes.SHA256())
    else:
        signature = private.sign(text.encode())
    return f"{text}.{text64(signature)}"


def assertion(client_id: str, private: PrivateKey | None = None, *, alg: str = "ES256", **changes: Any) -> str:
    """A client's assertion; a claim that is changed to None is left out, one that begins with header_ is a header's."""
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": ISSUER,
        "exp": NOW_S + 60,
        "iat": NOW_S,
        "jti": f"jti-{factories.count()}",
    }
    header = {"alg": alg} | {name[7:]: changes.pop(name) for name in list(changes) if name.startswith("header_")}
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return signed(private or key(), header, claims)


def by_assertion(client_id: str, **changes: Any) -> dict[str, str]:
    """The parameters by which a client proves itself."""
    return {"client_assertion_type": JWT_BEARER, "client_assertion": assertion(client_id, **changes)}


def dpop(method: str, url: str, private: PrivateKey | None = None, *, token: str = "", **changes: Any) -> str:
    """A DPoP proof; changes as of `assertion`. token: the access token that it goes with."""
    holder = private or key("holder")
    claims = {"htm": method, "htu": url, "iat": NOW_S, "jti": f"jti-{factories.count()}"}
    if token:
        claims["ath"] = text64(hashlib.sha256(token.encode()).digest())
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk(holder)}
    header |= {name[7:]: changes.pop(name) for name in list(changes) if name.startswith("header_")}
    header = {name: value for name, value in header.items() if value is not None}
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return signed(holder, header, claims)


def certificate(
    subject: str = "CN=Acme",
    private: ec.EllipticCurvePrivateKey | None = None,
    *,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None,
    host: str = "",
    authority: bool = False,
    from_s: int = NOW_S - 86_400,
    until_s: int = NOW_S + 86_400,
) -> x509.Certificate:
    """A certificate, signed by itself unless there is an issuer."""
    own = private or key("certified")
    name = x509.Name.from_rfc4514_string(subject)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer[0].subject if issuer else name)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime.fromtimestamp(from_s, dt.UTC))
        .not_valid_after(dt.datetime.fromtimestamp(until_s, dt.UTC))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(issuer[1] if issuer else own, hashes.SHA256())


def der(one: x509.Certificate) -> bytes:
    return one.public_bytes(serialization.Encoding.DER)


def pem(one: x509.Certificate) -> str:
    return one.public_bytes(serialization.Encoding.PEM).decode()
