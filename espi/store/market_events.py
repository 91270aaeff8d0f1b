"""Market events, and the spans that follow from them: kept, read back for the next event, and told.

Which spans follow is `espi.intake.market`'s to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, delete, insert, select, tuple_, update

from espi.store.database import Conn
from espi.store.reach import Reach
from espi.store.tables import (
    customer,
    happening,
    market_event,
    meter,
    meter_installation,
    parked_event,
    rep_of_record,
    tenancy,
    usage_point,
)

CHUNK = 500
MOVED = "market.moved"
"""The job that ends what those who moved out had granted."""
CHANGED = "market.changed"
"""The job that looks again at days of which other things are known now: the meter, the power."""

REP, TENANCY, METER = "rep", "tenancy", "meter"
SUBJECTS = {
    REP: (rep_of_record, rep_of_record.c.rep_id),
    TENANCY: (tenancy, tenancy.c.customer_id),
    METER: (meter_installation, meter_installation.c.meter_id),
}
"""Whose spans events make: the table, and its column of the REP, customer or meter."""


class Known(NamedTuple):
    """An event of a usage point. of_id, also_id: REP, customer or meter, 0 for none. refusal: why it has no effect."""

    usage_point_id: int
    digest: str
    event_id: str
    sent_s: int
    kind: str
    at_s: int
    text: str
    of_id: int
    also_id: int
    file_id: int
    taken_s: int
    refusal: str


class DaySpan(NamedTuple):
    """Days of a REP, customer or meter, the last not included."""

    from_day: int
    until_day: int
    of_id: int


class Happening(NamedTuple):
    """What went on from an instant until another, UTC. seconds: how far a clock was off."""

    usage_point_id: int
    kind: str
    from_s: int
    until_s: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Parked:
    """An event of an ESIID that nobody knows yet."""

    esiid: str
    digest: str
    text: str
    file_id: int


def known_events(conn: Conn, usage_point_ids: Collection[int]) -> dict[int, list[Known]]:
    """The events of usage points, in force or not."""
    found: dict[int, list[Known]] = defaultdict(list)
    for row in _of_points(conn, usage_point_ids, lambda ids: select(market_event).where(ids(market_event))):
        found[row[0]].append(Known(*row))
    return dict(found)


def known_spans(conn: Conn, usage_point_ids: Collection[int]) -> dict[str, dict[int, list[DaySpan]]]:
    """The spans of usage points by subject, in order."""
    found: dict[str, dict[int, list[DaySpan]]] = {subject: defaultdict(list) for subject in SUBJECTS}
    for subject, (table, of) in SUBJECTS.items():
        query = select(table.c.usage_point_id, table.c.from_day, table.c.until_day, of).order_by(table.c.from_day)
        for row in _of_points(conn, usage_point_ids, lambda ids, q=query, t=table: q.where(ids(t))):  # type: ignore[misc]
            found[subject][row[0]].append(DaySpan(*row[1:]))
    return found


def known_happenings(conn: Conn, usage_point_ids: Collection[int]) -> dict[int, list[Happening]]:
    """What goes on, or went on, at usage points."""
    found: dict[int, list[Happening]] = defaultdict(list)
    for row in _of_points(conn, usage_point_ids, lambda ids: select(happening).where(ids(happening))):
        found[row[0]].append(Happening(*row))
    return dict(found)


def known_customers(conn: Conn, customer_ids: Iterable[int]) -> set[int]:
    """Which of these numbers are customers'."""
    found: set[int] = set()
    for some in _chunks(sorted(set(customer_ids))):
        found.update(conn.scalars(select(customer.c.id).where(customer.c.id.in_(some))))
    return found


def put_meters(conn: Conn, utility_id: int, serial_numbers: Iterable[str]) -> dict[str, int]:
    """The ids of a utility's meters by serial number; those that nobody knew are added, with nothing told of them."""
    wanted = sorted(set(serial_numbers))
    found = _meters(conn, utility_id, wanted)
    new = [serial for serial in wanted if serial not in found]
    if new:
        rows = [{"utility_id": utility_id, "serial_number": serial, "attributes": {}} for serial in new]
        conn.execute(insert(meter), rows)
        found |= _meters(conn, utility_id, new)
    return found


def put_events(conn: Conn, events: Sequence[Known]) -> None:
    """Keep new events."""
    if events:
        conn.execute(insert(market_event), [event._asdict() for event in events])


def set_refusals(conn: Conn, refusals: Mapping[tuple[int, str], str]) -> None:
    """Note which events (usage point, digest) have no effect now, and why; an empty reason: they have."""
    table = market_event
    rows = [{"point": point, "of_digest": digest, "why": why[:256]} for (point, digest), why in refusals.items()]
    if rows:
        this = table.c.usage_point_id == bindparam("point"), table.c.digest == bindparam("of_digest")
        conn.execute(update(table).where(*this).values(refusal=bindparam("why")), rows)


def put_spans(
    conn: Conn, subject: str, gone: Iterable[tuple[int, DaySpan]], new: Iterable[tuple[int, DaySpan]]
) -> None:
    """Replace spans of usage points by others."""
    table, of = SUBJECTS[subject]
    for some in _chunks([(point, span.from_day) for point, span in gone]):
        conn.execute(delete(table).where(tuple_(table.c.usage_point_id, table.c.from_day).in_(some)))
    rows = [
        {"usage_point_id": point, "from_day": span.from_day, "until_day": span.until_day, of.name: span.of_id}
        for point, span in new
    ]
    if rows:
        conn.execute(insert(table), rows)


