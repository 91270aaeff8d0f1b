"""How link keys are kept: sealed with a key of a ring that lies in a file beside the database, not in it.

The newest key of the ring seals, every one opens. What is sealed for one device opens for no other. Install codes are
not kept at all.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from espi.config import Settings
from espi.errors import EspiError

FILE_NAME = "device.keys"
NONCE_BYTES = 12
ID_BYTES = 4
KEY_BYTES = 32


class NotOpened(EspiError):
    """What was sealed cannot be opened: the ring is another machine's, or what was sealed is not what it was."""

    code = "not_opened"


def seal(settings: Settings, secret: bytes, what_for: str) -> bytes:
    """A secret, sealed for one purpose: the key's id, a nonce, and what only that key opens."""
    ring = _ring(settings)
    newest = list(ring)[-1]
    nonce = secrets.token_bytes(NONCE_BYTES)
    return newest + nonce + AESGCM(ring[newest]).encrypt(nonce, secret, what_for.encode())


def unseal(settings: Settings, sealed: bytes, what_for: str) -> bytes:
    """The secret that was sealed for a purpose; `NotOpened` tells nothing of it."""
    key = _ring(settings).get(sealed[:ID_BYTES])
    if key is None:
        raise NotOpened(detail="the key that this was sealed with is not in the ring")
    nonce, text = sealed[ID_BYTES : ID_BYTES + NONCE_BYTES], sealed[ID_BYTES + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, text, what_for.encode())
    except InvalidTag as err:
        raise NotOpened(detail="what was sealed was changed, or was sealed for something else") from err


def add_key(settings: Settings) -> None:
    """Put a new key onto the ring; from now on it seals, and the older ones open only."""
    path = _path(settings)
    kept = [*_lines(path), _fresh()] if path.exists() else [_fresh()]
    _write(path, kept)


def _path(settings: Settings) -> Path:
    return Path(settings.device_keys) if settings.device_keys else settings.home / FILE_NAME


def _ring(settings: Settings) -> dict[bytes, bytes]:
    path = _path(settings)
    if not path.exists():
        _make(path)
    return {base64.b64decode(name): base64.b64decode(key) for name, key in _lines(path)}


def _lines(path: Path) -> list[tuple[str, str]]:
    return [(name, key) for name, key in json.loads(path.read_text("ascii"))]


def _fresh() -> tuple[str, str]:
    found = (secrets.token_bytes(ID_BYTES), secrets.token_bytes(KEY_BYTES))
    name, key = (base64.b64encode(each).decode("ascii") for each in found)
    return name, key


def _make(path: Path) -> None:
    """Begin a ring; of several processes that do so at once, one is first and all use its key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    _write(made, [_fresh()])
    try:
        os.link(made, path)
    except FileExistsError:
        pass  # another process was first
    finally:
        made.unlink()


def _write(path: Path, lines: list[tuple[str, str]]) -> None:
    beside = path.with_name(f"{path.name}.new")
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(lines), "ascii")
    beside.replace(path)
