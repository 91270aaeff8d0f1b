"""A year as a picture: a column for each day, a row for each hour of the clock, the darker the more was used.

Cells of one shade that touch below each other are one stroke of a path, so that 8,760 hours are some thirty kilobytes.
Shades are told apart by how light they are, never by hue alone, and the legend and the table say the same in numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from markupsafe import Markup, escape

from espi.clock import DAY_S, Zone, month_start, next_month
from espi.day import ABSENT, ESTIMATED_QUALITIES, DayBlock
from espi.store import readings

if TYPE_CHECKING:
    from espi.store.channels import Channel
    from espi.store.database import Conn
    from espi.store.reach import Reach

HOURS = 24
HOUR_S = 3600
UNKNOWN = -1
"""An hour of which something is missing."""

ROW_PX, HEAD_PX = 12, 22
SHARES = (15, 35, 55, 75, 90, 97)
"""The percentiles at which a darker shade begins."""

ESTIMATED, MISSING = 1, 2
"""What is to be marked below a day."""

_IS_ESTIMATED = np.isin(np.arange(256), list(ESTIMATED_QUALITIES))
"""Of each quality of a reading, whether it is an estimate."""

Cells = npt.NDArray[np.int64]
Marks = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Grid:
    """The hours of days from `from_day` on. cells: amounts by day and hour, `UNKNOWN` for a gap. marks: one a day."""

    from_day: int
    cells: Cells
    marks: Marks

    @property
    def until_day(self) -> int:
        """The day after the last."""
        return self.from_day + len(self.cells)

    @property
    def is_empty(self) -> bool:
        """Whether no hour is known."""
        return not (self.cells >= 0).any()

    def months(self) -> Iterator[tuple[int, int]]:
        """The first day of each month, and the day after its last."""
        first = month_start(self.from_day)
        while first < self.until_day:
            yield first, next_month(first)
            first = next_month(first)

    def of(self, first: int, until: int) -> Cells:
        """The hours of some days."""
        return self.cells[max(0, first - self.from_day) : max(0, until - self.from_day)]


def read(
    conn: Conn, reach: Reach, usage_point_id: int, channel: Channel, where: Zone, span: tuple[int, int], expected: range
) -> Grid | None:
    """The hours of a channel's days; None where intervals are longer than an hour. expected: days it should have."""
    from_day, until_day = span
    cells = np.full((until_day - from_day, HOURS), UNKNOWN, np.int64)
    marks = np.array([MISSING * (day in expected) for day in range(from_day, until_day)], np.uint8)
    for day in readings.packed_blocks(conn, reach, usage_point_id, channel.number, from_day, until_day):
        block = day.block(usage_point_id, channel.number)
        if HOUR_S % block.interval_s:
            return None
        place = block.day - from_day
        cells[place], marks[place] = _hours(block, where)
    return Grid(from_day, cells, marks)


def _hours(block: DayBlock, where: Zone) -> tuple[Cells, int]:
    """What each hour of the clock used. An hour that comes twice is the mean of both; one that is left out, unknown."""
    missing = block.qualities == ABSENT
    mark = MISSING if missing.any() else 0
    if not mark and _IS_ESTIMATED[block.qualities].any():
        mark = ESTIMATED
    each = HOUR_S // block.interval_s
    count = len(block.values) // each
    shape = count, each
    sums = block.values[: count * each].reshape(shape).sum(1)
    if mark == MISSING:
        sums[missing[: count * each].reshape(shape).any(1)] = UNKNOWN
    if count == HOURS and block.start_s == where.day_start_s(block.day) and where.day_length_s(block.day) == DAY_S:
        return sums, mark
    found = np.full(HOURS, UNKNOWN, np.int64)
    for place, amount in enumerate(sums.tolist()):
        hour = where.local(block.start_s + place * HOUR_S).hour
        found[hour] = amount if found[hour] == UNKNOWN else (found[hour] + amount) // 2
    return found, mark


def edges(grid: Grid) -> list[int]:
    """The amounts at which the shades begin, rounded to two digits, none twice.

    The least amount has no say in them: it may be that of most hours, as nights are to the sun.
    """
    known = grid.cells[grid.cells >= 0]
    if not known.size:
        return []
    least = int(known.min())
    above = known[known > least]
    found = {_round(int(amount)) for amount in np.percentile(above, SHARES)} if above.size else set()
    return sorted(edge for edge in found if edge > least)


