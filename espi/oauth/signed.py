"""JSON Web Tokens that others have signed: only with keys that we know or expect, only by algorithms that are sound."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key
from joserfc.jws import CompactSignature, JWSRegistry, extract_compact

ALGORITHMS = ("PS256", "ES256", "EdDSA", "Ed25519")
"""What a client may sign with (FAPI 2.0, section 5.4.1). Ed25519 is EdDSA by its newer name (RFC 9864)."""

LONGEST = 8192
LEAST_RSA_BITS = 2048
_CURVES = {ECKey: "P-256", OKPKey: "Ed25519"}


class Unsound(Exception):
    """A signed token or a key that cannot be relied on; the reason is for the log."""


class _Registry(JWSRegistry):
    """As the library's, but a header may hold an RSA key, and EdDSA is not warned of at each use."""

    max_header_length = 4096
    max_payload_length = LONGEST

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise Unsound(f"signed by {name!r}")
        return self.algorithms[name]


_REGISTRY = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


def public_key(jwk: object) -> Key:
    """A key for checking signatures from its JWK. `Unsound` for a private, a symmetric or a weak one."""
    if not isinstance(jwk, Mapping) or not {"d", "k", "p", "q", "oth"}.isdisjoint(jwk):
        raise Unsound("not a public key")
    try:
        key = import_key(dict(jwk))
    except (JoseError, ValueError, TypeError, KeyError) as err:
        raise Unsound(f"not a key: {err}") from err
    if isinstance(key, RSAKey):
        if not LEAST_RSA_BITS <= key.raw_value.key_size <= 8 * 1024:
            raise Unsound("an RSA key of that size")
    elif not isinstance(key, ECKey | OKPKey) or key.curve_name != _CURVES[type(key)]:
        raise Unsound("a key of that kind")
    return key


def header(text: str) -> Mapping[str, Any]:
    """The header of a signed token, which proves nothing yet."""
    found = _parts(text).headers()
    if found.get("alg") not in ALGORITHMS:
        raise Unsound("signed by an algorithm that is not allowed")
    return found


def unchecked_claims(text: str) -> Mapping[str, Any]:
    """What a token says, whoever has signed it: good for finding the key to check it with, and for nothing else."""
    try:
        found = json.loads(_parts(text).payload or b"")
    except ValueError as err:
        raise Unsound("not JSON") from err
    return found if isinstance(found, dict) else {}


def claims(text: str, key: Key) -> Mapping[str, Any]:
    """What a token says that was signed with the key. Keys that the token brings along count for nothing."""
    try:
        return jwt.decode(text, key, algorithms=list(ALGORITHMS), registry=_REGISTRY).claims
    except (JoseError, ValueError, TypeError) as err:
        raise Unsound(str(err)) from err


def seconds(found: Mapping[str, Any], name: str) -> int | None:
    """A time among the claims as whole seconds, None where there is none. `Unsound` if it is no number."""
    value = found.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -(2**40) < value < 2**40:
        raise Unsound(f"{name} is not a time")
    return int(value)


def identifier(found: Mapping[str, Any]) -> str:
    """The jti of a token, by which it counts once."""
    jti = found.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= 256:
        raise Unsound("without a jti")
    return jti


def _parts(text: str) -> CompactSignature:
    if not text.isascii() or len(text) > LONGEST:
        raise Unsound("too long, or not text of a token")
    try:
        return extract_compact(text.encode(), registry=_REGISTRY)
    except (JoseError, ValueError, TypeError) as err:
        raise Unsound(str(err)) from err
