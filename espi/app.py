"""`create_app`: the only place where the parts meet. Request id, error pages, security headers, health."""

from __future__ import annotations

import secrets
import traceback
from pathlib import PurePath
from typing import Any

import structlog
from flask import Flask, Response, g, render_template, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from espi import api, config, jobs, log, market
from espi.config import Settings
from espi.delivery import handlers
from espi.errors import BadInput, EspiError, NotFound, NotLoggedIn
from espi.han import handlers as home_network  # noqa: F401  (they register themselves)
from espi.helpdesk import handlers as desk_jobs  # noqa: F401  (they register themselves)
from espi.intake import handlers as checks  # noqa: F401  (they register themselves)
from espi.oauth import routes as oauth_routes
from espi.oauth.registration_pages import registration_pages
from espi.portal import alerts, language, session
from espi.portal import pages as portal_pages
from espi.store import audit
from espi.store.database import Database
from espi.web import metrics
from espi.web.packing import pack
from espi.web.problem import problem
from espi.web.site import EXTENSION, Site

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "font")),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
FRAMES_LOGGED = 12
FORM_LIMIT_BYTES = 64 * 1024


def create_app(settings: Settings | None = None, *, database: Database | None = None) -> Flask:
    """The whole server as a WSGI application; without settings, with those of the environment and the home folder.

    Raises `WrongSchema` where the database is not at this version's schema.
    """
    settings = settings or config.load()
    database = database or Database(settings.database_url)
    database.check()
    app = Flask(__name__, template_folder="portal/templates", static_folder="portal/static")
    app.extensions[EXTENSION] = Site(settings, database)
    app.config.update(
        SECRET_KEY=settings.secret_key or database.key_for("form tokens"),
        MAX_CONTENT_LENGTH=FORM_LIMIT_BYTES,
        SESSION_COOKIE_NAME="__Host-form",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # a form token lives as long as its browser session
        WTF_CSRF_SSL_STRICT=False,  # its cookie is of this host only, so a Referer proves nothing further
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.before_request(open_request)
    language.attach(app)
    portal_pages.attach(app)
    forms = CSRFProtect(app)
    forms.exempt(alerts.off_now)  # the address is its proof, and mail programs send it without a page before
    for endpoints in (oauth_routes.pages, registration_pages):
        forms.exempt(endpoints)
        app.register_blueprint(endpoints)
    app.after_request(close_request)
    app.register_error_handler(EspiError, refuse)
    app.register_error_handler(HTTPException, refuse_by_http)
    app.register_error_handler(Exception, fail)
    _add_health(app)
    metrics.attach(app)
    pages = DispatcherMiddleware(app.wsgi_app, {market.PREFIX: market.make(settings, database)})
    app.wsgi_app = api.Mount(pages, api.make(settings, database))  # type: ignore[method-assign]
    log.record(log.Event.STARTED, base_url=settings.base_url)
    if settings.certification_harness:
        log.warn(log.Event.HARNESS, meaning="tokens by GET and credentials in addresses are answered")
    return app


def work_in_background(app: Flask) -> None:
    """Begin what a server's process does beside answering: write the audit of reads, work on jobs if it is to."""
    here: Site = app.extensions[EXTENSION]
    audit.buffer(here.database)
    if here.settings.jobs_in_process and handlers.kinds():
        jobs.start_thread(jobs.Context(here.settings, here.database))


def open_request() -> None:
    """Give the request an id, which the log, the answer's header and every error page bear."""
    g.request_id = secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def close_request(response: Response) -> Response:
    """Add the headers that every answer has, and write the access log: the route, never the address with its ids."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if target := g.get("form_target"):
        policy = CONTENT_POLICY.replace("form-action 'self'", f"form-action 'self' {target}")
        response.headers["Content-Security-Policy"] = policy
    response.headers["X-Request-Id"] = g.request_id
    if request.endpoint == "static":
        response.headers["Cache-Control"] = "public, max-age=86400"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.update(("Cookie", "Accept-Language"))
    if response.headers.get("Content-Disposition", "").startswith("attachment"):
        # Pages are not packed: they hold form tokens beside what a reader typed.
        pack(request, response)
    route = str(request.url_rule) if request.url_rule else ""
    log.record(log.Event.REQUEST, method=request.method, route=route, status=response.status_code)
    return response


def refuse(error: EspiError) -> Response:
    """Answer one of our own errors: its public message goes out, its detail stays in the log."""
    if isinstance(error, NotLoggedIn) and _wants_page():
        return session.ask_to_log_in()
    event = log.Event.REQUEST_FAILED if error.status >= 500 else log.Event.DENIED
    log.warn(event, code=error.code, status=error.status, detail=error.detail)
    return _answer(error.status, error.code, error.public)


def refuse_by_http(error: HTTPException) -> Response:
    """Answer an error of HTTP itself: an unknown address, a method that is not allowed, a form without its token."""
    status = error.code or 500
    if status < 400:
        return Response(status=status, headers=error.get_headers())
    if isinstance(error, CSRFError):
        shown: EspiError = BadInput(
            "This form is too old or was not ours. Go back, load the page again and send it once more."
        )
    elif status == 404:
        shown = NotFound()
    else:
        shown = EspiError(error.description or error.name)
    response = _answer(
        status, shown.code if status in {400, 404} else error.name.lower().replace(" ", "_"), shown.public
    )
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After", "Location"}:
            response.headers[name] = value
    return response


def fail(error: Exception) -> Response:
    """Answer what nobody foresaw: the reader gets the request id, the log gets where it happened.

    The error's own words and the values around it stay out of the log: they may be a password or a person's data.
    """
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_LOGGED:]
    where = [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    log.warn(log.Event.REQUEST_FAILED, error=type(error).__name__, where=where)
    return _answer(EspiError.status, EspiError.code, EspiError.public)


def _wants_page() -> bool:
    return request.accept_mimetypes.best_match(["application/json", "text/html"], "text/html") == "text/html"


def _answer(status: int, code: str, message: str) -> Response:
    """A page for people, a problem body (RFC 9457) for programs; both with the request id."""
    if _wants_page():
        page = render_template("error.html", status=status, message=language.say(message), request_id=g.request_id)
        return Response(page, status)
    return problem(request, status, code, message, g.request_id)


def _add_health(app: Flask) -> None:
    @app.get("/healthz")
    def healthz() -> dict[str, Any]:
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> dict[str, Any]:
        database: Database = app.extensions[EXTENSION].database
        database.check()
        return {"status": "ready"}
