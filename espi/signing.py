"""The key that receipts, exports and files for companies are signed with: made once, kept in the home folder."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from espi.config import Settings
from espi.errors import BadInput
from espi.store import receipts

if TYPE_CHECKING:
    from espi.store.database import Conn

FILE_NAME = "consent.key"
ALGORITHM = "ES256"


def signing_key(settings: Settings) -> ECKey:
    """The key of this machine. Several processes that start at once all end with the same one."""
    path = settings.home / FILE_NAME
    settings.home.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        fresh = ECKey.generate_key("P-256", private=True)
        made = settings.home / f"{FILE_NAME}.{secrets.token_hex(4)}"
        made.touch(mode=0o600)
        made.write_text(json.dumps({**fresh.as_dict(private=True), "kid": fresh.thumbprint()}), "ascii")
        try:
            os.link(made, path)
        except FileExistsError:
            pass  # another process was first: its key is the one
        finally:
            made.unlink()
    return _read(path.read_text("ascii"))


@lru_cache(maxsize=8)
def _read(text: str) -> ECKey:
    return ECKey.import_key(json.loads(text))


def sign(body: bytes, kind: str, key: ECKey) -> str:
    """A JWS (RFC 7515, compact) of a body. kind: the `typ` that tells what it is."""
    return jws.serialize_compact({"alg": ALGORITHM, "kid": key.kid, "typ": kind}, body, key, algorithms=[ALGORITHM])


class DetachedSigner:
    """Signs a file as it goes by, so that none is held in memory: a JWS without its body (RFC 7797, `b64` false)."""

    def __init__(self, kind: str, key: ECKey, **said: Any) -> None:
        header = {"alg": ALGORITHM, "b64": False, "crit": ["b64"], "kid": key.kid, "typ": kind, **said}
        self._key = key
        self._header = urlsafe_b64encode(json.dumps(header, separators=(",", ":")).encode())
        self._digest = hashlib.sha256(self._header + b".")

    def update(self, chunk: bytes) -> None:
        """Take the next part of the file."""
        self._digest.update(chunk)

    def signature(self) -> str:
        """The JWS, when the whole file went by."""
        private = self._key.private_key
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise TypeError("the signing key has no private half")
        r, s = decode_dss_signature(private.sign(self._digest.digest(), ec.ECDSA(Prehashed(hashes.SHA256()))))
        return f"{self._header.decode()}..{urlsafe_b64encode(r.to_bytes(32) + s.to_bytes(32)).decode()}"


def checked(signature: str, kind: str, chunks: Iterable[bytes], keys: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What a detached JWS says of a file, if one of the public keys has signed it as that kind; else `BadInput`."""
    try:
        head, body, tail = signature.strip().split(".")
        header = json.loads(urlsafe_b64decode(head.encode()))
        raw = urlsafe_b64decode(tail.encode())
    except (ValueError, JoseError) as err:
        raise BadInput("The signature is no JWS without its body.") from err
    own = {"alg": ALGORITHM, "b64": False, "crit": ["b64"], "typ": kind}
    if body or len(raw) != 64 or not isinstance(header, dict) or any(header.get(name) != own[name] for name in own):
        raise BadInput(f"The signature is not one of a {kind}.")
    known = next((key for key in keys if key.get("kid") == header.get("kid")), None)
    if known is None:
        raise BadInput("The key that it is signed with is not known.")
    digest = hashlib.sha256(head.encode() + b".")
    for chunk in chunks:
        digest.update(chunk)
    public = ECKey.import_key(dict(known)).public_key
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise BadInput("The key that it is signed with is of another kind.")
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    try:
        public.verify(der, digest.digest(), ec.ECDSA(Prehashed(hashes.SHA256())))
    except InvalidSignature as err:
        raise BadInput("The signature is of other bytes: the file was changed, or is another.") from err
    return header


def signed_body(text: str, kind: str, keys: Iterable[Mapping[str, Any]]) -> bytes:
    """What a JWS signs, if one of the public keys (JWK) has signed it as that kind; else `BadInput`."""
    known = KeySet.import_key_set({"keys": [dict(key) for key in keys]})
    try:
        found = jws.deserialize_compact(text.strip(), known, algorithms=[ALGORITHM])
    except (JoseError, ValueError) as err:
        raise BadInput("The signature is not one of this custodian's, or the text was changed.") from err
    if found.protected.get("typ") != kind:
        raise BadInput(f"What was signed is no {kind}.")
    return found.payload


def public_keys(conn: Conn, settings: Settings) -> list[dict[str, Any]]:
    """The public keys (JWK) of every machine that has signed, this one's own among them."""
    own = public(signing_key(settings))
    return [own, *(key for key in receipts.consent_keys(conn) if key["kid"] != own["kid"])]


def public(key: ECKey) -> dict[str, Any]:
    """The public half of a key, as JWK."""
    return {**key.as_dict(private=False), "kid": key.kid, "alg": ALGORITHM, "use": "sig"}
