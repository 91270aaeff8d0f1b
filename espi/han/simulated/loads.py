"""What things draw, in watts by the minute, and what a load-control event makes of it.

The simulation's day is five hours behind UTC. A day is 24 shares: how much of an hour a thing runs, in per cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from espi.han.sep1 import LoadControlEvent

MINUTE_S = 60
HOURS_BEHIND = 5
CYCLE_MIN = 20
NORMAL_CENTIDEGREES = 2400
OFFSET_THAT_STOPS = 40
"""A set point that is 4 °C away stops a thermostat for the length of an event."""

AIR_CONDITIONING = (35, 30, 28, 26, 25, 25, 28, 32, 36, 42, 50, 58, 66, 72, 78, 80, 80, 76, 70, 62, 55, 48, 42, 38)
HOT_WATER = (10, 8, 8, 8, 12, 30, 60, 55, 35, 20, 15, 15, 18, 18, 15, 15, 18, 25, 45, 50, 40, 30, 20, 12)
CHARGING = (100, 60, *(0,) * 15, 100, 100, 100, 100, 100, 100, 100)
HOUSEHOLD_W = (320, 300, 290, 280, 280, 300, 420, 520, 460, 400, 380, 400, 450, 430, 420, 450, 560, 720, 850, 900, 820,
               700, 520, 400)  # fmt: skip


@dataclass(frozen=True)
class Load:
    """A thing that draws power. shares: of each hour of the day. cycles: it runs and rests; else it draws a part.

    phase_min: where in its cycle it is at the full hour.
    """

    rated_w: int
    shares: tuple[int, ...]
    cycles: bool
    phase_min: int = 0

    def watts(self, at_s: int, event: LoadControlEvent | None) -> int:
        """What it draws in the minute of an instant; event: what it obeys then."""
        share = self.shares[hour_of(at_s)]
        if event is not None:
            share = reduced(share, event)
        if not self.cycles:
            return self.rated_w * share // 100
        minute = (at_s // MINUTE_S + self.phase_min) % CYCLE_MIN
        return self.rated_w if minute * 100 < share * CYCLE_MIN else 0


def hour_of(at_s: int) -> int:
    """The hour of the simulation's day."""
    return (at_s // 3600 - HOURS_BEHIND) % 24


def reduced(share: int, event: LoadControlEvent) -> int:
    """What an event leaves of a share; one that says nothing of how much leaves the less the more critical it is."""
    found = share
    said = False
    if event.duty_cycle is not None:
        found, said = min(found, event.duty_cycle), True
    if event.load_adjustment is not None:
        found, said = max(0, found * (100 + event.load_adjustment) // 100), True
    tenths = event.cooling_offset or 0
    if event.cooling_set_point is not None:
        tenths = max(tenths, (event.cooling_set_point - NORMAL_CENTIDEGREES) // 10)
        said = True
    if tenths > 0:
        found, said = found * max(0, OFFSET_THAT_STOPS - tenths) // OFFSET_THAT_STOPS, True
    if not said:
        found = 0 if event.criticality >= 7 else found * (10 - event.criticality) // 10
    return min(found, 100)
