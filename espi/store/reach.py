"""`Reach`: what a caller may see, as a query. Every read of meter or customer data requires one.

Only `espi.access` may make a `Reach` (an import contract), and there is none that means "everything".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Select, select

from espi.store.database import Conn

SpanQuery = Select[int, int, int]
"""A query of (usage_point_id, from_day, until_day): usage points, and days of theirs."""

Spans = tuple[tuple[int, int], ...]
"""Spans of local days (from_day, until_day), until_day not included, ascending and apart from each other."""


@dataclass(frozen=True)
class Reach:
    """The usage points and local days that a caller may see, and the rule that says so.

    spans: a select of (usage_point_id, from_day, until_day), until_day not included; a usage point may come repeatedly.
    refusal: the status that answers a look-up outside of it. at_s: when it was decided.
    """

    spans: SpanQuery
    rule: str
    actor: str
    refusal: int = 404
    at_s: int = 0


def spans_of(conn: Conn, reach: Reach, usage_point_id: int) -> Spans:
    """The days of one usage point that are within reach."""
    within = reach.spans.subquery()
    query = select(within.c.from_day, within.c.until_day).where(within.c.usage_point_id == usage_point_id)
    return united((int(row[0]), int(row[1])) for row in conn.execute(query))


def narrowed(reach: Reach, usage_point_ids: Iterable[int]) -> Reach:
    """The same reach, of these usage points alone."""
    within = reach.spans.subquery()
    spans = select(within.c.usage_point_id, within.c.from_day, within.c.until_day)
    return replace(reach, spans=spans.where(within.c.usage_point_id.in_(list(usage_point_ids))))


def united(spans: Iterable[tuple[int, int]]) -> Spans:
    """Spans in order, those that touch or overlap made one."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        elif start < stop:
            found.append((start, stop))
    return tuple(found)


def days_within(spans: Spans, from_day: int, until_day: int) -> list[int]:
    """The days of a period that spans hold, ascending."""
    return [day for start, stop in spans for day in range(max(start, from_day), min(stop, until_day))]
