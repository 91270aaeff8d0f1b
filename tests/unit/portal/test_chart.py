from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from lxml import etree

from espi.portal import chart
from espi.portal.chart import Bar, Chart, Scale, draw, scale
from espi.portal.words import axis_amount


def drawn(*bars: Bar, **how: Any) -> etree._Element:
    given = {"title": "A day", "description": "Bars.", "unit": "kWh", **how}
    return etree.fromstring(draw(Chart(bars=bars, **given), axis_amount))


def marks(svg: etree._Element, look: str) -> list[etree._Element]:
    return [each for each in svg.iter("rect") if look in each.get("class", "").split()]


def percent(text: str | None) -> float:
    assert text
    assert text.endswith("%")
    return float(text[:-1])


@pytest.mark.parametrize("count", [1, 7, 12, 28, 92, 96, 100])
def test_there_is_a_bar_for_each_interval_side_by_side_within_the_chart(count: int) -> None:
    bars = marks(drawn(*(Bar("x", used=100 + place) for place in range(count))), "used")
    assert len(bars) == count
    edges = [(percent(bar.get("x")), percent(bar.get("x")) + percent(bar.get("width"))) for bar in bars]
    assert all(before[1] < after[0] for before, after in itertools.pairwise(edges))
    assert edges[0][0] >= 0
    assert edges[-1][1] <= 100


def test_a_bar_is_as_high_as_its_amount() -> None:
    small, large = marks(drawn(Bar("a", used=250), Bar("b", used=1000)), "used")
    assert int(large.get("height", 0)) == 4 * int(small.get("height", 0))


def test_the_smallest_amount_is_still_seen_and_nothing_is_no_bar() -> None:
    svg = drawn(Bar("a", used=1), Bar("b", used=100_000), Bar("c", used=0))
    assert [int(bar.get("height", 0)) >= 1 for bar in marks(svg, "used")] == [True, True]


def test_a_run_of_gaps_is_one_marked_area_and_what_is_still_to_come_is_none() -> None:
    svg = drawn(Bar("a", 5), Bar("b", None, gap=True), Bar("c", None, gap=True), Bar("d", 5), Bar("e", None))
    (gap,) = marks(svg, "gap")
    assert (percent(gap.get("x")), percent(gap.get("width"))) == (20, 40)
    assert len(marks(svg, "used")) == 2
    assert gap.get("fill") == "url(#gap)"


def test_an_estimate_has_a_pattern_so_that_it_shows_without_colour() -> None:
    svg = drawn(Bar("a", 5, estimated=True), Bar("b", 5))
    first, second = marks(svg, "used")
    assert first.get("fill") == "url(#estimated)"
    assert second.get("fill") is None
    assert svg.find(".//pattern[@id='estimated']") is not None


def test_what_was_sent_back_hangs_below_the_axis() -> None:
    svg = drawn(Bar("a", used=400, sent_back=300))
    (used,), (sent,) = marks(svg, "used"), marks(svg, "sent")
    zero = int(used.get("y", 0)) + int(used.get("height", 0))
    assert int(sent.get("y", 0)) == zero
    assert int(sent.get("height", 0)) > 0


def test_the_period_before_is_a_line_across_the_bar() -> None:
    svg = drawn(Bar("a", used=400, before=200), Bar("b", used=400))
    (before,) = marks(svg, "before")
    assert before.get("height") == "2"


def test_every_text_is_escaped() -> None:
    bad = "<script>alert('x')</script>\"&"
    svg = drawn(Bar(bad, 5, tick=bad), title=bad, description=bad, unit=bad)
    assert not list(svg.iter("script"))
    assert svg.findtext("title") == bad
    assert svg.findtext("desc") == bad


def test_the_chart_is_an_image_with_a_name_and_a_description() -> None:
    svg = drawn(Bar("a", 5))
    assert svg.get("role") == "img"
    names = (svg.get("aria-labelledby") or "").split()
    assert [svg.find(f"*[@id='{name}']") is not None for name in names] == [True, True]


def test_no_style_is_inline_so_that_the_content_policy_lets_it_through() -> None:
    assert "style=" not in draw(Chart("t", "d", "kWh", [Bar("a", 5)]), axis_amount)


@pytest.mark.parametrize(
    ("most", "least", "step"), [(1, 0, 1), (4, 0, 1), (7, 0, 2), (960, 0, 200), (1500, 600, 500), (123_456, 0, 50_000)]
)
def test_lines_stand_at_round_amounts_and_hold_every_bar(most: int, least: int, step: int) -> None:
    found = scale([Bar("a", used=most, sent_back=least)])
    assert found.step == step
    assert found.high >= most
    assert found.low >= least
    assert len(found.lines()) <= chart.MOST_LINES + 1


def test_a_day_of_nothing_has_a_scale_too() -> None:
    assert scale([Bar("a", 0)]) == scale([]) == Scale(250, 1000, 0)


def test_a_narrow_screen_may_leave_out_the_minor_ticks() -> None:
    svg = drawn(Bar("a", 5, tick="12 AM"), Bar("b", 5, tick="3 AM", minor=True), between=True)
    ticks = [each for each in svg.iter("text") if "tick" in (each.get("class") or "")]
    assert [each.get("class") for each in ticks] == ["tick", "tick minor"]
    assert ticks[0].get("x") == "0.000%"


def test_a_sparkline_marks_a_day_without_data_by_a_flat_line() -> None:
    found = str(chart.sparkline([10, None, 20]))
    assert found.count("<rect") == 3
    assert re.search(r'class="none"[^>]*height="2"', found)
    assert 'aria-hidden="true"' in found
