"""Function block 37: query parameters that narrow a feed by time.

Bounds of `published` are bounds on the time of the data, not on `atom:published`, and both are included.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from conformance.suite import Finding, Omit, Skip, server_check
from conformance.third_party.batches import (
    Block,
    Feed,
    Span,
    at_least,
    narrowed,
    narrowed_at,
    narrowing,
    series,
    time_text,
    whole,
    with_query,
)
from conformance.third_party.expect import BAD, fault, status

if TYPE_CHECKING:
    from conformance.client.server import Server
    from conformance.document import Entry

DATES = ("published-min", "published-max", "updated-min", "updated-max")
NUMBERS = ("start-index", "max-results", "depth")
MALFORMED = [
    *((name, value) for name in DATES for value in ("All", "03/01/2016")),
    *((name, "All") for name in NUMBERS),
]
"""What the certification suite sends, each alone."""
STRUCTURE = ("UsagePoint", "LocalTimeParameters", "MeterReading", "ReadingType")
MOST_NAMED = 3


@server_check("QRY001")
@narrowing
def published_bounds_leave_out_first_and_last(server: Server) -> Iterator[Finding]:
    """As the suite chooses the bounds; of one meter reading, two blocks fewer. Of several, those within the bounds."""
    blocks = at_least(whole(server), 1)
    if len(blocks) > 2:
        bounds = Span(blocks[1].span.start_s, blocks[-2].span.end_s)
    else:
        last = blocks[-1].span
        bounds = Span(last.start_s - (last.end_s - last.start_s), last.end_s)
    yield from _exactly(narrowed(server, _published(bounds)), blocks, bounds)


@server_check("QRY002")
def malformed_parameters_are_refused(server: Server) -> Iterator[Finding]:
    """Eleven parameters without meaning, each alone."""
    token = server.tokens.customer()
    for name, value in MALFORMED:
        exchange = server.get(with_query(token.resourceURI, f"{name}={value}"), token.access_token)
        yield from status(exchange, BAD, f"{name}={value}", "Refuse a value that is not of the parameter's form.")


@server_check("QRY003")
@narrowing
def updated_bounds_leave_out_the_others(server: Server) -> Iterator[Finding]:
    """The newest alone, then the oldest alone, then nothing."""
    feed = whole(server)
    dated = [(_updated_s(entry), entry) for entry in feed.of("IntervalBlock", "UsageSummary")]
    if not dated:
        raise Skip("The customer's feed has neither blocks nor summaries.")
    oldest, newest = min(at_s for at_s, _ in dated), max(at_s for at_s, _ in dated)
    for query, low, high in (
        (f"updated-min={time_text(int(newest))}", int(newest), newest),
        (f"updated-max={time_text(int(oldest))}", 0, int(oldest)),
        (f"updated-min={time_text(int(newest) + 1)}", int(newest) + 1, newest + 1),
    ):
        wanted = {entry.id for at_s, entry in dated if low <= at_s <= high}
        yield from _same_ids(narrowed(server, query), wanted, ("IntervalBlock", "UsageSummary"), query)


@server_check("QRY005")
def impossible_dates_are_refused(server: Server) -> Iterator[Finding]:
    """30 February, and bounds that leave nothing between them."""
    token = server.tokens.customer()
    crossed = f"published-min={time_text(1_700_086_400)}&published-max={time_text(1_700_000_000)}"
    for query in ("published-min=2024-02-30T00:00:00Z", "updated-max=2024-01-01T25:00:00Z", crossed):
        exchange = server.get(with_query(token.resourceURI, query), token.access_token)
        yield from status(exchange, BAD, query, "Say that the bound cannot be met.")


@server_check("QRY006")
@narrowing
def narrowed_feed_keeps_its_structure(server: Server) -> Iterator[Finding]:
    """Each block that is left leads, by links, to its meter reading, type, usage point and local time."""
    feed = narrowed(server, _published(_middle(server).span))
    if not feed.blocks:
        raise Skip("The narrowed feed has no block, which QRY009 judges.")
    by_self = {kind: {entry.self for entry in feed.of(kind)} for kind in STRUCTURE}
    for block in feed.blocks[:MOST_NAMED]:
        readings = [entry for entry in feed.of("MeterReading") if block.entry.up in entry.related]
        points = [one for one in feed.of("UsagePoint") if {reading.up for reading in readings} & set(one.related)]
        leads = {"MeterReading": readings, "UsagePoint": points}
        missing = [kind for kind, found in leads.items() if not found]
        missing += [kind for kind in ("ReadingType",) if not any(by_self[kind] & set(one.related) for one in readings)]
        missing += [
            kind for kind in ("LocalTimeParameters",) if not any(by_self[kind] & set(p.related) for p in points)
        ]
        if missing:
            told = (
                f"Block {block.name} is in the narrowed feed without its {' and '.join(missing)}. Send these with it."
            )
            yield fault(told, feed.exchange)


@server_check("QRY007")
@narrowing
def one_bound_leaves_the_other_open(server: Server) -> Iterator[Finding]:
    """The last three blocks' worth of time with a lower bound only, the first three's with an upper one only."""
    blocks = at_least(whole(server), 3)
    ordered = sorted(block.span for block in blocks)
    late, early = Span(ordered[-3].start_s, 1 << 60), Span(-(1 << 60), ordered[2].end_s)
    yield from _exactly(narrowed(server, f"published-min={time_text(late.start_s)}"), blocks, late)
    yield from _exactly(narrowed(server, f"published-max={time_text(early.end_s)}"), blocks, early)


@server_check("QRY008")
@narrowing
def published_bounds_hold_for_summaries(server: Server) -> Iterator[Finding]:
    """Their period is what is compared: a bill of a month does not lie within a day."""
    if not _summaries(whole(server)):
        raise Omit("The customer's feed has no summaries.")
    bounds = _middle(server).span
    feed = narrowed(server, _published(bounds))
    for span, entry in _summaries(feed):
        if not bounds.holds(span):
            told = f"The summary {entry.id} of {_shown(span)} is in a feed that is limited to {_shown(bounds)}."
            yield fault(f"{told} Leave out what is not within the bounds.", feed.exchange)


@server_check("QRY009")
@narrowing
def published_bounds_are_included(server: Server) -> Iterator[Finding]:
    """Bounds that are exactly a block's own keep it."""
    middle = _middle(server)
    feed = narrowed(server, _published(middle.span))
    if middle.name not in {block.name for block in feed.blocks}:
        told = f"Block {middle.name}, asked for with its own start and end ({_shown(middle.span)}), is not there."
        yield fault(f"{told} Both bounds are included.", feed.exchange)


