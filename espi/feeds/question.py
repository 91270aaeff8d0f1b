"""What a caller asks of a feed: which days, which series, which style of links."""

from __future__ import annotations

from dataclasses import dataclass

from espi.errors import BadInput

INTERVAL, DAILY, MONTHLY, REGISTER = "interval", "daily", "monthly", "register"
SERIES = (INTERVAL, DAILY, MONTHLY, REGISTER)
"""The series that a feed may hold, in feed order."""


@dataclass(frozen=True)
class Question:
    """A span of local days, `until_day` not included, and what is wanted of it.

    series: which of `SERIES`; interval alone unless asked (docs/decisions/0005-default-series.md). child_links: name
    every single child in a related link as well, which some old clients need.
    """

    from_day: int
    until_day: int
    series: frozenset[str] = frozenset({INTERVAL})
    child_links: bool = False

    def __post_init__(self) -> None:
        if self.from_day >= self.until_day:
            raise BadInput("The first day must not be after the last.")
        if not self.series or self.series - set(SERIES):
            raise BadInput(f"Series are {', '.join(SERIES)}, or all.")


def series_of(text: str) -> frozenset[str]:
    """The series of a text such as `interval`, `interval,daily` or `all`; empty is `interval`. Raises `BadInput`."""
    names = {name.strip() for name in text.split(",") if name.strip()}
    if names == {"all"}:
        return frozenset(SERIES)
    if unknown := sorted(names - set(SERIES)):
        raise BadInput(f"There is no series {', '.join(unknown)}: give {', '.join(SERIES)} or all.")
    return frozenset(names or {INTERVAL})
