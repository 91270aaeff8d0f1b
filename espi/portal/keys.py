"""The key that signs form tokens: from the settings, or made once and kept in the home folder."""

from __future__ import annotations

import os
import secrets

from espi.config import Settings

FILE_NAME = "form.key"


def form_key(settings: Settings) -> str:
    """The key. Several processes that start at once all end with the same one."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.home / FILE_NAME
    settings.home.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        made = settings.home / f"{FILE_NAME}.{secrets.token_hex(4)}"
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(48), "ascii")
        try:
            os.link(made, path)
        except FileExistsError:
            pass  # another process was first: its key is the one
        finally:
            made.unlink()
    return path.read_text("ascii")
