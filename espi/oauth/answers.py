"""Answers of the OAuth endpoints: JSON that nobody stores, and errors in the words of RFC 6749, section 5.2."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Response, g

from espi import log
from espi.errors import EspiError
from espi.oauth.faces import sayable


def answer(members: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON answer."""
    response = Response(json.dumps(members) + "\n", status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def refusal(error: EspiError) -> Response:
    """What an OAuth client is told of an error; the detail stays in the log."""
    event = log.Event.REQUEST_FAILED if error.status >= 500 else log.Event.DENIED
    log.warn(event, code=error.code, status=error.status, detail=error.detail)
    members = {"error": error.code, "error_description": sayable(error.public), "request_id": g.get("request_id", "")}
    response = answer(members, error.status)
    challenge = getattr(error, "www_authenticate", "")
    if challenge and error.status == 401:
        response.headers["WWW-Authenticate"] = challenge
    return response
