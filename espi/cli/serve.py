"""`espi serve`: the web server over TLS, and beside it the port for clients that show a certificate.

Granian answers everybody: it is the fastest of the servers tried, but it does not hand on a client's certificate. So
clients that prove themselves by one (RFC 8705) have a port of their own, where gunicorn answers with the same program.
"""

from __future__ import annotations

import argparse
import functools
import signal
import socket
from typing import TYPE_CHECKING, Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings

from espi.app import work_in_background
from espi.cli import certificate, serve_certified
from espi.cli.gateway import Gateway
from espi.cli.opened import opened
from espi.cli.words import Words
from espi.config import Settings
from espi.errors import BadInput

if TYPE_CHECKING:
    from flask import Flask

STOP_WITHIN_S = 20


def add(words: Words) -> None:
    """Add `espi serve`."""
    parser = words.command("serve", serve, "Serve the portal and the interfaces over TLS until told to stop.")
    parser.add_argument("--host", default="localhost", help="address to listen on; 0.0.0.0 is every one of the machine")
    parser.add_argument("--port", type=int, default=8443, help="port to listen on (8443)")
    parser.add_argument("--workers", type=int, default=2, help="processes (2)")


def serve(settings: Settings, given: argparse.Namespace) -> int:
    """Check the database, see to the TLS files, serve."""
    with opened(settings):
        pass  # it is there, at this version's schema
    address = address_of(given.host)
    for port in filter(None, (given.port, settings.mtls_port)):
        _refuse_taken(address, port)
    files = certificate.ensure(settings, given.host)
    signal.signal(signal.SIGTERM, _leave)  # until the server has its own
    with serve_certified.beside(settings, files, given.host):
        server = Granian(**options(files, address, given.port, given.workers))
        server.on_startup(lambda: _say(settings, given))
        server.serve(target_loader=functools.partial(gateway, settings), wrap_loader=False)
    return 0


def application(settings: Settings) -> Flask:
    """The program of one worker process: its own connections, its own threads for what is done in the background."""
    from espi.app import create_app  # noqa: PLC0415  (made in the worker, so nothing is shared by its parent)

    app = create_app(settings)
    work_in_background(app)
    return app


def gateway(settings: Settings) -> Gateway:
    """The program of one worker process behind its event loop."""
    return Gateway(application(settings), settings.max_upload_mb * 1024 * 1024)


def options(files: certificate.Files, address: str, port: int, workers: int) -> dict[str, Any]:
    """What the server is told: TLS 1.2 or later, HTTP/1.1 and 2, nothing else opened."""
    return {
        "target": "espi",
        "address": address,
        "port": port,
        "interface": Interfaces.ASGINL,
        "workers": workers,
        "websockets": False,
        "http": HTTPModes.auto,
        "http1_settings": HTTP1Settings(keep_alive=True),
        "log_level": "error",
        "ssl_cert": files.server,
        "ssl_key": files.server_key,
        "ssl_protocol_min": SSLProtocols.tls12,
        "respawn_failed_workers": True,
        "workers_kill_timeout": STOP_WITHIN_S,
    }


def address_of(host: str) -> str:
    """The address of a host's name; the IPv4 one where it has both."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return str(min(found, key=lambda each: each[0] != socket.AF_INET)[4][0])


def _leave(*_signal: object) -> None:
    raise SystemExit(0)


def _refuse_taken(address: str, port: int) -> None:
    """Raise `BadInput` if somebody listens there; servers that share ports would else share it without a word."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as err:
            raise BadInput(f"Port {port} of {address} cannot be used: {err.strerror}.", detail=str(err)) from err


def _say(settings: Settings, given: argparse.Namespace) -> None:
    certified = f", for clients with a certificate on port {settings.mtls_port}" if settings.mtls_port else ""
    print(f"Serving {settings.base_url} on {given.host}:{given.port}{certified}; stop with Ctrl-C", flush=True)
