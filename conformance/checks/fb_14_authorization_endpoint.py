"""The authorization endpoint: what is wrong with a request is said before anybody logs in, and where (FB_14, FB_31).

The published suite takes a redirect of status 302 alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

from conformance.client.server import STATE
from conformance.suite import Finding, Skip, server_check
from conformance.third_party.consent import ask
from conformance.third_party.expect import (
    FOUND,
    REDIRECTS,
    REFUSED,
    UNPROVEN,
    answered,
    bare,
    fault,
    leads_to,
    not_sent,
    query_of,
    sent_back,
)
from conformance.third_party.roads import announced, first_answer

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.listener import Received
    from conformance.client.server import Server

ELSEWHERE = "https://services.greenbuttondata.org"
NOBODY = "invalid_third_party"
ODD_STATE = "a b/c?d=e;f+g~%h"
"""A state of all kinds of characters that it may have (RFC 6749 appendix A.5), save `&`."""
CLIENT_ERRORS = range(400, 500)
MOST_REDIRECTS = 8


def authorize(server: Server, **changes: str | None) -> Exchange:
    """A request at the authorization endpoint by a browser that nobody is logged in with."""
    scope, state = changes.pop("scope", None), changes.pop("state", None)
    return _opened(server, server.authorize_url(scope, state or STATE, **changes))


def _opened(server: Server, url: str) -> Exchange:
    return server.http.send("GET", url, headers=[("Accept", "text/html")])


@server_check("OAD001a")
def without_response_type(server: Server) -> Iterator[Finding]:
    """No response_type, and an empty scope."""
    exchange = authorize(server, response_type=None, scope="")
    yield from sent_back(exchange, server.redirect_uri, "A request without response_type", FOUND)


@server_check("OAD001b")
def without_client_id(server: Server) -> Iterator[Finding]:
    """No client_id."""
    yield from not_sent(authorize(server, client_id=None), UNPROVEN, "A request without client_id")


@server_check("OAD001c")
def with_a_bad_response_type(server: Server) -> Iterator[Finding]:
    """response_type=badresponsetype."""
    exchange = authorize(server, response_type="badresponsetype")
    yield from sent_back(exchange, server.redirect_uri, "A request with an unknown response_type", FOUND)


@server_check("OAD001d")
def with_an_unknown_client_id(server: Server) -> Iterator[Finding]:
    """A client_id that nobody has."""
    yield from not_sent(authorize(server, client_id=NOBODY), UNPROVEN, "A request with an unknown client_id")


@server_check("OAD001e")
def with_another_redirect_uri(server: Server) -> Iterator[Finding]:
    """The redirect_uri of somebody else."""
    exchange = authorize(server, redirect_uri=ELSEWHERE)
    yield from not_sent(exchange, REFUSED, "A request with a redirect_uri that is not registered")


@server_check("OAD001f")
def with_a_malformed_scope(server: Server) -> Iterator[Finding]:
    """scope=FB=????, with a doubled ampersand before it as the suite sends it."""
    url = server.authorize_url("FB=????").replace("&scope=", "&&scope=")
    exchange = _opened(server, url)
    yield from sent_back(exchange, server.redirect_uri, "A request with a malformed scope", FOUND)


@server_check("OAD002")
def customer_denies(server: Server) -> Iterator[Finding]:
    """The customer logs in and says no."""
    received = ask(server, "deny").received
    came = received.query.get("error", "")
    if came != "access_denied":
        told = f"After the customer said no: expected error=access_denied at the callback, and error={came!r} came."
        yield fault(f"{told} Redirect with that error.", received.exchange)
    if "code" in received.query:
        yield fault("After the customer said no, a code came. Give none without consent.", received.exchange)


@server_check("OAU001")
def state_comes_back_with_the_code(server: Server) -> Iterator[Finding]:
    """A state of all kinds of characters."""
    received = ask(server, state=ODD_STATE).received
    if "code" not in received.query:
        raise Skip("The callback brought no code.")
    yield from _state(received.query.get("state"), "with the code", received.exchange)


@server_check("OAU002")
def state_comes_back_with_an_error(server: Server) -> Iterator[Finding]:
    """A request with an unknown response_type and a state of all kinds of characters."""
    exchange = authorize(server, response_type="badresponsetype", state=ODD_STATE)
    if answered(exchange).status not in REDIRECTS:
        raise Skip("The error was not sent back to the third party.")
    yield from _state(query_of(exchange.location).get("state"), "with the error", exchange)


def _state(came: str | None, when: str, exchange: Exchange) -> Iterator[Finding]:
    if came != ODD_STATE:
        told = f"Expected the state {ODD_STATE!r} unchanged {when}, and {came!r} came. "
        yield fault(f"{told}Return it byte for byte, encoded once.", exchange)


@server_check("OAU003")
def answer_names_its_issuer(server: Server) -> Iterator[Finding]:
    """The callback of a consent, where the metadata say that iss is sent."""
    announced(server, "authorization_response_iss_parameter_supported")
    issuer = str(announced(server, "issuer"))
    received = _callback(server)
    if received.query.get("iss") != issuer:
        told = f"Expected iss={issuer} beside the code, and {received.query.get('iss')!r} came. Add the issuer."
        yield fault(told, received.exchange)


@server_check("OAU059")
def code_is_first_and_state_is_last(server: Server) -> Iterator[Finding]:
    """The order of the callback's parameters."""
    received = _callback(server)
    names = [name for name, _ in parse_qsl(urlsplit(received.target).query, keep_blank_values=True)]
    if names[:1] != ["code"] or names[-1:] != ["state"]:
        told = f"Expected code first and state last in the callback, and the order is {', '.join(names)}."
        yield fault(f"{told} The certification suite cuts them out by their places.", received.exchange)


