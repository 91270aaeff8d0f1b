"""Logging in and out: a password, a second factor where the login has one, and a session that can be ended.

The session is a row of the database; the browser holds its opaque token in a `__Host-` cookie. Between password and
code the row says how many wrong codes there were (`OWED`) and opens nothing. Form tokens are in Flask's signed cookie.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pyotp
from flask import Blueprint, Flask, Response, g, render_template, request, url_for
from flask import session as form_session

from espi import log
from espi.access import Principal, Role, needs_second_factor
from espi.clock import Clock, zone
from espi.errors import NotLoggedIn
from espi.portal import devices, recovery_codes, throttle, words
from espi.portal.language import say
from espi.sharing import mails
from espi.store import accounts, audit, passkeys, people
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn

COOKIE = "__Host-session"
OWED = "wrong_codes"
PARTY = "party"
PROOF = "proof"
PASSWORD, WITH_CODE, PASSKEY = "password", "password and code", "passkey"
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
    proof = str(g.session_data.get(PROOF, WITH_CODE if login.totp_secret else PASSWORD))
    return Principal(Role(login.role), login.party_id, proof, login.name, position=login.position)


def login_id() -> int:
    """The number of the login that is logged in. Raises `NotLoggedIn`."""
    login: people.Login | None = g.get("login")
    if login is None:
        raise NotLoggedIn
    return login.id


def lacks_second_factor() -> bool:
    """Whether somebody is logged in whose role takes a second factor, and who has not set one up yet."""
    login: people.Login | None = g.get("login")
    if login is None or login.totp_secret or not needs_second_factor(login.role):
        return False
    if not site().settings.second_factor or g.session_data.get(PROOF) == PASSKEY:
        return False
    with site().database.read() as conn:
        return not passkeys.passkeys_of(conn, login.id)


def redirected(address: str) -> Response:
    """An answer that sends the reader to another page of ours, with a GET."""
    return Response(status=303, headers={"Location": address})


def ask_to_log_in() -> Response:
    """Send the reader to the login page, and from there back to where he was."""
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    told = "ended" if request.cookies.get(COOKIE) else None
    answer = redirected(url_for("session.log_in_page", next=None if here == "/" else here, told=told))
    return _without_session(answer)


@pages.get("/login")
def log_in_page() -> Response:
    """The way in."""
    if g.login:
        return redirected(url_for("customer.home"))
    told = {
        "ended": say("You were logged out because you did nothing for a while. Log in again."),
        "password": say("Your new password is set. Log in with it."),
        "closed": say("Your account is closed."),
    }
    return _login_page(told=told.get(request.args.get("told", ""), ""))


@pages.post("/login")
def log_in() -> Response:
    """Check name and password. An unknown name and a wrong password get the same answer."""
    here = site()
    name, password = request.form.get("login", "").strip(), request.form.get("password", "")
    name = name.casefold() if "@" in name else name
    with here.database.read() as conn:
        if until_s := throttle.held_up_until(conn, name):
            return _wait_page(name, until_s)
        attempt = people.try_password(conn, name, password)
    owes = False
    with here.database.write() as conn:
        login = people.settle(conn, attempt, here.now_s())
        if login is None:
            _record(conn, "nobody", allowed=False)
            throttle.count(conn)
            token = ""
        elif owes := _owes_more(conn, login):
            token = people.start_session(conn, login.id, here.now_s(), {OWED: 0})
        else:
            token = begin(conn, login, PASSWORD)
    if login is None:
        log.warn(log.Event.LOGIN_REFUSED, factor="password")
        return _login_page(
            refused=say("The user name or the password is not right. Check both and try again."), name=name
        )
    form_session.clear()
    if owes:
        return _with_session(redirected(url_for("session.code_page", next=wanted())), token)
    return throttle.remember(_with_session(redirected(wanted() or url_for("customer.home")), token), name)


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
    code = request.form.get("code", "")
    step = step_of(owing.login.totp_secret, code)
    token = ""
    with here.database.write() as conn:
        right = recovery_codes.use(conn, owing.login.id, code) or people.settle_code(
            conn, owing.login.id, step, here.now_s()
        )
        wrong = int(owing.data[OWED]) + (not right)
        if right or wrong >= MOST_WRONG_CODES:
            people.end_session(conn, old)
        else:
            people.touch_session(conn, old, here.now_s(), {OWED: wrong})
        if right:
            token = begin(conn, owing.login, WITH_CODE)
        else:
            _record(conn, owing.login.name, allowed=False)
    if right:
        form_session.clear()
        there = _with_session(redirected(wanted() or url_for("customer.home")), token)
        return throttle.remember(there, owing.login.name)
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
    return forgotten(redirected(url_for("session.log_in_page")))


def _recognise() -> None:
    """Put into `g` who is logged in (`login`), or whose code is still owed (`owing`)."""
    g.login = g.owing = None
    g.session_data = {}
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
        if found and PARTY in found.data and found.data[PARTY] in accounts.parties_of(conn, found.login.id):
            found = replace(found, login=replace(found.login, party_id=int(found.data[PARTY])))
    if found:
        g.login, g.session_data = found.login, found.data
        with here.database.write() as conn:
            people.touch_session(conn, token, here.now_s())


def step_of(secret: str, code: str) -> int | None:
    """Which 30 seconds a code (RFC 6238) is of, if they are now, just over or about to come.

    Authenticators run on the real time, so where the server's clock is set otherwise (never in production) it counts.
    """
    if not secret:
        return None
    codes, digits = pyotp.TOTP(secret), "".join(code.split())
    clocks = (site().settings.clock, Clock())
    now = {clock.now_s() // codes.interval for clock in clocks if clock.is_real or not site().settings.clock.is_real}
    steps = (step + near for step in now for near in (0, -1, 1))
    return next((step for step in steps if codes.verify(digits, for_time=step * codes.interval)), None)


def begin(conn: Conn, login: people.Login | accounts.Account, proof: str) -> str:
    """Begin the session of somebody who has proved who he is; its token."""
    _record(conn, f"{login.role}:{login.party_id}:{login.name}", allowed=True)
    log.record(log.Event.LOGIN, role=login.role)
    return people.start_session(conn, login.id, site().now_s(), {PROOF: proof, **devices.seen(request)})


def _owes_more(conn: Conn, login: people.Login) -> bool:
    """Whether a right password is not enough: there is an app's code, or staff that has a passkey only."""
    return bool(login.totp_secret) or (needs_second_factor(login.role) and bool(passkeys.passkeys_of(conn, login.id)))


