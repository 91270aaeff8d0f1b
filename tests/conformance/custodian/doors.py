"""Doors of the played custodian: HTTP servers on ports of this machine, with TLS or without."""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.conformance.custodian.certificates import Certificates
from tests.conformance.custodian.exchange import Answer, Request

GOOD_SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20"
SLOWEST_S = 10
LONGEST_HELLO = 4096
BOTH_VERSIONS = re.compile(rb"\x00\x2b\x00.(.).*", re.DOTALL)
"""The list of versions in the first words of a client."""


def secured(certificates: Certificates, name: str = "good", suites: str = GOOD_SUITES) -> ssl.SSLContext:
    """TLS 1.2 and 1.3 with one certificate; clients may show theirs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(suites)
    context.load_cert_chain(certificates.server(name))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certificates.authority)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


class Tls:
    """How the door is secured. lesser: what is used instead with clients that know TLS 1.2 and 1.3."""

    def __init__(self, certificates: Certificates) -> None:
        self.context = secured(certificates)
        self.lesser: ssl.SSLContext | None = None

    def context_for(self, request: socket.socket) -> ssl.SSLContext:
        """What to answer a client with, by its first words."""
        if self.lesser is None:
            return self.context
        found = BOTH_VERSIONS.search(request.recv(LONGEST_HELLO, socket.MSG_PEEK))
        versions = found[0][5 : 5 + found[1][0]] if found else b""
        return (
            self.lesser if {b"\x03\x03", b"\x03\x04"} <= set(re.findall(b"..", versions, re.DOTALL)) else self.context
        )


def _handler(answer: Callable[[Request], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = SLOWEST_S

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path, _, query = self.requestline.split()[1].partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            found = answer(Request(self.command, path, query, headers, body, _shown(self.connection)))
            self.send_response(found.status)
            for name, value in {**found.headers, "Content-Length": str(len(found.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD" and found.status != 304:
                self.wfile.write(found.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _answer  # noqa: N815  as the base class calls them

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  as the base class has it
            """Nothing: a test has no use for a log."""

    return Handler


def _shown(connection: socket.socket) -> str:
    """The fingerprint of a client's certificate, if it has shown one."""
    shown = connection.getpeercert(binary_form=True) if isinstance(connection, ssl.SSLSocket) else None
    return hashlib.sha256(shown).hexdigest() if shown else ""


class _Server(ThreadingHTTPServer):
    """Shakes hands in the caller's own thread."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler], tls: Tls | None = None) -> None:
        self.tls = tls
        super().__init__(("127.0.0.1", 0), handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(SLOWEST_S)
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        with self.tls.context_for(request).wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, or whose handshake fails, is no news."""


@contextlib.contextmanager
def served(answer: Callable[[Request], Answer], tls: Tls | None = None) -> Iterator[int]:
    """Answer at a port until the block ends; the port."""
    server = _Server(_handler(answer), tls)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
