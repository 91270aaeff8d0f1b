"""HTTP as the certification suite and ordinary clients speak it: packing, conditions, methods, caches, refusals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from conformance.suite import Finding, Omit, Skip, server_check
from conformance.third_party.expect import OK, answered, bare, fault, status

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

NOT_MODIFIED = frozenset({304})
REFUSED_METHOD = frozenset({401, 403, 404, 405, 501})
HIDDEN = frozenset({404, 403})
NOBODYS_ID = "0000000000000000"
INSIDE = re.compile(
    r"Traceback \(most recent|\bat [\w.$]+\([\w.]+\.java:\d+\)|Exception in thread|org\.springframework|"
    r"System\.\w+Exception|SQLSTATE|ORA-\d{5}|sqlalchemy|psycopg|File \"/[^\"]+\.py\", line \d+"
)
SAME_HEADERS = ("content-type", "etag", "last-modified", "cache-control")


def _feed(server: Server, headers: Sequence[tuple[str, str]] = (), method: str = "GET") -> Exchange:
    """The customer's feed, with other headers. `Skip` where it is being prepared."""
    own = server.tokens.customer()
    if method == "GET":
        exchange = server.get(own.resourceURI, own.access_token, headers=headers)
    else:
        sent = [("Accept", "application/atom+xml"), *headers]
        exchange = server.http.send(method, own.resourceURI, token=own.access_token, headers=sent)
    if answered(exchange).status == 202:
        raise Skip("The feed is being prepared (202), so its headers cannot be looked at.")
    return exchange


@server_check("HTT001")
def suites_headers_are_taken(server: Server) -> Iterator[Finding]:
    """A GET with `Content-Type: Application/atom+xml`, for which there is no body."""
    remedy = "Ignore the Content-Type of a request without a body, and the case of Accept."
    yield from status(_feed(server), OK, "A GET with the headers of the certification suite", remedy)


@server_check("HTT002")
def feeds_say_that_they_are_atom(server: Server) -> Iterator[Finding]:
    """The feed, the list of authorizations, the state of the service."""
    settings, token = server.settings, server.tokens.client().access_token
    answers = [_feed(server)]
    answers += [
        server.get(f"{settings.resource_endpoint}/{path}", token) for path in ("Authorization", "ReadServiceStatus")
    ]
    for exchange in answers:
        kind = answered(exchange).header("Content-Type")
        if exchange.status == 200 and not kind.lower().startswith("application/atom+xml"):
            told = f"Expected Content-Type application/atom+xml at {bare(exchange.url)}, and {kind or 'none'} came."
            yield fault(told, exchange)


@server_check("HTT003")
def packing_is_one_that_the_suite_unpacks(server: Server) -> Iterator[Finding]:
    """`Accept-Encoding: gzip,deflate`."""
    exchange = _feed(server, [("Accept-Encoding", "gzip,deflate")])
    coding = exchange.header("Content-Encoding").lower()
    if coding not in {"", "identity", "gzip"}:
        told = f"Expected gzip or no coding for Accept-Encoding: gzip,deflate, and {coding} came."
        yield fault(f"{told} The suite does not unpack it.", exchange)


@server_check("HTT004")
def nothing_is_packed_unasked(server: Server) -> Iterator[Finding]:
    """`Accept-Encoding: identity`."""
    exchange = _feed(server, [("Accept-Encoding", "identity")])
    yield from status(exchange, OK, "A GET that takes no coding", "Send the feed as it is.")
    coding = exchange.header("Content-Encoding").lower()
    if coding not in {"", "identity"}:
        yield fault(f"Expected no coding for Accept-Encoding: identity, and {coding} came.", exchange)


@server_check("HTT005")
def feeds_are_packed(server: Server) -> Iterator[Finding]:
    """`Accept-Encoding: gzip`."""
    exchange = _feed(server, [("Accept-Encoding", "gzip")])
    if exchange.header("Content-Encoding").lower() != "gzip":
        told = "Expected Content-Encoding: gzip for a client that takes it, and the feed is not packed."
        yield fault(f"{told} Packed, it is about a twentieth as long.", exchange)


@server_check("HTT006")
def head_is_get_without_the_body(server: Server) -> Iterator[Finding]:
    """HEAD of the feed beside GET."""
    full = _feed(server, [("Accept-Encoding", "identity")])
    head = _feed(server, [("Accept-Encoding", "identity")], "HEAD")
    yield from status(head, {full.status}, "HEAD of the feed", "Answer it as GET, without the body.")
    if head.status != full.status:
        return
    if head.size_bytes:
        yield fault("Expected no body for HEAD, and one came.", head)
    for name in SAME_HEADERS:
        if head.header(name) != full.header(name):
            told = f"Expected {name} {full.header(name)!r} for HEAD as for GET, and {head.header(name)!r} came."
            yield fault(told, full, head)


@server_check("HTT007")
def etag_is_recognised(server: Server) -> Iterator[Finding]:
    """The feed again, with its ETag in If-None-Match."""
    yield from _unchanged(server, "ETag", "If-None-Match")


