"""Reads take turns in a process: one is computed while the others wait, and sending waits for nobody.

Computing an answer is all Python. Threads that do it at once hand the interpreter back and forth at every query, and
together do less than one alone; but one thread alone would be held up by the first caller with a slow line. So whoever
computes has the turn, and gives it back before each piece is sent. What changes things keeps no turn: it waits for its
caller's body. The market's interface and the pages are not in it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

READS = frozenset({"GET", "HEAD"})


class Turns:
    """A WSGI application whose reads are computed one at a time."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._turn = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request. An answer of one piece is whole, and done with, when this returns."""
        if environ["REQUEST_METHOD"] not in READS:
            return self._application(environ, start_response)
        with self._turn:
            answer = self._application(environ, start_response)
            try:
                pieces = iter(answer)
                first, second = next(pieces, b""), next(pieces, None)
            except BaseException:
                _close(answer)
                raise
            if second is None:
                _close(answer)
                return [first]
        return self._sent(answer, first, second, pieces)

    def _sent(self, answer: Iterable[bytes], first: bytes, second: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield first
            piece: bytes | None = second
            while piece is not None:
                yield piece
                with self._turn:
                    piece = next(pieces, None)
        finally:
            _close(answer)


def _close(answer: Iterable[bytes]) -> None:
    if close := getattr(answer, "close", None):
        close()
