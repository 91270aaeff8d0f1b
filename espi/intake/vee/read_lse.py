"""An LSE file as a head end has it: as `espi.intake.lse` takes it, but with gaps (empty values) and negative values.

Header row 2 may bear the register at the day's start and end, in kWh before the multiplier; V09 and E2 use them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import NamedTuple, TypeVar

import numpy as np

from espi.day import ABSENT, ACTUAL_QUALITY, ESTIMATED_QUALITY
from espi.formats import lse
from espi.intake.check import Day, Rules, not_full
from espi.intake.cut import Fault
from espi.intake.vee.rules import REFUSED_BY, Check
from espi.intake.vee.series import Day as Content

Good = TypeVar("Good")

MAX_KWH = 10**12
_SHORT = Fault("02", "the block has not all four header rows")
_STATUS = {"": ACTUAL_QUALITY, lse.ACTUAL: ACTUAL_QUALITY, lse.ESTIMATED: ESTIMATED_QUALITY}


class Block(NamedTuple):
    """A day of one channel. advance: Wh that the register moved, where the file says it; multiplier: of the meter."""

    row: int
    esiid: str
    channel: int
    day: int
    content: Content
    advance: int | None = None
    multiplier: int = 1


class Unread(NamedTuple):
    """A block that cannot be read: its row, which rule it fails, and why."""

    row: int
    check: Check
    reason: str


class _WrongError(Exception):
    """Carries a fault to the block that it is in; never leaves this module."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def read_lse(lines: Iterator[str], rules: Rules) -> Iterator[Block | Unread]:
    """The blocks of a file in order; lines before the first header row 1 are left out."""
    block: list[str] = []
    start = 0
    for number, line in enumerate(lines, 1):
        row = line.rstrip("\r\n")
        if row.startswith(f"{lse.HEADER_CODES[0]},"):
            if block:
                yield _block(start, block, rules)
            block, start = [row], number
        elif block and row:
            block.append(row)
    if block:
        yield _block(start, block, rules)


def _block(row: int, lines: Sequence[str], rules: Rules) -> Block | Unread:
    esiid, _, rest = lines[0][len(lse.HEADER_CODES[0]) + 1 :].partition(",")
    try:
        day = _good(rules.esiid(esiid) or rules.day(rest))
        _good(rules.sent_s("\n".join(lines[1:4])) if len(lines) >= len(lse.HEADER_CODES) else _SHORT)
        content = _content([triple for line in lines[4:] for triple in _triples(line)], day)
        advance, multiplier = _register(lines[1].split(","))
    except _WrongError as wrong:
        return Unread(row, REFUSED_BY.get(wrong.code, Check.AS_PROVISIONED), wrong.reason)
    return Block(row, esiid, day.channel, day.day, content, advance, multiplier)


def _good(found: Good | Fault) -> Good:
    if isinstance(found, Fault):
        raise _WrongError(*found)
    return found


def _triples(line: str) -> Iterator[tuple[str, str]]:
    fields = line.split(",")[1:]
    if len(fields) % 3 == 1 and not fields[-1]:
        fields.pop()
    fields += [""] * (len(fields) % 3 == 2)
    if not fields or len(fields) % 3:
        raise _WrongError("02", "a row is not made of triples of value, status and start")
    return zip(fields[::3], fields[1::3], strict=True)


def _content(triples: Sequence[tuple[str, str]], day: Day) -> Content:
    if len(triples) != day.intervals:
        raise _WrongError(*not_full(len(triples), day))
    values = np.zeros(day.intervals, np.int64)
    qualities = np.full(day.intervals, ABSENT, np.uint8)
    for at, (value, status) in enumerate(triples):
        if status not in _STATUS:
            raise _WrongError("01", f"status {status[:16]!r} is neither A (actual) nor E (estimated)")
        if value:
            values[at], qualities[at] = watt_hours(value), _STATUS[status]
    return values, qualities


def watt_hours(text: str) -> int:
    """Kilowatt-hours as whole Wh, which may be below zero."""
    try:
        kwh = Decimal(text)
    except InvalidOperation:
        raise _WrongError("01", f"{text[:32]!r} is not a number of kWh") from None
    if not kwh.is_finite() or abs(kwh) > MAX_KWH:
        raise _WrongError("01", f"{text[:32]!r} is not a number of kWh")
    return round(kwh * 1000)


def _register(header: Sequence[str]) -> tuple[int | None, int]:
    """The advance in Wh, and the multiplier as a whole number."""
    start, stop, times = header[1:4]
    multiplier = Decimal(times or 1)
    advance = round((Decimal(stop) - Decimal(start)) * multiplier * 1000) if start and stop else None
    return advance, max(1, round(multiplier))
