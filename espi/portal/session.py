"""Logging in and out: a password, a second factor where the login has one, and a session that can be ended.

The session is a row of the database; the browser holds its opaque token in a `__Host-` cookie. Between password and
code the row says how many wrong codes there were (`OWED`) and opens nothing. Form tokens are in Flask's signed cookie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pyotp
from flask import Blueprint, Flask, Response, g, render_template, request, url_for
from flask import session as form_session

from espi import log
from espi.access import Principal, Role
from espi.clock import Clock
from espi.errors import NotLoggedIn
from espi.portal.language import say
from espi.store import audit, people
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn

COOKIE = "__Host-session"
OWED = "wrong_codes"
MOST_WRONG_CODES = 5
CODE_WITHIN_S = 300
SECONDS_PER_MINUTE = 60
SECONDS_PER_HOUR = 3600
RULE = "password, and code where the login has one"

pages = Blueprint("session", __name__)


def attach(app: Flask) -> None:
    """Find out who asks, before every page."""
    app.before_request(_recognise)
    app.context_processor(lambda: {"login": g.get("login")})
    app.register_blueprint(pages)


def principal() -> Principal:
    """Who asks, for the gate. Raises `NotLoggedIn`."""
    login: people.Login | None = g.get("login")
    if login is None:
        raise NotLoggedIn
    proof = "password and code" if login.totp_secret else "password"
    return Principal(Role(login.role), login.party_id, proof, login.name)


def redirected(address: str) -> Response:
    """An answer that sends the reader to another page of ours, with a GET."""
    return Response(status=303, headers={"Location": address})


def ask_to_log_in() -> Response:
    """Send the reader to the login page, and from there back to where he was."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
    told = "ended" if request.cookies.get(COOKIE) else None
    answer = redirected(url_for("session.log_in_page", next=None if wanted == "/" else wanted, told=told))
    return _without_session(answer)


@pages.get("/login")
def log_in_page() -> Response:
    """The way in."""
    if g.login:
        return redirected(url_for("customer.home"))
    told = say("You were logged out because you did nothing for a while. Log in again.")
    return _login_page(told=told if request.args.get("told") == "ended" else "")


@pages.post("/login")
def log_in() -> Response:
    """Check name and password. An unknown name and a wrong password get the same answer."""
    here = site()
    name, password = request.form.get("login", "").strip(), request.form.get("password", "")
    with here.database.read() as conn:
        attempt = people.try_password(conn, name, password)
    with here.database.write() as conn:
        login = people.settle(conn, attempt, here.now_s())
        if login is None:
            _record(conn, "nobody", allowed=False)
            token = ""
        elif login.totp_secret:
            token = people.start_session(conn, login.id, here.now_s(), {OWED: 0})
        else:
            token = _start(conn, login)
    if login is None:
        log.warn(log.Event.LOGIN_REFUSED, factor="password")
        return _login_page(
            refused=say("The user name or the password is not right. Check both and try again."), name=name
        )
    form_session.clear()
    if login.totp_secret:
        return _with_session(redirected(url_for("session.code_page", next=_next())), token)
    return _with_session(redirected(_next() or url_for("customer.home")), token)


@pages.get("/login/code")
def code_page() -> Response:
    """The page that asks for the code of the second factor."""
    if g.owing is None:
        return redirected(url_for("session.log_in_page"))
    return _code_page()


@pages.post("/login/code")
def enter_code() -> Response:
    """Check the code. Who is too slow, or wrong too often, begins again with his password."""
    owing: people.Session | None = g.owing
    if owing is None:
        return redirected(url_for("session.log_in_page"))
    here, old = site(), request.cookies[COOKIE]
    step = _step_of(owing.login.totp_secret, request.form.get("code", ""))
    token = ""
    with here.database.write() as conn:
        right = people.settle_code(conn, owing.login.id, step, here.now_s())
        wrong = int(owing.data[OWED]) + (not right)
        if right or wrong >= MOST_WRONG_CODES:
            people.end_session(conn, old)
        else:
            people.touch_session(conn, old, here.now_s(), {OWED: wrong})
        if right:
            token = _start(conn, owing.login)
        else:
            _record(conn, owing.login.name, allowed=False)
    if right:
        form_session.clear()
        return _with_session(redirected(_next() or url_for("customer.home")), token)
    log.warn(log.Event.LOGIN_REFUSED, factor="code")
    if wrong >= MOST_WRONG_CODES:
        return _without_session(redirected(url_for("session.log_in_page")))
    return _code_page(refused=say("That code is not right, or it is too old. Type the one the app shows now."))


