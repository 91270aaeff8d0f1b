"""Devices of the home area network: which are at a meter, who may send to them, and what grants say of them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, insert, or_, select, update

from espi.clock import zone
from espi.errors import NotFound
from espi.store.database import Conn
from espi.store.grants import ACTIVE, of_third_party
from espi.store.identity import FIRST_PATH_ID, LAST_PATH_ID
from espi.store.reach import Reach, SpanQuery
from espi.store.tables import authorization, device_agreement, device_enrolment, tenancy, usage_point, utility
from espi.store.tables import home_device as table

CHUNK = 500

REQUESTED, KEY_SENT, JOIN_OPEN, JOINED = "requested", "key-sent", "join-open", "joined"
KEY_ESTABLISHED, ACTIVE_STATE, LOST = "key-established", "active", "lost"
LEAVING, LEFT, NOT_LEFT, FAILED = "deprovision-requested", "deprovisioned", "removal-failed", "failed"

COMING = (REQUESTED, KEY_SENT, JOIN_OPEN, JOINED, KEY_ESTABLISHED)
"""States on the way in, in their order."""

THERE = (ACTIVE_STATE, LOST)
"""States in which something can be sent."""

LIVING = (*COMING, *THERE)
OVER = (LEFT, NOT_LEFT, FAILED)


@dataclass(frozen=True, slots=True)
class Device:
    """A device at a meter. eui64: its address, 16 digits. device_class, clusters: bits. failure: why it did not join.

    asked_by: who let it join. customer_id: who lived there then; authorization_id: by whose grant, 0 for none.
    contact_s: when it was last heard of. due_s: when it is seen to next.
    """

    usage_point_id: int
    number: int
    utility_id: int
    eui64: str
    kind: str
    name: str
    device_class: int
    device_group: int
    clusters: int
    state: str
    state_s: int
    failure: str
    asked_by: str
    customer_id: int
    authorization_id: int
    made_s: int
    contact_s: int | None
    tries: int
    due_s: int | None
    removed_for: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """That a provider (rep/7, third_party/3) may send to a device, until somebody ended it."""

    usage_point_id: int
    device_number: int
    provider: str
    from_s: int
    until_s: int | None
    ended_by: str


_COLUMNS = [table.c[name] for name in Device.__slots__]


def add_device(conn: Conn, device: Device, sealed_key: bytes) -> int:
    """Keep a device that shall join, with its sealed key; its number, which is new."""
    number = FIRST_PATH_ID + secrets.randbelow(LAST_PATH_ID - FIRST_PATH_ID + 1)
    values = {name: getattr(device, name) for name in Device.__slots__} | {"number": number}
    conn.execute(insert(table).values(**values, sealed_key=sealed_key))
    return number


def devices(conn: Conn, reach: Reach, usage_point_ids: Iterable[int] | None = None) -> list[Device]:
    """The devices at usage points within reach, in the order in which they came. usage_point_ids: at those alone."""
    within = reach.spans.subquery()
    query = select(*_COLUMNS).where(table.c.usage_point_id.in_(select(within.c.usage_point_id)))
    if usage_point_ids is not None:
        query = query.where(table.c.usage_point_id.in_(list(usage_point_ids)))
    return [Device(*row) for row in conn.execute(query.order_by(table.c.made_s, table.c.number))]


def device(conn: Conn, reach: Reach, number: int) -> Device:
    """The device of a number at a usage point within reach; else `NotFound`, whether it exists or not."""
    within = reach.spans.subquery()
    query = select(*_COLUMNS).where(
        table.c.number == number, table.c.usage_point_id.in_(select(within.c.usage_point_id))
    )
    row = conn.execute(query).first()
    if row is None:
        raise NotFound(detail=f"no device {number} within {reach.rule}")
    return Device(*row)


def joined_elsewhere(conn: Conn, eui64: str) -> bool:
    """Whether a device of that address is at some meter already, or on its way there."""
    wanted = table.c.eui64 == eui64, table.c.state.in_((*LIVING, LEAVING))
    return conn.execute(select(table.c.number).where(*wanted)).first() is not None


def change_device(conn: Conn, usage_point_id: int, number: int, **values: Any) -> None:
    """Write facts of a device."""
    own = table.c.usage_point_id == usage_point_id, table.c.number == number
    conn.execute(update(table).where(*own).values(**values))


def sealed_key(conn: Conn, usage_point_id: int, number: int) -> bytes | None:
    """The sealed key of a device that has not joined yet, for whoever tells the head end."""
    own = table.c.usage_point_id == usage_point_id, table.c.number == number
    return conn.scalar(select(table.c.sealed_key).where(*own))


def due(conn: Conn, utility_ids: Sequence[int], now_s: int, limit: int) -> list[tuple[Device, str]]:
    """Devices that are to be seen to by now, at meters of utilities, each with its ESIID, for the worker."""
    query = (
        select(*_COLUMNS, usage_point.c.esiid)
        .join(usage_point, usage_point.c.id == table.c.usage_point_id)
        .where(table.c.due_s <= now_s, table.c.utility_id.in_(utility_ids))
        .order_by(table.c.due_s)
        .limit(limit)
    )
    return [(Device(*row[:-1]), row[-1]) for row in conn.execute(query)]


def by_address(conn: Conn, pairs: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Device]:
    """The devices that are, or were last, at usage points under addresses, for the worker that takes reports in."""
    wanted = set(pairs)
    ids = sorted({usage_point_id for usage_point_id, _ in wanted})
    found: dict[tuple[int, str], Device] = {}
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        query = select(*_COLUMNS).where(table.c.usage_point_id.in_(some)).order_by(table.c.made_s)
        for row in conn.execute(query):
            one = Device(*row)
            if (one.usage_point_id, one.eui64) in wanted:
                found[one.usage_point_id, one.eui64] = one
    return found


def add_enrolment(conn: Conn, device: Device, provider: str, now_s: int) -> None:
    """Let a provider send to a device from now on."""
    own = _enrolment(device.usage_point_id, device.number, provider)
    values = {"from_s": now_s, "until_s": None, "ended_by": ""}
    if not conn.execute(update(device_enrolment).where(own).values(**values)).rowcount:
        key = {"usage_point_id": device.usage_point_id, "device_number": device.number, "provider": provider}
        conn.execute(insert(device_enrolment).values(**key, **values))


def end_enrolment(conn: Conn, device: Device, provider: str, ended_by: str, now_s: int) -> None:
    """Let a provider send no more; `NotFound` where it might not anyway."""
    own = _enrolment(device.usage_point_id, device.number, provider)
    runs = update(device_enrolment).where(own, device_enrolment.c.until_s.is_(None))
    if not conn.execute(runs.values(until_s=now_s, ended_by=ended_by[:128])).rowcount:
        raise NotFound(detail=f"{provider} is not enrolled with device {device.number}")


def enrolments(conn: Conn, reach: Reach, usage_point_ids: Iterable[int]) -> list[Enrolment]:
    """Who may, or might, send to the devices of usage points within reach."""
    within = reach.spans.subquery()
    columns = [device_enrolment.c[name] for name in Enrolment.__slots__]
    query = select(*columns).where(
        device_enrolment.c.usage_point_id.in_(list(usage_point_ids)),
        device_enrolment.c.usage_point_id.in_(select(within.c.usage_point_id)),
    )
    return [Enrolment(*row) for row in conn.execute(query.order_by(device_enrolment.c.from_s))]


def enrolled_with(conn: Conn, reach: Reach, provider: str) -> set[tuple[int, int]]:
    """The devices (usage point id, number) within reach that a provider may send to."""
    within = reach.spans.subquery()
    query = select(device_enrolment.c.usage_point_id, device_enrolment.c.device_number).where(
        device_enrolment.c.provider == provider,
        device_enrolment.c.until_s.is_(None),
        device_enrolment.c.usage_point_id.in_(select(within.c.usage_point_id)),
    )
    return {(int(row[0]), int(row[1])) for row in conn.execute(query)}


def add_agreement(
    conn: Conn, authorization_id: int, usage_point_id: int, *, eui64: str = "", services: bool = False
) -> None:
    """Note what a grant says of devices at a usage point: the one that may join, and whether sending is in it."""
    values = {"authorization_id": authorization_id, "usage_point_id": usage_point_id}
    conn.execute(insert(device_agreement).values(**values, eui64=eui64, services=services))


def named_in_agreements(conn: Conn, reach: Reach, third_party_id: int, usage_point_id: int) -> dict[str, int]:
    """The devices' addresses that live grants to a third party name at a usage point, each with its authorization."""
    within = reach.spans.subquery()
    query = (
        select(device_agreement.c.eui64, device_agreement.c.authorization_id)
        .join(authorization, authorization.c.id == device_agreement.c.authorization_id)
        .where(
            device_agreement.c.usage_point_id == usage_point_id,
            device_agreement.c.usage_point_id.in_(select(within.c.usage_point_id)),
            device_agreement.c.eui64 != "",
            authorization.c.third_party_id == third_party_id,
            lives(reach.at_s),
        )
    )
    return {eui64: int(authorization_id) for eui64, authorization_id in conn.execute(query)}


