"""What a feed may hold at all, by the scope that was granted: kinds of series, how fine they are, costs, summaries.

The kinds are those that a customer is told of (`espi.scope.explain`): what was not named to him is not in the feed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

from espi.clock import DAY_S, QUARTER_HOUR_S
from espi.feeds.question import DAILY, HOURLY, INTERVAL, MONTHLY, REGISTER, SERIES
from espi.resources.codes import Flow
from espi.scope import SPECIFIC, SUMMARIES, Scope

if TYPE_CHECKING:
    from espi.store.channels import Channel

HOUR_S: Final = 3600
POWER_QUALITY: Final = 17
REGISTERS: Final = 9

_KINDS: Final = {
    5: ("delivered",),
    6: ("demand",),
    7: ("delivered", "net"),
    8: ("delivered", "received"),
    10: ("gas",),
    11: ("water",),
    29: ("temperature",),
}
"""Kinds of series by function block."""

_EVERY: Final = frozenset({"delivered", "received", "net", "gas", "water", "other"})
"""What function block 4 stands for where none of the specific ones is named."""

_PARTS: Final = {
    16: ("billLastPeriod", "costAdditionalLastPeriod"),
    26: ("costAdditionalDetailLastPeriod",),
    27: (
        "ratchetDemand",
        "ratchetDemandPeriod",
        "peakDemand",
        "currentDayLastYearNetConsumption",
        "currentDayNetConsumption",
        "currentDayOverallConsumption",
        "previousDayNetConsumption",
        "previousDayOverallConsumption",
    ),
    28: ("billToDate",),
}
"""Elements of a UsageSummary that need a function block of their own."""


@dataclass(frozen=True)
class Contents:
    """What a feed may hold. series: how fine. kinds: kinds of series, None for all. registers: the dial too.

    costs: those of single intervals. summary_blocks: function blocks of UsageSummary, None for all of it.
    power_quality: its summaries.
    """

    series: frozenset[str] = frozenset({*SERIES, HOURLY})
    kinds: frozenset[str] | None = None
    registers: bool = True
    costs: bool = True
    summary_blocks: frozenset[int] | None = None
    power_quality: bool = True

    def shows(self, channel: Channel) -> bool:
        """Whether a channel may be in the feed, in some series."""
        if channel.series == REGISTER and not self.registers:
            return False
        if self.kinds is None:
            return True
        kind = kind_of(channel.reading_type.content)
        return kind in self.kinds or (channel.series == REGISTER and kind == "delivered")

    @cached_property
    def tag(self) -> str:
        """Differs between contents, and is the same in every process."""
        chosen = sorted(self.series), sorted(self.kinds or ()), sorted(self.summary_blocks or ())
        return repr((chosen, self.kinds is None, self.registers, self.costs, self.power_quality))

    @property
    def usage_summaries(self) -> bool:
        """Whether it may hold any UsageSummary."""
        return self.summary_blocks is None or bool(self.summary_blocks)

    def summary(self, content: Mapping[str, Any]) -> Mapping[str, Any]:
        """Of a UsageSummary, the elements that it may hold."""
        if self.summary_blocks is None:
            return content
        hidden = {name for block, names in _PARTS.items() if block not in self.summary_blocks for name in names}
        return {name: value for name, value in content.items() if name not in hidden}


ALL: Final = Contents()
"""Whatever there is, as for the customer himself."""


@lru_cache(maxsize=1024)
def contents_of(scope: Scope) -> Contents:
    """What a feed may hold under a scope."""
    every = scope.allows_block(4) and scope.blocks.isdisjoint(SPECIFIC)
    named = frozenset(kind for block in scope.blocks for kind in _KINDS.get(block, ()))
    registers = scope.allows_block(REGISTERS)
    return Contents(
        series=frozenset({_series(scope), REGISTER} if registers else {_series(scope)}),
        kinds=_EVERY if every else named,
        registers=registers,
        costs=scope.allows_block(12),
        summary_blocks=frozenset(scope.blocks & SUMMARIES),
        power_quality=scope.allows_block(POWER_QUALITY),
    )


def kind_of(reading_type: Mapping[str, Any]) -> str:
    """What a series measures, in one word, by its ReadingType (ESPI CommodityKind, FlowDirectionKind and others)."""
    if reading_type.get("kind") == 46:
        return "temperature"
    commodity = reading_type.get("commodity", 1)
    if commodity not in {0, 1, 2, 26}:
        return {7: "gas", 9: "water"}.get(commodity, "other")
    if reading_type.get("accumulationBehaviour") == 12 or reading_type.get("kind") in {8, 37, 38}:
        return "demand"
    return {Flow.REVERSE: "received", Flow.NET: "net"}.get(reading_type.get("flowDirection", Flow.FORWARD), "delivered")


def _series(scope: Scope) -> str:
    """The finest series that is not finer than a scope allows; as it is measured where it does not say."""
    finest = min((_length_s(each) for each in scope.interval_durations), default=0)
    if finest <= QUARTER_HOUR_S:
        return INTERVAL
    if finest <= HOUR_S:
        return HOURLY
    return DAILY if finest <= DAY_S else MONTHLY


def _length_s(duration: str) -> int:
    return int(duration) if duration.isdigit() else {"daily": DAY_S}.get(duration, 30 * DAY_S)
