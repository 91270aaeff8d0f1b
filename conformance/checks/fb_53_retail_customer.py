"""The retail customer's data on a server: blocks 51, 53 to 61, 64, 65 and 71."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from conformance import scope as scopes
from conformance.checks.fb_03_connect_my_data import Judged, blocks_pass, judged
from conformance.checks.fb_13_security import LEAST_BITS, bits
from conformance.client.server import document
from conformance.document import CUSTOMER, ESPI
from conformance.suite import Finding, Omit, Skip, server_check
from conformance.third_party.consent import own_grant
from conformance.third_party.expect import REFUSED, answered, ended, fault, status, texts_of, valid
from conformance.third_party.roads import first_answer, refused_to

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server
    from conformance.client.tokens import TokenAnswer

RULED = range(54, 62)
NAMING = (
    "customerName",
    "accountId",
    "agreementId",
    "serialNumber",
    "addressGeneral",
    "poBox",
    "streetAddress/streetDetail/addressGeneral",
)
SHORTEST = 6
"""Characters of a text that is looked for in another feed: shorter ones are found everywhere."""


def _own(server: Server) -> TokenAnswer:
    """The customer's grant. `Omit` where the scope of the settings asks for no retail customer data."""
    if not scopes.blocks_of(server.settings.scope) & scopes.CUSTOMER_BLOCKS:
        raise Omit("The scope of the settings has no block of the retail customer.")
    return server.tokens.customer()


def _with_data(server: Server) -> TokenAnswer:
    own = _own(server)
    if not own.customerResourceURI:
        raise Skip("The token came without customerResourceURI.")
    return own


def customer_answers(server: Server) -> list[Exchange]:
    """What customerResourceURI gives."""
    own = _with_data(server)
    return server.answers(own.customerResourceURI, own.access_token)


@server_check("RCS001")
def token_names_the_customers_resource(server: Server) -> Iterator[Finding]:
    """The token answer of a consent to blocks of the retail customer."""
    own = _own(server)
    if not own.customerResourceURI:
        told = "Expected customerResourceURI with the token, as the scope has blocks of the retail customer."
        yield fault(f"{told} Add it.", *((own.exchange,) if own.exchange else ()))


@server_check("RCS002")
def customers_feed_is_valid(server: Server) -> Iterator[Finding]:
    """The customerResourceURI with the customer's token."""
    answers = customer_answers(server)
    for exchange in answers:
        yield from valid(exchange)
    if not any(document(exchange).of("Customer", namespace=CUSTOMER) for exchange in answers):
        yield fault("Expected a Customer in the retail customer feed, and there is none. Add it.", *answers)


@server_check("RCS003")
def feeds_are_never_mixed(server: Server) -> Iterator[Finding]:
    """The usage feed and the retail customer feed of one grant."""
    own = _with_data(server)
    for uri, other, what in (
        (own.customerResourceURI, ESPI, "usage data in the retail customer feed"),
        (own.resourceURI, CUSTOMER, "retail customer data in the usage feed"),
    ):
        for exchange in server.answers(uri, own.access_token):
            found = [entry.kind for entry in document(exchange).entries if entry.namespace == other]
            if found:
                told = f"Expected no {what}, and there is {found[0]}. Serve the two at addresses of their own."
                yield fault(told, exchange)


@server_check("RCS004")
def customers_resource_is_for_the_customers_token(server: Server) -> Iterator[Finding]:
    """The customerResourceURI with the client token, the registration token, none."""
    uri = _with_data(server).customerResourceURI
    yield from refused_to(server, uri, ("client", "registration", "none"), REFUSED, "The retail customer resource")


@server_check("RCS005")
def grant_without_blocks_opens_nothing(server: Server) -> Iterator[Finding]:
    """A consent to the same scope without the blocks of the retail customer; the resource of the one with them."""
    uri = _with_data(server).customerResourceURI
    grant = own_grant(server, _without_customer_blocks(server.settings.scope))
    exchanges = (grant.exchange,) if grant.exchange else ()
    if grant.customerResourceURI:
        told = "A grant without blocks of the retail customer came with customerResourceURI. Leave it out."
        yield fault(told, *exchanges)
    exchange = server.get(grant.customerResourceURI or uri, grant.access_token)
    remedy = "Refuse it: the customer has not agreed to be named."
    yield from status(exchange, REFUSED | {404}, "The retail customer resource with a token of usage data", remedy)


def _without_customer_blocks(scope: str) -> str:
    """A scope with the other blocks alone."""
    left = sorted(scopes.blocks_of(scope) - scopes.CUSTOMER_BLOCKS)
    return re.sub(r"FB=[\d_]+", f"FB={'_'.join(map(str, left))}", scope, count=1)


@server_check("RCS006")
def customers_address_says_nothing(server: Server) -> Iterator[Finding]:
    """The customerResourceURI, beside the account numbers of its own feed."""
    own = _with_data(server)
    exchanges = (own.exchange,) if own.exchange else ()
    identifier = ended(own.customerResourceURI)
    if not own.customerResourceURI.startswith("https://"):
        yield fault(f"Expected customerResourceURI to be https, and it is {own.customerResourceURI}.", *exchanges)
    if bits(identifier) < LEAST_BITS:
        told = f"Expected {LEAST_BITS} bits in the last part of customerResourceURI, and it carries {bits(identifier)}."
        yield fault(told, *exchanges)
    answers = customer_answers(server)
    numbers = [text for exchange in answers for text in _texts(exchange, ("accountId", "agreementId"))]
    if identifier in numbers:
        yield fault("The last part of customerResourceURI is an account number. Use an opaque one.", *answers)