def put_happenings(conn: Conn, gone: Iterable[Happening], new: Iterable[Happening]) -> None:
    """Replace what goes on at usage points."""
    key = tuple_(happening.c.usage_point_id, happening.c.kind, happening.c.from_s)
    for some in _chunks([each[:3] for each in gone]):
        conn.execute(delete(happening).where(key.in_(some)))
    rows = [each._asdict() for each in new]
    if rows:
        conn.execute(insert(happening), rows)


def park_events(conn: Conn, utility_id: int, events: Iterable[Parked]) -> None:
    """Keep events of unknown ESIIDs; one that waits already stays as it is."""
    wanted = {(event.esiid, event.digest): event for event in events}
    key = parked_event.c.esiid, parked_event.c.digest
    for some in _chunks(list(wanted)):
        waiting = parked_event.c.utility_id == utility_id, tuple_(*key).in_(some)
        for row in conn.execute(select(*key).where(*waiting)).fetchall():
            wanted.pop((row[0], row[1]))
    rows = [
        {
            "utility_id": utility_id,
            "esiid": each.esiid,
            "digest": each.digest,
            "text": each.text,
            "file_id": each.file_id,
        }
        for each in wanted.values()
    ]
    if rows:
        conn.execute(insert(parked_event), rows)


def parked_events(conn: Conn, utility_id: int) -> list[Parked]:
    """The events of a utility that wait and whose ESIIDs have become known."""
    table = parked_event
    now_known = and_(usage_point.c.utility_id == table.c.utility_id, usage_point.c.esiid == table.c.esiid)
    columns = table.c.esiid, table.c.digest, table.c.text, table.c.file_id
    query = select(*columns).join(usage_point, now_known).where(table.c.utility_id == utility_id)
    return [Parked(*row) for row in conn.execute(query.order_by(table.c.esiid, table.c.digest)).fetchall()]


def unpark_events(conn: Conn, utility_id: int, events: Iterable[Parked]) -> None:
    """Forget events that wait no longer."""
    key = tuple_(parked_event.c.esiid, parked_event.c.digest)
    for some in _chunks([(each.esiid, each.digest) for each in events]):
        conn.execute(delete(parked_event).where(parked_event.c.utility_id == utility_id, key.in_(some)))


def events_of(conn: Conn, reach: Reach, usage_point_id: int) -> list[Known]:
    """The events of a usage point all of whose days are within reach, by when they happened."""
    spans = reach.spans.subquery()
    within = and_(spans.c.usage_point_id == market_event.c.usage_point_id, spans.c.from_day <= 0)
    query = select(market_event).join(spans, within).where(market_event.c.usage_point_id == usage_point_id)
    order = market_event.c.at_s, market_event.c.sent_s, market_event.c.event_id, market_event.c.digest
    return [Known(*row) for row in conn.execute(query.order_by(*order)).fetchall()]


def happenings(
    conn: Conn, reach: Reach, from_s: int, until_s: int, first_id: int, last_id: int
) -> dict[int, list[Happening]]:
    """What went on in a span of time at usage points within reach, by usage point."""
    within = reach.spans.subquery()
    table = happening
    mine = table.c.usage_point_id.in_(select(within.c.usage_point_id))
    query = select(table).where(mine, table.c.usage_point_id.between(first_id, last_id))
    query = query.where(table.c.from_s < until_s, table.c.until_s > from_s).order_by(table.c.from_s)
    found: dict[int, list[Happening]] = defaultdict(list)
    for row in conn.execute(query):
        found[row[0]].append(Happening(*row))
    return dict(found)


def exchanges(conn: Conn, reach: Reach, days: Collection[int], first_id: int, last_id: int) -> set[int]:
    """The usage points within reach where on one of these days another meter hung than before."""
    within = reach.spans.subquery()
    table, before = meter_installation, meter_installation.alias()
    earlier = before.c.usage_point_id == table.c.usage_point_id, before.c.from_day < table.c.from_day
    query = select(table.c.usage_point_id).where(table.c.usage_point_id.in_(select(within.c.usage_point_id)))
    query = query.where(table.c.usage_point_id.between(first_id, last_id), table.c.from_day.in_(days))
    return set(conn.scalars(query.where(select(before.c.from_day).where(*earlier).exists())))


def _meters(conn: Conn, utility_id: int, serial_numbers: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in _chunks(serial_numbers):
        query = select(meter.c.serial_number, meter.c.id)
        mine = query.where(meter.c.utility_id == utility_id, meter.c.serial_number.in_(some))
        found.update((row[0], row[1]) for row in conn.execute(mine))
    return found


Among = Callable[[Any], Any]
"""Makes of a table the condition that a row is of the usage points that are read now."""


def _of_points(
    conn: Conn, usage_point_ids: Collection[int], query: Callable[[Among], Select[Any]]
) -> Iterator[Sequence[Any]]:
    """The rows of many usage points, some hundred at a time."""
    for some in _chunks(sorted(usage_point_ids)):
        yield from conn.execute(query(lambda table, ids=some: table.c.usage_point_id.in_(ids))).fetchall()  # type: ignore[misc]


def _chunks(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))
