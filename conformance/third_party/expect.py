"""What is expected of an answer, and the finding where something else came: what, what instead, and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from urllib.parse import parse_qs, urlsplit

from lxml import etree

from conformance.client.exchange import Exchange
from conformance.client.server import document
from conformance.document import CUSTOMER, ESPI, Document, Entry
from conformance.suite import Finding, at, shown

OK = frozenset({200})
UNPROVEN = frozenset({401})
FORBIDDEN = frozenset({403})
REFUSED = frozenset({401, 403})
BAD = frozenset({400})
FOUND = frozenset({302})
REDIRECTS = frozenset({302, 303})
MOST_SCHEMA_FINDINGS = 5
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


class NoAnswer(Exception):
    """The server did not answer, so nothing can be said of it."""


def answered(exchange: Exchange) -> Exchange:
    """The exchange, if there was an answer.

    Raises:
        NoAnswer: there was none.
    """
    if not exchange.status:
        raise NoAnswer(exchange.line)
    return exchange


def fault(message: str, *exchanges: Exchange) -> Finding:
    """A finding with the requests and answers that show it."""
    return Finding(message, tuple(shown(exchange.number) for exchange in exchanges))


def status(exchange: Exchange, wanted: Collection[int], asked: str, remedy: str) -> Iterator[Finding]:
    """The answer has one of these statuses. asked: what was tried, as the beginning of a sentence."""
    came = answered(exchange).status
    if came not in wanted:
        expected = " or ".join(str(code) for code in sorted(wanted))
        yield fault(f"{asked}: expected {expected}, and {came} came. {remedy}", exchange)


def valid(exchange: Exchange) -> Iterator[Finding]:
    """The body is XML that keeps to the schemas."""
    yield from valid_document(document(answered(exchange)), exchange)


def valid_document(read: Document, exchange: Exchange) -> Iterator[Finding]:
    """A document that an answer brought keeps to the schemas."""
    if read.broken:
        yield fault(f"The answer cannot be read as XML: {read.broken}. Send a well-formed document.", exchange)
    for wrong in read.schema_errors[:MOST_SCHEMA_FINDINGS]:
        told = f"The answer is not what its schema says, at {wrong.path}: {wrong.message}"
        yield Finding(told, (shown(exchange.number), at(wrong.line, wrong.message, path=wrong.path)))


def good_document(exchange: Exchange, asked: str) -> Iterator[Finding]:
    """The answer is 200 and a valid document."""
    wrong = list(status(exchange, OK, asked, "Serve it to this token."))
    yield from wrong or valid(exchange)


def only(exchange: Exchange, kind: str) -> Entry | None:
    """The first resource of a kind in an answer; None if there is none."""
    return next(iter(document(answered(exchange)).of(kind)), None)


def texts_of(exchange: Exchange, kind: str, name: str) -> list[str]:
    """The texts of all children of one name that the first resource of a kind in an answer has, trimmed."""
    try:
        root = etree.fromstring(answered(exchange).body, PARSER)
    except (etree.XMLSyntaxError, ValueError):
        return []
    found = next(root.iter(f"{{{ESPI}}}{kind}", f"{{{CUSTOMER}}}{kind}"), None)
    children = () if found is None else found.iterchildren(f"{{*}}{name}")
    return ["".join(child.itertext()).strip() for child in children]


def sent_back(
    exchange: Exchange, redirect_uri: str, asked: str, wanted: Collection[int] = REDIRECTS
) -> Iterator[Finding]:
    """The browser is sent back to the third party with an error and without a code."""
    wrong = list(status(exchange, wanted, asked, "Redirect to redirect_uri with error=, before any login."))
    yield from wrong
    if wrong:
        return
    found = exchange.location
    if not leads_to(found, redirect_uri):
        yield fault(f"{asked}: expected a redirect to {redirect_uri}, and it leads to {bare(found)}.", exchange)
    elif "error" not in query_of(found):
        yield fault(f"{asked}: the redirect names no error. Append error= and the reason (RFC 6749 4.1.2.1).", exchange)
    if "code" in query_of(found):
        yield fault(f"{asked}: the redirect brings a code. Give none with an error.", exchange)


def not_sent(exchange: Exchange, wanted: Collection[int], asked: str) -> Iterator[Finding]:
    """The browser stays where it is: an error without a redirect."""
    yield from status(exchange, wanted, asked, "Show an error page; never redirect, and ask for no login first.")
    if exchange.location:
        yield fault(f"{asked}: the answer has a Location ({bare(exchange.location)}). Send none.", exchange)


def oauth_error(exchange: Exchange, wanted: Collection[str], asked: str) -> Iterator[Finding]:
    """The JSON of a refusal names one of these errors (RFC 6749 5.2)."""
    came = answered(exchange).json().get("error")
    if came not in wanted:
        expected = " or ".join(sorted(wanted))
        yield fault(f"{asked}: expected the error {expected} in a JSON object, and {came!r} came.", exchange)


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address, the first of each name."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query, keep_blank_values=True).items()}


def bare(address: str) -> str:
    """An address without its query, which may hold secrets."""
    return address.partition("?")[0].partition("#")[0]


def leads_to(address: str, redirect_uri: str) -> bool:
    """Whether an address is the redirect_uri with parameters added."""
    return bare(address) == bare(redirect_uri)


def ended(address: str) -> str:
    """The last part of an address's path: a resource's identifier."""
    return urlsplit(address).path.rstrip("/").rpartition("/")[2]
