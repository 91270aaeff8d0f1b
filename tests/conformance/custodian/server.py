"""The played custodian as a server: https on a port of this machine, with the faults it was given."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.conformance.custodian import (
    application,
    authorization_server,
    facts,
    operator,
    packing,
    push,
    resource_server,
    usage,
)
from tests.conformance.custodian.atom import Entry, feed_text
from tests.conformance.custodian.book import Book
from tests.conformance.custodian.certificates import Certificates
from tests.conformance.custodian.doors import Tls, served
from tests.conformance.custodian.exchange import Answer, Request, refused
from tests.conformance.custodian.faults import Fault

RETRY_S = 0.3


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
    notes: dict[str, Any] = field(default_factory=dict)
    """What a fault remembers from one request to the next."""
    news_type: str = "application/atom+xml"
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
                self.posted.append((text, push.post(to, text, self.news_type)))
                if 200 <= self.posted[-1][1] < 300:
                    return

        threading.Thread(target=send, daemon=True).start()

    def good(self, request: Request) -> Answer:
        """The answer as it should be."""
        return authorization_server.answer(self, request) or resource_server.answer(self, request) or refused(404)

    def opened(self, request: Request) -> Answer:
        """The answer that the custodian's own token would get."""
        return self.good(
            replace(request, headers=request.headers | {"authorization": f"Bearer {self.token('custodian')}"})
        )

    def answer(self, request: Request) -> Answer:
        """The answer, spoilt where a fault says so."""
        if request.method == "HEAD" and self.notes.get("headless"):
            return refused(501)
        request = replace(request, method="GET") if request.method == "HEAD" else request
        found = self.good(request)
        for fault in self.faults:
            found = fault.answer(self, request, found)
        found = packing.packed(request, found, self.notes)
        for fault in self.faults:
            found = fault.finish(self, request, found)
        return found

    def file(self) -> str:
        """The bulk as a file, spoilt where a fault says so."""
        text = feed_text(self.root, f"/Batch/Bulk/{facts.BULK}", "Bulk", usage.entries())
        for fault in self.faults:
            text = fault.file(text)
        return text

    def console_answer(self, request: Request) -> Answer:
        """What the console says, spoilt where a fault says so."""
        found = operator.answer(self, request)
        for fault in self.faults:
            found = fault.answer(self, request, found)
        return found


@contextlib.contextmanager
def playing(certificates: Certificates, faults: Sequence[Fault] = ()) -> Iterator[Custodian]:
    """The custodian, answering at `site` until the block ends, and its console at a port of its own."""
    custodian = Custodian(faults)
    tls = Tls(certificates)
    for fault in faults:
        fault.secure(tls, certificates)
    with served(custodian.answer, tls) as port, served(custodian.console_answer) as console:
        custodian.site = f"https://localhost:{port}"
        custodian.console = console
        custodian.begin()
        yield custodian
