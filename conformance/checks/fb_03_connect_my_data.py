"""Connect My Data: registration, authorizations, the customer's data, the service's status (FND001 to FND006)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.client.server import document
from conformance.outcome import Outcome
from conformance.run import Result, judge_file
from conformance.scope import blocks_of
from conformance.served import FEEDS, ServedFeed
from conformance.suite import Evidence, Finding, server_check, shown
from conformance.third_party.consent import own_grant
from conformance.third_party.expect import OK, fault, good_document, only, status, texts_of, valid_document
from conformance.third_party.roads import first_answer

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server
    from conformance.document import Document, Entry

GRANTS = {"authorization_code", "client_credentials", "refresh_token"}
AUTHORIZATION = ("expires_at", "scope", "token_type", "resourceURI", "authorizationURI")
MOST_TOLD = 10
OTHER_CUSTOMERS = "data_"
"""How the names of scripts begin that log in as customers with data of other kinds."""


def registration(server: Server) -> Exchange:
    """ApplicationInformation, asked for with the registration token."""
    own = server.tokens.registration()
    return server.get(own.resourceURI, own.access_token)


def authorizations(server: Server) -> Exchange:
    """The list of authorizations, asked for with the client token and a slash at the end, as the suite does."""
    return server.get(f"{server.settings.resource_endpoint}/Authorization/", server.tokens.client().access_token)


@server_check("FND001")
def registration_names_one_scope_selection_page(server: Server) -> Iterator[Finding]:
    """ApplicationInformation, with the registration token."""
    exchange = registration(server)
    wrong = list(status(exchange, OK, "ApplicationInformation", "Serve it to the registration token."))
    yield from wrong
    if wrong:
        return
    count = len(texts_of(exchange, "ApplicationInformation", "dataCustodianScopeSelectionScreenURI"))
    if count != 1:
        told = f"Expected one dataCustodianScopeSelectionScreenURI in ApplicationInformation, and there are {count}."
        yield fault(f"{told} Keep exactly one: REQ.21 3.3 and the suite want it.", exchange)


@server_check("FND002")
def registration_is_valid_and_says_how_tokens_are_got(server: Server) -> Iterator[Finding]:
    """ApplicationInformation, with the registration token."""
    exchange = registration(server)
    yield from good_document(exchange, "ApplicationInformation")
    if exchange.status != 200:
        return
    if only(exchange, "ApplicationInformation") is None:
        yield fault("Expected an ApplicationInformation, and the answer has none. Put it into the entry.", exchange)
        return
    for name, allowed in (
        ("dataCustodianApplicationStatus", {"1", "2", "3", "4"}),
        ("token_endpoint_auth_method", {"client_secret_basic"}),
        ("grant_types", GRANTS),
        ("response_types", {"code"}),
    ):
        came = texts_of(exchange, "ApplicationInformation", name)
        if not allowed & set(came):
            told = f"Expected {name} to be {' or '.join(sorted(allowed))}, and it is {', '.join(came) or 'absent'}."
            yield fault(f"{told} Correct the registration.", exchange)


@server_check("FND003")
def list_of_authorizations_is_valid(server: Server) -> Iterator[Finding]:
    """The list of authorizations, with the client token."""
    yield from good_document(authorizations(server), "The list of authorizations")


@server_check("FND004")
def authorization_is_valid_and_complete(server: Server) -> Iterator[Finding]:
    """The customer's authorization, with the client token."""
    uri = first_answer(server).authorizationURI
    exchange = server.get(uri, server.tokens.client().access_token)
    yield from good_document(exchange, "The authorization")
    if exchange.status != 200:
        return
    found = only(exchange, "Authorization")
    if found is None:
        yield fault("Expected an Authorization, and the answer has none. Put it into the entry.", exchange)
        return
    yield from _complete(found, exchange)


def _complete(found: Entry, exchange: Exchange) -> Iterator[Finding]:
    for name in AUTHORIZATION:
        if not found.facts.get(name, "").strip():
            yield fault(f"The Authorization has no {name}. Add it; the schema and the suite want it.", exchange)
    state = found.facts.get("status", "1").strip()
    if state not in {"0", "1", "2"}:
        yield fault(f"Expected a status of 0, 1 or 2 in the Authorization, and it is {state!r}.", exchange)


