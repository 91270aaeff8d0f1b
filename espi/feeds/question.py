"""What a caller asks of a feed: which days, which series, which entries of them, which style of links."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from espi.errors import BadInput

if TYPE_CHECKING:
    from espi.feeds.contents import Contents

INTERVAL, DAILY, MONTHLY, REGISTER = "interval", "daily", "monthly", "register"
SERIES = (INTERVAL, DAILY, MONTHLY, REGISTER)
"""The series that a feed may hold, in feed order."""

HOURLY = "hourly"
"""Intervals gathered by the hour, for grants that open no finer ones; in their place, never beside them."""


@dataclass(frozen=True)
class Times:
    """Which entries of readings and summaries are wanted, by instants; all bounds are included, None is open.

    published: of what they are about: a block's interval, a summary's period (ESPI published-min, published-max).
    updated: when they last changed.
    """

    published_min_s: int | None = None
    published_max_s: int | None = None
    updated_min_s: int | None = None
    updated_max_s: int | None = None

    @property
    def by_interval(self) -> bool:
        """Whether it matters what entries are about."""
        return self.published_min_s is not None or self.published_max_s is not None

    @property
    def by_change(self) -> bool:
        """Whether it matters when they last changed."""
        return self.updated_min_s is not None or self.updated_max_s is not None

    def about(self, start_s: int, end_s: int) -> Times:
        """The same for what lies between two instants: bounds that lie beyond are open."""
        low, high = self.published_min_s, self.published_max_s
        low = None if low is None or low <= start_s else low
        return replace(self, published_min_s=low, published_max_s=None if high is None or high >= end_s else high)

    def hold(self, start_s: int, end_s: int) -> bool:
        """Whether an interval lies wholly within."""
        low, high = self.published_min_s, self.published_max_s
        return (low is None or start_s >= low) and (high is None or end_s <= high)

    def changed(self, updated_s: int) -> bool:
        """Whether a change lies within."""
        low, high = self.updated_min_s, self.updated_max_s
        return (low is None or updated_s >= low) and (high is None or updated_s <= high)


@dataclass(frozen=True)
class Page:
    """A part of a feed's entries. start: the first one's place, from 1 on. most: how many, None for all."""

    start: int = 1
    most: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is all there is."""
        return self.start == 1 and self.most is None


@dataclass(frozen=True)
class Question:
    """A span of local days, `until_day` not included, and what is wanted of it.

    series: which of `SERIES`, or hourly; interval alone unless asked (docs/decisions/0005-default-series.md).
    child_links: name every single child in a related link as well, which some old clients need. contents: what a grant
    allows, None for all. times, page: which entries. as_of_s: as it stood at that instant (`as_it_stood`), None is now.
    """

    from_day: int
    until_day: int
    series: frozenset[str] = frozenset({INTERVAL})
    child_links: bool = False
    contents: Contents | None = None
    times: Times = field(default_factory=Times)
    page: Page = field(default_factory=Page)
    as_of_s: int | None = None

    def __post_init__(self) -> None:
        if self.from_day >= self.until_day:
            raise BadInput("The first day must not be after the last.")
        if not self.series or self.series - {*SERIES, HOURLY}:
            raise BadInput(f"Series are {', '.join(SERIES)}, or all.")

    def as_it_stood(self, as_of_s: int | None) -> Question:
        """The same, as the answer was at an instant. What keeps no history and was changed since is left out.

        Register reads and summaries keep none: what they said before is not known.
        """
        if as_of_s is None:
            return self
        last_s = self.times.updated_max_s
        least = as_of_s if last_s is None else min(last_s, as_of_s)
        return replace(self, as_of_s=as_of_s, times=replace(self.times, updated_max_s=least))


def series_of(text: str) -> frozenset[str]:
    """The series of a text such as `interval`, `interval,daily` or `all`; empty is `interval`. Raises `BadInput`."""
    names = {name.strip() for name in text.split(",") if name.strip()}
    if names == {"all"}:
        return frozenset(SERIES)
    if unknown := sorted(names - set(SERIES)):
        raise BadInput(f"There is no series {', '.join(unknown)}: give {', '.join(SERIES)} or all.")
    return frozenset(names or {INTERVAL})
