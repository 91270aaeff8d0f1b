"""Problem documents (RFC 9457), as JSON or as XML by what the caller accepts; each bears the request's id."""

from __future__ import annotations

import json
from xml.sax.saxutils import escape

from flask import Request, Response

NAMESPACE = "urn:ietf:rfc:7807"
JSON, XML = "application/problem+json", "application/problem+xml"


def problem(request: Request, status: int, code: str, message: str, request_id: str, *, xml: bool = False) -> Response:
    """The answer that says what went wrong. xml: what a caller gets who has no preference."""
    members: dict[str, str | int] = {
        "type": "about:blank",
        "status": status,
        "title": message,
        "code": code,
        "request_id": request_id,
    }
    if _wants_xml(request, otherwise=xml):
        inner = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in members.items())
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<problem xmlns="{NAMESPACE}">{inner}</problem>\n'
        return Response(body, status, content_type=XML)
    return Response(json.dumps(members) + "\n", status, content_type=JSON)


def _wants_xml(request: Request, *, otherwise: bool) -> bool:
    kinds = [XML, "application/atom+xml", "application/xml", "text/xml", JSON, "application/json"]
    if otherwise is False:
        kinds.reverse()
    best = request.accept_mimetypes.best_match(kinds, kinds[0])
    return best.endswith("xml")
