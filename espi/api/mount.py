"""Where the resource endpoint is mounted: its paths leave the rest of the server before any of it runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROOT: Final = "/espi/1_1/resource"
_SLASHES: Final = re.compile("/{2,}")


class Mount:
    """A WSGI application that gives paths at `ROOT` and below to one application and all others to another.

    Doubled and trailing slashes count as they are meant: some clients send them, and a redirect would lose their token.
    """

    def __init__(self, others: WSGIApplication, resources: WSGIApplication) -> None:
        self._others = others
        self._resources = resources

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        asked = path = environ.get("PATH_INFO", "")
        if "//" in path:
            path = _SLASHES.sub("/", path)
        if path.startswith(ROOT) and path[len(ROOT) : len(ROOT) + 1] in {"", "/"}:
            environ["espi.path"] = environ.get("SCRIPT_NAME", "") + asked
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + ROOT
            environ["PATH_INFO"] = path[len(ROOT) :].rstrip("/") or "/"
            return self._resources(environ, start_response)
        return self._others(environ, start_response)
