"""A batch that is not ready at once: the custodian answers 202, prepares it, and tells where it is."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.client.server import NotGiven, document
from conformance.suite import Finding, Omit, Unjudged, server_check
from conformance.third_party.batches import bulk_url
from conformance.third_party.expect import fault, valid_document

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.listener import Received
    from conformance.client.server import Server

ACCEPTED = 202


@dataclass(frozen=True)
class Later:
    """A batch that was answered with 202: the notification that followed, None if none, and what it named."""

    first: Exchange
    received: Received | None
    answers: tuple[Exchange, ...]


@server_check("BAT001")
def accepted_answers_are_empty(server: Server) -> Iterator[Finding]:
    """There is nothing to say yet."""
    for later in batches_later(server):
        if later.first.size_bytes:
            told = f"An answer of 202 has a body of {later.first.size_bytes} bytes. Send none."
            yield fault(told, later.first)


@server_check("BAT002")
def notification_follows(server: Server) -> Iterator[Finding]:
    """It names the batch, or the pieces that it comes in."""
    for later in batches_later(server):
        if later.received is None:
            wait_s = server.settings.waits.notification_s
            told = f"After the 202 of {later.first.url} no notification named it within {wait_s} s."
            yield fault(told, later.first)


@server_check("BAT003")
def notified_batches_are_there(server: Server) -> Iterator[Finding]:
    """With the token that the batch was asked for with."""
    for later in batches_later(server):
        for answer in later.answers:
            if answer.status != 200:
                told = f"{answer.url} was notified as ready, and is answered with {answer.status or answer.error}."
                yield fault(told, later.first, answer)


@server_check("BAT004")
def notified_batches_are_valid(server: Server) -> Iterator[Finding]:
    """Each piece stands by itself."""
    for later in batches_later(server):
        for answer in later.answers:
            if answer.status == 200:
                read = document(answer)
                yield from valid_document(read, answer)
                if not read.broken and read.feed is None:
                    yield fault(f"{answer.url} was notified as a batch, and is no feed.", answer)


@server_check("BAT005")
def only_batches_come_later(server: Server) -> Iterator[Finding]:
    """The service's status and the list of authorizations; and whatever else this run has asked for."""
    root, token = server.settings.resource_endpoint, server.tokens.client().access_token
    for name in ("ReadServiceStatus", "Authorization"):
        server.get(f"{root}/{name}", token)
    below = urlsplit(root).path.rstrip("/")
    for exchange in server.exchanges:
        path = urlsplit(exchange.address).path
        is_resource = path.startswith(below) and exchange.method == "GET"
        if exchange.status == ACCEPTED and is_resource and "/Batch/" not in path:
            yield fault(f"{exchange.url} is answered with 202. Only batches may come later.", exchange)


def batches_later(server: Server) -> list[Later]:
    """The batches that were answered with 202 in this run: those of the customer's and the client's token at least.

    Raises:
        Omit: all came at once.
    """
    if "batches later" not in server.memo:
        for url, token in _batches(server):
            _fetch(server, url, token)
        server.memo["batches later"] = [_later(server, one) for one in server.exchanges if _comes_later(one)]
    found: list[Later] = server.memo["batches later"]
    if not found:
        raise Omit("Every batch was answered at once; none with 202.")
    return found


def _batches(server: Server) -> Iterator[tuple[str, str]]:
    customer = server.tokens.customer()
    yield customer.resourceURI, customer.access_token
    try:
        yield bulk_url(server), server.tokens.client().access_token
    except Unjudged:
        return


def _fetch(server: Server, url: str, token: str) -> None:
    """Ask for a batch, and for what is notified of it; the exchanges are what is judged."""
    with contextlib.suppress(NotGiven):
        server.answers(url, token)


def _comes_later(exchange: Exchange) -> bool:
    is_batch = "/Batch/" in urlsplit(exchange.address).path
    return exchange.status == ACCEPTED and exchange.method == "GET" and is_batch


def _later(server: Server, first: Exchange) -> Later:
    """What followed a 202; the notification is waited for, even where the batch itself was there before it."""
    left_s = first.started_s + server.settings.waits.notification_s - time.time()
    received = server.listener.wait_for(
        "notification", left_s, where=lambda one: one.at_s >= first.started_s and one.names(first.address)
    )
    after = [one for one in server.exchanges if one.number > first.number and one.method == "GET"]
    answers = (_best([one for one in after if one.address == uri]) for uri in (received.uris if received else ()))
    return Later(first, received, tuple(one for one in answers if one is not None))


def _best(answers: list[Exchange]) -> Exchange | None:
    """The answer of 200, else the last."""
    return next((one for one in answers if one.status == 200), answers[-1] if answers else None)
