"""Function blocks 39 and 69: the custodian tells the third party where something new is."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from conformance.client.server import document
from conformance.document.names import CUSTOMER, ESPI, split
from conformance.suite import Evidence, Finding, Omit, Skip, Wait, server_check
from conformance.third_party.consent import own_grant
from conformance.third_party.expect import fault, good_document, only
from conformance.third_party.news import all_of_them, asked_for, first_named, read_named

if TYPE_CHECKING:
    from conformance.client.listener import Received
    from conformance.client.server import Server

MEDIA_TYPES = ("application/atom+xml", "application/xml", "text/xml")
SCHEMES = ("https", "sftp")
PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.\w+|(?<!\d)\d{3}[ .-]\d{3}[ .-]\d{4}(?!\d)")
"""An e-mail address, or a telephone number."""
SETTLE_S = 0.5
"""How long a custodian is given to find out that nobody answers."""


@server_check("PSH001")
def registration_is_notified(server: Server) -> Iterator[Finding]:
    """On request, by its address first; the registration token reads it."""
    token = server.tokens.registration()
    received = asked_for(server, token.resourceURI)
    wrong = list(first_named(received, token.resourceURI))
    yield from wrong
    if not wrong:
        exchange = read_named(server, received, token.access_token)
        wrong = list(good_document(exchange, "The notified registration"))
        yield from wrong
        if not wrong and only(exchange, "ApplicationInformation") is None:
            yield fault("What the notification named holds no ApplicationInformation.", exchange)


@server_check("PSH002")
def authorization_is_notified(server: Server) -> Iterator[Finding]:
    """On request, by its address first; the client token reads it."""
    token = server.tokens.customer()
    received = asked_for(server, token.authorizationURI, authorization=token.authorizationURI)
    wrong = list(first_named(received, token.authorizationURI))
    yield from wrong
    if not wrong:
        exchange = read_named(server, received, server.tokens.client().access_token)
        yield from good_document(exchange, "The notified authorization")


@server_check("PSH003")
def subscription_is_notified(server: Server) -> Iterator[Finding]:
    """On request, by its address first; the customer's token reads a feed of a batch there."""
    token = server.tokens.customer()
    received = asked_for(server, token.resourceURI, authorization=token.authorizationURI)
    wrong = list(first_named(received, token.resourceURI))
    yield from wrong
    if not wrong:
        exchange = read_named(server, received, token.access_token)
        wrong = list(good_document(exchange, "The notified subscription"))
        yield from wrong
        feed = None if wrong else document(exchange).feed
        if feed is not None and "/Batch/Subscription" not in (feed.self or ""):
            yield fault(f"The feed's self link is {feed.self}; it should have /Batch/Subscription in it.", exchange)


@server_check("PSH004")
def failed_notification_is_shown(server: Server) -> Iterator[Finding]:
    """With our address closed, a notification is asked for; the operator must be able to see that it failed."""
    failed = _undelivered(server)
    if "delivery_failures" not in server.settings.operator:
        raise Wait("A person looks at the custodian's console whether the failed notification is shown there.")
    if urlsplit(failed.uri).path.rstrip("/").rpartition("/")[2] not in unquote(failed.shown):
        told = f"A notification of {failed.uri} could not be delivered, and the operator is not shown that it failed."
        yield Finding(told, (Evidence("What the operator is shown", failed.shown),))


@dataclass(frozen=True)
class Undelivered:
    """A notification that was made to fail: its address, what the operator was shown, when our address opened again."""

    uri: str
    shown: str
    mark: int


def _undelivered(server: Server) -> Undelivered:
    """A notification that was asked for while our address was closed; once in a run."""
    if "undelivered" not in server.memo:
        uri = server.tokens.client().authorizationURI or server.tokens.registration().resourceURI
        with server.listener.closed():
            server.operator.do("notify", uri=uri, authorization=uri)
            time.sleep(SETTLE_S)
            shown = server.operator.do("delivery_failures") if server.operator.can("delivery_failures") else ""
            mark = server.listener.mark()
        server.memo["undelivered"] = Undelivered(uri, shown, mark)
    found: Undelivered = server.memo["undelivered"]
    return found


@server_check("PSH005")
def notification_is_a_batch_list(server: Server) -> Iterator[Finding]:
    """A bare BatchList of addresses: the suite takes every child for one."""
    for received in all_of_them(server):
        root = received.root
        name = split(str(root.tag)) if root is not None else ("", "nothing that can be read")
        if name not in {(ESPI, "BatchList"), (CUSTOMER, "BatchList")} or root is None:
            yield fault(
                f"The body of a notification is {name[1]}; it should be a BatchList of ESPI.", received.exchange
            )
            continue
        others = sorted({str(child.tag) for child in root} - {f"{{{name[0]}}}resources"})
        if others:
            yield fault(f"A BatchList has {', '.join(others)} in it. Send resources only.", received.exchange)
        if not any(received.uris):
            yield fault("A BatchList names no address. Send at least one.", received.exchange)


