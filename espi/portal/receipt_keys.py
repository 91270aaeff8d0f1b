"""The public keys with which anybody can check a consent receipt."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from espi import signing as keys
from espi.web.site import site

pages = Blueprint("receipt_keys", __name__)


@pages.get("/.well-known/consent-keys.json")
def key_set() -> Response:
    """A JWK set (RFC 7517, section 5)."""
    with site().database.read() as conn:
        found = keys.public_keys(conn, site().settings)
    answer = jsonify({"keys": found})
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
