"""Who the customers are: a person within reach, with the places where he is served, by whom and with which meters.

Every read takes a `Reach` of an action about persons (person:read, bulk-person:read). Spans are cut to its days, so
that nothing is told of those who lived there before or after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Table, and_, func, select

from espi.store import brands, directory, parties
from espi.store.brands import Brand
from espi.store.database import Conn
from espi.store.directory import UsagePoint
from espi.store.identity import path_id_for, uuid_for
from espi.store.parties import Customer, MeterInstallation, Rep
from espi.store.reach import Reach
from espi.store.tables import customer as customer_table
from espi.store.tables import meter_installation, rep_of_record, tenancy

CHUNK = 200


@dataclass(frozen=True)
class Name:
    """What an entry is called: the UUID of its id, and the number that it has in hrefs."""

    uuid: str
    path_id: int


@dataclass(frozen=True)
class Supplier:
    """Who supplied a place from a day on: a REP, or the utility itself (None) where there are no REPs.

    contact: how that utility is reached.
    """

    name: Name
    rep: Rep | None
    from_day: int
    contact: Brand | None = None


@dataclass(frozen=True)
class Device:
    """A meter that hung at a place. end_device: the same thing as an EndDevice."""

    meter: Name
    end_device: Name
    hung: MeterInstallation


@dataclass(frozen=True)
class Premise:
    """A place where a customer is served, from a day until another, not included: agreement and service location."""

    agreement: Name
    location: Name
    usage_point: UsagePoint
    from_day: int
    until_day: int
    suppliers: tuple[Supplier, ...]
    devices: tuple[Device, ...]


@dataclass(frozen=True)
class Person:
    """A customer with his account and the places where he is served."""

    customer: Customer
    name: Name
    account: Name
    premises: tuple[Premise, ...]


def persons(conn: Conn, reach: Reach, usage_point_ids: Iterable[int] | None = None) -> Iterator[Person]:
    """The customers within reach, in order of their making; of these usage points alone, where they are given."""
    points = {point.id: point for point in directory.usage_points(conn, reach)}
    wanted = sorted(points if usage_point_ids is None else points.keys() & set(usage_point_ids))
    reps = {rep.id: rep for rep in parties.reps(conn)}
    places: dict[int, list[Premise]] = {}
    for point_id in wanted:
        for span in parties.tenancies(conn, reach, point_id):
            premise = _premise(conn, reach, points[point_id], span, reps)
            places.setdefault(span.of_id, []).append(premise)
    for customer in _customers(conn, sorted(places)):
        own = f"customer/{customer.path_id}"
        name = Name(uuid_for(conn, own), customer.path_id)
        yield Person(customer, name, _named(conn, f"{own}/account"), tuple(places[customer.id]))


def _premise(conn: Conn, reach: Reach, point: UsagePoint, span: parties.Span, reps: dict[int, Rep]) -> Premise:
    own = f"premise/{point.utility.duns}/{point.esiid}/{_began(conn, tenancy, span)}"
    return Premise(
        _named(conn, f"{own}/agreement"),
        _named(conn, f"{own}/location"),
        point,
        span.from_day,
        span.until_day,
        _suppliers(conn, reach, point, span, reps, own),
        _devices(conn, reach, point, span, own),
    )


def _suppliers(
    conn: Conn, reach: Reach, point: UsagePoint, span: parties.Span, reps: dict[int, Rep], own: str
) -> tuple[Supplier, ...]:
    served = [each for each in parties.reps_of_record(conn, reach, point.id) if _meet(each, span)]
    if not served:
        contact = brands.brand_of(conn, point.utility_id)
        return (Supplier(_named(conn, f"{own}/utility"), None, span.from_day, contact),)
    return tuple(
        Supplier(
            _named(conn, f"{own}/rep/{_began(conn, rep_of_record, each)}"),
            reps[each.of_id],
            max(each.from_day, span.from_day),
        )
        for each in served
    )


def _devices(conn: Conn, reach: Reach, point: UsagePoint, span: parties.Span, own: str) -> tuple[Device, ...]:
    return tuple(
        Device(
            _named(conn, f"{own}/meter/{each.meter_id}/{_began(conn, meter_installation, each)}"),
            _named(conn, f"{own}/device/{each.meter_id}/{_began(conn, meter_installation, each)}"),
            replace(each, from_day=max(each.from_day, span.from_day), until_day=min(each.until_day, span.until_day)),
        )
        for each in parties.meters(conn, reach, point.id)
        if _meet(each, span)
    )


def _began(conn: Conn, table: Table, span: parties.Span | MeterInstallation) -> int:
    """The day on which the whole span began that this one is cut from: ids are named after it, whoever asks."""
    here = table.c.usage_point_id == span.usage_point_id, table.c.from_day <= span.from_day
    return int(conn.scalar(select(func.max(table.c.from_day)).where(*here)) or 0)


def _meet(one: parties.Span | MeterInstallation, other: parties.Span) -> bool:
    return one.from_day < other.until_day and other.from_day < one.until_day


def _named(conn: Conn, name: str) -> Name:
    return Name(uuid_for(conn, name), path_id_for(conn, name))


def _customers(conn: Conn, ids: Sequence[int]) -> Iterator[Customer]:
    for start in range(0, len(ids), CHUNK):
        some = customer_table.c.id.in_(ids[start : start + CHUNK])
        for row in conn.execute(select(customer_table).where(some).order_by(customer_table.c.id)).mappings():
            yield Customer(**row)


def customer_of_path(conn: Conn, reach: Reach, path_id: int) -> int | None:
    """The id of the customer with this number in hrefs who lives, or lived, within reach; None where there is none."""
    spans = reach.spans.subquery()
    lived = and_(
        spans.c.usage_point_id == tenancy.c.usage_point_id,
        spans.c.from_day < tenancy.c.until_day,
        tenancy.c.from_day < spans.c.until_day,
    )
    joined = customer_table.join(tenancy, tenancy.c.customer_id == customer_table.c.id).join(spans, lived)
    return conn.scalar(select(customer_table.c.id).select_from(joined).where(customer_table.c.path_id == path_id))