def _record(conn: Conn, actor: str, *, allowed: bool) -> None:
    audit.record(
        conn, at_s=site().now_s(), actor=actor, action="session:start", target="portal", rule=RULE, allowed=allowed
    )


def with_new_session(answer: Response, token: str) -> Response:
    """An answer that logs its reader in: who has just made his login need not type it again."""
    form_session.clear()
    return _with_session(answer, token)


def forgotten(answer: Response) -> Response:
    """An answer to whose reader nothing of his session stays."""
    form_session.clear()
    answer.headers["Clear-Site-Data"] = '"cache"'
    return _without_session(answer)


def _with_session(answer: Response, token: str) -> Response:
    answer.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="Lax")
    return answer


def _without_session(answer: Response) -> Response:
    answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax")
    return answer


def wanted() -> str | None:
    """Where the reader wanted to go: a path of this site, or nowhere."""
    path = request.values.get("next", "")
    parts = urlsplit(path)
    ours = path.startswith("/") and not parts.scheme and not parts.netloc
    return path if ours and path.isprintable() and "\\" not in path and not path.startswith("//") else None


def _login_page(*, told: str = "", refused: str = "", name: str = "") -> Response:
    page = render_template("login.html", told=told, refused=refused, name=name, next=wanted() or "")
    return Response(page, 401 if refused else 200)


def _wait_page(name: str, until_s: int) -> Response:
    """The way in of whoever must wait, with until when."""
    log.warn(log.Event.LOGIN_REFUSED, factor="network")
    time = words.time_of_day(zone(mails.ZONE), until_s, named=True)
    told = say(
        "Too many wrong passwords came from your network. Try again after %(time)s, or log in with a passkey.",
        time=time,
    )
    answer = _login_page(refused=told, name=name)
    answer.status_code = 429
    answer.headers["Retry-After"] = str(until_s - site().now_s())
    return answer


def _code_page(*, refused: str = "") -> Response:
    owing: people.Session = g.owing
    page = render_template("code.html", refused=refused, next=wanted() or "", by_app=bool(owing.login.totp_secret))
    return Response(page, 401 if refused else 200)
