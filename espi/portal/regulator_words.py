"""The market's reports in the reader's words: names of periods and subjects, numbers, and what a chart is made of."""

from __future__ import annotations

from markupsafe import Markup

from espi.portal import desk_words, report_chart, words
from espi.portal.language import say
from espi.portal.report_chart import Drawing, Kind
from espi.store.market_reports import ALL, Cell, Table
from espi.store.report_list import CALLER, DAYS, LINES, MEAN, SHARE, Column

DASH = "\N{EN DASH}"
MINUTE_S = 60


def subject(table: Table, key: str) -> str:
    """A subject as pages and files name it."""
    if key == ALL:
        return say("All")
    return say(table.names[key]) if table.report.by == CALLER else table.names[key]


def period(table: Table, day: int) -> str:
    """A period in words: June 2025; Sun, Jun 15, 2025."""
    return words.skeleton(day, "yMMMEd") if table.asked.per == DAYS else words.month(day)


def number(cell: Cell | None, measure: str) -> str:
    """A number on the page; a dash where it cannot be told."""
    if cell is None or (cell.number is None and not cell.hidden):
        return DASH
    if cell.hidden or cell.number is None:
        return cell.text()
    if measure == SHARE:
        return f"{cell.text(SHARE)}%"
    if measure == MEAN:
        return desk_words.span(cell.number * MINUTE_S)
    return f"{cell.number:,}" + ("+" if cell.more else "")


def drawing(table: Table, *, small: bool = False) -> Markup | None:
    """The chart of a report; None where nothing was counted."""
    if not table.rows:
        return None
    report, periods = table.report, table.asked.periods()
    column = report.drawn[0]
    return report_chart.draw(
        Drawing(
            key=f"chart-{report.name}",
            title=say(report.title),
            description=_told(table),
            unit=say(column.unit or report.unit),
            periods=[(period(table, day), _tick(table, day)) for day in periods],
            kinds=kinds(table),
            lines=report.chart == LINES,
            share=column.measure == SHARE,
            height_px=report_chart.SMALL_PX if small else report_chart.TALL_PX,
        ),
        lambda cell: _short(cell, column.measure),
    )


def kinds(table: Table) -> list[Kind]:
    """What the chart tells apart: columns of a pile, or subjects with a line each."""
    periods = table.asked.periods()
    if table.report.chart != LINES:
        rows = table.summed()
        return [
            Kind(say(column.title), [rows[day].cells[column.name] if day in rows else None for day in periods])
            for column in table.report.drawn
        ]
    column = table.report.drawn[0]
    cells = {(row.period, row.subject): row.cells[column.name] for row in table.rows}
    told = [key for key in table.names if any(row.subject == key for row in table.rows)]
    return [Kind(subject(table, key), [cells.get((day, key)) for day in periods]) for key in told]


def headline(table: Table) -> tuple[str, str]:
    """The newest number that can be told, and of when it is."""
    column = headline_column(table)
    for day, row in sorted(table.summed().items(), reverse=True):
        cell = row.cells[column.name]
        if cell.number is not None and (cell.number or not cell.more):
            return number(cell, column.measure), period(table, day)
    return DASH, ""


def headline_column(table: Table) -> Column:
    """The column that says most: what the chart draws, or the sum of it where there is one."""
    drawn = table.report.drawing
    sums = [column for column in table.report.columns if column.adds and set(drawn) <= set(column.adds)]
    return (sums or list(table.report.drawn))[0]


def _short(cell: Cell, measure: str) -> str:
    if measure == SHARE and cell.number is not None and cell.number % 100 == 0:
        return f"{cell.number // 100}%"
    return number(cell, measure)


def _tick(table: Table, day: int) -> str:
    return words.skeleton(day, "MMMd" if table.asked.per == DAYS else "MMM")


def _told(table: Table) -> str:
    said, when = headline(table)
    return say(
        "%(what)s, by period. The newest number: %(number)s (%(when)s). Every number is in the table.",
        what=say(headline_column(table).title),
        number=said,
        when=when or DASH,
    )
