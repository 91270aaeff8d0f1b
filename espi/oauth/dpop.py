"""DPoP: a proof that who sends a token holds its key (RFC 9449).

No nonce is demanded: a proof counts once across all processes, because its jti is kept in the database while it could
be used again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from joserfc.jwk import Key

from espi.config import Settings
from espi.errors import EspiError
from espi.oauth import signed
from espi.oauth.signed import Unsound
from espi.store import proofs
from espi.store.database import Conn
from espi.web.call import Call

PAST_S, AHEAD_S = 120, 30
"""How old a proof may be, and how far a client's clock may be ahead of ours."""

_PORTS = {"https": 443, "http": 80}


class InvalidProof(EspiError):
    """The DPoP proof does not prove what it should. At the resource the answer is 401, at the token endpoint 400."""

    status = 400
    code = "invalid_dpop_proof"
    public = "The DPoP proof is missing or does not fit this request: make a new one for each request."


def check(conn: Conn, call: Call, settings: Settings, *, access_token: str = "") -> str:
    """The thumbprint (RFC 7638) of the key that the call's proof is signed with, after all checks of section 4.3.

    access_token: which the call bears, at a resource. Raises `InvalidProof`.
    """
    try:
        key, found = _signed_by(call.dpop)
        _check_request(call, found)
        _check_time(found, settings.clock.now_s())
        if access_token:
            _check_token(found, access_token)
        print_ = key.thumbprint()
        _count(conn, print_, found, settings)
    except Unsound as err:
        raise InvalidProof(detail=f"DPoP: {err}") from err
    return print_


def _signed_by(proof: str) -> tuple[Key, Mapping[str, Any]]:
    header = signed.header(proof)
    if header.get("typ") != "dpop+jwt":
        raise Unsound("typ is not dpop+jwt")
    key = signed.public_key(header.get("jwk"))
    return key, signed.claims(proof, key)


def _check_request(call: Call, found: Mapping[str, Any]) -> None:
    if found.get("htm") != call.method:
        raise Unsound("made for another method")
    if not isinstance(found.get("htu"), str) or _plain(found["htu"]) != _plain(call.url):
        raise Unsound("made for another address")


def _plain(url: str) -> tuple[str, str, int | None, str]:
    """An address without query and fragment, in the one form that equal addresses share (RFC 3986, section 6)."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError as err:
        raise Unsound("made for no address") from err
    return parts.scheme.lower(), (parts.hostname or "").lower(), port, parts.path or "/"


def _check_time(found: Mapping[str, Any], now_s: int) -> None:
    issued_s = signed.seconds(found, "iat")
    if issued_s is None or not now_s - PAST_S <= issued_s <= now_s + AHEAD_S:
        raise Unsound("too old, or made in the future")


def _check_token(found: Mapping[str, Any], access_token: str) -> None:
    digest = base64.urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()).rstrip(b"=").decode()
    given = found.get("ath")
    if not isinstance(given, str) or not given.isascii() or not hmac.compare_digest(given, digest):
        raise Unsound("ath is not the hash of the access token")


def _count(conn: Conn, print_: str, found: Mapping[str, Any], settings: Settings) -> None:
    now_s = settings.clock.now_s()
    proof = f"dpop/{print_}/{signed.identifier(found)}"
    if not proofs.add_proof(conn, proof, expires_s=now_s + PAST_S + AHEAD_S + 1, now_s=now_s):
        raise Unsound("seen before")
