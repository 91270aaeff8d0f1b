"""The port for clients that show a certificate (RFC 8705): gunicorn, which hands the certificate to the program.

It trusts the authority in `client-ca.pem` of the home folder, if there is one, and every certificate that a client has
registered itself. Who shows none is answered as on the other port.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from espi.oauth.certificate import AUTHORITY
from espi.store import clients
from espi.store.database import Database

if TYPE_CHECKING:
    from espi.cli.certificate import Files
    from espi.config import Settings

THREADS = 4
TRUST_FOR_S = 5

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


@contextlib.contextmanager
def beside(settings: Settings, files: Files, host: str) -> Iterator[None]:
    """The port, served by a process of its own while the block runs; none where the port is 0."""
    if not settings.mtls_port:
        yield
        return
    process = multiprocessing.get_context("fork").Process(
        target=lambda: Server(settings, options(settings, files, host)).run(), name="espi-certified"
    )
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


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

    def load(self) -> Wsgi:
        """The application of one worker."""
        from espi.cli.serve import application  # noqa: PLC0415  (serve imports this module)

        app = application(self.settings)
        return lambda environ, start: app(with_certificate(environ), start)


def with_certificate(environ: dict[str, Any]) -> dict[str, Any]:
    """The environment of a request with the certificate (DER) that its connection was made with."""
    connection = environ.get("gunicorn.socket")
    if isinstance(connection, ssl.SSLSocket) and (shown := connection.getpeercert(binary_form=True)):
        environ["espi.client_certificate"] = shown
    return environ


def options(settings: Settings, files: Files, host: str) -> dict[str, Any]:
    """What gunicorn is told."""
    return {
        "bind": f"[{host}]:{settings.mtls_port}" if ":" in host else f"{host}:{settings.mtls_port}",
        "workers": 1,
        "worker_class": "gthread",
        "threads": THREADS,
        "certfile": str(files.server),
        "keyfile": str(files.server_key),
        "ssl_context": Trust(settings).context,
        "control_socket_disable": True,  # nothing of ours talks to it, and it would be a way in
        "graceful_timeout": 20,
        "timeout": 120,
        "loglevel": "warning",
        "proc_name": "espi-certified",
    }


class Trust:
    """The TLS context of the port; certificates registered since are in it a few seconds later."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database: Database | None = None
        self._made: ssl.SSLContext | None = None
        self._made_at = 0.0

    def context(self, _config: object, make_default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        """TLS 1.2 or later, asking for a certificate."""
        now = time.monotonic()
        if self._made is None or now - self._made_at > TRUST_FOR_S:
            context = make_default()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.verify_mode = ssl.CERT_OPTIONAL
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            for pem in self._trusted():
                context.load_verify_locations(cadata=pem)
            self._made, self._made_at = context, now
        return self._made

    def _trusted(self) -> Iterator[str]:
        authority = self._settings.home / AUTHORITY
        if authority.is_file():
            yield authority.read_text("ascii")
        self._database = self._database or Database(self._settings.database_url)
        with self._database.read() as conn:
            yield from clients.certificates(conn)
