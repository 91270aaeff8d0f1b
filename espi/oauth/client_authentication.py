"""Which client calls, by the one method that it is registered for (RFC 6749 2.3, RFC 7523, RFC 8705)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import unquote_plus

from espi.config import Settings
from espi.errors import BadInput, EspiError
from espi.oauth import assertion, certificate
from espi.oauth.certificate import UnfitCertificate
from espi.oauth.policy import SECRET_METHODS
from espi.oauth.signed import Unsound
from espi.store import clients
from espi.store.clients import Client
from espi.store.database import Conn
from espi.web.call import Call


class InvalidClient(EspiError):
    """The client has not proved who it is (RFC 6749, section 5.2)."""

    status = 401
    code = "invalid_client"
    public = (
        "The client has not proved who it is: check its id and the way of authentication that it is registered for."
    )
    www_authenticate = 'Basic realm="oauth", charset="UTF-8"'


def authenticate(conn: Conn, call: Call, parameters: Mapping[str, str], settings: Settings) -> Client:
    """The client that calls. `InvalidClient` (401) unless it proves itself by its registered method, and only by that.

    parameters: of the request's body; those of its address as well where the certification harness runs, and never
    else. An assertion counts once, which is why conn should write.
    """
    ways = [name for name, used in _used(call, parameters).items() if used]
    if len(ways) > 1:
        raise BadInput("The client proves itself in more than one way; use one of them.")
    if ways == ["basic"]:
        return _by_basic(conn, call.authorization, parameters, settings)
    if ways == ["secret"]:
        return _by_secret(conn, parameters.get("client_id", ""), parameters["client_secret"], settings)
    if ways == ["assertion"]:
        return _by_assertion(conn, parameters, settings)
    return _by_certificate(conn, call, parameters, settings)


def _used(call: Call, parameters: Mapping[str, str]) -> dict[str, bool]:
    return {
        "basic": bool(call.authorization),
        "secret": "client_secret" in parameters,
        "assertion": "client_assertion" in parameters or "client_assertion_type" in parameters,
    }


def _by_basic(conn: Conn, authorization: str, parameters: Mapping[str, str], settings: Settings) -> Client:
    """Raw, as most clients send it, or form-encoded, as RFC 6749 (section 2.3.1) has it."""
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        _refuse("another scheme than Basic")
    try:
        text = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        _refuse("not Basic credentials")
    raw_id, colon, raw_secret = text.partition(":")
    if not colon:
        _refuse("not Basic credentials")
    if parameters.get("client_id", raw_id) not in (raw_id, unquote_plus(raw_id)):
        _refuse("two client ids")
    pairs = dict.fromkeys(((raw_id, raw_secret), (unquote_plus(raw_id), unquote_plus(raw_secret))))
    for client_id, secret in pairs:
        client = clients.client_by_client_id(conn, client_id)
        if client and _secret_fits(conn, client, secret, settings):
            return client
    raise InvalidClient(detail="unknown client or wrong secret")


def _by_secret(conn: Conn, client_id: str, secret: str, settings: Settings) -> Client:
    client = clients.client_by_client_id(conn, client_id)
    if client is None or not _secret_fits(conn, client, secret, settings):
        _refuse("unknown client or wrong secret")
    return client


def _secret_fits(conn: Conn, client: Client, secret: str, settings: Settings) -> bool:
    if client.disabled or client.auth_method not in SECRET_METHODS:
        return False
    return clients.secret_matches(conn, client, secret, settings.clock.now_s())


def _by_assertion(conn: Conn, parameters: Mapping[str, str], settings: Settings) -> Client:
    text = parameters.get("client_assertion", "")
    if parameters.get("client_assertion_type") != assertion.TYPE:
        _refuse("another type of assertion")
    try:
        client_id = assertion.subject_of(text)
        if parameters.get("client_id", client_id) != client_id:
            _refuse("two client ids")
        client = _registered(conn, client_id, "private_key_jwt")
        assertion.check(conn, client, text, settings)
    except Unsound as err:
        raise InvalidClient(detail=f"assertion: {err}") from err
    return client


def _by_certificate(conn: Conn, call: Call, parameters: Mapping[str, str], settings: Settings) -> Client:
    if call.certificate is None or "client_id" not in parameters:
        _refuse("no proof")
    client = clients.client_by_client_id(conn, parameters["client_id"])
    checks = {
        "tls_client_auth": certificate.check_named,
        "self_signed_tls_client_auth": certificate.check_registered,
    }
    check = checks.get(client.auth_method) if client else None
    if client is None or check is None or client.disabled:
        _refuse("no proof")
    try:
        check(call.certificate, client.certificate, settings)
    except UnfitCertificate as err:
        raise InvalidClient(detail=f"certificate: {err}") from err
    return client


def _registered(conn: Conn, client_id: str, method: str) -> Client:
    client = clients.client_by_client_id(conn, client_id)
    if client is None or client.disabled or client.auth_method != method:
        _refuse("unknown client or another method")
    return client


def _refuse(why: str) -> NoReturn:
    raise InvalidClient(detail=why)
