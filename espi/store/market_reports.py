"""The regulator's reports on the market: read from counts that are kept, with small ones of people hidden.

A count of 1 to 4 of people or of what they did is hidden: `<5`. Everything that is made of counts (a total over columns
or over utilities, a share, a mean) is made of what is shown and never of what is there. A total with a hidden part
says so (`120+`), and a share or mean with one is left out, so nothing that is hidden can be worked out. For the same
reason such counts are told by whole months alone. What a utility's channels delivered is no count of people.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from espi.clock import day_date, month_start, next_month, parse_day
from espi.errors import BadInput, NotFound
from espi.store import market_counts
from espi.store.completeness import completeness_of
from espi.store.database import Conn
from espi.store.directory import utilities
from espi.store.report_list import (
    COUNT,
    DAYS,
    MEAN,
    MONTHS,
    REPORTS,
    SHARE,
    UTILITY,
    Column,
    Report,
)

LEAST = 5
"""Fewer people than this are not told apart from one another."""
MOST = {MONTHS: 36, DAYS: 92}
SHOWN = {MONTHS: 12, DAYS: 30}
ALL = ""
"""The subject of totals."""
BIG = 10_000
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would take for a formula."""

Counts = Mapping[tuple[int, str], Mapping[str, int]]
"""Numbers by part, by period and subject."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a report: whole, hundredths of a per cent or minutes, by its column's measure.

    number: None where it is hidden, or cannot be told. more: a hidden part is not in it.
    """

    number: int | None = None
    hidden: bool = False
    more: bool = False

    def text(self, measure: str = COUNT) -> str:
        """As files and programs get it: `12`, `<5`, `12+`, `98.71`, or nothing."""
        if self.hidden:
            return f"<{LEAST}"
        if self.number is None:
            return ""
        if measure == SHARE:
            return f"{self.number // 100}.{self.number % 100:02d}"
        return f"{self.number}+" if self.more else str(self.number)


@dataclass(frozen=True, slots=True)
class Row:
    """A line: of a period, by its first day, and of a subject: a utility's DUNS, a kind of caller, or `ALL`."""

    period: int
    subject: str
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class Asked:
    """Which lines: months or days (per), the first day of the first one, the day after the last one, which subject."""

    per: str
    from_day: int
    until_day: int
    subject: str = ALL

    def periods(self) -> list[int]:
        """The first day of each."""
        if self.per == DAYS:
            return list(range(self.from_day, self.until_day))
        found, day = [], self.from_day
        while day < self.until_day:
            found.append(day)
            day = next_month(day)
        return found

    def name(self, period: int) -> str:
        """A period as texts name it: 2025-06, 2025-06-15."""
        return day_date(period).isoformat()[: 7 if self.per == MONTHS else 10]


@dataclass(frozen=True)
class Table:
    """What a report says. names: of subjects. totals: of all subjects, a line a period, where there are several."""

    report: Report
    asked: Asked
    names: Mapping[str, str]
    rows: Sequence[Row]
    totals: Sequence[Row]

    def summed(self) -> dict[int, Row]:
        """One line a period: the total, or that of the only subject."""
        return {row.period: row for row in (self.totals or self.rows)}


def report(name: str) -> Report:
    """The report of a name, or `NotFound`."""
    found = next((each for each in REPORTS if each.name == name), None)
    if found is None:
        raise NotFound(detail=f"no report {name}")
    return found


def span(found: Report, today: int, per: str = "", first: str = "", last: str = "", subject: str = ALL) -> Asked:
    """What somebody asks for in texts; what he leaves out: months, the last twelve of them. Raises `BadInput`."""
    per = per or found.periods[0]
    if per not in found.periods:
        raise BadInput("This report is not told by such periods.")
    end = _period(last, per) if last else (month_start(today) if per == MONTHS else today - 1)
    begin = _period(first, per) if first else _back(end, per, SHOWN[per] - 1)
    asked = Asked(per, begin, next_month(end) if per == MONTHS else end + 1, subject)
    if begin > end:
        raise BadInput("The first period must not be after the last.")
    if end - begin > 31 * MOST[MONTHS] or len(asked.periods()) > MOST[per]:
        raise BadInput("Ask for 36 months or 92 days at most.")
    return asked


def read(conn: Conn, found: Report, asked: Asked) -> Table:
    """A report as it is told: what is small is hidden already."""
    names = dict(found.subjects) or {each.duns: each.name for each in utilities(conn)}
    if asked.subject and asked.subject not in names:
        raise NotFound(detail=f"no {found.by} {asked.subject}")
    counts = _SOURCES[found.source](conn, found, asked)
    order = {subject: place for place, subject in enumerate(names)}
    rows = [
        Row(period, subject, cells_of(found, counts[period, subject]))
        for period, subject in sorted(counts, key=lambda key: (key[0], order.get(key[1], len(order))))
        if subject in names and asked.subject in {ALL, subject}
    ]
    several = len({row.subject for row in rows}) > 1
    return Table(found, asked, names, rows, list(_totals(found, rows)) if several else [])


