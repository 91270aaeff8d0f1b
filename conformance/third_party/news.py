"""Notifications that the custodian is asked to send, and what they name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from conformance.suite import Finding, Skip, Wait
from conformance.third_party.expect import fault

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.listener import Received
    from conformance.client.server import Server

MOST_TRIES = 5


def asked_for(server: Server, uri: str, action: str = "notify", **values: str) -> Received:
    """The first notification that comes once the operator was asked to send one of an address.

    values: what the operator's action speaks of besides.

    Raises:
        Skip: nobody can be asked.
        Wait: none came in time.
    """
    mark = server.listener.mark()
    server.operator.do(action, **{"uri": uri, **values})
    by_hand = server.settings.browser.by_hand and action not in server.settings.operator
    wait_s = server.settings.waits.person_s if by_hand else server.settings.waits.notification_s
    found = server.listener.wait_for("notification", wait_s, since=mark, where=lambda one: _is_about(one, uri))
    if found is None:
        raise Wait(f"No notification of {uri} came within {wait_s} s.")
    return found


def _is_about(received: Received, uri: str) -> bool:
    """It names the address, or nothing that could be read: that is for the check to tell."""
    return not uri or not received.uris or received.names(uri)


def first_named(received: Received, uri: str, schemes: tuple[str, ...] = ("https",)) -> Iterator[Finding]:
    """The first address of a notification is this one, by a scheme of these."""
    uris = received.uris
    if not uris:
        yield fault("The notification is no BatchList with resources.", received.exchange)
        return
    if urlsplit(uris[0]).scheme not in schemes:
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        yield fault(
            f"The first address of the notification is {uris[0]}. It should begin with {wanted}.", received.exchange
        )
    if not _same(uris[0], uri):
        yield fault(f"The first address of the notification is {uris[0]}, and {uri} was expected.", received.exchange)


def read_named(server: Server, received: Received, token: str) -> Exchange:
    """The answer at the first address of a notification; it may take a few tries until it is there."""
    uri = received.uris[0]
    if urlsplit(uri).scheme not in {"http", "https"}:
        raise Skip(f"{uri} is no address that can be read.")
    found = server.get(uri, token)
    for _ in range(MOST_TRIES - 1):
        if found.status == 200:
            break
        time.sleep(server.settings.waits.retry_s)
        found = server.get(uri, token)
    return found


def all_of_them(server: Server) -> list[Received]:
    """Every notification that came in this run; one of the registration is asked for if there is none yet."""
    found = _received(server)
    if not found:
        asked_for(server, server.tokens.registration().resourceURI)
        found = _received(server)
    return found


def _received(server: Server) -> list[Received]:
    return [one for one in server.listener.received if one.kind == "notification"]


def _same(one: str, other: str) -> bool:
    return urlsplit(one).path.rstrip("/") == urlsplit(other).path.rstrip("/")
