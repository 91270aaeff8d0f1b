"""What the regulator sees of the market: totals alone, as charts, tables and files; nothing of single meters."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from espi import access
from espi.clock import DAY_S
from espi.portal import regulator_words, report_chart
from espi.portal.language import say
from espi.portal.session import principal
from espi.store import market_reports
from espi.store.market_reports import ALL, LEAST, Table
from espi.store.report_list import DAYS, LINES, MONTHS, REPORTS, Report
from espi.web.site import site

pages = Blueprint("regulator", __name__, url_prefix="/reports")


@dataclass(frozen=True)
class Card:
    """A report on the overview."""

    name: str
    title: str
    about: str
    number: str
    when: str
    drawing: Markup | None
    kinds: list[str]
    lines: bool


@pages.get("")
def overview() -> Response:
    """All reports, each with its chart and its newest number."""
    cards = [_card(_read(each)) for each in REPORTS]
    return Response(render_template("regulator.html", cards=cards, least=LEAST, mark=_mark))


@pages.get("/<name>")
def one(name: str) -> Response:
    """A report: its chart, its table, its file."""
    found = market_reports.report(name)
    table = _read(found, asked=True)
    every = _read(found) if table.asked.subject else table
    page = render_template(
        "regulator_report.html",
        report=found,
        about=say(found.doc),
        table=table,
        card=_card(table, small=False),
        periods=[(per, {MONTHS: say("Months"), DAYS: say("Days")}[per]) for per in found.periods],
        subjects=[(key, regulator_words.subject(every, key)) for key in every.names],
        columns=[(say(column.title), say(column.doc)) for column in found.columns],
        rows=_rows(table),
        first=table.asked.name(table.asked.from_day),
        last=table.asked.name(table.asked.periods()[-1]),
        least=LEAST,
        hides=any(column.people for column in found.columns),
        mark=_mark,
    )
    return Response(page)


@pages.get("/<name>.csv")
def file(name: str) -> Response:
    """The same as a file for spreadsheets."""
    table = _read(market_reports.report(name), asked=True)
    text = market_reports.as_csv(table, say, lambda key: regulator_words.subject(table, key))
    answer = Response("\N{ZERO WIDTH NO-BREAK SPACE}" + text, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = (
        f'attachment; filename="{name}-{table.asked.name(table.asked.from_day)}.csv"'
    )
    return answer


def _read(found: Report, *, asked: bool = False) -> Table:
    """A report; as the address asks for it, or the last twelve months of it."""
    given = request.args if asked else {}
    wanted = [given.get(name, "") for name in ("per", "from", "to", "subject")]
    span = market_reports.span(found, site().now_s() // DAY_S, *wanted)
    with site().database.read() as conn:
        target = f"report {found.name}"
        access.require(conn, principal(), "totals:read", settings=site().settings, target=target)
        return market_reports.read(conn, found, span)


def _mark(place: int) -> Markup:
    """The mark of a kind of line, for the legend."""
    return Markup(report_chart.mark(place, "11", 9))  # noqa: S704 - numbers only


def _card(table: Table, *, small: bool = True) -> Card:
    number, when = regulator_words.headline(table)
    return Card(
        name=table.report.name,
        title=say(table.report.title),
        about=say(regulator_words.headline_column(table).title),
        number=number,
        when=when,
        drawing=regulator_words.drawing(table, small=small),
        kinds=[kind.name for kind in regulator_words.kinds(table)],
        lines=table.report.chart == LINES,
    )


def _rows(table: Table) -> list[tuple[str, str, bool, list[str]]]:
    """The lines of the table, the newest period first: when, who, whether it is a total, and the numbers."""
    lines = sorted((*table.rows, *table.totals), key=lambda row: -row.period)
    return [
        (
            regulator_words.period(table, row.period),
            regulator_words.subject(table, row.subject),
            row.subject == ALL,
            [regulator_words.number(row.cells[column.name], column.measure) for column in table.report.columns],
        )
        for row in lines
    ]
