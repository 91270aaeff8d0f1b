"""A third party's server on this machine: takes POSTs over TLS and answers as it is told."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from espi.cli import certificate
from espi.config import Settings


@dataclass(frozen=True)
class Posted:
    """A request that came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Listener:
    """What came in, and what is answered: a status, or a function that gives status, headers and body."""

    url: str = ""
    authority: str = ""
    posted: list[Posted] = field(default_factory=list)
    answer: Callable[[Posted], tuple[int, dict[str, str], bytes]] = lambda _posted: (200, {}, b"")


@contextmanager
def listening(settings: Settings, home: Path, host: str = "localhost") -> Iterator[Listener]:
    """A listener whose certificate is from an authority of its own, whose file is `authority`."""
    files = certificate.ensure(_with_home(settings, home), host)
    listener = Listener(authority=str(files.authority))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            posted = Posted(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            listener.posted.append(posted)
            status, headers, text = listener.answer(posted)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that goes away is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server, files.server_key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    listener.url = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _with_home(settings: Settings, home: Path) -> Settings:
    from dataclasses import replace  # noqa: PLC0415

    return replace(settings, home=home)
