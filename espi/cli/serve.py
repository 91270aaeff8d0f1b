"""`espi serve`: the web server, gunicorn with threads and TLS."""

from __future__ import annotations

import argparse
import ssl
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

from espi.app import create_app
from espi.cli import certificate
from espi.cli.words import Words
from espi.config import Settings
from espi.store.database import Database

THREADS = 4


def add(words: Words) -> None:
    """Add `espi serve`."""
    parser = words.command("serve", serve, "Serve the portal over TLS until told to stop.")
    parser.add_argument("--host", default="localhost", help="address to listen on; 0.0.0.0 is every one of the machine")
    parser.add_argument("--port", type=int, default=8443, help="port to listen on (8443)")
    parser.add_argument("--workers", type=int, default=2, help=f"processes, of {THREADS} threads each (2)")


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """Gunicorn with our settings; every worker makes its own application, so no connection is shared."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self.settings = settings
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Hand our options to gunicorn, and none from its own files or variables."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application of one worker."""
        return create_app(self.settings)


def serve(settings: Settings, given: argparse.Namespace) -> int:
    """Check the database, see to the TLS files, serve."""
    Database.opened(settings.database_url).close()
    Server(settings, options(settings, given.host, given.port, given.workers)).run()
    return 0


def options(settings: Settings, host: str, port: int, workers: int) -> dict[str, Any]:
    """What gunicorn is told."""
    files = certificate.ensure(settings, host)
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": workers,
        "worker_class": "gthread",
        "threads": THREADS,
        "certfile": str(files.server),
        "keyfile": str(files.server_key),
        "ssl_context": tls_context,
        "control_socket_disable": True,  # nothing of ours talks to it, and it would be a way in
        "graceful_timeout": 20,
        "timeout": 120,
        "loglevel": "warning",
        "proc_name": "espi",
        "when_ready": lambda _arbiter: print(
            f"Serving {settings.base_url} on {host}:{port}; stop with Ctrl-C", flush=True
        ),
    }


def tls_context(_config: object, make_default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """TLS 1.2 or later."""
    context = make_default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