@server_check("HTT008")
def date_is_recognised(server: Server) -> Iterator[Finding]:
    """The feed again, with its Last-Modified in If-Modified-Since."""
    yield from _unchanged(server, "Last-Modified", "If-Modified-Since")


def _unchanged(server: Server, validator: str, condition: str) -> Iterator[Finding]:
    first = _feed(server)
    mark = first.header(validator)
    if not mark:
        raise Omit(f"The feed has no {validator}, which the standard does not ask for.")
    again = _feed(server, [(condition, mark)])
    remedy = f"Answer 304 where nothing has changed since, or send no {validator}."
    yield from status(again, NOT_MODIFIED, f"The feed with {condition}: {mark}", remedy)
    if again.status == 304 and again.size_bytes:
        yield fault("Expected no body with 304, and one came.", again)


@server_check("HTT009")
def slash_behind_is_served(server: Server) -> Iterator[Finding]:
    """The list of authorizations, with and without a slash behind it."""
    token = server.tokens.client().access_token
    url = f"{server.settings.resource_endpoint}/Authorization"
    for address in (url, f"{url}/"):
        exchange = server.get(address, token)
        yield from status(exchange, OK, f"GET {bare(address)}", "Serve both forms at once, without a redirect.")


@server_check("HTT010")
def doubled_slash_is_served(server: Server) -> Iterator[Finding]:
    """The customer's feed at a path that begins with two slashes."""
    own = server.tokens.customer()
    path = own.resourceURI.removeprefix(server.settings.origin)
    exchange = server.get(own.resourceURI, own.access_token, target=f"/{path}")
    remedy = "Take // for /: the suite asks so after a 202."
    yield from status(exchange, {200, 202}, "GET of the feed with a doubled slash", remedy)


@server_check("HTT015")
def unknown_ids_are_not_found(server: Server) -> Iterator[Finding]:
    """An authorization that does not exist, with the client token."""
    url = f"{server.settings.resource_endpoint}/Authorization/{NOBODYS_ID}"
    exchange = server.get(url, server.tokens.client().access_token)
    yield from status(exchange, HIDDEN, "GET of an authorization that does not exist", "Answer 404.")


@server_check("HTT016")
def other_methods_are_refused(server: Server) -> Iterator[Finding]:
    """POST and DELETE at the customer's feed with its token."""
    for method in ("POST", "DELETE"):
        exchange = _feed(server, method=method)
        yield from status(exchange, REFUSED_METHOD | {400, 415}, f"{method} at the feed", "Answer 405 and do nothing.")
    yield from status(_feed(server), OK, "The feed after POST and DELETE", "A refused method must not change a thing.")


@server_check("HTT017")
def data_are_not_for_shared_caches(server: Server) -> Iterator[Finding]:
    """The Cache-Control of the feed."""
    exchange = _feed(server)
    came = exchange.header("Cache-Control").lower()
    if "public" in came or not re.search(r"private|no-store", came):
        told = f"Expected Cache-Control: private or no-store with a customer's data, and {came or 'nothing'} came."
        yield fault(told, exchange)


@server_check("HTT018")
def errors_show_nothing_of_the_inside(server: Server) -> Iterator[Finding]:
    """Answers to wrong requests: an unknown id, a malformed parameter, a body that is no XML, a wrong token."""
    own, root = server.tokens.customer(), server.settings.resource_endpoint
    tried = [
        server.get(f"{root}/Authorization/{NOBODYS_ID}", server.tokens.client().access_token),
        server.get(f"{own.resourceURI}?published-min=All", own.access_token),
        server.get(f"{own.resourceURI}?max-results=%00%27", own.access_token),
        server.get(f"{root}/Batch/Subscription/%27%22%3C", own.access_token),
        server.http.send("PUT", own.authorizationURI, token=server.tokens.client().access_token, body="no XML"),
        server.get(f"{root}/Authorization", "a wrong token"),
    ]
    for exchange in tried:
        found = INSIDE.search(answered(exchange).text)
        if found:
            told = f"An error shows the inside of the server: {found[0]!r}. Send the code and a sentence."
            yield fault(told, exchange)
        elif exchange.status >= 500:
            yield fault(
                f"A wrong request was answered with {exchange.status}. Answer with a code of 400 to 499.", exchange
            )


@server_check("HTT019")
def anything_accepted_is_atom(server: Server) -> Iterator[Finding]:
    """`Accept: */*`, XML, and no Accept at all."""
    own = server.tokens.customer()
    for what, headers in (
        ("Accept: */*", [("Accept", "*/*")]),
        ("Accept: application/xml", [("Accept", "application/xml, */*;q=0.1")]),
        ("an empty Accept", [("Accept", "")]),
    ):
        exchange = server.http.send("GET", own.resourceURI, token=own.access_token, headers=headers)
        yield from status(exchange, {200, 202}, f"A GET with {what}", "Send Atom.")
        head = exchange.body[:400]
        if exchange.status == 200 and b"<feed" not in head and b":feed" not in head:
            yield fault(f"A GET with {what}: expected an Atom feed, and something else came.", exchange)