@server_check("FND005")
def customers_feeds_satisfy_the_claimed_blocks(server: Server) -> Iterator[Finding]:
    """What the customer's resourceURI gives, and other customers', judged by the blocks of certDataScopeFBs."""
    own = server.tokens.customer()
    blocks = blocks_of(server.settings.certified_blocks)
    feeds = judged(server, server.answers(own.resourceURI, own.access_token), blocks)
    for script in _other_customers(server):
        if _missing(feeds, blocks):
            grant = own_grant(server, script=script)
            feeds += judged(server, server.answers(grant.resourceURI, grant.access_token), blocks)
    for feed in feeds:
        yield from valid_document(feed.read, feed.exchange)
    yield from blocks_pass(feeds, blocks)
    theirs = server.get(own.authorizationURI, server.tokens.client().access_token)
    yield from good_document(theirs, "The feed's authorization")


def _other_customers(server: Server) -> Iterator[str]:
    """Scripts that log further customers in, `data_…`: nobody is logged in when one begins, nor after the last."""
    for script in sorted(server.settings.browser.scripts):
        if script.startswith(OTHER_CUSTOMERS):
            server.browser.forget()
            yield script
            server.browser.forget()


@dataclass(frozen=True)
class Judged:
    """A feed, with all that was judged of it, and the required rules of each block that it breaks."""

    exchange: Exchange
    read: Document
    results: list[Result]
    broken: Mapping[int, list[Result]]


def judged(server: Server, answers: list[Exchange], blocks: frozenset[int]) -> list[Judged]:
    """The feeds of these answers, judged by the rules of these blocks; the server's verdict takes them in."""
    feeds = [_judged(exchange, document(exchange), blocks) for exchange in answers]
    kept: list[ServedFeed] = server.memo.setdefault(FEEDS, [])
    kept += [ServedFeed(feed.exchange, feed.results) for feed in feeds]
    return feeds


def _judged(exchange: Exchange, read: Document, blocks: frozenset[int]) -> Judged:
    broken: dict[int, list[Result]] = {block: [] for block in blocks}
    results = judge_file(read, blocks=blocks)
    for one in results:
        demand = one.requirement
        if demand.required and demand.block in broken and one.outcome in {Outcome.FAIL, Outcome.ERROR}:
            broken[demand.block].append(one)
    return Judged(exchange, read, results, broken)


def blocks_pass(feeds: list[Judged], blocks: frozenset[int]) -> Iterator[Finding]:
    """Each of these data blocks passes, by all its required rules, in at least one of the feeds."""
    for block in _missing(feeds, blocks):
        feed = min(feeds, key=lambda one: len(one.broken[block]))
        for result in feed.broken[block][:MOST_TOLD]:
            rule = f"{result.requirement.id} of block {block}: {result.requirement.text}"
            reason = result.findings[0].message if result.findings else result.why
            evidence = result.findings[0].evidence if result.findings else ()
            more: tuple[Evidence, ...] = (shown(feed.exchange.number), *evidence)
            yield Finding(f"No feed of the grant meets {rule} {reason}", more)


def _missing(feeds: list[Judged], blocks: frozenset[int]) -> list[int]:
    """The blocks that no feed has."""
    return [block for block in sorted(blocks) if all(feed.broken[block] for feed in feeds)]


@server_check("FND006")
def service_says_that_it_is_up(server: Server) -> Iterator[Finding]:
    """ReadServiceStatus, with the client token."""
    url = f"{server.settings.resource_endpoint}/ReadServiceStatus"
    exchange = server.get(url, server.tokens.client().access_token)
    yield from good_document(exchange, "ReadServiceStatus")
    if exchange.status != 200:
        return
    found = document(exchange).bare
    if found is None or found.kind != "ServiceStatus":
        yield fault("Expected a bare ServiceStatus as the root element, and something else came.", exchange)
    elif found.facts.get("currentStatus", "").strip() != "1":
        came = found.facts.get("currentStatus", "nothing")
        yield fault(f"Expected currentStatus 1 (up), and it is {came}. Answer 1 while the service works.", exchange)
