"""The feeds that tokens open, whole or narrowed by query parameters, and the addresses they are at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, NamedTuple

from conformance.client.server import NotGiven, document
from conformance.suite import Finding, Omit, Skip
from conformance.third_party.expect import ended, fault

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange
    from conformance.client.server import Server
    from conformance.document import BlockFacts, Document, Entry

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NotNarrowed(Exception):
    """A feed that is given whole was not given with query parameters; `exchange` is the answer."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        super().__init__(exchange.line)


Judge = Callable[["Server"], Iterator[Finding]]


def narrowing(judge: Judge) -> Judge:
    """A check to which a narrowed feed that is not given is a finding, rather than a reason not to judge."""

    @wraps(judge)
    def judged(server: Server) -> Iterator[Finding]:
        try:
            yield from judge(server)
        except NotNarrowed as none:
            came = none.exchange.status or none.exchange.error
            yield fault(f"{none.exchange.url} was answered with {came}, and the whole feed is given.", none.exchange)

    return judged


class Span(NamedTuple):
    """A stretch of time: its bounds in epoch seconds."""

    start_s: int
    end_s: int

    def holds(self, other: Span) -> bool:
        """The other lies within, both bounds included."""
        return self.start_s <= other.start_s and other.end_s <= self.end_s


class Block(NamedTuple):
    """An interval block of a feed, with the entry it stands in."""

    entry: Entry
    facts: BlockFacts
    span: Span

    @property
    def name(self) -> str:
        """What tells it from others: its entry's id and when it begins."""
        return f"{self.entry.id} from {time_text(self.span.start_s)}"


@dataclass(frozen=True)
class Feed:
    """What an address gave: several documents where it was prepared in pieces."""

    exchanges: tuple[Exchange, ...]
    documents: tuple[Document, ...]

    @property
    def exchange(self) -> Exchange:
        """The first answer."""
        return self.exchanges[0]

    @property
    def entries(self) -> list[Entry]:
        """All entries in their order."""
        return [entry for one in self.documents for entry in one.entries]

    def of(self, *kinds: str) -> list[Entry]:
        """The entries with a resource of these names."""
        return [entry for one in self.documents for entry in one.of(*kinds)]

    @property
    def blocks(self) -> list[Block]:
        """The blocks whose start and duration are known, in their order."""
        return [
            Block(entry, facts, Span(facts.start_s, facts.start_s + facts.duration_s))
            for one in self.documents
            for entry, facts in one.blocks()
            if facts.start_s is not None and facts.duration_s is not None
        ]


def time_text(at_s: int) -> str:
    """An instant as the query parameters have it."""
    return (EPOCH + timedelta(seconds=at_s)).strftime("%Y-%m-%dT%H:%M:%SZ")


def fetched(server: Server, url: str, token: str) -> Feed:
    """A feed. `NotGiven` if there is none."""
    exchanges = tuple(server.answers(url, token))
    return Feed(exchanges, tuple(document(one) for one in exchanges))


def whole(server: Server) -> Feed:
    """All that the customer's grant gives; fetched once for each grant. `NotGiven` if nothing."""
    token = server.tokens.customer()
    kept: dict[str, Feed] = server.memo.setdefault("whole batches", {})
    if token.resourceURI not in kept:
        kept[token.resourceURI] = fetched(server, token.resourceURI, token.access_token)
    return kept[token.resourceURI]


def narrowed(server: Server, query: str) -> Feed:
    """The customer's feed with query parameters; the same of a grant are fetched once. For checks that are `narrowing`.

    Raises:
        NotNarrowed: there is none.
    """
    token = server.tokens.customer()
    kept: dict[tuple[str, str], Feed] = server.memo.setdefault("narrowed batches", {})
    own = token.resourceURI, query
    if own not in kept:
        kept[own] = narrowed_at(server, token.resourceURI, token.access_token, query)
    return kept[own]


def narrowed_at(server: Server, url: str, token: str, query: str) -> Feed:
    """Another feed with query parameters. For checks that are `narrowing`.

    Raises:
        NotNarrowed: there is none.
    """
    try:
        return fetched(server, with_query(url, query), token)
    except NotGiven as none:
        raise NotNarrowed(none.exchange) from none


def with_query(url: str, query: str) -> str:
    """An address with parameters behind it."""
    return f"{url}{'&' if '?' in url else '?'}{query}"


def bulk_url(server: Server) -> str:
    """Where the client's bulk is: its token's resourceURI, else the registration's address with the bulk id.

    `Omit` if neither says.
    """
    told = server.tokens.client().resourceURI
    if "/Batch/Bulk/" in told and ended(told).strip("*{}"):
        return told
    base = server.application.get("dataCustodianBulkRequestURI", "").partition("{")[0].rstrip("/")
    name = server.settings.bulk_id or term(server.settings.scope, "BR")
    if not base or not name:
        raise Omit("Neither the client token nor the settings and the registration say where the bulk is (bulk_id).")
    return f"{base}/{name}"


def term(scope: str, name: str) -> str:
    """The value of a term of a scope; empty if it has none."""
    return next((part[len(name) + 1 :] for part in scope.split(";") if part.startswith(f"{name}=")), "")


def at_least(feed: Feed, count: int) -> list[Block]:
    """The blocks of a feed. `Skip` if there are fewer than so many."""
    blocks = feed.blocks
    if len(blocks) < count:
        raise Skip(f"The customer's feed has {len(blocks)} interval blocks, and this needs {count} at least.")
    return blocks


def series(blocks: list[Block]) -> Iterator[list[Block]]:
    """The blocks of each meter reading, in their order in the feed."""
    found: dict[str, list[Block]] = {}
    for block in blocks:
        found.setdefault(block.entry.up or "", []).append(block)
    yield from found.values()
