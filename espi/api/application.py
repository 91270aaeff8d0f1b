"""The resource endpoint as a Flask application: transactions, who calls, errors as problem documents, headers."""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, request
from werkzeug.exceptions import HTTPException

from espi import log
from espi.api.bearer import bearer_of
from espi.api.endpoint import Asked, Endpoint
from espi.api.kept import Kept
from espi.api.mount import ROOT
from espi.api.routes import ENDPOINTS
from espi.config import Settings
from espi.errors import EspiError, NotFound
from espi.feeds.fragments import Fragments
from espi.oauth.tokens import REALM
from espi.store import exchanges
from espi.store.database import Database
from espi.store.exchanges import Exchange
from espi.store.market_counts import record_own
from espi.web.problem import problem
from espi.web.site import EXTENSION, Site, site

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REQUEST_ID, CLIENT, REFUSED = "espi.request_id", "espi.client", "espi.refused"
FRAMES_LOGGED = 12
HEADERS = (
    ("Strict-Transport-Security", "max-age=31536000"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
"""What every answer bears."""
INSUFFICIENT = f'Bearer realm="{REALM}", error="insufficient_scope"'
"""What a good token is told that does not open the resource (RFC 6750, section 3.1)."""


def make(settings: Settings, database: Database) -> Flask:
    """The resource endpoint. Its paths begin below `espi.api.mount.ROOT`."""
    app = Flask("espi.api", static_folder=None)
    app.extensions[EXTENSION] = Site(settings, database)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_mb * 1024 * 1024
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    kept, months = Kept(), Fragments(settings.kept_months_mb << 20)
    for endpoint in ENDPOINTS:
        name = f"{','.join(endpoint.methods)} {endpoint.pattern}"
        view = _view(endpoint, settings, database, kept, months)
        app.add_url_rule(endpoint.pattern, name, view, methods=endpoint.methods, provide_automatic_options=False)
    app.after_request(_close_request)
    app.register_error_handler(EspiError, _refuse)
    app.register_error_handler(HTTPException, _refuse_by_http)
    app.register_error_handler(Exception, _fail)
    app.wsgi_app = _with_headers(app.wsgi_app)  # type: ignore[method-assign, assignment]
    return app


def _with_headers(application: WSGIApplication) -> WSGIApplication:
    """The application with `HEADERS` and the request's id on every answer."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request_id = environ.setdefault(REQUEST_ID, secrets.token_hex(8))

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, [*headers, *HEADERS, ("X-Request-Id", request_id)], *error)

        return application(environ, start)

    return answer


def request_id_of(asked: Request) -> str:
    """The request's id: the one that the server has given it, or a new one."""
    return str(asked.environ[REQUEST_ID])


def _view(
    endpoint: Endpoint, settings: Settings, database: Database, kept: Kept, months: Fragments
) -> Callable[..., Response]:
    begin = database.write if endpoint.writes else database.read

    def view(**ids: str) -> Response:
        with ExitStack() as transaction:
            conn = transaction.enter_context(begin())
            call = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
            bearer = bearer_of(conn, call, endpoint, settings)
            call.environ[CLIENT] = bearer.client
            exchanges.trip(conn, bearer.client)
            asked = Asked(call, endpoint, bearer, conn, database, settings, request_id_of(call), ids, kept, months)
            response = endpoint.function(asked)
            if not endpoint.writes:
                response.call_on_close(transaction.pop_all().close)
            return response

    return view


def _close_request(response: Response) -> Response:
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    _note(response)
    return response


def _note(response: Response) -> None:
    """Let the client's company see what it asked for, and how much it got; of a stream that is known at its end."""
    client = request.environ.get(CLIENT)
    if client is None:
        return
    here = site()
    code, reason = request.environ.get(REFUSED, ("", ""))
    now_s, size = here.now_s(), response.content_length or 0
    route, status = f"{ROOT}{request.url_rule}", response.status_code
    call = Exchange(client.id, request_id_of(request), now_s, request.method, route, status, code, reason, size)
    exchanges.note(here.database, client, call)
    if not size and not response.is_sequence:
        sizes: list[int] = []
        response.response = _measured(response.iter_encoded(), sizes)
        response.call_on_close(lambda: record_own(here.database, client.id, now_s, size=sum(sizes)))


def _measured(chunks: Iterable[bytes], sizes: list[int]) -> Iterator[bytes]:
    """Chunks as they come, and how long each is."""
    for chunk in chunks:
        sizes.append(len(chunk))
        yield chunk


def _refuse(error: EspiError) -> Response:
    event = log.Event.REQUEST_FAILED if error.status >= 500 else log.Event.DENIED
    facts = {"code": error.code, "status": error.status, "detail": error.detail}
    log.warn(event, request_id=request_id_of(request), **facts)
    response = _problem(error.status, error.code, error.public)
    for name, attribute in (("WWW-Authenticate", "www_authenticate"), ("Retry-After", "retry_after_s")):
        if value := getattr(error, attribute, None):
            response.headers[name] = str(value)
    if error.status == 403:
        response.headers.setdefault("WWW-Authenticate", INSUFFICIENT)
    return response


def _refuse_by_http(error: HTTPException) -> Response:
    status = error.code or 500
    shown = NotFound() if status == 404 else EspiError(error.description or error.name)
    code = NotFound.code if status == 404 else error.name.lower().replace(" ", "_")
    response = _problem(status, code, shown.public)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _fail(error: Exception) -> Response:
    """Answer what nobody foresaw; where it happened goes into the log, its words and values do not."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_LOGGED:]
    where = [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    log.warn(log.Event.REQUEST_FAILED, request_id=request_id_of(request), error=type(error).__name__, where=where)
    return _problem(EspiError.status, EspiError.code, EspiError.public)


def _problem(status: int, code: str, message: str) -> Response:
    request.environ[REFUSED] = code, message
    return problem(request, status, code, message, request_id_of(request), xml=True)
