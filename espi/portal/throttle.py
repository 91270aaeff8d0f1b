"""Wrong passwords by network: after many of them from one, strangers there wait; who has logged in before does not.

A browser that has logged in to an account bears a signed cookie that says so, of that account alone. So whoever guesses
from a shared network holds up guessers like himself, and nobody in it who only wants to get in as he does every day.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from espi.portal import devices
from espi.store import quotas
from espi.web.site import site

if TYPE_CHECKING:
    from flask import Response

    from espi.store.database import Conn

COOKIE = "__Host-known"
WINDOW_S = 15 * 60
MOST_KNOWN = 5
YEAR_S = 365 * 86_400


def held_up_until(conn: Conn, name: str) -> int:
    """Until when nobody may try a password for a user name from where the request comes; 0 if he may now."""
    most = site().settings.login_failures
    if not most or _mark(name) in _known():
        return 0
    window_s = _window()
    return window_s + WINDOW_S if quotas.used(conn, _subject(), window_s) >= most else 0


def count(conn: Conn) -> None:
    """Count a wrong password."""
    quotas.add_use(conn, _subject(), _window())


def remember(answer: Response, name: str) -> Response:
    """An answer by which the browser is known to have logged in with a user name."""
    marks = [_mark(name), *(mark for mark in _known() if mark != _mark(name))][:MOST_KNOWN]
    answer.set_cookie(COOKIE, _signer().dumps(marks), max_age=YEAR_S, secure=True, httponly=True, samesite="Lax")
    return answer


def _known() -> list[str]:
    try:
        return [str(mark) for mark in _signer().loads(request.cookies.get(COOKIE, ""))]
    except BadSignature:
        return []


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="browsers that have logged in")


def _mark(name: str) -> str:
    return hashlib.sha256(f"{current_app.secret_key!r}/{name}".encode()).hexdigest()[:24]


def _subject() -> str:
    return f"login/network/{devices.network(request.remote_addr)}"


def _window() -> int:
    now_s = site().now_s()
    return now_s - now_s % WINDOW_S
