"""Exchanging a code: what a token request must have, what it gives, and that a code counts once (OAD003 to OAD005)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from conformance.client.tokens import SEVEN, answer_of
from conformance.suite import Finding, Skip, Wait, server_check
from conformance.third_party.consent import (
    ask,
    code_of,
    exchanged,
    parameters_of,
    spare_code,
    spend_spare_code,
    taken,
)
from conformance.third_party.expect import BAD, OK, UNPROVEN, answered, fault, oauth_error, status
from conformance.third_party.roads import first_answer, opens_no_more

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server

OLDEST_CODE_S = 360
AT_ONCE = 6
ELSEWHERE = "https://services.greenbuttondata.org"
RESTORE = "Answer 400 and give no token."


def _tried(
    server: Server, *, credentials: str | None = None, basic: tuple[str, str] | None = None, **changes: str | None
) -> Exchange:
    """A token request with a good code, changed in one way."""
    parameters = parameters_of(server, spare_code(server), **changes)
    exchange = server.tokens.request(parameters, credentials=credentials, basic=basic)
    if answered(exchange).status == 200:
        spend_spare_code(server)
    return exchange


@server_check("OAD003a")
def with_empty_credentials(server: Server) -> Iterator[Finding]:
    """`Authorization: Basic` and nothing behind it."""
    exchange = _tried(server, credentials="Basic ")
    yield from status(exchange, UNPROVEN, "A token request with empty credentials", "Answer 401, invalid_client.")


@server_check("OAD003b")
def with_malformed_credentials(server: Server) -> Iterator[Finding]:
    """`Authorization: Basic bad value`."""
    exchange = _tried(server, credentials="Basic bad value")
    yield from status(exchange, UNPROVEN, "A token request with malformed credentials", "Answer 401, invalid_client.")


@server_check("OAD003c")
def without_grant_type(server: Server) -> Iterator[Finding]:
    """All but grant_type."""
    yield from status(_tried(server, grant_type=None), BAD, "A token request without grant_type", RESTORE)


@server_check("OAD003d")
def without_code(server: Server) -> Iterator[Finding]:
    """All but the code."""
    yield from status(_tried(server, code=None), BAD, "A token request without code", RESTORE)


@server_check("OAD003e")
def without_redirect_uri(server: Server) -> Iterator[Finding]:
    """All but redirect_uri, which the authorization request had."""
    yield from status(_tried(server, redirect_uri=None), BAD, "A token request without redirect_uri", RESTORE)


@server_check("OAD003f")
def with_a_query_at_the_redirect_uri(server: Server) -> Iterator[Finding]:
    """The redirect_uri with the client's id in a query behind it."""
    uri = f"{server.redirect_uri}?client_id={server.settings.client_id}"
    exchange = _tried(server, redirect_uri=uri)
    yield from status(exchange, BAD, "A token request with a query appended to redirect_uri", RESTORE)


@server_check("OAD003g")
def with_another_redirect_uri(server: Server) -> Iterator[Finding]:
    """The redirect_uri of somebody else."""
    exchange = _tried(server, redirect_uri=ELSEWHERE)
    yield from status(exchange, BAD, "A token request with another redirect_uri", RESTORE)


@server_check("OAD003h")
def with_an_unknown_code(server: Server) -> Iterator[Finding]:
    """code=badauthorizationcode."""
    yield from status(unknown_code(server), BAD, "A token request with an unknown code", RESTORE)


def unknown_code(server: Server) -> Exchange:
    """A token request with a code that was never given out."""
    parameters = {
        "grant_type": "authorization_code",
        "code": "badauthorizationcode",
        "redirect_uri": server.redirect_uri,
    }
    return server.tokens.request(parameters)


