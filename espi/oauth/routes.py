"""`/oauth/token`, `/oauth/revoke`, `/oauth/introspect`, and what the server says of itself (RFC 8414)."""

from __future__ import annotations

from flask import Blueprint, Response, g, request

from espi import log
from espi.config import Settings
from espi.errors import BadInput, EspiError
from espi.oauth import answers, metadata, noting, server
from espi.oauth.faces import Answer
from espi.oauth.parameters import parameters_of
from espi.web.call import call_of
from espi.web.site import site

pages = Blueprint("oauth", __name__)
pages.register_error_handler(EspiError, answers.refusal)
pages.after_request(noting.note)

IN_BODY = frozenset({"client_secret", "client_assertion", "client_assertion_type", "code_verifier"})
"""What counts in an address where the certification harness runs only."""


@pages.post("/oauth/token")
def token() -> Response:
    """Give tokens (RFC 6749, section 3.2)."""
    return _token()


@pages.get("/oauth/token")
def token_by_get() -> Response:
    """Refuse, as a certification test wants to see; whoever proves who he is, is told to use POST."""
    return _token()


@pages.post("/oauth/revoke")
def revoke() -> Response:
    """End a token (RFC 7009)."""
    here = site()
    with here.database.write() as conn:
        parameters = parameters_of(request, here.settings)
        return _answer(server.end_token(conn, call_of(request, here.settings), parameters, here.settings))


@pages.post("/oauth/introspect")
def introspect() -> Response:
    """Say whether a token counts (RFC 7662)."""
    here = site()
    with here.database.write() as conn:
        parameters = parameters_of(request, here.settings)
        return _answer(server.look_at_token(conn, call_of(request, here.settings), parameters, here.settings))


@pages.get("/.well-known/oauth-authorization-server")
def well_known() -> Response:
    """What this server can do and where (RFC 8414)."""
    response = answers.answer(metadata.of(site().settings))
    response.headers["Cache-Control"] = "public, max-age=3600"
    del response.headers["Pragma"]
    return response


def _token() -> Response:
    here = site()
    settings = here.settings
    proving, in_address = parameters_of(request, settings), _in_address(settings)
    parameters = in_address | {name: value for name, value in proving.items() if value}
    with here.database.write() as conn:
        call = call_of(request, settings)
        return _answer(server.give_token(conn, call, parameters, proving, settings, in_address=bool(in_address)))


def _in_address(settings: Settings) -> dict[str, str]:
    """The parameters that stand in the address, as some older programs send them."""
    found = {}
    for name, values in request.args.lists():
        if name in IN_BODY and not settings.certification_harness:
            raise BadInput(f"Send {name} in the body of the request, never in its address.")
        if len(values) > 1 or (name in request.form and not settings.certification_harness):
            raise BadInput(f"The parameter {name[:64]} comes more than once.")
        if values[0]:
            found[name] = values[0]
    if found:
        log.warn(log.Event.DEPRECATED, what="parameters in the address of the token endpoint", names=sorted(found)[:8])
    return found


def _answer(found: Answer) -> Response:
    """An answer as it goes out; an error bears the request's id, by which its developer can ask about it."""
    body = dict(found.body)
    if "error" in body:
        log.warn(log.Event.DENIED, code=body["error"], status=found.status, detail=body.get("error_description", ""))
        body["request_id"] = g.get("request_id", "")
    response = answers.answer(body, found.status)
    for name, value in found.headers:
        response.headers[name] = value
    return response
