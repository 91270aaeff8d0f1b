"""The exact LSE reader: one block's lines to a cut, or to refusals that name the row and the reason.

It takes everything a utility may write: any number of triples a row, a comma more at a row's end, an empty status
(actual), values of any precision. `espi.intake.lse_grid` is fast on the plain form and leaves the rest to this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby

import numpy as np

from espi.clock import QUARTER_HOUR_S
from espi.day import ACTUAL_QUALITY, ESTIMATED_QUALITY
from espi.formats import lse
from espi.intake.check import Day, Rules, not_full
from espi.intake.cut import Cut, Fault, Refusal

_SORT_CODE = re.compile(r"(0000000[2-4]|[1-9]\d{7})(,|$)", re.ASCII)
_KWH = re.compile(r"\d{1,12}(\.\d{0,18})?|\.\d{1,18}", re.ASCII)
_STATUS = {"": ACTUAL_QUALITY, lse.ACTUAL: ACTUAL_QUALITY, lse.ESTIMATED: ESTIMATED_QUALITY}

Line = tuple[int, str]
"""A row number, counted from 1, and the row."""


class _Wrong(Exception):
    """Carries a fault from a row to the block that the row is in; never leaves this module."""

    def __init__(self, row: int, code: str, reason: str) -> None:
        super().__init__(reason)
        self.row = row
        self.code = code
        self.reason = reason


def read_block(text: str, row: int, rules: Rules) -> list[Cut | Refusal]:
    """What a run of lines says that begins at a header row 1, or has none and then is all stray lines.

    row: the number of the first line. The outcome is in order of rows: at most one cut, or the block's one refusal, and
    a refusal for each run of lines that are not LSE.
    """
    lines = [(row + at, line) for at, line in enumerate(text.removesuffix("\n").split("\n")) if line]
    is_block = bool(lines) and lines[0][1].startswith(lse.HEADER_CODES[0] + ",")
    block = lines[:1] if is_block else []
    stray: list[Line] = []
    for line in lines[is_block:]:
        (block if is_block and _SORT_CODE.match(line[1]) else stray).append(line)
    found: list[Cut | Refusal] = list(_stray(stray))
    if is_block:
        found.append(_block(block, rules))
    return sorted(found, key=lambda item: item.row)


def _stray(lines: list[Line]) -> Iterator[Refusal]:
    for _, run in groupby(enumerate(lines), lambda numbered: numbered[1][0] - numbered[0]):
        rows = [line for _, line in run]
        count = f" ({len(rows)} such lines)" if len(rows) > 1 else ""
        yield Refusal(rows[0][0], "02", "", "", "", f"{rows[0][1][:40]!r} is no row of an LSE block{count}")


def _block(lines: list[Line], rules: Rules) -> Cut | Refusal:
    row, header = lines[0]
    esiid, _, rest = header[len(lse.HEADER_CODES[0]) + 1 :].partition(",")
    try:
        day, sent_s = _headers(lines, esiid, rest, rules)
        triples = list(_triples(lines[4:]))
        return _cut(row, esiid, day, sent_s, triples, rules)
    except _Wrong as wrong:
        channel, start, *_ = [*rest.split(","), "", ""]
        return Refusal(wrong.row, wrong.code, esiid[:64], channel[:16], start[:32], wrong.reason)


def _headers(lines: list[Line], esiid: str, rest: str, rules: Rules) -> tuple[Day, int]:
    row = lines[0][0]
    day = rules.esiid(esiid) or rules.day(rest)
    if isinstance(day, Fault):
        raise _Wrong(row, *day)
    if len(lines) < len(lse.HEADER_CODES):
        raise _Wrong(row, "02", "the block has not all four header rows")
    sent_s = rules.sent_s("\n".join(line for _, line in lines[1:4]))
    if isinstance(sent_s, Fault):
        raise _Wrong(row, *sent_s)
    return day, sent_s


def _triples(lines: list[Line]) -> Iterator[tuple[int, str, str, str]]:
    """Yield (row number, value, status, start)."""
    before = lse.FIRST_DETAIL - 1
    for row, line in lines:
        code, *fields = line.split(",")
        if int(code) <= before:
            raise _Wrong(row, "02", f"sort code {code} does not rise")
        before = int(code)
        if len(fields) % 3 == 1 and fields[-1] == "":
            fields.pop()
        elif len(fields) % 3 == 2:
            fields.append("")
        if not fields or len(fields) % 3:
            raise _Wrong(row, "02", "the row is not made of triples of value, status and start")
        for at in range(0, len(fields), 3):
            yield row, fields[at], fields[at + 1], fields[at + 2]


def _cut(row: int, esiid: str, day: Day, sent_s: int, triples: list[tuple[int, str, str, str]], rules: Rules) -> Cut:
    if len(triples) != day.intervals:
        raise _Wrong(row, *not_full(len(triples), day))
    values = np.empty(day.intervals, np.int64)
    qualities = np.empty(day.intervals, np.uint8)
    rounded = 0
    for at, (of_row, value, status, start) in enumerate(triples):
        exact = _watt_hours(of_row, value)
        values[at] = round(exact)
        rounded += exact != round(exact)
        if status not in _STATUS:
            raise _Wrong(of_row, "01", f"status {status[:16]!r} is neither A (actual) nor E (estimated)")
        qualities[at] = _STATUS[status]
        if start and start != f"{rules.zone.local(day.start_s + at * QUARTER_HOUR_S):%Y%m%d%H%M%S}":
            raise _Wrong(of_row, "01", f"interval start {start[:32]!r} is not that of value {at + 1} of the day")
    return Cut(row, esiid, day.channel, day.day, day.start_s, sent_s, values, qualities, rounded)


def _watt_hours(row: int, text: str) -> Decimal:
    if not text:
        raise _Wrong(row, "01", "a value is missing; a full day has no gaps")
    if not _KWH.fullmatch(text):
        raise _Wrong(row, "01", f"value {text[:32]!r} is not a number of kWh from 0 on")
    return Decimal(text) * 1000