@server_check("QRY010")
@narrowing
def partial_blocks_are_left_out(server: Server) -> Iterator[Finding]:
    """A second too late for the one, or a second too early."""
    for bounds in _partial(server):
        feed = narrowed(server, _published(bounds))
        for block in _not_within(whole(server), feed, bounds):
            told = f"Block {block.name} ({_shown(block.span)}) is in a feed that is limited to {_shown(bounds)}."
            yield fault(f"{told} Keep a block only if its whole time lies within.", feed.exchange)


@server_check("QRY011")
@narrowing
def blocks_are_never_cut(server: Server) -> Iterator[Finding]:
    """Those that came for any bounds are as they are in the whole feed."""
    known = {block.entry.id: block for block in whole(server).blocks}
    for bounds in (_middle(server).span, *_partial(server)):
        feed = narrowed(server, _published(bounds))
        for block in feed.blocks:
            full = known.get(block.entry.id)
            if full and (full.span, full.facts.reading_count) != (block.span, block.facts.reading_count):
                told = f"Block {full.name} has {full.facts.reading_count} readings in {_shown(full.span)}, and"
                cut = f"{block.facts.reading_count} in {_shown(block.span)} when it is asked for with bounds."
                yield fault(f"{told} {cut} Never cut a block.", feed.exchange)


@server_check("QRY012")
@narrowing
def unknown_parameters_are_ignored(server: Server) -> Iterator[Finding]:
    """The same feed with a parameter that nobody knows."""
    query = _published(_middle(server).span)
    wanted = {entry.id for entry in narrowed(server, query).entries}
    yield from _same_ids(narrowed(server, f"{query}&colour=green"), wanted, (), "an unknown parameter (colour)")


@server_check("QRY016")
@narrowing
def narrowing_keeps_ids(server: Server) -> Iterator[Finding]:
    """Each entry of the narrowed feed is in the whole one under the same id and address."""
    known = {(entry.id, entry.self) for entry in whole(server).entries}
    feed = narrowed(server, _published(_middle(server).span))
    for entry in feed.entries:
        if (entry.id, entry.self) not in known:
            told = f"{entry.kind} {entry.id} at {entry.self} is not in the whole feed. The same thing keeps its id."
            yield fault(told, feed.exchange)


@server_check("QRY017")
def blocks_come_in_order(server: Server) -> Iterator[Finding]:
    """Ascending by time within each meter reading: the suite takes the first and the last for the bounds."""
    feed = whole(server)
    for blocks in series(feed.blocks):
        for before, block in pairwise(blocks):
            if block.span.start_s < before.span.start_s:
                yield fault(f"Block {block.name} comes after {before.name}. Send the oldest first.", feed.exchange)


