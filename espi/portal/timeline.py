"""Spans of days as lanes, one above the other, drawn on the server as SVG: x is in percent, y in pixels.

What a span says stands in it and in its title; a page shows the same as a table beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

LANE_PX, BAR_PX, HEAD_PX, FOOT_PX = 58, 26, 6, 30
WHOLE = 100_000
LEAST = 400
"""The least width of a span, in thousandths of a percent."""
LETTER = 2_600
"""About how wide a letter is on a phone, in the same."""
LOOKS = ("used", "ground")
"""Spans that follow each other look unlike."""


@dataclass(frozen=True)
class Span:
    """Days of something, the last not included. off: it says that something is not there."""

    from_day: int
    until_day: int
    name: str
    told: str
    off: bool = False


@dataclass(frozen=True)
class Lane:
    """Spans of one subject. empty: what is said where there are none."""

    name: str
    spans: Sequence[Span]
    empty: str = ""


def draw(
    title: str, told: str, lanes: Sequence[Lane], first: int, last: int, ticks: Sequence[tuple[int, str]]
) -> Markup:
    """The lanes from a first day until a last, not included. ticks: days that the axis names."""
    height = HEAD_PX + LANE_PX * len(lanes) + FOOT_PX
    parts = [
        '<svg class="chart lanes" role="img" aria-labelledby="lanes-title lanes-desc" width="100%"',
        f' height="{height}"><title id="lanes-title">{escape(title)}</title>',
        f'<desc id="lanes-desc">{escape(told)}</desc>',
    ]
    for day, name in ticks:
        x = _percent(_at(day, first, last))
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{HEAD_PX}" y2="{height - FOOT_PX}"/>')
        parts.append(f'<text class="tick" x="{x}" y="{height - 8}">{escape(name)}</text>')
    for place, lane in enumerate(lanes):
        parts += _lane(lane, HEAD_PX + place * LANE_PX, first, last)
    return Markup("".join((*parts, "</svg>")))  # noqa: S704 - every text in it went through escape


def _lane(lane: Lane, y: int, first: int, last: int) -> Iterator[str]:
    yield f'<text class="lane" x="0" y="{y + 16}">{escape(lane.name)}</text>'
    if not lane.spans and lane.empty:
        yield f'<text class="scale none" x="0" y="{y + 40}">{escape(lane.empty)}</text>'
    for place, span in enumerate(lane.spans):
        start, end = _at(span.from_day, first, last), _at(span.until_day, first, last)
        width = max(end - start, LEAST)
        look = "sent" if span.off else LOOKS[place % 2]
        yield f"<g><title>{escape(span.told)}</title>"
        yield (
            f'<rect class="{look}" x="{_percent(start)}" width="{_percent(width)}" y="{y + 22}" height="{BAR_PX}"'
            ' rx="4"/>'
        )
        if len(span.name) * LETTER < width:
            ink = "on" if look == "used" else "beside"
            yield f'<text class="{ink}" x="{_percent(start + 700)}" y="{y + 40}">{escape(span.name)}</text>'
        yield "</g>"


def _at(day: int, first: int, last: int) -> int:
    inside = min(max(day, first), last)
    return (inside - first) * WHOLE // max(1, last - first)


def _percent(thousandths: int) -> str:
    return f"{thousandths // 1000}.{thousandths % 1000:03d}%"
