"""Refreshing: what a refresh must have, what it gives, and what becomes of the tokens before it (OAD011 to OAD013)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance import scope as scopes
from conformance.checks.fb_14_codes import complete_answer
from conformance.client.tokens import TokenAnswer, answer_of
from conformance.suite import Finding, Omit, Skip, server_check
from conformance.third_party.consent import own_grant, taken
from conformance.third_party.expect import BAD, UNPROVEN, answered, fault, oauth_error, status
from conformance.third_party.roads import opens_no_more

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

RESTORE = "Answer 400 and give no token."
APART_S = 1.1
"""Between uses of one token, so that no server takes them for several callers at once."""


def _tried(server: Server, **parameters: str) -> Exchange:
    """A refresh that must fail; if it does not, its tokens are the customer's from then on."""
    exchange = server.tokens.request(parameters)
    answer = answer_of(answered(exchange))
    if exchange.status == 200 and answer.access_token:
        server.tokens.keep(answer)
    return exchange


def _refresh_token(server: Server) -> str:
    found = server.tokens.customer().refresh_token
    if not found:
        raise Skip("The customer's token came without a refresh token.")
    return found


@server_check("OAD011a")
def without_grant_type(server: Server) -> Iterator[Finding]:
    """The refresh token alone."""
    exchange = _tried(server, refresh_token=_refresh_token(server))
    yield from status(exchange, BAD, "A refresh without grant_type", RESTORE)


@server_check("OAD011b")
def without_refresh_token(server: Server) -> Iterator[Finding]:
    """grant_type=refresh_token alone."""
    exchange = _tried(server, grant_type="refresh_token")
    yield from status(exchange, BAD, "A refresh without refresh_token", RESTORE)


@server_check("OAD011c")
def with_a_scope_that_is_none(server: Server) -> Iterator[Finding]:
    """scope=Read/Write."""
    asked = {"grant_type": "refresh_token", "refresh_token": _refresh_token(server), "scope": "Read/Write"}
    yield from status(_tried(server, **asked), BAD, "A refresh with scope=Read/Write", RESTORE)


@server_check("OAD012")
def refresh_gives_new_tokens(server: Server) -> Iterator[Finding]:
    """A refresh without a scope."""
    before = server.tokens.customer()
    exchange = server.tokens.refresh(_refresh_token(server))
    after = answer_of(exchange)
    yield from complete_answer(exchange, "A refresh")
    if after.access_token:
        server.tokens.keep(after)
        server.memo["refreshed"] = before, after
        if after.access_token == before.access_token:
            yield fault("A refresh gave the same access token again. Give a new one.", exchange)


@server_check("OAD013")
def token_from_before_a_refresh_is_dead(server: Server) -> Iterator[Finding]:
    """The resourceURI with the access token that was replaced, and with the word null as the suite's script sends."""
    before, _ = _refreshed(server)
    for token, what in ((before.access_token, "the token from before the refresh"), ("null", "the token null")):
        exchange = server.get(before.resourceURI, token)
        remedy = "Answer 401: end the old access token when a new one is given."
        yield from status(exchange, UNPROVEN, f"resourceURI with {what}", remedy)


def _refreshed(server: Server) -> tuple[TokenAnswer, TokenAnswer]:
    """The tokens before and after a refresh. `Skip` if none worked."""
    if "refreshed" not in server.memo:
        before = server.tokens.customer()
        after = taken(server.tokens.refresh(_refresh_token(server)), "The refresh did not work")
        server.tokens.keep(after)
        server.memo["refreshed"] = before, after
    found: tuple[TokenAnswer, TokenAnswer] = server.memo["refreshed"]
    return found


@server_check("OAU017")
def refresh_token_is_of_no_use_to_another_client(server: Server) -> Iterator[Finding]:
    """A good refresh token, with the credentials of the administrative or the registration client."""
    settings = server.settings
    others = (
        (settings.admin_client_id, settings.admin_client_secret),
        (settings.registration_client_id, settings.registration_client_secret),
    )
    other = next((pair for pair in others if all(pair)), None)
    if other is None:
        raise Skip("The settings know of no other client than the one that asks customers.")
    asked = {"grant_type": "refresh_token", "refresh_token": _refresh_token(server)}
    exchange = server.tokens.request(asked, basic=other)
    if answered(exchange).status == 200:
        server.tokens.keep(answer_of(exchange))
    yield from status(exchange, {400, 401}, "Another client's refresh", RESTORE)


@server_check("OAU018")
def replaced_refresh_token_is_refused(server: Server) -> Iterator[Finding]:
    """The first of three refresh tokens, after the second was used."""
    yield from status(_rotation(server)["again"], BAD, "A replaced refresh token", "Answer 400, invalid_grant.")
    yield from oauth_error(_rotation(server)["again"], ("invalid_grant",), "A replaced refresh token")


@server_check("OAU019", needs=("OAU018",))
def replaced_refresh_token_ends_its_grant(server: Server) -> Iterator[Finding]:
    """The newest tokens of the grant, after its first refresh token came again."""
    rotation = _rotation(server)
    last = answer_of(rotation["second"])
    yield from opens_no_more(server, last.resourceURI, last.access_token, "a replaced refresh token came again")
    exchange = server.tokens.refresh(last.refresh_token)
    remedy = "Whoever used the old one may have stolen it: end every token of the grant."
    yield from status(exchange, BAD, "The newest refresh token, after a replaced one came again", remedy)


def _rotation(server: Server) -> dict[str, Exchange]:
    """Two refreshes one after the other, and then the first refresh token once more; done once in a run."""
    if "rotation" not in server.memo:
        grant = own_grant(server)
        time.sleep(APART_S)
        first = server.tokens.refresh(grant.refresh_token)
        if taken(first, "The refresh did not work").refresh_token in {"", grant.refresh_token}:
            raise Omit("The server does not exchange refresh tokens, which it need not do.")
        time.sleep(APART_S)
        second = server.tokens.refresh(answer_of(first).refresh_token)
        taken(second, "The second refresh did not work")
        time.sleep(APART_S)
        server.memo["rotation"] = {"second": second, "again": server.tokens.refresh(grant.refresh_token)}
    found: dict[str, Exchange] = server.memo["rotation"]
    return found


@server_check("OAU020")
def refresh_does_not_widen(server: Server) -> Iterator[Finding]:
    """The granted scope with a function block more."""
    own = server.tokens.customer()
    granted = scopes.parse(own.scope)
    if not granted.blocks:
        raise Skip("The granted scope names no function blocks.")
    more = next(number for number in range(1, 72) if number not in granted.blocks)
    wider = own.scope.replace("FB=", f"FB={more}_", 1)
    exchange = _tried(server, grant_type="refresh_token", refresh_token=_refresh_token(server), scope=wider)
    if exchange.status == 200 and more not in scopes.blocks_of(answer_of(exchange).scope):
        return
    yield from status(exchange, BAD, f"A refresh with block {more} more than was granted", "Answer invalid_scope.")


@server_check("OAU021", needs=("OAD012",))
def refresh_keeps_the_addresses(server: Server) -> Iterator[Finding]:
    """The addresses in the answers before and after a refresh."""
    before, after = _refreshed(server)
    exchanges = [one.exchange for one in (before, after) if one.exchange]
    for name in ("resourceURI", "authorizationURI", "customerResourceURI"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            told = f"Expected the {name} {old} from before the refresh, and {new or 'none'} came. Keep it."
            yield fault(told, *exchanges)
