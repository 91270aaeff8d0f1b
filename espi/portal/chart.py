"""Bar charts as SVG, drawn on the server.

A chart is as wide as its place on the page: x is in percent, y in pixels, so letters never shrink on a phone. What was
used stands above the axis, what was sent back hangs below it. Estimates are hatched and gaps are marked as gaps, so
nothing rests on colour alone. All numbers are whole watt hours (or thousandths of another unit); there is no float.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

PLOT_PX = 264
TOP_PX = 26
FOOT_PX = 30
STRIP_PX = 56
LEAST_BAR_PX = 1
MOST_LINES = 6
WHOLE = 100_000
"""The width of the chart, in thousandths of a percent."""

PATTERNS = (
    '<defs><pattern id="estimated" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="ground" width="5" height="5"/><rect class="hatch" width="2.5" height="5"/></pattern>'
    '<pattern id="gap" width="7" height="7" patternUnits="userSpaceOnUse"><circle class="dot" cx="2" cy="2" r="1"/>'
    "</pattern></defs>"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One interval, day or month.

    label: when it was and how much, in words. used: thousandths of the unit, None where nothing is known. gap: whether
    something should be known. sent_back: surplus generation. before: what was used at this place of the period before.
    corrected: whether it was another amount once, which a ring above the bar says.
    tick: what the axis says here. minor: whether the tick is left out on a narrow screen.
    """

    label: str
    used: int | None
    sent_back: int = 0
    estimated: bool = False
    gap: bool = False
    before: int | None = None
    corrected: bool = False
    tick: str = ""
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """What to draw. between: whether ticks stand between bars (times of day) and not below them (days, months).

    key: what its ids begin with, where a page has several charts.
    """

    title: str
    description: str
    unit: str
    bars: Sequence[Bar]
    between: bool = False
    key: str = "chart"


@dataclass(frozen=True, slots=True)
class Scale:
    """From amounts to pixels: `step` between lines, up to `high` above the axis and `low` (positive) below it."""

    step: int
    high: int
    low: int

    def y(self, amount: int) -> int:
        """Where an amount lies, in pixels from the top."""
        return TOP_PX + PLOT_PX * (self.high - amount) // (self.high + self.low)

    def lines(self) -> range:
        """The amounts that have a line and a number."""
        return range(-self.low, self.high + 1, self.step)


