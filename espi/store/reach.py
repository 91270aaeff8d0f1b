"""`Reach`: what a caller may see, as a query. Every read of meter or customer data requires one.

Only `espi.access` may make a `Reach` (an import contract), and there is none that means "everything".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Select, and_, case, select

from espi.store.database import Conn, Transaction, transaction_of

SpanQuery = Select[int, int, int]
"""A query of (usage_point_id, from_day, until_day): usage points, and days of theirs."""

Spans = tuple[tuple[int, int], ...]
"""Spans of local days (from_day, until_day), until_day not included, ascending and apart from each other."""


class Reach:
    """The usage points and local days that a caller may see, and the rule that says so.

    spans: a select of (usage_point_id, from_day, until_day), until_day not included; a usage point may come repeatedly;
    or what makes that select when it is wanted. refusal: the status that answers a look-up outside of it. at_s: when it
    was decided. listed: reads those few spans at once, where they are few; they are then kept as long as the reach.
    """

    def __init__(
        self,
        spans: SpanQuery | Callable[[], SpanQuery],
        rule: str,
        actor: str,
        refusal: int = 404,
        at_s: int = 0,
        listed: Callable[[Conn], Iterable[tuple[int, int, int]]] | None = None,
    ) -> None:
        self._spans = spans
        self.rule = rule
        self.actor = actor
        self.refusal = refusal
        self.at_s = at_s
        self._listed = listed
        self._known: dict[int, Spans] | None = None
        self._met: dict[int, Spans] = {}
        self._met_in: Transaction | None = None

    @property
    def spans(self) -> SpanQuery:
        """The select."""
        if not isinstance(self._spans, Select):
            self._spans = self._spans()
        return self._spans

    def known(self, conn: Conn) -> Mapping[int, Spans] | None:
        """Its spans by usage point, where they are few; else None."""
        if self._known is None and self._listed is not None:
            found: dict[int, list[tuple[int, int]]] = {}
            for usage_point_id, from_day, until_day in self._listed(conn):
                found.setdefault(usage_point_id, []).append((from_day, until_day))
            self._known = {key: united(each) for key, each in found.items()}
        return self._known

    def meet(self, conn: Conn, found: Iterable[tuple[int, Spans]]) -> None:
        """Keep the spans of usage points that were just read, for as long as a transaction that only reads goes on."""
        transaction = transaction_of(conn)
        if transaction.writes:
            return
        if self._met_in is not transaction:
            self._met_in, self._met = transaction, {}
        self._met.update(found)

    def met(self, conn: Conn, usage_point_id: int) -> Spans | None:
        """The spans of a usage point, if they were read in this transaction."""
        found = self._met.get(usage_point_id)
        return found if found is not None and self._met_in is transaction_of(conn) else None

    def within(self, spans: SpanQuery) -> Reach:
        """The same, of other spans, which must lie within these."""
        return type(self)(spans, self.rule, self.actor, self.refusal, self.at_s)

    def kept(self) -> Reach:
        """The same, whose spans are few: they are read once and kept."""

        def listed(conn: Conn) -> Iterable[tuple[int, int, int]]:
            return [(point, from_day, until_day) for point, from_day, until_day in conn.execute(self.spans)]

        return type(self)(self._spans, self.rule, self.actor, self.refusal, self.at_s, listed)


def spans_of(conn: Conn, reach: Reach, usage_point_id: int) -> Spans:
    """The days of one usage point that are within reach."""
    known = reach.known(conn)
    if known is not None:
        return known.get(usage_point_id, ())
    met = reach.met(conn, usage_point_id)
    if met is not None:
        return met
    within = reach.spans.subquery()
    query = select(within.c.from_day, within.c.until_day).where(within.c.usage_point_id == usage_point_id)
    return united((int(row[0]), int(row[1])) for row in conn.execute(query))


def narrowed(reach: Reach, usage_point_ids: Iterable[int]) -> Reach:
    """The same reach, of these usage points alone."""
    within = reach.spans.subquery()
    spans = select(within.c.usage_point_id, within.c.from_day, within.c.until_day)
    return reach.within(spans.where(within.c.usage_point_id.in_(list(usage_point_ids))))


def shared(reach: Reach, others: SpanQuery) -> Reach:
    """The days that lie within reach and within other spans too."""
    mine, theirs = reach.spans.subquery(), others.subquery()
    overlaps = and_(
        mine.c.usage_point_id == theirs.c.usage_point_id,
        mine.c.from_day < theirs.c.until_day,
        theirs.c.from_day < mine.c.until_day,
    )
    later = case((mine.c.from_day > theirs.c.from_day, mine.c.from_day), else_=theirs.c.from_day)
    sooner = case((mine.c.until_day < theirs.c.until_day, mine.c.until_day), else_=theirs.c.until_day)
    columns = mine.c.usage_point_id, later.label("from_day"), sooner.label("until_day")
    return reach.within(select(*columns).select_from(mine.join(theirs, overlaps)))


def either(mine: SpanQuery, others: SpanQuery) -> SpanQuery:
    """The spans of both."""
    found = mine.union_all(others).subquery()
    return select(found.c.usage_point_id, found.c.from_day, found.c.until_day)


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
