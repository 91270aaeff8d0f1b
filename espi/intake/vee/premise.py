"""What is known of a premise beside its readings: the register at midnights, the meter, and what happened there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from espi.intake.vee.grid import Places
from espi.intake.vee.series import Series


class Happening(StrEnum):
    """What a head end tells of a span of time."""

    OUTAGE = "outage"
    OFF = "de-energized"
    DRIFT = "clock-drift"
    TEST = "test-mode"
    TAMPER = "tamper"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened from an instant until another, UTC. drift_s: how far the clock was off, where it is that."""

    kind: Happening
    from_s: int
    until_s: int
    drift_s: int = 0


@dataclass(frozen=True, slots=True)
class Premise:
    """What is known of one channel's premise.

    registers: Wh on the dial at the midnight that a local day begins with, by day. advances: Wh that the dial moved on
    a day, where a file says so itself. multiplier: of the meter. maximum_wh: that it can pass in an interval, 0 where
    that is not known. generates: whether generation is registered; None is not known. exchanges: days from which
    another meter hung there, over which the dial says nothing.
    """

    registers: Mapping[int, int] = field(default_factory=dict)
    advances: Mapping[int, int] = field(default_factory=dict)
    multiplier: int = 1
    maximum_wh: int = 0
    generates: bool | None = None
    exchanges: frozenset[int] = frozenset()
    events: tuple[Event, ...] = ()

    def advance(self, from_day: int, until_day: int) -> int | None:
        """Wh that the dial moved over days, the last not included; None where it is not known."""
        exchanged = any(from_day <= day <= until_day for day in self.exchanges)
        if from_day in self.registers and until_day in self.registers and not exchanged:
            return self.registers[until_day] - self.registers[from_day]
        days = range(from_day, until_day)
        if days and all(day in self.advances for day in days):
            return sum(self.advances[day] for day in days)
        return None

    def during(self, series: Series, *kinds: Happening) -> Places:
        """The intervals in which one of these went on."""
        found = series.places_between(0, 0)
        for event in self.events:
            if event.kind in kinds:
                found |= series.places_between(event.from_s, event.until_s)
        return found