def _callback(server: Server) -> Received:
    """A callback with a code that the run has seen."""
    first_answer(server)
    for one in server.listener.received:
        if one.kind == "callback" and "code" in one.query:
            return one
    raise Skip("No callback brought a code.")


@server_check("OAU004")
def redirect_uri_is_compared_exactly(server: Server) -> Iterator[Finding]:
    """Addresses that differ from the registered one in a single part."""
    for what, variant in _variants(server.redirect_uri).items():
        exchange = authorize(server, redirect_uri=variant)
        yield from not_sent(exchange, CLIENT_ERRORS, f"A request with the redirect_uri {variant} ({what})")


def _variants(uri: str) -> dict[str, str]:
    parts = urlsplit(uri)
    other_scheme = "http" if parts.scheme == "https" else "https"
    other_port = f"{parts.hostname}:{(parts.port or 443) + 1}"
    return {
        "a longer path": f"{uri}/more",
        "a slash behind": f"{uri}/",
        "a path that climbs": f"{uri}/../elsewhere",
        "another case": urlunsplit(parts._replace(path=parts.path.swapcase())),
        "a query added": f"{uri}?more=1",
        "another port": urlunsplit(parts._replace(netloc=other_port)),
        "another scheme": urlunsplit(parts._replace(scheme=other_scheme)),
        "a host behind it": urlunsplit(parts._replace(netloc=f"{parts.hostname}.example.org")),
        "a host behind a user": urlunsplit(parts._replace(netloc=f"{parts.hostname}@example.org")),
    }


@server_check("OAU005")
def no_token_in_the_answer_to_a_browser(server: Server) -> Iterator[Finding]:
    """response_type=token."""
    exchange = answered(authorize(server, response_type="token"))
    if exchange.status in CLIENT_ERRORS:
        return
    if "access_token" in exchange.location:
        yield fault("A request with response_type=token was given a token. Serve the code grant alone.", exchange)
        return
    yield from sent_back(exchange, server.redirect_uri, "A request with response_type=token")


@server_check("OAU055")
def pages_cannot_be_framed(server: Server) -> Iterator[Finding]:
    """The page that a good request ends at, before anybody is logged in."""
    page = authorize(server)
    for _ in range(MOST_REDIRECTS):
        if answered(page).status not in REDIRECTS or leads_to(page.location, server.redirect_uri):
            break
        page = _opened(server, urljoin(page.address, page.location))
    if page.status != 200:
        raise Skip(f"A good request did not end at a page, but with {page.status}.")
    policies = " ".join(page.headers("Content-Security-Policy"))
    if "frame-ancestors" not in policies and not page.header("X-Frame-Options"):
        told = f"Expected frame-ancestors in Content-Security-Policy, or X-Frame-Options, at {bare(page.address)}."
        yield fault(f"{told} Neither is sent: add one, so that no site can hide the page under its own.", page)
