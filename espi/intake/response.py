"""The response file that answers an upload: a line for each refused meter-day, and one with the totals."""

from __future__ import annotations

import csv
import io

from espi.formats.lse import RESULT_CODES
from espi.intake.report import FileReport

HEADING = ("code", "row", "esiid", "channel", "start", "text")


def response_name(name: str) -> str:
    """What the answer to a file is called."""
    return f"{name}.response.csv"


def write(report: FileReport) -> str:
    """The text of a response file: a heading, the refusals by row, and at last F1, F2 or 00 with the totals."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(HEADING)
    for block in report.refused:
        rows.writerow((block.code, block.row_number, block.esiid, block.channel, block.start_text, block.reason))
    if report.code:
        rows.writerow((report.code, "", "", "", "", f"{RESULT_CODES[report.code]} {report.reason}"))
    else:
        rows.writerow(("00", "", "", "", "", _totals(report)))
    return out.getvalue()


def _totals(report: FileReport) -> str:
    it = report.counts
    return (
        f"{it.blocks} blocks: {it.loaded} loaded, {it.replaced} replaced, {it.unchanged} unchanged, {it.older} older, "
        f"{it.parked} parked, {it.refused} refused; {it.values} values, {it.wh // 1000}.{it.wh % 1000:03d} kWh"
    )