def _round(amount: int) -> int:
    grain = int(10 ** max(0, len(str(amount)) - 2))
    return (amount + grain // 2) // grain * grain


@dataclass(frozen=True)
class Month:
    """A month of the picture, which leads to its page. label: what is said of it; name: what stands above it."""

    first: int
    until: int
    name: str
    label: str
    href: str


def draw(grid: Grid, shades: Sequence[int], title: str, description: str, months: Sequence[Month]) -> Markup:
    """The picture as an SVG element, as wide as its place."""
    days = len(grid.cells)
    foot = HEAD_PX + HOURS * ROW_PX
    size = f'width="100%" height="{HOURS * ROW_PX}" viewBox="0 0 {days} {HOURS}" preserveAspectRatio="none"'
    under = f'width="100%" height="6" viewBox="0 0 {days} 1" preserveAspectRatio="none" aria-hidden="true"'
    parts = [
        f'<svg class="heat" role="group" aria-labelledby="heat-title heat-desc" width="100%" height="{foot + 12}">',
        f'<title id="heat-title">{escape(title)}</title><desc id="heat-desc">{escape(description)}</desc>',
        f'<svg class="cells" y="{HEAD_PX}" {size} aria-hidden="true">',
        *_paths(grid, shades),
        "</svg>",
        f'<svg class="cells" y="{foot + 4}" {under}>',
        *_marks(grid),
        "</svg>",
        *_months(grid, months, foot),
        "</svg>",
    ]
    return Markup("".join(parts))  # noqa: S704 - every text in it went through escape


def _paths(grid: Grid, shades: Sequence[int]) -> Iterator[str]:
    """One path for each shade; `n` is what is not known."""
    level = np.searchsorted(np.array(shades, np.int64), grid.cells, side="right")
    level[grid.cells < 0] = len(shades) + 1
    flat = level.ravel()
    begins = np.flatnonzero(np.r_[True, (flat[1:] != flat[:-1]) | (np.arange(1, flat.size) % HOURS == 0)])
    lengths = np.diff(np.r_[begins, flat.size])
    for shade in range(len(shades) + 2):
        chosen = flat[begins] == shade
        if chosen.any():
            name = "n" if shade > len(shades) else f"s{shade}"
            yield f'<path class="{name}" d="{_strokes(begins[chosen].tolist(), lengths[chosen].tolist())}"/>'


def _strokes(begins: Sequence[int], lengths: Sequence[int]) -> str:
    """Strokes down the columns, each from where the last one ended."""
    x, y = 0, 0
    text = ["M.5 0"]
    for begin, length in zip(begins, lengths, strict=True):
        day, hour = divmod(begin, HOURS)
        down = hour - y
        text.append(f"m{day - x}{'' if down < 0 else ' '}{down}v{length}")
        x, y = day, hour + length
    return "".join(text)


def _marks(grid: Grid) -> Iterator[str]:
    for mark, name in ((ESTIMATED, "e"), (MISSING, "g")):
        days = np.flatnonzero(grid.marks == mark).tolist()
        if days:
            strokes = "".join(f"M{day}.5 0v1" for day in days)
            yield f'<path class="{name}" d="{strokes}"/>'


def _months(grid: Grid, months: Sequence[Month], foot: int) -> Iterator[str]:
    days = len(grid.cells)
    for place, month in enumerate(months):
        start, stop = max(0, month.first - grid.from_day), min(days, month.until - grid.from_day)
        x, width = _percent(start, days), _percent(stop - start, days)
        yield (
            f'<a href="{escape(month.href)}" aria-label="{escape(month.label)}"><title>{escape(month.label)}</title>'
            f'<rect class="hit" x="{x}" width="{width}" y="0" height="{foot}"/>'
            f'<text class="tick" x="{_percent(start * 2 + stop - start, days * 2)}" y="14">{escape(month.name)}</text>'
            "</a>"
        )
        if place:
            yield f'<line class="grid" x1="{x}" x2="{x}" y1="4" y2="{foot}"/>'


def _percent(part: int, whole: int) -> str:
    thousandths = 100_000 * part // whole
    return f"{thousandths // 1000}.{thousandths % 1000:03d}%"
