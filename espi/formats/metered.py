"""What every format but Green Button itself is written from: usage points, their channels and their day blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from espi.clock import Zone
from espi.day import DayBlock


@dataclass(frozen=True)
class MeteredVersion:
    """A version of a day. from_s, until_s: from when until when it was in force; None: never, or still.

    block.revision: its place among those that were in force, 0 if it never was. received: it came in like this; else it
    was made of several. file: what it came with was called.
    """

    block: DayBlock
    from_s: int | None
    until_s: int | None
    received: bool
    file: str


@dataclass(frozen=True)
class MeteredChannel:
    """One channel to be written. reading_type: ESPI ReadingType values by element name. blocks: ascending days.

    versions: all that is known of the days' past, where that is asked for.
    """

    number: int
    title: str
    reading_type: Mapping[str, Any]
    blocks: Iterable[DayBlock]
    versions: Iterable[MeteredVersion] | None = None

    @property
    def is_flow(self) -> bool:
        """Whether the values are amounts that flowed one way in each interval, so that they may be added up.

        ESPI accumulationBehaviour 4 (delta data) with flowDirection 1 (to the customer) or 19 (from the customer).
        """
        return self.reading_type.get("accumulationBehaviour") == 4 and self.reading_type.get("flowDirection") in (1, 19)


@dataclass(frozen=True)
class MeteredPoint:
    """One usage point to be written. service_kind: ESPI ServiceKind (0 electricity, 1 gas, 2 water)."""

    esiid: str
    title: str
    zone: Zone
    service_kind: int
    channels: Sequence[MeteredChannel]
