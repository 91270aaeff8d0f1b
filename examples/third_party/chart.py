"""Bars as SVG, drawn on the server: no script, and every bar says what it is when it is pointed at."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT, FOOT = 720, 160, 18


def bars(values: Sequence[tuple[str, float]], unit: str, name: str) -> str:
    """A bar for each (label, value); a line through zero where some are below it."""
    if not values:
        return ""
    most = max(0.0, *(value for _label, value in values))
    least = min(0.0, *(value for _label, value in values))
    scale = (HEIGHT - 8) / ((most - least) or 1.0)
    zero = 4 + most * scale
    step = WIDTH / len(values)
    drawn = []
    for number, (label, value) in enumerate(values):
        top, height = zero - max(value, 0) * scale, max(abs(value) * scale, 0.5)
        drawn.append(
            f'<rect x="{number * step:.1f}" y="{top:.1f}" width="{max(step - 1, 0.5):.1f}" height="{height:.1f}">'
            f"<title>{escape(label)}: {value:.2f} {escape(unit)}</title></rect>"
        )
    first, last = escape(values[0][0]), escape(values[-1][0])
    return (
        f'<svg class="bars" viewBox="0 0 {WIDTH} {HEIGHT + FOOT}" role="img" aria-label="{escape(name)}">'
        f'{"".join(drawn)}<line x1="0" x2="{WIDTH}" y1="{zero:.1f}" y2="{zero:.1f}"/>'
        f'<text x="0" y="{HEIGHT + FOOT - 3}">{first}</text>'
        f'<text x="{WIDTH}" y="{HEIGHT + FOOT - 3}" text-anchor="end">{last}</text></svg>'
    )
