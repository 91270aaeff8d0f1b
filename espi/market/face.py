"""The JSON interface as a web application: routes from the table, tokens, limits, answers, problems.

It is an application of its own, without sessions, cookies or forms, so nothing that a browser carries counts here.
"""

from __future__ import annotations

import functools
import hashlib
import json
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import PurePath
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from espi import access, log
from espi.clock import machine_s
from espi.config import Settings
from espi.errors import BadInput, EspiError, NotFound
from espi.market import reading
from espi.market.openapi import JSON, document
from espi.market.operation import PREFIX, Ask, Invalid, Operation, Reply, TooMany, Unprocessable
from espi.market.rate import Limit, Rates, Taken
from espi.market.table import OPERATIONS
from espi.oauth.tokens import Bearer, bearer
from espi.store import exchanges
from espi.store.database import Database
from espi.web.call import call_of
from espi.web.packing import pack
from espi.web.problem import JSON as PROBLEM
from espi.web.site import EXTENSION, Site, site

BODY_LIMIT_BYTES = 64 * 1024
FRAMES_LOGGED = 12
MINUTE_S, HOUR_S = 60, 3600
TURN_S = 0.5
"""How long a call that waits for news sleeps before it looks again."""
MOST_WAITING = 1
"""How many calls of one process may wait for news at a time; further ones are answered at once."""

_RATES, _TURN = "espi-rates", "espi-turn"
_waiting = threading.BoundedSemaphore(MOST_WAITING)


def make(
    settings: Settings,
    database: Database,
    *,
    operations: Sequence[Operation] = OPERATIONS,
    now_s: Callable[[], int] = machine_s,
    turn_s: float = TURN_S,
) -> Flask:
    """The interface, to be mounted at `PREFIX`. now_s: of the limits alone. turn_s: between looks for news."""
    app = Flask(__name__, static_folder=None)
    app.extensions[EXTENSION] = Site(settings, database)
    app.extensions[_RATES] = Rates(database, now_s)
    app.extensions[_TURN] = turn_s
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT_BYTES
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    for each in operations:
        _route(app, each.path, functools.partial(answer, each), each.name, each.method)
    told = json.dumps(document(operations, settings.base_url), ensure_ascii=False).encode()
    _route(app, "/openapi.json", lambda: _bytes(told), "description", "GET")
    app.before_request(_open)
    app.after_request(_close)
    app.register_error_handler(EspiError, _refuse)
    app.register_error_handler(HTTPException, _refuse_by_http)
    app.register_error_handler(Exception, _fail)
    return app


def _route(app: Flask, path: str, view: Callable[..., Response], name: str, method: str) -> None:
    rule = path.replace("{", "<").replace("}", ">")
    app.add_url_rule(rule, name, view, methods=[method], provide_automatic_options=False)


def answer(operation: Operation, **path: str) -> Response:
    """Answer a call: who it is, whether he may ask so often, whether he asks well, whether the gate lets him."""
    media = reading.media_of(request, operation)
    caller = _caller() if operation.action else None
    if caller:
        _limit(operation, caller)
    given, body = reading.read(request, operation, path)
    if operation.writes:
        with site().database.write() as conn:
            reply = _do(operation, _ask(operation, caller, given, body, conn, media))
        return _response(reply)
    return _read(operation, caller, given, body, media)


def _read(
    operation: Operation, caller: Bearer | None, given: Mapping[str, Any], body: Mapping[str, Any], media: str
) -> Response:
    """The answer of an operation that only reads, after waiting for news where the caller wants that."""
    turns = int(given.get("wait", 0) / TURN_S)
    waiting = turns > 0 and _waiting.acquire(blocking=False)
    try:
        while True:
            with ExitStack() as stack:
                conn = stack.enter_context(site().database.read())
                reply = _do(operation, _ask(operation, caller, given, body, conn, media))
                if not (reply.waits and waiting and turns > 0):
                    return _response(reply, stack)
            turns -= 1
            time.sleep(current_app.extensions[_TURN])
    finally:
        if waiting:
            _waiting.release()


def _do(operation: Operation, ask: Ask) -> Reply:
    """What the operation gives. What it cannot do with a request of the right shape is 422, never 400."""
    try:
        return operation.do(ask)
    except BadInput as err:
        raise (err if err.status != 400 else Unprocessable(err.public, err.code, err.detail)) from err


def _ask(
    operation: Operation,
    caller: Bearer | None,
    given: Mapping[str, Any],
    body: Mapping[str, Any],
    conn: Any,
    media: str,
) -> Ask:
    settings = site().settings
    within = None
    if caller is not None:
        who, action, target = caller.principal, operation.action, f"{operation.method} {operation.path}"
        if operation.reaches:
            within = access.reach(conn, who, action, settings=settings, target=target)
        else:
            access.require(conn, who, action, settings=settings, target=target)
    return Ask(conn, settings, site().now_s(), given, body, caller, within, media)