@server_check("QRY018")
@narrowing
def feed_keeps_to_the_published_period(server: Server) -> Iterator[Finding]:
    """Neither the whole feed nor one asked for from 1970 on has blocks that the authorization does not cover."""
    token = server.tokens.customer()
    record = server.feed(token.authorizationURI, server.tokens.client().access_token).of("Authorization")
    facts = record[0].facts if record else {}
    if "publishedPeriod/start" not in facts:
        raise Omit("The authorization has no publishedPeriod.")
    start_s, duration_s = int(facts["publishedPeriod/start"]), int(facts.get("publishedPeriod/duration", 0))
    period = Span(start_s, start_s + duration_s if duration_s else 1 << 60)
    early = f"published-min=1970-01-01T00:00:00Z&published-max={time_text(start_s + 7 * 86_400)}"
    for feed in (whole(server), narrowed(server, early)):
        for block in feed.blocks:
            if not period.holds(block.span):
                told = (
                    f"Block {block.name} ({_shown(block.span)}) is outside the publishedPeriod from {_shown(period)}."
                )
                yield fault(told, feed.exchange)


@server_check("QRY019")
@narrowing
def collections_take_parameters(server: Server) -> Iterator[Finding]:
    """The collection of a meter reading's blocks, with the bounds of one of them."""
    middle = _middle(server)
    token = server.tokens.customer().access_token
    url = middle.entry.up or ""
    if server.get(url, token).status != 200:
        raise Omit("The collection of interval blocks is not served (block 32).")
    blocks = [block for block in whole(server).blocks if block.entry.up == url]
    yield from _exactly(narrowed_at(server, url, token, _published(middle.span)), blocks, middle.span)


def _middle(server: Server) -> Block:
    blocks = at_least(whole(server), 1)
    return blocks[len(blocks) // 2]


def _partial(server: Server) -> tuple[Span, Span]:
    """Bounds that a block misses by a second: at its start, and at its end."""
    span = _middle(server).span
    length_s = span.end_s - span.start_s
    return Span(span.start_s + 1, span.end_s + length_s), Span(span.start_s - length_s, span.end_s - 1)


def _not_within(full: Feed, feed: Feed, bounds: Span) -> list[Block]:
    spans = {block.entry.id: block.span for block in full.blocks}
    return [block for block in feed.blocks if not bounds.holds(spans.get(block.entry.id, block.span))]


def _exactly(feed: Feed, blocks: Collection[Block], bounds: Span) -> Iterator[Finding]:
    """The feed has just those blocks that lie within the bounds."""
    wanted = {block.name for block in blocks if bounds.holds(block.span)}
    came = {block.name for block in feed.blocks}
    told = f"Limited to {_shown(bounds)}, the feed should have {len(wanted)} interval blocks, and has {len(came)}:"
    for word, names in (("missing", wanted - came), ("too many", came - wanted)):
        if names:
            yield fault(f"{told} {word} {_some(names)}.", feed.exchange)


def _same_ids(feed: Feed, wanted: Collection[str | None], kinds: tuple[str, ...], asked: str) -> Iterator[Finding]:
    came = {entry.id for entry in (feed.of(*kinds) if kinds else feed.entries)}
    for word, names in (("lacks", set(wanted) - came), ("has besides", came - set(wanted))):
        if names:
            yield fault(f"With {asked} the feed {word} {_some(str(name) for name in names)}.", feed.exchange)


def _summaries(feed: Feed) -> list[tuple[Span, Entry]]:
    found: list[tuple[Span, Entry]] = []
    for entry in feed.of("UsageSummary", "ElectricPowerUsageSummary", "ElectricPowerQualitySummary"):
        name = "summaryInterval" if entry.kind == "ElectricPowerQualitySummary" else "billingPeriod"
        start, duration = entry.facts.get(f"{name}/start", ""), entry.facts.get(f"{name}/duration", "")
        if start.isdigit() and duration.isdigit():
            found.append((Span(int(start), int(start) + int(duration)), entry))
    return found


def _updated_s(entry: Entry) -> float:
    try:
        return datetime.fromisoformat(entry.updated or "").timestamp()
    except ValueError:
        raise Skip(f"The entry {entry.id} has no good atom:updated.") from None


def _published(bounds: Span) -> str:
    return f"published-min={time_text(bounds.start_s)}&published-max={time_text(bounds.end_s)}"


def _shown(span: Span) -> str:
    ends = "" if span.end_s > 1 << 50 else time_text(span.end_s)
    return f"{'' if span.start_s < -(1 << 50) else time_text(span.start_s)} to {ends}".strip()


def _some(names: Collection[str] | Iterator[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - MOST_NAMED} more" if len(ordered) > MOST_NAMED else ""
    return ", ".join(ordered[:MOST_NAMED]) + more
