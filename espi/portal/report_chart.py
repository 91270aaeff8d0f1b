"""Charts of the market's reports: piles of counts by period, or a line for each subject; as SVG, drawn on the server.

As in `espi.portal.chart`, x is in percent and y in pixels. Kinds are told apart by pattern, dash and mark as well as by
colour. A number that is hidden is drawn as an empty box with a dashed edge, of the height of four at most; what was
not counted is a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from espi.store.market_reports import LEAST, Cell

TOP_PX, FOOT_PX = 26, 30
TALL_PX, SMALL_PX = 250, 130
MOST_LINES = 5
WHOLE = 100_000
HUNDRED = 10_000
"""A hundred per cent, in hundredths."""
LEAST_SPAN = 200
"""So much of the hundred is shown at least, in the same."""
KINDS = 7
"""So many kinds have a look of their own; further ones begin anew."""


@dataclass(frozen=True)
class Kind:
    """What is drawn in one look: a column of a pile, or the subject of a line."""

    name: str
    cells: Sequence[Cell | None]


@dataclass(frozen=True)
class Drawing:
    """What to draw. key: of the ids in it. periods: how each is called, and what the axis says there, if anything."""

    key: str
    title: str
    description: str
    unit: str
    periods: Sequence[tuple[str, str]]
    kinds: Sequence[Kind]
    lines: bool = False
    share: bool = False
    height_px: int = TALL_PX


@dataclass(frozen=True)
class Scale:
    """From numbers to pixels: from low to high, a line every step."""

    low: int
    high: int
    step: int
    height_px: int

    def y(self, number: int) -> int:
        """Where a number lies, in pixels from the top."""
        inside = min(self.high, max(self.low, number))
        return TOP_PX + self.height_px * (self.high - inside) // (self.high - self.low)


def draw(made: Drawing, text: Callable[[Cell], str]) -> Markup:
    """The chart as an SVG element. text: a number in words."""
    measure = scale(made)
    label = f"{made.key}-title {made.key}-desc"
    tall = TOP_PX + made.height_px + FOOT_PX
    parts = [
        f'<svg class="chart report" role="img" aria-labelledby="{label}" width="100%" height="{tall}">',
        f'<title id="{made.key}-title">{escape(made.title)}</title>',
        f'<desc id="{made.key}-desc">{escape(made.description)}</desc>',
        *_grid(made, measure, text),
        *_gaps(made),
        *(_lines(made, measure, text) if made.lines else _piles(made, measure, text)),
        *_ticks(made),
        "</svg>",
    ]
    return Markup("".join(parts))  # noqa: S704 - every text in it went through escape


def look(place: int) -> int:
    """Which look the kind at a place has, from 1."""
    return place % KINDS + 1


def scale(made: Drawing) -> Scale:
    """The scale with the finest round step (1, 2 or 5 times a power of ten) that needs few lines."""
    numbers = [
        _height(cell) for kind in made.kinds for cell in kind.cells if cell and (cell.hidden or cell.number is not None)
    ]
    if made.share:
        span = max(HUNDRED - min([HUNDRED, *numbers]), LEAST_SPAN)
        step = _step(span, MOST_LINES)
        return Scale(max(0, HUNDRED - -(-span // step) * step), HUNDRED, step, made.height_px)
    if not made.lines:
        numbers = [sum(_height(kind.cells[place]) for kind in made.kinds) for place in range(len(made.periods))]
    most = max([LEAST, *numbers])
    step = _step(most, MOST_LINES)
    return Scale(0, -(-most // step) * step, step, made.height_px)


def _step(span: int, lines: int) -> int:
    step = 1
    while -(-span // step) > lines:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return step


def _height(cell: Cell | None) -> int:
    if cell is None:
        return 0
    return (cell.number or 0) + (LEAST - 1 if cell.hidden or cell.more else 0)


def _parts(cell: Cell, shade: str) -> Iterator[tuple[str, int]]:
    """What a column of a pile is made of: the number that is told, and a box for what is hidden."""
    if cell.number:
        yield shade, cell.number
    if cell.hidden or cell.more:
        yield "hidden", LEAST - 1


def _percent(thousandths: int) -> str:
    return f"{thousandths // 1000}.{thousandths % 1000:03d}%"


def _grid(made: Drawing, measure: Scale, text: Callable[[Cell], str]) -> Iterator[str]:
    yield f'<text class="unit" x="0" y="{TOP_PX - 12}">{escape(made.unit)}</text>'
    for number in range(measure.low, measure.high + 1, measure.step):
        y = measure.y(number)
        look_of = "axis" if number == measure.low else "grid"
        yield f'<line class="{look_of}" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        yield f'<text class="scale" x="-10" y="{y + 4}">{escape(text(Cell(number)))}</text>'


def _gaps(made: Drawing) -> Iterator[str]:
    count = len(made.periods)
    for place in range(count):
        if all(kind.cells[place] is None for kind in made.kinds):
            x, width = _percent(place * WHOLE // count), _percent(WHOLE // count)
            yield f'<rect class="gap" x="{x}" width="{width}" y="{TOP_PX}" height="{made.height_px}"/>'


def _piles(made: Drawing, measure: Scale, text: Callable[[Cell], str]) -> Iterator[str]:
    count = len(made.periods)
    gap = WHOLE // count // (4 if count <= 12 else 6)
    for place, (name, _tick) in enumerate(made.periods):
        x, width = _percent(place * WHOLE // count + gap // 2), _percent(WHOLE // count - gap)
        yield f"<g><title>{escape(_said(made, name, place, text))}</title>"
        yield _hit(made, place)
        below = 0
        for number, kind in enumerate(made.kinds):
            cell = kind.cells[place]
            tall = _height(cell)
            if cell is None or not tall:
                continue
            for shade, part in _parts(cell, f"k{look(number)}"):
                bottom, top = measure.y(below), min(measure.y(below + part), measure.y(below) - 1)
                yield f'<rect class="{shade}" x="{x}" width="{width}" y="{top}" height="{bottom - top}"/>'
                below += part
        yield "</g>"


def _lines(made: Drawing, measure: Scale, text: Callable[[Cell], str]) -> Iterator[str]:
    count = len(made.periods)

    def middle(place: int) -> str:
        return _percent((2 * place + 1) * WHOLE // (2 * count))

    for number, kind in enumerate(made.kinds):
        known = {place: cell for place, cell in enumerate(kind.cells) if _is_told(cell)}
        for place, cell in known.items():
            if place + 1 in known:
                y1, y2 = measure.y(_height(cell)), measure.y(_height(known[place + 1]))
                across = f'x1="{middle(place)}" x2="{middle(place + 1)}"'
                yield f'<line class="l{look(number)}" {across} y1="{y1}" y2="{y2}"/>'
        for place, cell in known.items():
            yield mark(number, middle(place), measure.y(_height(cell)), hidden=bool(cell and cell.hidden))
    for place, (name, _tick) in enumerate(made.periods):
        yield f"<g><title>{escape(_said(made, name, place, text))}</title>{_hit(made, place)}</g>"


def mark(number: int, x: str, y: int, *, hidden: bool = False) -> str:
    """The mark of a kind of line: a disc, a square, a diamond or a cross; empty where the number is hidden."""
    shade = "mark hidden" if hidden else f"mark m{look(number)}"
    shape = (
        '<circle r="4"/>',
        '<rect x="-4" y="-4" width="8" height="8"/>',
        '<path d="M0-5.5 5.5 0 0 5.5-5.5 0z"/>',
        '<path d="M0-5 5 4.5H-5z"/>',
    )[number % 4]
    return f'<svg class="{shade}" x="{x}" y="{y}" overflow="visible">{shape}</svg>'


def _is_told(cell: Cell | None) -> bool:
    return cell is not None and (cell.hidden or cell.number is not None)


def _said(made: Drawing, name: str, place: int, text: Callable[[Cell], str]) -> str:
    told = {kind.name: kind.cells[place] for kind in made.kinds}
    known: Mapping[str, Cell] = {kind: cell for kind, cell in told.items() if cell is not None}
    return f"{name}: " + "; ".join(f"{kind} {text(cell)}" for kind, cell in known.items())


def _hit(made: Drawing, place: int) -> str:
    x, width = _percent(place * WHOLE // len(made.periods)), _percent(WHOLE // len(made.periods))
    return f'<rect class="hit" x="{x}" width="{width}" y="{TOP_PX}" height="{made.height_px}"/>'


def _ticks(made: Drawing) -> Iterator[str]:
    count = len(made.periods)
    every = max(1, -(-count // 6))
    for place, (_name, tick) in enumerate(made.periods):
        shade = "tick" if (count - 1 - place) % every == 0 else "tick minor"
        x = _percent((2 * place + 1) * WHOLE // (2 * count))
        if tick:
            yield f'<text class="{shade}" x="{x}" y="{TOP_PX + made.height_px + 20}">{escape(tick)}</text>'
