"""What the feeds of a server add to its verdict: the rules for files, judged on what the customers' grants gave."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.outcome import WORST_FIRST, Outcome
from conformance.requirements import requirements
from conformance.run import Result

if TYPE_CHECKING:
    from conformance.client.exchange import Exchange

FEEDS = "feeds"
"""Where in `Server.memo` the cases that fetch customers' feeds leave them: a list of `ServedFeed`."""


@dataclass(frozen=True)
class ServedFeed:
    """A feed that a server gave: the answer, and what `judge_file` says of it."""

    exchange: Exchange
    results: Sequence[Result]


def results_of(feeds: Sequence[ServedFeed], only: Collection[str] | None = None) -> list[Result]:
    """One result for each rule that was judged on a feed, in the order of the table.

    Rules that are common to all blocks hold where they hold in every feed. A function block holds where all its rules
    do in one feed (case FND005): what is told of it is from the feed that comes nearest.
    """
    named = {block for feed in feeds for block in _blocks(feed)}
    found = _common(feeds)
    for block in named:
        found += _nearest(feeds, block)
    order = {name: place for place, name in enumerate(requirements())}
    wanted = [one for one in found if only is None or one.requirement.id in only]
    return sorted(wanted, key=lambda one: order[one.requirement.id])


def _blocks(feed: ServedFeed) -> set[int]:
    """The function blocks of which something was judged."""
    return {
        one.requirement.block
        for one in feed.results
        if one.requirement.block is not None and one.outcome is not Outcome.OMIT
    }


def _common(feeds: Sequence[ServedFeed]) -> list[Result]:
    worst: dict[str, Result] = {}
    for feed in feeds:
        for one in feed.results:
            name = one.requirement.id
            if one.requirement.block is None and (name not in worst or _place(one) < _place(worst[name])):
                worst[name] = _shown(one, feed)
    return list(worst.values())


def _place(result: Result) -> int:
    return WORST_FIRST.index(result.outcome)


def _nearest(feeds: Sequence[ServedFeed], block: int) -> list[Result]:
    def distance(feed: ServedFeed) -> tuple[bool, int]:
        judged = [one.outcome for one in feed.results if one.requirement.block == block and one.requirement.required]
        return block not in _blocks(feed), sum(one not in {Outcome.PASS, Outcome.OMIT} for one in judged)

    nearest = min(feeds, key=distance)
    return [_shown(one, nearest) for one in nearest.results if one.requirement.block == block]


def _shown(result: Result, feed: ServedFeed) -> Result:
    return replace(result, exchanges=(feed.exchange,))
