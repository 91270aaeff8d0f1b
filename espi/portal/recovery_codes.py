"""Codes for the day on which the phone is lost: made ten at a time, shown once, good for one log-in each."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from espi.store import accounts
from espi.web.site import site

if TYPE_CHECKING:
    from espi.store.database import Conn

COUNT = 10
BYTES = 10
LETTERS = 16
GROUP = 4


def make(conn: Conn, login_id: int) -> list[str]:
    """New codes of a login, which end those before; only their hashes are kept."""
    codes = [base64.b32encode(secrets.token_bytes(BYTES)).decode().casefold() for _ in range(COUNT)]
    accounts.set_recovery_codes(conn, login_id, [_hash(code) for code in codes])
    return ["-".join(code[start : start + GROUP] for start in range(0, LETTERS, GROUP)) for code in codes]


def use(conn: Conn, login_id: int, typed: str) -> bool:
    """Use a code up; whether it was one of the login's. What cannot be one is not looked for."""
    code = "".join(letter for letter in typed.casefold() if letter.isalnum())
    return len(code) == LETTERS and accounts.use_recovery_code(conn, login_id, _hash(code))


def _hash(code: str) -> str:
    return hmac.new(site().database.key_for("recovery codes"), code.encode(), hashlib.sha256).hexdigest()