@server_check("RCS007")
def authorization_shows_the_customers_resource(server: Server) -> Iterator[Finding]:
    """The customer's authorization, with the client token."""
    own = _with_data(server)
    exchange = server.get(own.authorizationURI, server.tokens.client().access_token)
    shown = texts_of(exchange, "Authorization", "customerResourceURI")
    if shown != [own.customerResourceURI]:
        told = f"Expected customerResourceURI {own.customerResourceURI} in the Authorization"
        yield fault(f"{told}, and it shows {', '.join(shown) or 'none'}.", exchange)


@server_check("RCS008")
def usage_points_are_those_of_the_usage_feed(server: Server) -> Iterator[Finding]:
    """The UsagePoint addresses of ServiceLocations, beside the usage feed of the same grant."""
    own = _with_data(server)
    known = {
        entry.self
        for exchange in server.answers(own.resourceURI, own.access_token)
        for entry in document(exchange).of("UsagePoint", namespace=ESPI)
    }
    for exchange in customer_answers(server):
        for entry in document(exchange).of("ServiceLocation", namespace=CUSTOMER):
            for uri in entry.every("UsagePoints/UsagePoint"):
                if uri.strip() not in known:
                    told = f"Expected a ServiceLocation's UsagePoint to be one of the usage feed, and {uri} is none."
                    yield fault(f"{told} Write its self address, character by character.", exchange)


@server_check("RCS009")
def blocks_are_in_the_granted_scope(server: Server) -> Iterator[Finding]:
    """The scope of a token that came with customerResourceURI."""
    own = _with_data(server)
    if not scopes.blocks_of(first_answer(server).scope) & scopes.CUSTOMER_BLOCKS:
        told = f"Expected blocks of the retail customer in the granted scope, and it is {own.scope!r}."
        yield fault(f"{told} Name what was agreed to.", *((own.exchange,) if own.exchange else ()))


@server_check("RCS010")
def statements_can_be_fetched(server: Server) -> Iterator[Finding]:
    """Every statementURL of the retail customer feed, with the customer's token."""
    own = _with_data(server)
    urls = [url for exchange in customer_answers(server) for url in _texts(exchange, ("statementURL",))]
    if not urls:
        raise Omit("The retail customer feed has no Statement.")
    for url in urls:
        exchange = server.http.send("GET", url.strip(), token=own.access_token)
        yield from status(exchange, {200}, f"The statement {url.strip()}", "Serve it to the customer's token.")
        if exchange.status == 200 and not exchange.size_bytes:
            yield fault("Expected a document, and the statement is empty.", exchange)


@server_check("RCS011")
def usage_feed_names_nobody(server: Server) -> Iterator[Finding]:
    """The names, addresses and numbers of the retail customer feed, looked for in the usage feed."""
    own = _with_data(server)
    texts = {text for exchange in customer_answers(server) for text in _personal(exchange)}
    for exchange in server.answers(own.resourceURI, own.access_token):
        whole = answered(exchange).file
        feed = whole.read_text("utf-8", "replace") if whole else exchange.text
        for text in sorted(texts):
            if re.search(rf"(?<![\w.-]){re.escape(text)}(?![\w.-])", feed):
                told = f"The usage feed holds {text!r}, which the retail customer feed has as personal."
                yield fault(f"{told} Leave it out of usage data.", exchange)


def _personal(exchange: Exchange) -> Iterator[str]:
    names = set(_texts(exchange, NAMING)) | set(_texts(exchange, ("email1", "email2", "localNumber")))
    yield from (name for name in names if len(name) >= SHORTEST)


def _texts(exchange: Exchange, names: tuple[str, ...]) -> list[str]:
    """The texts of the leaves of these names, wherever they are in the feed's resources."""
    found = []
    for entry in document(exchange).entries:
        for path in entry.facts:
            if path.rpartition("/")[2] in names:
                found += [text.strip() for text in entry.every(path)]
    return [text for text in found if text]


def _judged(server: Server) -> list[Judged]:
    """The retail customer feeds, judged once by all blocks."""
    uri = _with_data(server).customerResourceURI
    kept: dict[str, list[Judged]] = server.memo.setdefault("judged customers", {})
    if uri not in kept:
        kept[uri] = judged(server, customer_answers(server), frozenset(RULED))
    return kept[uri]


def _rules(block: int) -> Callable[[Server], Iterator[Finding]]:
    def check(server: Server) -> Iterator[Finding]:
        claimed = scopes.blocks_of(server.settings.scope) | set(server.settings.claims.blocks)
        if block not in claimed:
            raise Omit(f"Neither the scope nor the claims of the settings have block {block}.")
        yield from blocks_pass(_judged(server), frozenset({block}))

    return check


for number in RULED:
    server_check(f"RCS0{number}")(_rules(number))
