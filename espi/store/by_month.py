"""The days of a usage point by calendar month, each with what tells its present state from any other; no readings.

Days lie in rows of their own, or in the row of their month once that is closed. What a closed month says never changes:
it is opened first, and whatever changes in it then is newer than anything was before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from espi.clock import month_start, next_month
from espi.store.database import Conn
from espi.store.reach import Reach, Spans, spans_of
from espi.store.readings import NOTHING, Newest, newest
from espi.store.statement import marks, run


class Part(NamedTuple):
    """Days from one to another, not included. is_month: a whole calendar month. newest: what last changed them."""

    from_day: int
    until_day: int
    is_month: bool
    newest: Newest


def parts(
    conn: Conn, reach: Reach, usage_point_id: int, channels: Sequence[int], from_day: int, until_day: int
) -> list[Part]:
    """The days of channels within reach by calendar month, ascending; none if no month is within reach as a whole."""
    cut = list(_cut(spans_of(conn, reach, usage_point_id), from_day, until_day))
    months = [first for first, _, is_month in cut if is_month]
    if not months or not channels:
        return []
    stamps = _stamps(conn, usage_point_id, channels, months)
    return [
        Part(*each, stamps[each[0]] if each[2] else newest(conn, reach, usage_point_id, channels, *each[:2]))
        for each in cut
    ]


def _stamps(conn: Conn, usage_point_id: int, channels: Sequence[int], months: Sequence[int]) -> dict[int, Newest]:
    """What last changed whole months, by their first days; the length of a closed one stands for its revisions."""
    days = {day: month for month in months for day in range(month, next_month(month))}
    mine = f"usage_point_id = {marks(conn, 1)} AND channel IN ({marks(conn, len(channels))})"
    text = (
        f"SELECT day, updated_s, revision FROM day_block WHERE {mine} AND day IN ({marks(conn, len(days))}) "  # noqa: S608
        "UNION ALL SELECT from_day, updated_s, LENGTH(content) FROM month_block "
        f"WHERE {mine} AND from_day IN ({marks(conn, len(months))})"
    )
    owner = usage_point_id, *channels
    found = dict.fromkeys(months, NOTHING)
    for day, updated_s, revision in run(conn, text, [*owner, *days, *owner, *months]):
        month = days[day]
        found[month] = found[month].with_other(Newest(updated_s, 1, revision))
    return found


def _cut(spans: Spans, from_day: int, until_day: int) -> Iterator[tuple[int, int, bool]]:
    """The days of a period that spans hold, by month: from which to which, and whether they are all of it."""
    for start, stop in spans:
        first, last = max(start, from_day), min(stop, until_day)
        while first < last:
            after = next_month(first)
            until = min(last, after)
            yield first, until, until == after and first == month_start(first)
            first = until
