"""Who has to do with a usage point, and when: customers and tenancies, REPs of record, meters.

Spans of one kind at one usage point never overlap. A new one displaces the one that runs: it ends where the new begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, and_, delete, func, insert, select, update

from espi.clock import FOREVER
from espi.errors import BadInput, Conflict, NotFound
from espi.store.database import Conn, inserted_id
from espi.store.identity import path_id_for
from espi.store.reach import Reach, SpanQuery, united
from espi.store.tables import customer as customer_table
from espi.store.tables import meter as meter_table
from espi.store.tables import meter_installation, rep_of_record, tenancy
from espi.store.tables import rep as rep_table


@dataclass(frozen=True)
class Customer:
    """A retail customer. content: his further ESPI customer elements."""

    id: int
    path_id: int
    name: str
    kind: str
    language: str
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Rep:
    """A retail electric provider. certificate_number: the regulator's."""

    id: int
    name: str
    duns: str
    certificate_number: str


@dataclass(frozen=True)
class Span:
    """That a party or meter (`of_id`) has to do with a usage point, from a day until another, not included."""

    usage_point_id: int
    from_day: int
    until_day: int
    of_id: int


@dataclass(frozen=True)
class MeterInstallation:
    """A meter that hung at a usage point from `from_day` until `until_day`, the latter not included."""

    usage_point_id: int
    from_day: int
    until_day: int
    meter_id: int
    serial_number: str
    attributes: Mapping[str, Any]


def add_customer(
    conn: Conn, name: str, kind: str, *, language: str = "en", content: Mapping[str, Any] | None = None
) -> int:
    """Add a customer and return his id. kind: residential or commercial."""
    number = int(conn.scalar(select(func.coalesce(func.max(customer_table.c.id), 0))) or 0) + 1
    values = {
        "path_id": path_id_for(conn, f"customer/{number}"),
        "name": name,
        "kind": kind,
        "language": language,
        "content": dict(content or {}),
    }
    return inserted_id(conn, insert(customer_table).values(values))


def customer(conn: Conn, reach: Reach, customer_id: int) -> Customer:
    """A customer who has, or had, a usage point within reach on a day within reach; else `NotFound`."""
    spans = reach.spans.subquery()
    lived = and_(
        spans.c.usage_point_id == tenancy.c.usage_point_id,
        spans.c.from_day < tenancy.c.until_day,
        tenancy.c.from_day < spans.c.until_day,
    )
    within = select(tenancy.c.customer_id).join(spans, lived).where(tenancy.c.customer_id == customer_id)
    query = select(customer_table).where(customer_table.c.id == customer_id, within.exists())
    row = conn.execute(query).mappings().first()
    if row is None:
        raise NotFound(detail=f"no customer {customer_id} within {reach.rule}")
    return Customer(**row)


def has_customer(conn: Conn, customer_id: int) -> bool:
    """Whether there is a customer of that number, for whoever moves him in."""
    return conn.scalar(select(customer_table.c.id).where(customer_table.c.id == customer_id)) is not None


def add_tenancy(conn: Conn, usage_point_id: int, customer_id: int, from_day: int, until_day: int = FOREVER) -> None:
    """Move a customer in; whoever lived there until then moves out on that day."""
    _begin(conn, tenancy, usage_point_id, from_day, until_day, customer_id=customer_id)


def move_out(conn: Conn, usage_point_id: int, day: int) -> None:
    """End the tenancy that runs on the day before `day`; `NotFound` if there is none."""
    runs = tenancy.c.usage_point_id == usage_point_id, tenancy.c.from_day < day, tenancy.c.until_day >= day
    if conn.execute(update(tenancy).where(*runs).values(until_day=day)).rowcount == 0:
        raise NotFound(detail=f"nobody lives at usage point {usage_point_id} before day {day}")


def add_rep(conn: Conn, name: str, duns: str, certificate_number: str) -> int:
    """Add a REP and return its id. `Conflict` if its name, DUNS or certificate number is taken."""
    table = rep_table
    taken = (table.c.name == name) | (table.c.duns == duns) | (table.c.certificate_number == certificate_number)
    if conn.execute(select(table.c.id).where(taken)).first():
        raise Conflict(f"There is a REP {name!r}, or one with its DUNS or certificate number, already.")
    values = {"name": name, "duns": duns, "certificate_number": certificate_number}
    return inserted_id(conn, insert(table).values(values))