def _caller() -> Bearer:
    with site().database.read() as conn:
        caller = bearer(conn, call_of(request, site().settings), site().settings)
        g.client = caller.client
        exchanges.trip(conn, caller.client)
    return caller


def _limit(operation: Operation, caller: Bearer) -> None:
    settings, rates = site().settings, current_app.extensions[_RATES]
    subject = f"{'changes' if operation.writes else 'calls'}/{caller.client.client_id}"
    limit = Limit(settings.changes_an_hour, HOUR_S) if operation.writes else Limit(settings.calls_a_minute, MINUTE_S)
    taken: Taken = rates.take(subject, limit, exactly=operation.writes)
    g.subject, g.rate = subject, taken.headers()
    if taken.refused:
        raise TooMany(detail=f"{subject}: {taken.used}")


def _response(reply: Reply, stack: ExitStack | None = None) -> Response:
    if reply.media and reply.stream is None:
        return _bytes(reply.text.encode(), reply.status, reply.headers, f"{reply.media}; charset=utf-8")
    if reply.stream is None:
        return _bytes(json.dumps(reply.body, ensure_ascii=False).encode(), reply.status, reply.headers)
    first = next(reply.stream, b"")  # what is wrong is found out before the answer begins
    response = Response(_following(first, reply.stream), reply.status, reply.headers, content_type=reply.media or JSON)
    if stack is not None:
        response.call_on_close(stack.pop_all().close)
    return response


def _following(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _bytes(
    data: bytes, status: int = 200, headers: Mapping[str, str] | None = None, content_type: str = JSON
) -> Response:
    response = Response(data, status, headers, content_type=content_type)
    if request.method in ("GET", "HEAD"):
        response.set_etag(hashlib.blake2b(data, digest_size=12).hexdigest(), weak=True)
        response.make_conditional(request)
    return response


def _open() -> None:
    g.request_id = secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _close(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers["Cache-Control"] = "no-store" if "client" in g else "no-cache"
    if response.status_code == 304 and "subject" in g:
        current_app.extensions[_RATES].give_back(g.subject)
    response.headers.update(HEADERS | g.get("rate", {}))
    response.vary.update(("Authorization", "Accept"))
    if request.method in ("GET", "HEAD"):
        pack(request, response)
    route = f"{PREFIX}{request.url_rule}" if request.url_rule else ""
    log.record(log.Event.REQUEST, method=request.method, route=route, status=response.status_code)
    if "client" in g:
        code, reason = g.get("refusal", ("", ""))
        told = (g.request_id, site().now_s(), request.method, route, response.status_code, code, reason)
        exchanges.note(site().database, g.client, exchanges.Exchange(g.client.id, *told))
    return response


HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def _refuse(error: EspiError) -> Response:
    event = log.Event.REQUEST_FAILED if error.status >= 500 else log.Event.DENIED
    log.warn(event, code=error.code, status=error.status, detail=error.detail)
    faults = error.faults if isinstance(error, Invalid) else []
    response = _problem(
        error.status, error.code, error.public, [{"where": each.where, "message": each.message} for each in faults]
    )
    if challenge := getattr(error, "www_authenticate", ""):
        response.headers["WWW-Authenticate"] = challenge
    if wait_s := getattr(error, "retry_after_s", 0):
        response.headers["Retry-After"] = str(wait_s)
    return response


def _refuse_by_http(error: HTTPException) -> Response:
    status = error.code or 500
    words = NotFound.public if status == 404 else error.description or error.name
    code = NotFound.code if status == 404 else error.name.lower().replace(" ", "_")
    response = _problem(status, code, words)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _fail(error: Exception) -> Response:
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_LOGGED:]
    where = [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    log.warn(log.Event.REQUEST_FAILED, error=type(error).__name__, where=where)
    return _problem(EspiError.status, EspiError.code, EspiError.public)


def _problem(status: int, code: str, title: str, errors: Sequence[Mapping[str, str]] = ()) -> Response:
    g.refusal = (code, "; ".join([title, *(f"{each['where']} {each['message']}" for each in errors)]))
    told: dict[str, Any] = {
        "type": "about:blank",
        "status": status,
        "title": title,
        "code": code,
        "request_id": g.request_id,
    }
    if errors:
        told["errors"] = list(errors)
    return Response(json.dumps(told, ensure_ascii=False), status, content_type=PROBLEM)
