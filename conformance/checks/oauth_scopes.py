"""ESPI scope strings as a server takes and gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance import scope as scopes
from conformance.checks.fb_03_connect_my_data import registration
from conformance.checks.fb_14_authorization_endpoint import authorize
from conformance.client.tokens import TokenAnswer
from conformance.suite import Finding, Omit, Skip, server_check
from conformance.third_party.expect import OK, fault, only, query_of, sent_back, status, texts_of
from conformance.third_party.roads import first_answer

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

BLOCKS = range(1, 72)


def _granted(server: Server) -> tuple[TokenAnswer, tuple[Exchange, ...]]:
    """The first token answer, if it has a scope, and its exchange as evidence."""
    answer = first_answer(server)
    if not answer.scope:
        raise Skip("The token came without a scope.")
    return answer, (answer.exchange,) if answer.exchange else ()


@server_check("SCP001")
def granted_scope_keeps_to_the_grammar(server: Server) -> Iterator[Finding]:
    """The scope of the first token answer."""
    answer, exchanges = _granted(server)
    for wrong in scopes.faults(answer.scope):
        yield fault(f"The granted scope {answer.scope!r} is no ESPI scope: {wrong}.", *exchanges)


@server_check("SCP002")
def granted_scope_is_within_what_was_asked(server: Server) -> Iterator[Finding]:
    """The scope of the first token answer, beside the one of the settings."""
    answer, exchanges = _granted(server)
    for wrong in scopes.within(answer.scope, server.settings.scope):
        yield fault(
            f"The granted scope is more than was asked for: {wrong}. Grant what was asked, or less.", *exchanges
        )


@server_check("SCP003")
def registered_scopes_keep_to_the_grammar(server: Server) -> Iterator[Finding]:
    """The scopes of ApplicationInformation."""
    exchange, found = _registered(server)
    for text in found:
        for wrong in scopes.faults(text):
            yield fault(f"The registered scope {text!r} is no ESPI scope: {wrong}.", exchange)


def _registered(server: Server) -> tuple[Exchange, list[str]]:
    exchange = registration(server)
    found = texts_of(exchange, "ApplicationInformation", "scope") if exchange.status == 200 else []
    if not found:
        raise Skip("The registration shows no scope.")
    return exchange, found


@server_check("SCP004")
def unregistered_block_is_refused(server: Server) -> Iterator[Finding]:
    """An authorization request with one function block that no registered scope has."""
    _, registered = _registered(server)
    known = frozenset[int]().union(*(scopes.blocks_of(text) for text in registered))
    other = next((number for number in BLOCKS if number not in known), None)
    if other is None:
        raise Omit("The registration lists every function block.")
    asked = server.settings.scope.replace("FB=", f"FB={other}_", 1)
    exchange = authorize(server, scope=asked)
    yield from sent_back(exchange, server.redirect_uri, f"A request with the unregistered block {other}")
    error = query_of(exchange.location).get("error")
    if error and error != "invalid_scope":
        yield fault(
            f"A request with the unregistered block {other}: expected invalid_scope, and {error} came.", exchange
        )


@server_check("SCP005")
def authorization_shows_the_scope(server: Server) -> Iterator[Finding]:
    """The customer's authorization, with the client token, beside the token answer."""
    answer, _ = _granted(server)
    exchange = server.get(answer.authorizationURI, server.tokens.client().access_token)
    yield from status(exchange, OK, "The authorization", "Serve it to the client token.")
    if exchange.status == 200 and only(exchange, "Authorization") is not None:
        shown = texts_of(exchange, "Authorization", "scope")
        if shown != [answer.scope]:
            told = f"Expected the Authorization to show the scope {answer.scope!r} of its token"
            yield fault(f"{told}, and it shows {', '.join(shown) or 'none'}.", exchange)


@server_check("SCP006")
def semicolons_need_no_encoding(server: Server) -> Iterator[Finding]:
    """The scope of the settings, which is always sent with bare semicolons, beside the one that was granted."""
    answer, exchanges = _granted(server)
    asked = scopes.parse(server.settings.scope).terms
    if len(asked) < 2:
        raise Omit("The scope of the settings has one term only.")
    lost = [name for name in asked if name not in scopes.parse(answer.scope).terms]
    if len(lost) == len(asked) - 1 and "fb" not in lost:
        told = "Everything behind the first semicolon of the scope was lost"
        yield fault(f"{told}: {', '.join(lost)}. Part a query at `&` alone, in proxies too.", *exchanges)


@server_check("SCP007")
def history_is_in_seconds(server: Server) -> Iterator[Finding]:
    """HistoryLength in the granted scope and in the registered ones."""
    exchange, found = _registered(server)
    for text in dict.fromkeys([first_answer(server).scope, *found]):
        value = scopes.parse(text).terms.get("historylength", ("",))[0]
        if value.isdigit() and 0 < int(value) < scopes.MONTHS_BELOW:
            told = f"Expected HistoryLength in seconds, and {value} in {text!r} can only mean months."
            yield fault(f"{told} Write {int(value) * scopes.MONTH_S}.", exchange)