def reps(conn: Conn) -> list[Rep]:
    """All REPs by name."""
    return [Rep(**row) for row in conn.execute(select(rep_table).order_by(rep_table.c.name)).mappings()]


def switch_rep(conn: Conn, usage_point_id: int, rep_id: int, from_day: int, until_day: int = FOREVER) -> None:
    """Make a REP the REP of record from a day on."""
    _begin(conn, rep_of_record, usage_point_id, from_day, until_day, rep_id=rep_id)


def reps_of_record(conn: Conn, reach: Reach, usage_point_id: int) -> list[Span]:
    """Who was REP of record, cut to the days within reach."""
    return _spans(conn, reach, rep_of_record, "rep_id", usage_point_id)


def tenancies(conn: Conn, reach: Reach, usage_point_id: int) -> list[Span]:
    """Whose usage point it was, cut to the days within reach."""
    return _spans(conn, reach, tenancy, "customer_id", usage_point_id)


def add_meter(conn: Conn, utility_id: int, serial_number: str, attributes: Mapping[str, Any] | None = None) -> int:
    """Add a meter and return its id."""
    values = {"utility_id": utility_id, "serial_number": serial_number, "attributes": dict(attributes or {})}
    return inserted_id(conn, insert(meter_table).values(values))


def install_meter(conn: Conn, usage_point_id: int, meter_id: int, from_day: int, until_day: int = FOREVER) -> None:
    """Hang a meter at a usage point; the one that hung there until then goes on that day."""
    _begin(conn, meter_installation, usage_point_id, from_day, until_day, meter_id=meter_id)


def meters(conn: Conn, reach: Reach, usage_point_id: int) -> list[MeterInstallation]:
    """Which meters hung at a usage point, cut to the days within reach, in order."""
    installations = _spans(conn, reach, meter_installation, "meter_id", usage_point_id)
    ids = [span.of_id for span in installations]
    found = {row.id: row for row in conn.execute(select(meter_table).where(meter_table.c.id.in_(ids)))}
    return [
        MeterInstallation(
            span.usage_point_id,
            span.from_day,
            span.until_day,
            span.of_id,
            found[span.of_id].serial_number,
            found[span.of_id].attributes,
        )
        for span in installations
    ]


def own_tenancies(customer_id: int) -> SpanQuery:
    """The relation "own": a customer's usage points from move-in to move-out."""
    table = tenancy
    return select(table.c.usage_point_id, table.c.from_day, table.c.until_day).where(table.c.customer_id == customer_id)


def served_by_rep(rep_id: int) -> SpanQuery:
    """The relation "served": the days on which a REP is REP of record."""
    table = rep_of_record
    return select(table.c.usage_point_id, table.c.from_day, table.c.until_day).where(table.c.rep_id == rep_id)


def _begin(conn: Conn, table: Table, usage_point_id: int, from_day: int, until_day: int, **of: int) -> None:
    if from_day >= until_day:
        raise BadInput("A span ends after it begins.")
    here = table.c.usage_point_id == usage_point_id
    later = here & (table.c.from_day > from_day) & (table.c.from_day < until_day)
    if conn.execute(select(table.c.from_day).where(later)).first():
        raise Conflict("A later span begins before this one ends; give this one its end.")
    conn.execute(delete(table).where(here, table.c.from_day == from_day))
    conn.execute(
        update(table).where(here, table.c.from_day < from_day, table.c.until_day > from_day).values(until_day=from_day)
    )
    row = {"usage_point_id": usage_point_id, "from_day": from_day, "until_day": until_day, **of}
    conn.execute(insert(table).values(row))


def _spans(conn: Conn, reach: Reach, table: Table, of: str, usage_point_id: int) -> list[Span]:
    within = reach.spans.subquery()
    overlaps = and_(
        within.c.usage_point_id == table.c.usage_point_id,
        within.c.from_day < table.c.until_day,
        table.c.from_day < within.c.until_day,
    )
    days = table.c.from_day, table.c.until_day, within.c.from_day, within.c.until_day
    query = select(table.c[of], *days).join(within, overlaps).where(table.c.usage_point_id == usage_point_id)
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for key, from_day, until_day, first, last in conn.execute(query.order_by(table.c.from_day)):
        found.setdefault((from_day, key), []).append((max(from_day, first), min(until_day, last)))
    return [Span(usage_point_id, *span, key) for (_, key), spans in found.items() for span in united(spans)]
