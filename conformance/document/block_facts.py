"""The summary of an interval block: what is kept of its readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NOTHING: Mapping[int, int] = {}
NO_TEXTS: Mapping[str, int] = {}


@dataclass(slots=True)
class Trouble:
    """What is wrong with the times of a block's readings: the first few of each kind, and how many there are."""

    duplicates: tuple[int, ...] = ()
    """Starts that an earlier reading of the block has already."""
    duplicate_count: int = 0
    overlaps: tuple[tuple[int, int], ...] = ()
    """(start, end) of time that two readings of different starts share, by time."""
    overlap_count: int = 0
    holes: tuple[tuple[int, int], ...] = ()
    """(start, end) of time between two readings, or between a reading and an end of the block, that none covers."""
    hole_count: int = 0
    hole_s: int = 0
    """Seconds in all holes together."""
    outside: tuple[int, ...] = ()
    """Starts of readings that are not wholly within the block."""
    outside_count: int = 0
    order_known: bool = True
    """False where so many readings are out of order that overlaps and holes were not looked for."""


NO_TROUBLE = Trouble()


@dataclass(slots=True)
class BlockFacts:
    """The summary of one IntervalBlock element.

    Times are epoch seconds, durations seconds. Lists hold the first few of what their `_count` counts. What is not a
    whole number in the document counts as absent here (the schema rules report it), but for `has_…`, which say whether
    the element is there at all.
    """

    line: int
    start_s: int | None = None
    duration_s: int | None = None
    has_start: bool = False
    has_duration: bool = False
    reading_count: int = 0
    first_start_s: int | None = None
    """The earliest start of a reading."""
    last_start_s: int | None = None
    """The latest start of a reading."""
    end_s: int | None = None
    """When the last reading to end ends."""
    rising: bool = True
    """Whether every reading starts after the one before it in the document."""
    starts_at_block: bool = False
    """Whether a reading starts when the block does."""
    trouble: Trouble = field(default_factory=lambda: NO_TROUBLE)
    """What is wrong with the times of its readings; blocks with which nothing is share one."""
    durations: Mapping[int, int] = field(default_factory=lambda: NOTHING)
    """How many readings have each duration (the first 50 durations)."""
    value_count: int = 0
    zero_count: int = 0
    negative_count: int = 0
    least: int | None = None
    most: int | None = None
    total: int = 0
    """Least, most and sum of the values as they stand: whole numbers before any multiplier."""
    first_value: int | None = None
    last_value: int | None = None
    fall_count: int = 0
    """How many values are less than the one before in the document."""
    least_fall: int | None = None
    """By how much, where it is least."""
    cost_count: int = 0
    cost_total: int = 0
    """Readings with a cost, and its sum: hundred-thousandths of the currency."""
    buckets: frozenset[tuple[str, str]] = frozenset()
    """(consumptionTier, tou or cpp, code) of the readings (the first 50)."""
    has_cost: bool = False
    has_quality: bool = False
    has_tier: bool = False
    has_tou: bool = False
    without_start: int = 0
    without_duration: int = 0
    without_value: int = 0
    qualities: Mapping[str, int] = field(default_factory=lambda: NO_TEXTS)
    """How many readings have each ReadingQuality/quality (the first 50 codes)."""

    @property
    def duplicates(self) -> tuple[int, ...]:
        """See `Trouble.duplicates`."""
        return self.trouble.duplicates

    @property
    def duplicate_count(self) -> int:
        """See `Trouble.duplicate_count`."""
        return self.trouble.duplicate_count

    @property
    def overlaps(self) -> tuple[tuple[int, int], ...]:
        """See `Trouble.overlaps`."""
        return self.trouble.overlaps

    @property
    def overlap_count(self) -> int:
        """See `Trouble.overlap_count`."""
        return self.trouble.overlap_count

    @property
    def holes(self) -> tuple[tuple[int, int], ...]:
        """See `Trouble.holes`."""
        return self.trouble.holes

    @property
    def hole_count(self) -> int:
        """See `Trouble.hole_count`."""
        return self.trouble.hole_count

    @property
    def hole_s(self) -> int:
        """See `Trouble.hole_s`."""
        return self.trouble.hole_s

    @property
    def outside(self) -> tuple[int, ...]:
        """See `Trouble.outside`."""
        return self.trouble.outside

    @property
    def outside_count(self) -> int:
        """See `Trouble.outside_count`."""
        return self.trouble.outside_count

    @property
    def order_known(self) -> bool:
        """See `Trouble.order_known`."""
        return self.trouble.order_known

    @property
    def has_reading_start(self) -> bool:
        """Whether any reading has a start."""
        return self.reading_count > self.without_start

    @property
    def has_reading_duration(self) -> bool:
        """Whether any reading has a duration."""
        return self.reading_count > self.without_duration

    @property
    def has_value(self) -> bool:
        """Whether any reading has a value."""
        return self.reading_count > self.without_value
