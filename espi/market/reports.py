"""The regulator's reports on the market, for programs: the same numbers as on the pages, small ones hidden."""

from __future__ import annotations

from espi.clock import DAY_S
from espi.market.operation import Ask, Operation, Parameter, Reply
from espi.market.reading import CSV, JSON
from espi.market.shapes import Listing, Nullable, Record, Text, Truth, Whole
from espi.store import market_reports
from espi.store.market_reports import Row, Table
from espi.store.report_list import COUNT, DAYS, MEAN, MONTHS, REPORTS, SHARE, Column, Report

COLUMN = Record(
    "ReportColumn",
    {
        "name": Text(most=32),
        "title": Text(most=64),
        "measure": Text("How many; a share in hundredths of a per cent; minutes.", choices=(COUNT, SHARE, MEAN)),
        "people": Truth("Of people, so that 1 to 4 are hidden."),
        "doc": Text("What is counted.", most=512),
    },
)
REPORT = Record(
    "Report",
    {
        "name": Text(most=32),
        "title": Text(most=64),
        "doc": Text("What it tells, and when it is counted.", most=1000),
        "by": Text("What its rows are told apart by.", choices=("utility", "caller")),
        "periods": Listing(Text(choices=(MONTHS, DAYS))),
        "columns": Listing(COLUMN),
    },
)
LIST = Record("ReportList", {"reports": Listing(REPORT)})
CELL = Record(
    "ReportCell",
    {
        "column": Text(most=32),
        "number": Nullable(Whole("null: hidden, or it cannot be told.")),
        "shown": Text("As text: `12`, `<5`, `12+` (a hidden part is not in it), `98.71`.", most=32),
    },
)
ROW = Record(
    "ReportRow",
    {
        "period": Text("2025-06 or 2025-06-15.", most=10),
        "subject": Text("A utility's DUNS or a kind of caller; empty: all of them.", most=16),
        "name": Text("What that is called.", most=256),
        "cells": Listing(CELL),
    },
)
FOUND = Record(
    "ReportRows",
    {"report": Text(most=32), "per": Text(choices=(MONTHS, DAYS)), "rows": Listing(ROW), "totals": Listing(ROW)},
    doc="Totals are made of what is shown, so that nothing hidden can be worked out.",
)

NAME = Parameter("name", Text("The report's name.", choices=tuple(each.name for each in REPORTS)), "path")
PER = Parameter("per", Text("Months, or days where the report has them.", choices=(MONTHS, DAYS)))
FROM = Parameter("from", Text("The first month or day: 2025-06 or 2025-06-15.", pattern=r"\d{4}-\d\d(-\d\d)?", most=10))
TO = Parameter("to", Text("The last one, included; without it, the newest.", pattern=r"\d{4}-\d\d(-\d\d)?", most=10))
SUBJECT = Parameter("subject", Text("One utility's DUNS or one kind of caller.", pattern=r"[0-9a-z_]+", most=16))
FORMAT = Parameter("format", Text("Instead of what Accept says.", choices=("json", "csv")))


def list_reports(_ask: Ask) -> Reply:
    """What there is, as it is declared."""
    return Reply({"reports": [_declared(each) for each in REPORTS]})


def read_report(ask: Ask) -> Reply:
    """A report, of the last twelve months or as it is asked for."""
    given = ask.given
    found = market_reports.report(given["name"])
    wanted = [given[name] or "" for name in ("per", "from", "to", "subject")]
    table = market_reports.read(ask.conn, found, market_reports.span(found, ask.now_s // DAY_S, *wanted))
    if (given["format"] or ask.media) in {"csv", CSV}:
        text = market_reports.as_csv(table, lambda words: words, lambda key: table.names[key])
        return Reply(text=text, media=CSV)
    return Reply({
        "report": found.name,
        "per": table.asked.per,
        "rows": [_row(table, row) for row in table.rows],
        "totals": [_row(table, row) for row in table.totals],
    })  # fmt: skip


def _declared(report: Report) -> dict[str, object]:
    return {
        "name": report.name,
        "title": report.title,
        "doc": report.doc,
        "by": report.by,
        "periods": list(report.periods),
        "columns": [_column(each) for each in report.columns],
    }


def _column(column: Column) -> dict[str, object]:
    return {name: getattr(column, name) for name in ("name", "title", "measure", "people", "doc")}


def _row(table: Table, row: Row) -> dict[str, object]:
    cells = [(column, row.cells[column.name]) for column in table.report.columns]
    return {
        "period": table.asked.name(row.period),
        "subject": row.subject,
        "name": table.names.get(row.subject, "All"),
        "cells": [
            {"column": column.name, "number": cell.number, "shown": cell.text(column.measure)} for column, cell in cells
        ],
    }


OPERATIONS = (
    Operation(
        "GET",
        "/reports",
        "reports",
        "reports",
        "Which reports on the market there are.",
        list_reports,
        {200: LIST},
        action="totals:read",
        doc="For the regulator's and the operator's client token.",
    ),
    Operation(
        "GET",
        "/reports/{name}",
        "report",
        "reports",
        "A report on the market.",
        read_report,
        {200: FOUND},
        action="totals:read",
        doc="Totals alone: 1 to 4 people are hidden, and nothing that is made of numbers is made of hidden ones. "
        "36 months or 92 days at most at a time. As CSV by Accept or `format`.",
        parameters=(NAME, PER, FROM, TO, SUBJECT, FORMAT),
        refusals=(422,),
        media=(JSON, CSV),
    ),
)
