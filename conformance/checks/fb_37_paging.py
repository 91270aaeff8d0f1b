"""Function block 37: query parameters that count entries off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.suite import Finding, Skip, server_check
from conformance.third_party.batches import at_least, narrowed, narrowing, time_text, whole, with_query
from conformance.third_party.expect import BAD, fault, status

if TYPE_CHECKING:
    from conformance.client.server import Server

MOST_PAGES = 4


@server_check("QRY004")
@narrowing
def entries_are_counted_off(server: Server) -> Iterator[Finding]:
    """From the second entry on, three of them; then none at all."""
    known = [entry.id for entry in whole(server).entries]
    for query, wanted in (
        ("start-index=2&max-results=3", known[1:4]),
        ("max-results=2", known[:2]),
        ("max-results=0", []),
    ):
        feed = narrowed(server, query)
        came = [entry.id for entry in feed.entries]
        if came != wanted:
            told = f"With {query} the feed should have the entries {_listed(wanted)} in this order"
            yield fault(f"{told}, and has {_listed(came)}.", feed.exchange)


@server_check("QRY013")
def counting_starts_with_one(server: Server) -> Iterator[Finding]:
    """There is no entry number 0."""
    token = server.tokens.customer()
    exchange = server.get(with_query(token.resourceURI, "start-index=0"), token.access_token)
    yield from status(exchange, BAD, "start-index=0", "The first entry has the number 1.")


@server_check("QRY014")
@narrowing
def depth_limits_entries(server: Server) -> Iterator[Finding]:
    """As max-results does."""
    if len(whole(server).entries) < 3:
        raise Skip("The customer's feed has too few entries to be limited.")
    feed = narrowed(server, "depth=2")
    if len(feed.entries) > 2:
        yield fault(f"With depth=2 the feed has {len(feed.entries)} entries. Send two at most.", feed.exchange)


@server_check("QRY015")
@narrowing
def pages_make_up_the_whole(server: Server) -> Iterator[Finding]:
    """The pages of a feed that is limited in time: first it is filtered, then counted off."""
    blocks = at_least(whole(server), 1)
    span = blocks[len(blocks) // 2].span
    bounds = f"published-min={time_text(span.start_s)}&published-max={time_text(span.end_s)}"
    full = narrowed(server, bounds)
    known = [entry.id for entry in full.entries]
    size = max(1, -(-len(known) // (MOST_PAGES - 1)))
    came: list[str | None] = []
    for page in range(MOST_PAGES):
        feed = narrowed(server, f"{bounds}&start-index={page * size + 1}&max-results={size}")
        came += [entry.id for entry in feed.entries]
    if came != known:
        told = f"The pages of {size} entries have {_listed(came)} together, and the whole has {_listed(known)}."
        yield fault(f"{told} First filter, then count off.", full.exchange)


def _listed(names: list[str | None]) -> str:
    shown = ", ".join(str(name) for name in names[:4])
    return f"{shown or 'none'}{f' and {len(names) - 4} more' if len(names) > 4 else ''}"
