"""A simulated meter: the home behind it, the devices that joined it, and its register."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from espi.han import frames
from espi.han.sep1 import Cluster
from espi.han.simulated.loads import HOUSEHOLD_W, MINUTE_S, hour_of

if TYPE_CHECKING:
    from espi.han.simulated.appliances import Appliance

FORTIETHS = 40
"""The household's load wavers by 20 fortieths at most."""


@dataclass
class SimulatedMeter:
    """A meter. since_s: from when on its register counts. unreachable: no frame gets to it."""

    esiid: str
    since_s: int
    start_wh: int = 0
    unreachable: bool = False
    at_home: dict[str, Appliance] = field(default_factory=dict)
    joined: dict[str, Appliance] = field(default_factory=dict)
    off: set[str] = field(default_factory=set)
    _counted_to_s: int = 0
    _watt_minutes: int = 0

    def watts(self, at_s: int) -> int:
        """What the home draws in the minute of an instant."""
        waver = (at_s // MINUTE_S * 2_654_435_761 ^ int(self.esiid[-6:])) % (FORTIETHS + 1)
        base = HOUSEHOLD_W[hour_of(at_s)] * (FORTIETHS // 2 + waver) // FORTIETHS
        running = (each for key, each in self.at_home.items() if key not in self.off)
        return base + sum(each.watts(at_s) for each in running)

    def curve(self, from_s: int, until_s: int) -> list[int]:
        """The load of each minute of a span."""
        return [self.watts(at_s) for at_s in range(from_s, until_s, MINUTE_S)]

    def register_wh(self, at_s: int) -> int:
        """What its register shows at an instant; asked for in the order of time."""
        begin_s = self._counted_to_s or self.since_s // MINUTE_S * MINUTE_S
        for minute_s in range(begin_s, at_s - MINUTE_S + 1, MINUTE_S):
            self._watt_minutes += self.watts(minute_s)
            self._counted_to_s = minute_s + MINUTE_S
        return self.start_wh + self._watt_minutes // 60

    def register_frame(self, at_s: int) -> bytes:
        """The answer to whoever reads its register."""
        declared = frames.attribute(Cluster.METERING, 0x0000, at_server=True)
        value = frames.value_of(declared, self.register_wh(at_s))
        answer = frames.Answer(declared.id, frames.SUCCESS, value)
        return frames.encode_global(frames.ReadAttributesResponse((answer,)), 1, from_server=True, quiet=True)

    def targets(self, eui64: str, cluster: int) -> Iterator[Appliance]:
        """The devices that a frame is for: one, or all that have the cluster."""
        if eui64:
            if eui64 in self.joined:
                yield self.joined[eui64]
            return
        yield from [each for each in self.joined.values() if cluster in each.clusters]
