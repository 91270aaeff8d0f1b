"""What of an HTTP request proves who sends it: its headers, its address as callers see it, its client certificate."""

from __future__ import annotations

import ssl
from typing import NamedTuple
from urllib.parse import unquote

from flask import Request

from espi.config import Settings


class Call(NamedTuple):
    """One call. url: without its query, as callers see it. certificate: the client's, DER; None where it has none."""

    authorization: str
    dpop: str
    method: str
    url: str
    certificate: bytes | None
    address: str


def call_of(request: Request, settings: Settings) -> Call:
    """The call that a request is. A certificate counts on the port for clients that show one only."""
    certificate = _certificate(request)
    base = settings.mtls_base_url if certificate else settings.base_url
    return Call(
        request.headers.get("Authorization", ""),
        ",".join(request.headers.getlist("DPoP")),
        request.method,
        base + request.environ.get("espi.path", request.environ.get("SCRIPT_NAME", "") + request.path),
        certificate,
        request.remote_addr or "",
    )


def _certificate(request: Request) -> bytes | None:
    """What the server of the port for certificates puts beside a request: the certificate itself, or its PEM."""
    found = request.environ.get("espi.client_certificate")
    if isinstance(found, bytes):
        return found
    if isinstance(found, str) and found:
        return ssl.PEM_cert_to_DER_cert(unquote(found))
    return None
