"""The third party's own pages: where the customer's browser comes back to, and where notifications arrive.

They are at the paths of the certification harness. Everything that comes in is kept, and can be waited for.
"""

from __future__ import annotations

import contextlib
import html
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from lxml import etree

from conformance.client.exchange import Exchange, Headers, Recorder
from conformance.client.settings import (
    CALLBACK_PATH,
    NOTIFICATION_PATH,
    SCOPE_SELECTION_PATH,
    ListenerSettings,
    Unusable,
)

KINDS = {CALLBACK_PATH: "callback", SCOPE_SELECTION_PATH: "scope_selection", NOTIFICATION_PATH: "notification"}
CALLER_S = 30
MOST_BODY_BYTES = 4 * 1024 * 1024
POLL_S = 0.05
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Conformance kit</title></head>
<body><main><h1>{title}</h1>{body}</main></body></html>"""
SELECTION = """<form method="post"><fieldset><legend>Select Scope</legend>{radios}</fieldset>
<button type="submit" name="next">Next</button></form>"""
RADIO = '<p><label><input type="radio" name="scope" class="scope" value="{scope}"{checked}> {scope}</label></p>'


@dataclass(frozen=True)
class Received:
    """What came in. kind: callback, scope_selection or notification. at_s: when, in epoch seconds.

    query has the first value of each parameter and `parameters` all of them; `exchange` is how it is kept.
    """

    kind: str
    at_s: float
    method: str
    target: str
    headers: Headers
    body: bytes
    exchange: Exchange
    parameters: dict[str, list[str]] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        """The first value of each parameter."""
        return {name: values[0] for name, values in self.parameters.items()}

    @property
    def root(self) -> etree._Element | None:
        """The XML document that was sent; None if it is none."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            return etree.fromstring(self.body, parser)
        except (etree.XMLSyntaxError, ValueError):
            return None

    @property
    def uris(self) -> tuple[str, ...]:
        """The texts of all `resources` of a BatchList, in their order."""
        if self.root is None:
            return ()
        return tuple((one.text or "").strip() for one in self.root.iter("{*}resources"))

    def header(self, name: str) -> str:
        """The value of the first header of a name; empty if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def names(self, url: str) -> bool:
        """It tells of this address, or of something below it; host and query do not matter."""
        wanted = _path(url)
        return any(_path(uri) == wanted or _path(uri).startswith(f"{wanted}/") for uri in self.uris)


class Listener:
    """Our pages, while they run.

    authorize: gives the address that a chosen scope leads to. preferred: the scope that is chosen beforehand.
    notification_status: what a notification is answered with.
    """

    def __init__(self, settings: ListenerSettings, recorder: Recorder) -> None:
        self._settings = settings
        self._recorder = recorder
        self._received: list[Received] = []
        self._news = threading.Condition()
        self._server: ThreadingHTTPServer | None = None
        self._port = settings.port
        self.authorize: Callable[[str], str] = lambda scope: f"?scope={scope}"
        self.preferred = ""
        self.notification_status = 200

    @property
    def url(self) -> str:
        """What our addresses begin with, as others reach them."""
        if self._settings.public_url:
            return self._settings.public_url.rstrip("/")
        name = "localhost" if self._settings.host in {"127.0.0.1", "::1"} else self._settings.host
        return f"{'https' if self._settings.certificate else 'http'}://{name}:{self._port}"

    @property
    def received(self) -> list[Received]:
        """Everything that came in so far."""
        with self._news:
            return list(self._received)

    def mark(self) -> int:
        """The present, for `since`."""
        with self._news:
            return len(self._received)

    def wait_for(
        self, kind: str, seconds: float, *, since: int = 0, where: Callable[[Received], bool] = lambda _one: True
    ) -> Received | None:
        """The first of a kind that came after a mark and for which `where` holds; None if none comes in time."""
        deadline = time.monotonic() + seconds
        with self._news:
            while True:
                for one in self._received[since:]:
                    if one.kind == kind and where(one):
                        return one
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    return None
                self._news.wait(left_s)

    @contextlib.contextmanager
    def closed(self) -> Iterator[None]:
        """Within, nobody answers at our addresses."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def start(self) -> None:
        """Open the port.

        Raises:
            Unusable: the port is taken, or the certificate cannot be read.
        """
        try:
            self._server = _Server((self._settings.host, self._port), self._handler(), self._context())
        except OSError as err:
            raise Unusable(f"[listener] cannot listen at {self._settings.host}:{self._port}: {err}") from err
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(POLL_S,), daemon=True).start()

    def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    # ------------------------------------------------------------ inside

    def _context(self) -> ssl.SSLContext | None:
        if not self._settings.certificate:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._settings.certificate, self._settings.key or None)
        return context

    def take(self, method: str, target: str, headers: Headers, body: bytes) -> tuple[int, Headers, str]:
        """Keep a request and give the status, headers and body of our answer."""
        kind = KINDS.get(urlsplit(target).path, "unknown")
        query = (
            urlsplit(target).query if kind != "scope_selection" or method == "GET" else body.decode("utf-8", "replace")
        )
        parameters = parse_qs(query, keep_blank_values=True, separator="&")
        status, own, text = self._answer(kind, method, parameters)
        exchange = self._recorder.begin(method, self.url + target, headers, body)
        exchange.answered(status, "answered by the kit", own, self._recorder.mask)
        with self._news:
            self._received.append(Received(kind, time.time(), method, target, headers, body, exchange, parameters))
            self._news.notify_all()
        return status, own, text

    def _answer(self, kind: str, method: str, parameters: dict[str, list[str]]) -> tuple[int, Headers, str]:
        page = (("Content-Type", "text/html; charset=utf-8"),)
        match kind, method:
            case "notification", "POST":
                return self.notification_status, (), ""
            case "callback", "GET":
                return 200, page, PAGE.format(title="Thank you", body="<p>You can close this page.</p>")
            case "scope_selection", "GET":
                return 200, page, PAGE.format(title="Select Scope", body=self._selection(parameters.get("scope", [])))
            case "scope_selection", "POST":
                return 302, (("Location", self.authorize(parameters.get("scope", [""])[0])),), ""
        return 404, page, PAGE.format(title="Not found", body="")

    def _selection(self, scopes: list[str]) -> str:
        chosen = self.preferred if self.preferred in scopes else "".join(scopes[:1])
        radios = "".join(
            RADIO.format(scope=html.escape(scope), checked=" checked" if scope == chosen else "") for scope in scopes
        )
        return SELECTION.format(radios=radios)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = CALLER_S

            def do_GET(self) -> None:
                self._do()

            def do_POST(self) -> None:
                self._do()

            def _do(self) -> None:
                length = min(int(self.headers.get("Content-Length") or 0), MOST_BODY_BYTES)
                body = self.rfile.read(length)
                status, headers, text = listener.take(self.command, self.path, self.headers.items(), body)
                self.send_response(status)
                for name, value in (*headers, ("Content-Length", str(len(text.encode())))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name in the library
                """Nothing: what came in is in the report."""

        return Handler


class _Server(ThreadingHTTPServer):
    """Speaks TLS, and shakes hands in the caller's own thread, so that a slow one holds nobody up."""

    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None
    ) -> None:
        super().__init__(address, handler)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that goes away in the middle is no news."""


@contextlib.contextmanager
def listening(settings: ListenerSettings, recorder: Recorder) -> Iterator[Listener]:
    """Our pages, open until the end of the block."""
    listener = Listener(settings, recorder)
    listener.start()
    try:
        yield listener
    finally:
        listener.stop()


def _path(uri: str) -> str:
    path = urlsplit(uri).path
    while "//" in path:
        path = path.replace("//", "/")
    return path.rstrip("/")
