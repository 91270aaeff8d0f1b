"""What clients of a sandbox ask the OAuth endpoints for, kept for their developers (`espi.store.exchanges`)."""

from __future__ import annotations

from flask import Response, g, request

from espi.store import exchanges
from espi.store.clients import client_by_client_id
from espi.store.exchanges import Exchange
from espi.web.site import site


def note(response: Response) -> Response:
    """Keep a call of a sandbox client, by the client_id that it bears, whether or not it could prove that it is it."""
    here = site()
    basic = request.authorization
    name = (basic.username if basic and basic.type == "basic" else None) or request.form.get("client_id")
    if not here.settings.sandbox or not name:
        return response
    with here.database.read() as conn:
        client = client_by_client_id(conn, name)
    if client is not None and client.sandbox:
        said = response.get_json(silent=True) if response.status_code >= 400 else None
        told = said if isinstance(said, dict) else {}
        error, reason = str(told.get("error", "")), str(told.get("error_description", ""))
        call = (g.request_id, here.now_s(), request.method, str(request.url_rule), response.status_code)
        exchanges.note(here.database, client, Exchange(client.id, *call, error, reason))
    return response
