"""Security and privacy: https everywhere, nothing personal in identifiers, and identifiers nobody guesses.

The cases on TLS itself (TC003 to TC009) are elsewhere: they need no token.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from conformance.checks.fb_03_connect_my_data import registration
from conformance.client.server import document
from conformance.suite import Evidence, Finding, server_check, shown
from conformance.third_party.expect import OK, ended, fault, status, texts_of
from conformance.third_party.roads import first_answer

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server
    from conformance.document import Document

HTTPS = (
    "authorizationServerUri",
    "thirdPartyNotifyUri",
    "authorizationServerAuthorizationEndpoint",
    "authorizationServerTokenEndpoint",
    "dataCustodianBulkRequestURI",
    "dataCustodianResourceEndpoint",
    "thirdPartyScopeSelectionScreenURI",
    "thirdPartyUserPortalScreenURI",
    "client_uri",
    "redirect_uri",
    "registration_client_uri",
    "dataCustodianScopeSelectionScreenURI",
)
"""Elements of ApplicationInformation that must be there and lead over TLS (TC001)."""
LEAST_BITS = 48
HEX_BITS, BASE64_BITS = 4, 6
SHOWN = 30
E_MAIL = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w-])(?:\+1[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])")
STREET = re.compile(
    r"\b\d{1,6} +(?:[NSEW]\.? +)?[A-Z][a-z]+(?: [A-Z][a-z]+)* +"
    r"(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Ln|Lane|Dr|Drive|Ct|Court|Way|Circle|Place|Pl)\b"
)
ACCOUNT = re.compile(r"(?i)\b(?:account|acct|customer|meter|esi ?id|premise)[ _-]*(?:no|nr|number|id)?[ #:._-]*\d{5,}")
PERSONAL = {"an e-mail address": E_MAIL, "a phone number": PHONE, "a street address": STREET, "an account": ACCOUNT}


@server_check("TC001")
def registered_addresses_are_https(server: Server) -> Iterator[Finding]:
    """ApplicationInformation, with the registration token."""
    exchange = registration(server)
    wrong = list(status(exchange, OK, "ApplicationInformation", "Serve it to the registration token."))
    yield from wrong
    for name in () if wrong else HTTPS:
        values = texts_of(exchange, "ApplicationInformation", name)
        if not any(values):
            yield fault(f"ApplicationInformation has no {name}. Add it, with an https address.", exchange)
        for value in values:
            if value and not value.startswith("https://"):
                yield fault(f"Expected {name} to begin with https://, and it is {value}.", exchange)


@server_check("TC010")
def identifiers_are_not_personal(server: Server) -> Iterator[Finding]:
    """The ids, addresses and titles of the customer's feed; a person may look at those shown."""
    own = server.tokens.customer()
    for exchange in server.answers(own.resourceURI, own.access_token):
        read = document(exchange)
        for text, line in _public_texts(read):
            for what, pattern in PERSONAL.items():
                if pattern.search(text):
                    told = f"Expected nothing personal in ids, addresses and titles, and {text!r} looks like {what}."
                    more = Evidence("In the document", text, line=line)
                    yield Finding(
                        f"{told} Use an opaque identifier or a neutral title.", (shown(exchange.number), more)
                    )


def _public_texts(read: Document) -> Iterator[tuple[str, int]]:
    """What stands in the envelope: ids, titles and the addresses of links."""
    feed = read.feed
    if feed is not None:
        yield from ((text, feed.line) for text in (feed.id, feed.title, *(link.href for link in feed.links)) if text)
    for entry in read.entries:
        texts = (entry.id, entry.title, *(link.href for link in entry.links))
        yield from ((text, entry.line) for text in texts if text)


@server_check("TC011")
def tokens_and_identifiers_cannot_be_guessed(server: Server) -> Iterator[Finding]:
    """The tokens of all kinds, the addresses that came with them, and what the customer's feed is made of."""
    own = server.tokens.customer()
    everybody = {
        "a customer's": first_answer(server),
        "the client's": server.tokens.client(),
        "the registration's": server.tokens.registration(),
    }
    for whose, answer in everybody.items():
        for name in ("access_token", "refresh_token"):
            text = getattr(answer, name)
            if text and bits(text) < LEAST_BITS:
                exchanges = (answer.exchange,) if answer.exchange else ()
                told = f"Expected {LEAST_BITS} bits in {whose} {name}, and {len(text)} characters carry {bits(text)}."
                yield fault(f"{told} Make tokens of 16 random bytes or more.", *exchanges)
    exchange = server.answers(own.resourceURI, own.access_token)[0]
    addresses = [
        ended(address) for address in (own.resourceURI, own.authorizationURI, own.customerResourceURI) if address
    ]
    yield from _guessable([*addresses, *_identifiers(document(exchange))], exchange)


def _identifiers(read: Document) -> list[str]:
    """The last parts of self addresses and the UUIDs of ids, the first of each."""
    addresses = [ended(entry.self) for entry in read.entries if entry.self]
    ids = [entry.id.removeprefix("urn:uuid:") for entry in read.entries if entry.id]
    return [*dict.fromkeys(addresses[:SHOWN]), *dict.fromkeys(ids[:SHOWN])]


def _guessable(identifiers: Sequence[str], exchange: Exchange) -> Iterator[Finding]:
    for identifier in identifiers:
        alike = "".join(other for other in identifiers if len(other) == len(identifier))
        carried = bits(identifier, alike)
        if carried < LEAST_BITS:
            told = f"Expected {LEAST_BITS} bits in the identifier {identifier!r}, and it carries {carried}."
            yield fault(
                f"{told} Use 12 hexadecimal digits, 15 decimal digits or 8 of base64, drawn at random.", exchange
            )


def bits(text: str, alike: str = "") -> int:
    """How many bits a text of its alphabet can carry: decimal digits 3.3 each, hexadecimal 4, anything else 6.

    alike: other texts made in the same way. One of 281 texts of 12 hexadecimal digits has no letter in it by chance.
    """
    letters = text.replace("-", "")
    if (text + alike).replace("-", "").isdecimal():
        return math.ceil(len(letters) * math.log2(10))
    if re.fullmatch(r"[0-9a-f]*|[0-9A-F]*", letters):
        return len(letters) * HEX_BITS
    return len(text) * BASE64_BITS
