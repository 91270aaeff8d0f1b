"""The played custodian as a server: https on a port of this machine, with the faults it was given."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.conformance.custodian import (
    application,
    authorization_server,
    facts,
    operator,
    packing,
    push,
    resource_server,
)
from tests.conformance.custodian.atom import Entry
from tests.conformance.custodian.book import Book
from tests.conformance.custodian.certificates import Certificates
from tests.conformance.custodian.exchange import Answer, Request, refused
from tests.conformance.custodian.faults import Fault

RETRY_S = 0.3
GOOD_SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20"


@dataclass
class Custodian:
    """The actor: it answers requests well, then lets its faults spoil the answers.

    site: its own address. third_party: where the kit listens.
    """

    faults: Sequence[Fault] = ()
    site: str = ""
    third_party: str = "https://127.0.0.1:1"
    console: int = 0
    """The port at which the operator's commands are taken, without TLS."""
    book: Book = field(default_factory=Book)
    posted: list[tuple[str, int]] = field(default_factory=list)
    """Notifications that were sent: the text, and the status that came back (0: nobody there)."""

    @property
    def root(self) -> str:
        return f"{self.site}{resource_server.ROOT_PATH}"

    @property
    def redirect_uri(self) -> str:
        return f"{self.third_party}/ThirdParty/espi/1_1/OAuthCallBack"

    @property
    def registration(self) -> Entry:
        token = next(iter(self.book.tokens), "")
        return application.registration(self.site, self.third_party, token)

    def begin(self) -> None:
        """The authorizations that are there from the start, and what the faults change beforehand."""
        for fault in self.faults:
            fault.begin(self)
        book = self.book
        client = f"/Batch/Bulk/{facts.BULK}"
        upload = f"/Batch/RetailCustomer/{facts.SUBSCRIPTION}/UsagePoint"
        made = {
            "registration": ("R", facts.SCOPE, application.PATH),
            "client": ("C", facts.SCOPE, client),
            "upload": ("U", "FB=4", upload),
            "custodian": ("D", "FB=33", "/"),
        }
        personal = {"client": f"/Batch/BulkRetailCustomerInfo/{facts.PERSONAL_BULK}"}
        for name, (kind, scope, resource) in made.items():
            own = facts.path_id(f"authorization of {name}")
            book.add(kind, scope, resource, name=own, customer_resource=personal.get(name, ""))
        book.issue(book.grants[facts.path_id("authorization of registration")])
        offline = book.add(
            "A",
            facts.SCOPE,
            f"/Batch/Subscription/{facts.SUBSCRIPTION}",
            name=facts.path_id("offline authorization"),
            customer_resource=f"/Batch/RetailCustomer/{facts.SUBSCRIPTION}",
            is_offline=True,
        )
        book.offline_token = book.issue(offline)

    def token(self, name: str) -> str:
        """A token that was handed over by hand: of the uploading system, or the custodian's own."""
        return self.book.issue(self.book.grants[facts.path_id(f"authorization of {name}")])

    def notify(self, addresses: list[str]) -> None:
        """Post a list of addresses to the third party, from a thread of its own, again if nobody takes it."""
        to = f"{self.third_party}/ThirdParty/espi/1_1/Notification"
        text: str | None = push.batch_list(addresses)
        for fault in self.faults:
            text = fault.notification(self, text) if text is not None else None
        if text is None:
            return

        def send() -> None:
            for attempt in range(1 + self.book.manners.tries_again):
                time.sleep(RETRY_S if attempt else 0)
                self.posted.append((text, push.post(to, text)))
                if 200 <= self.posted[-1][1] < 300:
                    return

        threading.Thread(target=send, daemon=True).start()

    def answer(self, request: Request) -> Answer:
        """The answer, spoilt where a fault says so."""
        request = replace(request, method="GET") if request.method == "HEAD" else request
        found = authorization_server.answer(self, request) or resource_server.answer(self, request) or refused(404)
        for fault in self.faults:
            found = fault.answer(self, request, found)
        found = packing.packed(request, found)
        for fault in self.faults:
            found = fault.finish(self, request, found)
        return found


@contextlib.contextmanager
def playing(certificates: Certificates, faults: Sequence[Fault] = ()) -> Iterator[Custodian]:
    """The custodian, answering at `site` until the block ends, and its console at a port of its own."""
    custodian = Custodian(faults)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(GOOD_SUITES)
    for fault in faults:
        fault.secure(context, certificates)
    with (
        _served(_Server(_handler(custodian.answer), context)) as port,
        _served(_Server(_handler(lambda request: operator.answer(custodian, request)))) as console,
    ):
        custodian.site = f"https://localhost:{port}"
        custodian.console = console
        custodian.begin()
        yield custodian


def _handler(answer: Callable[[Request], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            found = answer(Request(self.command, path, query, headers, body))
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


class _Server(ThreadingHTTPServer):
    """Shakes hands in the caller's own thread."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> None:
        self.context = context
        super().__init__(("127.0.0.1", 0), handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(10)
        if self.context is None:
            super().finish_request(request, client_address)
            return
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, or whose handshake fails, is no news."""


@contextlib.contextmanager
def _served(server: _Server) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
