"""Days that lie in the rows of closed months, for whoever reads days: those that have no row of their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, select

from espi.clock import month_start, next_month
from espi.store import month_form
from espi.store.database import Conn
from espi.store.month_form import NAMES, Month, Row
from espi.store.tables import closed_month, month_block

ONE_OF_MONTH = -1
"""What stands for a revision where a row is a month and not a day."""

_day = itemgetter(NAMES.index("day"))


def months_over(first: int, last: int) -> list[int]:
    """The months, by their first days, from the one that a day lies in to the one of a later day."""
    found = [month_start(first)]
    while (following := next_month(found[-1])) <= last:
        found.append(following)
    return found


def closed_among(conn: Conn, days: Collection[int]) -> list[int]:
    """The first days of those months of some days of which there may be rows of months."""
    if not days:
        return []
    query = select(closed_month.c.from_day).where(closed_month.c.from_day.in_(months_over(min(days), max(days))))
    wanted = {month_start(day) for day in set(days)}
    return sorted(month for month in conn.scalars(query) if month in wanted)


def days_in_months(conn: Conn, days: Collection[int], *chosen: ColumnElement[bool]) -> list[Row]:
    """Some days of the months whose rows are chosen, as rows of `day_block`; nothing where no month was closed."""
    closed = closed_among(conn, days)
    if not closed:
        return []
    query = select(month_block).where(month_block.c.from_day.in_(closed), *chosen)
    wanted = set(days)
    found = [Month(*row) for row in conn.execute(query).fetchall()]
    return [row for row in month_form.decode(found) if _day(row) in wanted]


def columns_of(names: Sequence[str]) -> Any:
    """What takes these columns out of a row of a day."""
    return itemgetter(*(NAMES.index(name) for name in names))