@server_check("PSH006")
def notification_says_it_is_xml(server: Server) -> Iterator[Finding]:
    """The media type of the suite's own simulator, or plain XML."""
    for received in all_of_them(server):
        came = received.header("Content-Type")
        if came.partition(";")[0].strip().lower() not in MEDIA_TYPES:
            told = f"A notification has the Content-Type {came or '(none)'}. Send application/atom+xml."
            yield fault(told, received.exchange)


@server_check("PSH007")
def notification_brings_no_token(server: Server) -> Iterator[Finding]:
    """The third party uses its own; one that travels along could be caught."""
    secret = re.compile(r"access_token|refresh_token|client_secret")
    for received in all_of_them(server):
        if received.header("Authorization").lower().startswith("bearer") or secret.search(_text(received)):
            yield fault("A notification carries a token. Send addresses only.", received.exchange)


@server_check("PSH008")
def notified_addresses_are_secure(server: Server) -> Iterator[Finding]:
    """Whole addresses, by https or sftp."""
    for received in all_of_them(server):
        for uri in received.uris:
            parts = urlsplit(uri)
            if parts.scheme not in SCHEMES or not parts.netloc:
                told = f"A notification names {uri or 'an empty address'}. It should begin with https:// or sftp://."
                yield fault(told, received.exchange)


@server_check("PSH009")
def notified_addresses_are_the_servers_own(server: Server) -> Iterator[Finding]:
    """Below the resource endpoint, or a file of the bulk; nothing of a person in them."""
    root = server.application.get("dataCustodianResourceEndpoint") or server.settings.resource_endpoint
    for received in all_of_them(server):
        for uri in received.uris:
            if urlsplit(uri).scheme in {"http", "https"} and not _is_below(uri, root):
                yield fault(f"A notification names {uri}, which is not below {root}.", received.exchange)
            if PERSONAL.search(unquote(urlsplit(uri).path + "?" + urlsplit(uri).query)):
                yield fault(f"A notification's address has personal information in it: {uri}.", received.exchange)


@server_check("PSH010")
def withdrawal_is_notified(server: Server) -> Iterator[Finding]:
    """A customer's grant of its own is withdrawn at the custodian; it then shows the status 0."""
    if not server.operator.can("revoke"):
        raise Skip("Nobody can withdraw an authorization as its customer would ([operator] revoke).")
    grant = own_grant(server)
    uri = grant.authorizationURI
    try:
        received = asked_for(server, uri, "revoke", authorization=uri)
    except Wait as none:
        yield Finding(f"{none.why} A withdrawal should be told to the third party.", none.evidence)
        return
    exchange = read_named(server, received, server.tokens.client().access_token)
    wrong = list(good_document(exchange, "The withdrawn authorization"))
    yield from wrong
    entry = None if wrong else only(exchange, "Authorization")
    if entry is not None and entry.facts.get("status") != "0":
        yield fault(f"The withdrawn authorization shows the status {entry.facts.get('status')}, not 0.", exchange)


@server_check("PSH011")
def failed_notification_comes_again(server: Server) -> Iterator[Finding]:
    """What could not be delivered in PSH004 comes once our address is open again."""
    failed = _undelivered(server)
    wait_s = server.settings.waits.notification_s
    again = server.listener.wait_for("notification", wait_s, since=failed.mark, where=lambda one: one.names(failed.uri))
    if again is None:
        told = f"Within {wait_s} s after our address was open again, the notification of {failed.uri} did not come."
        yield Finding(f"{told} Send again what could not be delivered.")


@server_check("PSH012")
def retail_customer_is_notified(server: Server) -> Iterator[Finding]:
    """On request, by its address first; the customer's token reads retail customer data there."""
    token = server.tokens.customer()
    if not token.customerResourceURI:
        raise Omit("The customer's grant has no customerResourceURI.")
    received = asked_for(server, token.customerResourceURI, authorization=token.authorizationURI)
    wrong = list(first_named(received, token.customerResourceURI))
    yield from wrong
    if wrong:
        return
    exchange = read_named(server, received, token.access_token)
    wrong = list(good_document(exchange, "The notified retail customer's resource"))
    yield from wrong
    if not wrong and not document(exchange).of("Customer", namespace=CUSTOMER):
        yield fault("What the notification named holds no Customer.", exchange)


def _text(received: Received) -> str:
    return received.body.decode("utf-8", "replace")


def _is_below(uri: str, root: str) -> bool:
    one, other = urlsplit(uri), urlsplit(root)
    return one.netloc == other.netloc and one.path.startswith(other.path.rstrip("/") + "/")
