"""The market's reports on the page: everything that is declared is there in Spanish, and charts hide what is hidden."""

from __future__ import annotations

import re

import pytest

from espi.portal import report_chart
from espi.portal.language import catalogue
from espi.portal.report_chart import Drawing, Kind
from espi.store.market_reports import Cell
from espi.store.report_list import CALLERS, REPORTS, Report

PERIODS = [("January", "Jan"), ("February", "Feb")]


def text(cell: Cell) -> str:
    return cell.text()


@pytest.mark.parametrize("report", REPORTS, ids=lambda each: each.name)
def test_a_declared_report_is_there_in_spanish(report: Report) -> None:
    columns = [each for column in report.columns for each in (column.title, column.doc, column.unit)]
    said = {report.title, report.doc, report.unit, report.subject_title, *columns, *(name for _, name in CALLERS)} - {
        ""
    }
    assert [each for each in said if catalogue("es").gettext(each) == each] == []


def drawn(*cells: Cell | None, **more: object) -> str:
    kinds = [Kind("Homes", cells), Kind("Shops", [Cell(0)] * 2)]
    return report_chart.draw(Drawing("key", "Title", "Words", "accounts", PERIODS, kinds, **more), text)  # type: ignore[arg-type]


def test_a_hidden_number_is_an_empty_box_as_high_as_any_other() -> None:
    assert 'class="hidden"' in drawn(Cell(hidden=True), Cell(7))
    assert "January: Homes &lt;5; Shops 0" in drawn(Cell(hidden=True), Cell(7))
    assert 'class="mark hidden"' in drawn(Cell(hidden=True), Cell(7), lines=True)


def test_what_was_not_counted_is_a_gap_and_no_nought() -> None:
    kinds = [Kind("Homes", [None, Cell(9)])]
    found = report_chart.draw(Drawing("key", "Title", "Words", "accounts", PERIODS, kinds), text)
    assert found.count('class="gap"') == 1
    assert found.count('class="k1"') == 1


@pytest.mark.parametrize(("least", "low"), [(9987, 9800), (9790, 9750), (0, 0), (10_000, 9800), (5000, 5000)])
def test_shares_are_shown_from_a_little_below_the_least_to_a_hundred(least: int, low: int) -> None:
    kinds = [Kind("Wires", [Cell(least), Cell(10_000)])]
    made = Drawing("key", "Title", "Words", "per cent", PERIODS, kinds, lines=True, share=True)
    found = report_chart.scale(made)
    assert found.low <= least
    assert found.high == 10_000
    assert found.low == low
    ys = [int(each) for each in re.findall(r'class="mark m1" x="[\d.%]+" y="(\d+)"', report_chart.draw(made, text))]
    assert ys[1] == report_chart.TOP_PX
    assert ys[0] <= report_chart.TOP_PX + report_chart.TALL_PX