def scale(bars: Sequence[Bar]) -> Scale:
    """The scale with the finest round step (1, 2 or 5 times a power of ten) that needs few lines."""
    most = max((max(bar.used or 0, bar.before or 0) for bar in bars), default=0)
    least = max((bar.sent_back for bar in bars), default=0)
    if not most and not least:
        return Scale(250, 1000, 0)
    step = 1
    while -(-most // step) + -(-least // step) > MOST_LINES:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return Scale(step, -(-most // step) * step, -(-least // step) * step)


def draw(chart: Chart, number: Callable[[int, int], str]) -> Markup:
    """The chart as an SVG element. `number(amount, step)` writes an amount of a scale whose lines are `step` apart."""
    measure = scale(chart.bars)
    height = TOP_PX + PLOT_PX + FOOT_PX
    labels = f"{chart.key}-title {chart.key}-desc"
    parts = [
        f'<svg class="chart" role="img" aria-labelledby="{labels}" width="100%" height="{height}">',
        f'<title id="{chart.key}-title">{escape(chart.title)}</title>',
        f'<desc id="{chart.key}-desc">{escape(chart.description)}</desc>',
        PATTERNS,
        *_lines(chart, measure, number),
        *_gaps(chart.bars),
        *_bars(chart, measure),
        *_before(chart.bars, measure),
        f'<line class="axis" x1="0" x2="100%" y1="{measure.y(0)}" y2="{measure.y(0)}"/>',
        *_ticks(chart),
        "</svg>",
    ]
    return Markup("".join(parts))  # noqa: S704 - every text in it went through escape


def sparkline(amounts: Sequence[int | None]) -> Markup:
    """A small chart without words, beside words that say the same: the last days of a usage point."""
    most = max((amount or 0 for amount in amounts), default=0) or 1
    height = 44
    parts = ['<svg class="spark" aria-hidden="true" width="100%" height="44">']
    for place, amount in enumerate(amounts):
        x, width = _column(place, len(amounts))
        if amount is None:
            parts.append(f'<rect class="none" x="{x}" width="{width}" y="{height - 2}" height="2"/>')
        else:
            tall = max(2, height * amount // most)
            parts.append(f'<rect x="{x}" width="{width}" y="{height - tall}" height="{tall}"/>')
    return Markup("".join((*parts, "</svg>")))  # noqa: S704 - numbers only


def strip(amounts: Sequence[int | None], low: str, high: str) -> Markup:
    """A line below a chart, as wide as it, with its least and greatest amount in words; what is said elsewhere too."""
    known = [amount for amount in amounts if amount is not None]
    least, most = min(known), max(known)
    height, count = STRIP_PX - 12, len(amounts)
    parts = [
        f'<svg class="chart strip" aria-hidden="true" width="100%" height="{STRIP_PX}">',
        f'<text class="scale" x="-10" y="12">{escape(high)}</text>',
        f'<text class="scale" x="-10" y="{STRIP_PX - 2}">{escape(low)}</text>',
        f'<svg y="6" width="100%" height="{height}" viewBox="0 0 {2 * count} {height}" preserveAspectRatio="none">',
    ]
    path, pen = [], "M"
    for place, amount in enumerate(amounts):
        if amount is None:
            pen = "M"
            continue
        path.append(f"{pen}{2 * place + 1} {height - height * (amount - least) // max(1, most - least)}")
        pen = "L"
    parts.append(f'<path class="warmth" d="{"".join(path)}"/></svg></svg>')
    return Markup("".join(parts))  # noqa: S704 - every text in it went through escape


def _percent(thousandths: int) -> str:
    return f"{thousandths // 1000}.{thousandths % 1000:03d}%"


def _column(place: int, count: int) -> tuple[str, str]:
    """Start and width of a bar: a column less a gap of an eighth, or of a quarter where there is room."""
    column = WHOLE // count
    gap = column // 4 if count <= 12 else column // 5 if count <= 31 else column // 8
    return _percent(place * WHOLE // count + gap // 2), _percent(column - gap)


def _lines(chart: Chart, measure: Scale, number: Callable[[int, int], str]) -> Iterator[str]:
    yield f'<text class="unit" x="-10" y="{TOP_PX - 14}">{escape(chart.unit)}</text>'
    for amount in measure.lines():
        y = measure.y(amount)
        yield f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        yield f'<text class="scale" x="-10" y="{y + 4}">{escape(number(abs(amount), measure.step))}</text>'


def _gaps(bars: Sequence[Bar]) -> Iterator[str]:
    """One marked area for each run of bars without data."""
    start = None
    for place in range(len(bars) + 1):
        missing = place < len(bars) and bars[place].gap
        if missing and start is None:
            start = place
        elif not missing and start is not None:
            x, end = (edge * WHOLE // len(bars) for edge in (start, place))
            yield (
                f'<rect class="gap" fill="url(#gap)" x="{_percent(x)}" width="{_percent(end - x)}"'
                f' y="{TOP_PX}" height="{PLOT_PX}"/>'
            )
            start = None


def _bars(chart: Chart, measure: Scale) -> Iterator[str]:
    count, zero = len(chart.bars), measure.y(0)
    column = _percent(WHOLE // max(count, 1))
    for place, bar in enumerate(chart.bars):
        x, width = _column(place, count)
        yield (
            f'<g><title>{escape(bar.label)}</title><rect class="hit" x="{_percent(place * WHOLE // count)}"'
            f' width="{column}" y="{TOP_PX}" height="{PLOT_PX}"/>'
        )
        if bar.used:
            y = min(measure.y(bar.used), zero - LEAST_BAR_PX)
            look = 'class="used estimated" fill="url(#estimated)"' if bar.estimated else 'class="used"'
            yield f'<rect {look} x="{x}" width="{width}" y="{y}" height="{zero - y}"/>'
        if bar.sent_back:
            y = max(measure.y(-bar.sent_back), zero + LEAST_BAR_PX)
            yield f'<rect class="sent" x="{x}" width="{width}" y="{zero}" height="{y - zero}"/>'
        if bar.corrected:
            middle, top = _percent((2 * place + 1) * WHOLE // (2 * count)), measure.y(bar.used or 0) - 8
            yield f'<circle class="ring" cx="{middle}" cy="{top}" r="3"/>'
        yield "</g>"


def _before(bars: Sequence[Bar], measure: Scale) -> Iterator[str]:
    for place, bar in enumerate(bars):
        if bar.before is not None:
            x, width = _percent(place * WHOLE // len(bars)), _percent(WHOLE // len(bars))
            yield f'<rect class="before" x="{x}" width="{width}" y="{measure.y(bar.before) - 1}" height="2"/>'


def _ticks(chart: Chart) -> Iterator[str]:
    y, count = TOP_PX + PLOT_PX + 20, len(chart.bars)
    for place, bar in enumerate(chart.bars):
        if not bar.tick:
            continue
        x = place * WHOLE // count + (0 if chart.between else WHOLE // count // 2)
        look = "tick minor" if bar.minor else "tick"
        if chart.between:
            yield f'<line class="grid" x1="{_percent(x)}" x2="{_percent(x)}" y1="{y - 20}" y2="{y - 14}"/>'
        yield f'<text class="{look}" x="{_percent(x)}" y="{y}">{escape(bar.tick)}</text>'