@pages.post("/logout")
def log_out() -> Response:
    """End the session, here and in the database."""
    token = request.cookies.get(COOKIE)
    if token:
        with site().database.write() as conn:
            people.end_session(conn, token)
    form_session.clear()
    answer = _without_session(redirected(url_for("session.log_in_page")))
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _recognise() -> None:
    """Put into `g` who is logged in (`login`), or whose code is still owed (`owing`)."""
    g.login = g.owing = None
    token = request.cookies.get(COOKIE)
    if not token or request.endpoint in {None, "static", "healthz", "readyz"}:
        return
    here = site()
    idle_s = here.settings.session_idle_minutes * SECONDS_PER_MINUTE
    limit_s = here.settings.session_hours * SECONDS_PER_HOUR
    with here.database.read() as conn:
        found = people.session_login(conn, token, here.now_s(), idle_s, limit_s)
        if found and OWED in found.data:
            g.owing = people.session_login(conn, token, here.now_s(), CODE_WITHIN_S, CODE_WITHIN_S)
            return
    if found:
        g.login = found.login
        with here.database.write() as conn:
            people.touch_session(conn, token, here.now_s())


def _step_of(secret: str, code: str) -> int | None:
    """Which 30 seconds a code (RFC 6238) is of, if they are now, just over or about to come.

    Authenticators run on the real time, so where the server's clock is set otherwise (never in production) it counts.
    """
    codes, digits = pyotp.TOTP(secret), "".join(code.split())
    clocks = (site().settings.clock, Clock())
    now = {clock.now_s() // codes.interval for clock in clocks if clock.is_real or not site().settings.clock.is_real}
    steps = (step + near for step in now for near in (0, -1, 1))
    return next((step for step in steps if codes.verify(digits, for_time=step * codes.interval)), None)


def _start(conn: Conn, login: people.Login) -> str:
    _record(conn, f"{login.role}:{login.party_id}:{login.name}", allowed=True)
    log.record(log.Event.LOGIN, role=login.role)
    return people.start_session(conn, login.id, site().now_s())


def _record(conn: Conn, actor: str, *, allowed: bool) -> None:
    audit.record(
        conn, at_s=site().now_s(), actor=actor, action="session:start", target="portal", rule=RULE, allowed=allowed
    )


def with_new_session(answer: Response, token: str) -> Response:
    """An answer that logs its reader in: who has just made his login need not type it again."""
    form_session.clear()
    return _with_session(answer, token)


def _with_session(answer: Response, token: str) -> Response:
    answer.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="Lax")
    return answer


def _without_session(answer: Response) -> Response:
    answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax")
    return answer


def _next() -> str | None:
    """Where the reader wanted to go: a path of this site, or nowhere."""
    wanted = request.values.get("next", "")
    parts = urlsplit(wanted)
    ours = wanted.startswith("/") and not parts.scheme and not parts.netloc
    return wanted if ours and wanted.isprintable() and "\\" not in wanted and not wanted.startswith("//") else None


def _login_page(*, told: str = "", refused: str = "", name: str = "") -> Response:
    page = render_template("login.html", told=told, refused=refused, name=name, next=_next() or "")
    return Response(page, 401 if refused else 200)


def _code_page(*, refused: str = "") -> Response:
    page = render_template("code.html", refused=refused, next=_next() or "")
    return Response(page, 401 if refused else 200)
