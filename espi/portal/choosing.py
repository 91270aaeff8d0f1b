"""A new password as somebody types it, twice; and the proof by the old one before something that matters changes."""

from __future__ import annotations

import re

from flask import g, request

from espi.errors import BadInput
from espi.portal import passwords
from espi.portal.language import say
from espi.store import people
from espi.web.site import site

ADDRESS = re.compile(r"[^\s@<>,;:\\\"()\[\]]+@[^\s@<>,;:\\\"()\[\]]+\.[^\s@<>,;:\\\"()\[\]]+")
"""A mail address of one person."""


def chosen_password(*about: str) -> str:
    """The new password of the form. about: what it must not be made of. `BadInput` says why it is not taken."""
    password = request.form.get("new_password", "")
    if password != request.form.get("again", ""):
        raise BadInput(say("The two passwords are not the same. Type both again."))
    why = passwords.refusal(password, *about)
    told = {
        "short": say("Choose a password of %(count)s characters at least.", count=passwords.LEAST),
        "long": say("Choose a password of %(count)s characters at most.", count=passwords.MOST),
        "common": say("Guessers try this password first. Choose three or four words that have nothing in common."),
        "personal": say("This password is made of your name or address. Choose words that are not about you."),
    }
    if why:
        raise BadInput(told[why])
    return password


def prove() -> None:
    """That whoever is logged in knows the password still. `BadInput` if not; wrong ones count as at the log-in."""
    here, login = site(), g.login
    with here.database.read() as conn:
        attempt = people.try_password(conn, login.name, request.form.get("password", ""))
    with here.database.write() as conn:
        right = people.settle(conn, attempt, here.now_s())
    if right is None or right.id != login.id:
        raise BadInput(say("Your present password is not right. Nothing was changed."))
