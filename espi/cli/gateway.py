"""The program behind the server's event loop: reads of the resource endpoint are answered on it, the rest by threads.

Computing an answer is all Python. Threads that do it at once hand the interpreter back and forth at every query, and
together do less than one alone. So a process computes one read at a time, on its loop, and sends it from there without
holding a thread: a caller with a slow line holds up nobody. What changes something, what shows a proof that is kept
(DPoP) and all pages may wait, for a lock or a password's hash, and run in threads.

ASGI 3.0 on one side, WSGI (PEP 3333) on the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING, Any

from espi.api.mount import ROOT

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

THREADS = 64
"""Of a process, for what may wait. A thread is held while a slow caller takes a long page."""
STREAMS = 64
"""So many long answers of the resource endpoint are on their way from a process at once; further reads wait."""
KEPT_BYTES = 1024 * 1024
"""A request's body is in memory up to here, then in a file without a name."""

Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

_READS = frozenset({"GET", "HEAD"})
_BARE = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


class Start:
    """What a program says before its answer (WSGI's `start_response`). written: what it wrote in WSGI's old way."""

    def __init__(self) -> None:
        self.event: Event = {}
        self.written: list[bytes] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
        """Keep the status and the headers."""
        self.event = {
            "type": "http.response.start",
            "status": int(status.partition(" ")[0]),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        }
        return self.written.append


class Gateway:
    """A WSGI program as an ASGI one. most_bytes: how long a request's body may be."""

    def __init__(self, program: WSGIApplication, most_bytes: int) -> None:
        self._program = program
        self._most_bytes = most_bytes
        self._streams = asyncio.Semaphore(STREAMS)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="espi-web")

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        """Answer one request."""
        environ = environ_of(scope)
        if scope["method"] in _READS and scope["path"].startswith(ROOT) and "HTTP_DPOP" not in environ:
            await self._answer_here(environ, receive, send)
            return
        with tempfile.SpooledTemporaryFile(KEPT_BYTES) as body:
            if _has_body(environ) and not await self._take_body(environ, receive, body):
                return
            await self._answer_there(environ, send)

    async def _answer_here(self, environ: WSGIEnvironment, receive: Receive, send: Send) -> None:
        async with self._streams:
            start = Start()
            answer = self._program(environ, start)
            try:
                first, second, pieces = begun(itertools.chain(start.written, answer))
                await send(start.event)
                if second is None:
                    await send(_piece(first))
                    return
                await self._stream(itertools.chain((first, second), pieces), receive, send)
            finally:
                _close(answer)

    async def _stream(self, pieces: Iterator[bytes], receive: Receive, send: Send) -> None:
        """Send one piece when there is room for it, until all are sent or the caller has gone."""
        gone = asyncio.ensure_future(_gone(receive))
        try:
            for piece in pieces:
                await send(_piece(piece, more=True))
                await asyncio.sleep(0)  # whoever asks for less is not to wait for the whole
                if gone.done():
                    return
            await send(_piece(b""))
        finally:
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone

    async def _take_body(self, environ: WSGIEnvironment, receive: Receive, body: IO[bytes]) -> bool:
        """Put the body where the program reads it; false if the caller has gone.

        One that is too long is not taken: its length says so.
        """
        length, more = 0, not _too_long(environ.get("CONTENT_LENGTH", ""), self._most_bytes)
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                return False
            length += len(event.get("body", b""))
            more = event.get("more_body", False) and length <= self._most_bytes
            if length <= self._most_bytes:
                body.write(event.get("body", b""))
        if length:
            environ["CONTENT_LENGTH"] = str(length)
        body.seek(0)
        environ["wsgi.input"] = body
        return True

    async def _answer_there(self, environ: WSGIEnvironment, send: Send) -> None:
        """By a thread, which hands each piece of a long answer to the loop when the one before is sent."""
        loop = asyncio.get_running_loop()

        def send_from_there(event: Event) -> None:
            asyncio.run_coroutine_threadsafe(_sent(send, event), loop).result()

        for event in await loop.run_in_executor(self._threads, self._answered, environ, send_from_there):
            await send(event)

    def _answered(self, environ: WSGIEnvironment, send: Callable[[Event], None]) -> list[Event]:
        """What is left to send: all of a short answer, the end of a long one."""
        start = Start()
        answer = self._program(environ, start)
        try:
            first, second, pieces = begun(itertools.chain(start.written, answer))
            if second is None:
                return [start.event, _piece(first)]
            send(start.event)
            for piece in itertools.chain((first, second), pieces):
                send(_piece(piece, more=True))
            return [_piece(b"")]
        finally:
            _close(answer)


def environ_of(scope: Event) -> WSGIEnvironment:
    """A request as WSGI has it. Nothing of this process's own environment is in it.

    A header whose name has an underscore is left out: it would pass for the one with a hyphen.
    """
    client, server = scope.get("client"), scope.get("server")
    return {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(server[0]) if server else "localhost",
        "SERVER_PORT": str(server[1]) if server else "443",
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0] if client else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **_headers(scope["headers"]),
    }


def begun(answer: Iterable[bytes]) -> tuple[bytes, bytes | None, Iterator[bytes]]:
    """The first piece of an answer, the second if there is one, and the others."""
    pieces = iter(answer)
    return next(pieces, b""), next(pieces, None), pieces


def _piece(text: bytes, *, more: bool = False) -> Event:
    return {"type": "http.response.body", "body": text, "more_body": more}


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _sent(send: Send, event: Event) -> None:
    await send(event)


def _headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        if b"_" in name:
            continue
        key = _BARE.get(name) or f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"
        text = value.decode("latin-1")
        found[key] = f"{found[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}" if key in found else text
    return found


def _has_body(environ: WSGIEnvironment) -> bool:
    """Whether a request may have a body (RFC 9112, section 6; HTTP/2 says its length or leaves it open)."""
    return environ["REQUEST_METHOD"] not in _READS or "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ


def _too_long(length: str, most_bytes: int) -> bool:
    return length.isdigit() and int(length) > most_bytes


def _close(answer: Iterable[bytes]) -> None:
    if close := getattr(answer, "close", None):
        close()