def of_device_agreements(
    third_party_id: int, now_s: int, *, authorization_id: int = 0, services: bool | None = None
) -> SpanQuery:
    """The relation "granted" of grants that speak of devices; authorization_id: of that one alone.

    services: of those alone that let it send (true), or that name a device (false).
    """
    granted = of_third_party(third_party_id, now_s, authorization_id=authorization_id)
    agreed = select(device_agreement.c.authorization_id).where(
        device_agreement.c.usage_point_id == granted.selected_columns[0]
    )
    if services is not None:
        agreed = agreed.where(device_agreement.c.services if services else device_agreement.c.eui64 != "")
    return granted.where(authorization.c.id.in_(agreed))


def forsaken(conn: Conn, now_s: int, limit: int) -> list[tuple[Device, str]]:
    """Devices that must go: those whose customer moved out, and those whose grant is over; each with the reason."""
    today = [
        and_(usage_point.c.utility_id == row.id, _runs(zone(row.zone).day_of(now_s)))
        for row in conn.execute(select(utility.c.id, utility.c.zone))
    ]
    lives_there = (
        select(tenancy.c.customer_id)
        .where(tenancy.c.usage_point_id == table.c.usage_point_id, tenancy.c.customer_id == table.c.customer_id)
        .where(or_(false(), *today))
        .exists()
    )
    granted = select(authorization.c.id).where(authorization.c.id == table.c.authorization_id, lives(now_s)).exists()
    living = (
        select(*_COLUMNS, lives_there.label("lives"))
        .join(usage_point, usage_point.c.id == table.c.usage_point_id)
        .where(table.c.state.in_(LIVING))
    )
    gone = or_(and_(table.c.customer_id != 0, ~lives_there), and_(table.c.authorization_id != 0, ~granted))
    found = []
    for row in conn.execute(living.where(gone).limit(limit)):
        one = Device(*row[:-1])
        found.append((one, "move-out" if one.customer_id and not row[-1] else "agreement"))
    return found


def set_lost(conn: Conn, before_s: int, now_s: int) -> int:
    """Tell as lost the active devices that were last heard of before an instant; how many there were."""
    silent = table.c.state == ACTIVE_STATE, table.c.contact_s < before_s
    return conn.execute(update(table).where(*silent).values(state=LOST, state_s=now_s)).rowcount


def lives(now_s: int) -> ColumnElement[bool]:
    """That a grant lives at an instant."""
    c = authorization.c
    return and_(c.status == ACTIVE, c.starts_s <= now_s, c.ends_s > now_s)


def _runs(day: int) -> Any:
    return and_(tenancy.c.from_day <= day, tenancy.c.until_day > day)


def _enrolment(usage_point_id: int, number: int, provider: str) -> Any:
    c = device_enrolment.c
    return and_(c.usage_point_id == usage_point_id, c.device_number == number, c.provider == provider)