def cells_of(found: Report, parts: Mapping[str, int]) -> dict[str, Cell]:
    """The cells of a line: counts with the small ones hidden, and what is made of them."""
    cells = {
        column.name: _counted(parts.get(column.name, 0), hides=column.people)
        for column in found.columns
        if column.measure == COUNT and not column.adds
    }
    for column in found.columns:
        if column.measure == MEAN:
            cells[column.name] = _mean(parts.get(column.of[0], 0), cells[column.of[1]])
    return _with_made(found, cells)


def as_csv(table: Table, say: Callable[[str], str], names: Callable[[str], str]) -> str:
    """A report as a file for spreadsheets. say: titles in the reader's words. names: of subjects."""
    out = io.StringIO()
    lines = csv.writer(out)
    titles = [_heading(column, say) for column in table.report.columns]
    lines.writerow([safe(each) for each in (say("Period"), say(table.report.subject_title), *titles)])
    for row in sorted((*table.rows, *table.totals), key=lambda each: each.period):
        who = names(row.subject) if row.subject else say("All")
        shown = [row.cells[column.name].text(column.measure) for column in table.report.columns]
        lines.writerow([table.asked.name(row.period), safe(who), *map(safe, shown)])
    return out.getvalue()


def safe(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _heading(column: Column, say: Callable[[str], str]) -> str:
    return f"{say(column.title)} ({say(column.unit)})" if column.unit else say(column.title)


def _counted(number: int, *, hides: bool) -> Cell:
    return Cell(hidden=True) if hides and 0 < number < LEAST else Cell(number)


def _mean(seconds: int, number: Cell) -> Cell:
    """Minutes, where it is of enough of them to be told."""
    enough = number.number is not None and number.number >= LEAST
    return Cell(seconds // (60 * (number.number or 1))) if enough else Cell()


def _with_made(found: Report, cells: dict[str, Cell]) -> dict[str, Cell]:
    for column in found.columns:
        if column.adds:
            cells[column.name] = _sum([cells[name] for name in column.adds])
    for column in found.columns:
        if column.measure == SHARE:
            cells[column.name] = _share(*(cells[name] for name in column.of))
    return cells


def _sum(cells: Sequence[Cell]) -> Cell:
    """Of what is shown; it says so where something is not."""
    return Cell(sum(each.number or 0 for each in cells), more=any(each.hidden or each.more for each in cells))


def _share(part: Cell, whole: Cell) -> Cell:
    if any(each.hidden or each.more or each.number is None for each in (part, whole)) or not whole.number:
        return Cell()
    return Cell(BIG * (part.number or 0) // whole.number)


def _totals(found: Report, rows: Sequence[Row]) -> Iterator[Row]:
    by_period = defaultdict[int, list[Row]](list)
    for row in rows:
        by_period[row.period].append(row)
    for period, own in sorted(by_period.items()):
        cells = {
            column.name: _sum([row.cells[column.name] for row in own])
            for column in found.columns
            if column.measure == COUNT and not column.adds
        }
        cells |= {
            column.name: _mean_of(
                [(row.cells[column.name], row.cells[column.of[1]]) for row in own], cells[column.of[1]]
            )
            for column in found.columns
            if column.measure == MEAN
        }
        yield Row(period, ALL, _with_made(found, cells))


def _mean_of(means: Sequence[tuple[Cell, Cell]], number: Cell) -> Cell:
    """The mean of means that are shown, each by how many it is of; none where one is not."""
    told = [(mean.number, count.number) for mean, count in means if mean.number is not None and count.number]
    silent = any(mean.number is None and count.number != 0 for mean, count in means)
    if silent or number.more or not told:
        return Cell()
    return Cell(sum(mean * count for mean, count in told) // sum(count for _mean, count in told))


def _period(text: str, per: str) -> int:
    if per == DAYS:
        return _sane(parse_day(text))
    try:
        return _sane(month_start(parse_day(f"{dt.date.fromisoformat(f'{text[:7]}-01')}")))
    except ValueError:
        raise BadInput("Write a month such as 2025-06.") from None


def _sane(day: int) -> int:
    if not 0 <= day < parse_day("2200-01-01"):
        raise BadInput("That day is too far away.")
    return day


def _back(day: int, per: str, count: int) -> int:
    if per == DAYS:
        return day - count
    for _ in range(count):
        day = month_start(day - 1)
    return day


def _kept(conn: Conn, found: Report, asked: Asked) -> Counts:
    sums: dict[tuple[int, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for day, subject, part, number in market_counts.kept_counts(conn, found.name, asked.from_day, asked.until_day):
        sums[day if asked.per == DAYS else month_start(day), subject][part] += number
    return sums


def _complete(conn: Conn, _found: Report, asked: Asked) -> Counts:
    duns = {each.id: each.duns for each in utilities(conn)}
    sums: dict[tuple[int, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for each in completeness_of(conn, asked.from_day, asked.until_day):
        own = sums[each.day if asked.per == DAYS else month_start(each.day), duns[each.utility_id]]
        for part in ("expected", "received", "late", "estimated", "partial", "refused", "missing"):
            own[part] += getattr(each, part)
        own["came"] += each.expected - each.missing
        own["on-time"] += each.received - each.late
    return sums


_SOURCES: Mapping[str, Callable[[Conn, Report, Asked], Counts]] = {"kept": _kept, "completeness": _complete}

__all__ = ["ALL", "LEAST", "UTILITY", "Asked", "Cell", "Row", "Table", "as_csv", "read", "report", "safe", "span"]
