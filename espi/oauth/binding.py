"""What a token is bound to, so that nobody else can use it: a DPoP key (RFC 9449) or a certificate (RFC 8705).

Written as `jkt:…` or `x5t#S256:…` beside the token, "" for a bearer token.
"""

from __future__ import annotations

from espi.config import Settings
from espi.oauth import certificate, dpop
from espi.oauth.dpop import InvalidProof
from espi.oauth.policy import CERTIFICATE_METHODS, POLICIES
from espi.store.clients import Client
from espi.store.database import Conn
from espi.web.call import Call

KEY, CERTIFICATE = "jkt:", "x5t#S256:"


def of_token_request(conn: Conn, call: Call, client: Client, settings: Settings) -> str:
    """What the token of this call is to be bound to.

    A proof binds to its key. A certificate binds where the client proves itself by one, or must have bound tokens; who
    merely shows one, as the certification harness does, gets a bearer token. `InvalidProof` where the client's policy
    demands a binding and there is none.
    """
    if call.dpop:
        return KEY + dpop.check(conn, call, settings)
    must = POLICIES[client.policy].bound
    if call.certificate is not None and (must or client.auth_method in CERTIFICATE_METHODS):
        return CERTIFICATE + certificate.thumbprint(call.certificate)
    if must:
        raise InvalidProof("This client's tokens are bound to a key: send a DPoP proof, or show your certificate.")
    return ""


def is_held(conn: Conn, call: Call, binding: str, access_token: str, settings: Settings) -> bool:
    """Whether who sends the token holds what it is bound to.

    call.authorization has the scheme: DPoP for tokens bound to a key, Bearer for all others. Raises `InvalidProof`
    where a proof is there and does not fit.
    """
    scheme = call.authorization.partition(" ")[0].lower()
    if binding.startswith(KEY):
        return scheme == "dpop" and binding == KEY + dpop.check(conn, call, settings, access_token=access_token)
    if binding.startswith(CERTIFICATE):
        shown = call.certificate
        return scheme == "bearer" and shown is not None and binding == CERTIFICATE + certificate.thumbprint(shown)
    return scheme == "bearer" and not binding


def confirmation(binding: str) -> dict[str, str]:
    """The `cnf` member of an introspection answer; empty for a bearer token."""
    if binding.startswith(KEY):
        return {"jkt": binding.removeprefix(KEY)}
    if binding.startswith(CERTIFICATE):
        return {"x5t#S256": binding.removeprefix(CERTIFICATE)}
    return {}


def token_type(binding: str) -> str:
    """The `token_type` of a token response."""
    return "DPoP" if binding.startswith(KEY) else "Bearer"