@server_check("OAD003i")
def with_an_old_code(server: Server) -> Iterator[Finding]:
    """A good code after old_code_s seconds: one that is refused earlier than after six minutes is refused then too."""
    age_s = server.settings.waits.old_code_s
    if not age_s:
        raise Skip(f"The settings leave it out: set old_code_s in [waits] to {OLDEST_CODE_S + 1} seconds.")
    asked = ask(server)
    code_of(asked)
    time.sleep(max(0.0, asked.received.at_s + age_s - time.time()))
    exchange = exchanged(server, asked)
    if answered(exchange).status == 200 and age_s < OLDEST_CODE_S:
        told = f"The code still counted after {age_s} s; it must not after {OLDEST_CODE_S}."
        raise Wait(f"{told} Set old_code_s in [waits] to {OLDEST_CODE_S + 1}.")
    remedy = "Let codes end after a minute or a few, at most six."
    yield from status(exchange, BAD, f"A token request with a code of {age_s} s", remedy)


@server_check("OAD004")
def with_a_used_code(server: Server) -> Iterator[Finding]:
    """The same request twice."""
    asked = ask(server)
    first = exchanged(server, asked)
    taken(first, "The code was not exchanged even once")
    again = exchanged(server, asked)
    server.memo["replayed"] = first, again
    remedy = "Let a code count once: mark it as used in one step with reading it."
    yield from status(again, BAD, "A code exchanged a second time", remedy)


@server_check("OAU015", needs=("OAD004",))
def replay_ends_the_tokens(server: Server) -> Iterator[Finding]:
    """The token of a code that came a second time."""
    first: Exchange = server.memo["replayed"][0]
    answer = answer_of(first)
    yield from opens_no_more(server, answer.resourceURI, answer.access_token, "its code came a second time")


@server_check("OAU065")
def code_counts_once_at_the_same_moment(server: Server) -> Iterator[Finding]:
    """The same good request from several connections at once."""
    parameters = parameters_of(server, ask(server))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [pool.submit(server.tokens.request, parameters) for _ in range(AT_ONCE)]
        exchanges = [answered(one.result()) for one in waiting]
    good = [exchange for exchange in exchanges if exchange.status == 200]
    if not good:
        raise Skip("None of the requests was given a token.")
    if len(good) > 1:
        told = f"Expected one of {AT_ONCE} requests with one code to be given a token, and {len(good)} were."
        yield fault(f"{told} Mark the code as used in one step with reading it.", *good)


@server_check("OAD005")
def answer_has_all_members(server: Server) -> Iterator[Finding]:
    """The first exchange of the run."""
    exchange = first_answer(server).exchange
    if exchange is None:
        raise Skip("No code was exchanged in this run.")
    yield from complete_answer(exchange, "The exchange of a code")


def complete_answer(exchange: Exchange, asked: str) -> Iterator[Finding]:
    """A good token answer: 200 and the seven members, a life of more than 0 seconds, a type of bearer."""
    wrong = list(status(exchange, OK, asked, "Give a token for it."))
    yield from wrong
    if wrong:
        return
    answer = answer_of(exchange)
    for name in answer.missing(SEVEN):
        yield fault(f"{asked}: expected the member {name} in the JSON object, and it is not there. Add it.", exchange)
    yield from _sound(answer.members, exchange, asked)


def _sound(members: Mapping[str, object], exchange: Exchange, asked: str) -> Iterator[Finding]:
    life = members.get("expires_in")
    if life is not None and (type(life) is not int or life <= 0):
        told = f"{asked}: expected expires_in to be a number of seconds above 0, and it is {life!r}."
        yield fault(f"{told} Send a JSON number.", exchange)
    kind = str(members.get("token_type", "Bearer"))
    if kind.lower() not in {"bearer", "dpop"}:
        yield fault(f"{asked}: expected token_type Bearer, and it is {kind!r}.", exchange)


@server_check("OAU016")
def code_is_of_no_use_to_another_client(server: Server) -> Iterator[Finding]:
    """A good code, with the credentials of the administrative or the registration client."""
    settings = server.settings
    others = (
        (settings.admin_client_id, settings.admin_client_secret),
        (settings.registration_client_id, settings.registration_client_secret),
    )
    other = next((pair for pair in others if all(pair)), None)
    if other is None:
        raise Skip("The settings know of no other client than the one that asks customers.")
    exchange = _tried(server, basic=other)
    yield from status(exchange, {400, 401}, "Another client's request with the code", RESTORE)
    if exchange.status == 400:
        wanted = ("invalid_grant", "unauthorized_client")
        yield from oauth_error(exchange, wanted, "Another client's request with the code")
