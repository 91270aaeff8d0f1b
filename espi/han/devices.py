"""Devices at meters: letting them join and leave, and who may send to them.

A device comes by its address and its install code; of the code only the link key is kept, sealed, until it has joined.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from espi import access
from espi.access import Principal
from espi.clock import zone
from espi.config import Settings
from espi.errors import BadInput, Conflict, Denied
from espi.han import gateway, install_code, sealing
from espi.han.sep1 import Cluster, DeviceClass
from espi.store import audit, directory
from espi.store import devices as store
from espi.store.devices import Device, Enrolment

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.directory import UsagePoint
    from espi.store.reach import Reach

PROVISION, SEE = "device:provision", "device:state"
LONGEST_NAME = 64
TRIES = 3
RETRY_S = 3600
SILENT_S = 24 * 3600
"""A device that was not heard of for so long is lost."""

BITS = {Cluster.PRICE: 1, Cluster.LOAD_CONTROL: 2, Cluster.MESSAGING: 4}
"""How the clusters that a device understands are kept."""


@dataclass(frozen=True)
class Kind:
    """A kind of device: what load control calls it, and the clusters that it understands."""

    device_class: int
    clusters: int


_ALL = sum(BITS.values())
_LOAD, _PRICED = BITS[Cluster.LOAD_CONTROL], BITS[Cluster.LOAD_CONTROL] | BITS[Cluster.PRICE]
KINDS: Mapping[str, Kind] = {
    "display": Kind(0, BITS[Cluster.PRICE] | BITS[Cluster.MESSAGING]),
    "thermostat": Kind(DeviceClass.HVAC, _ALL),
    "water heater": Kind(DeviceClass.WATER_HEATER, _LOAD),
    "pool pump": Kind(DeviceClass.POOL_PUMP, _LOAD),
    "appliance": Kind(DeviceClass.APPLIANCE, _PRICED),
    "switch": Kind(DeviceClass.SIMPLE_LOAD, _LOAD),
    "car charger": Kind(DeviceClass.ELECTRIC_VEHICLE, _PRICED),
}

_EUI64 = re.compile(r"[0-9A-F]{16}")


@dataclass(frozen=True)
class Listed:
    """A device as a page shows it. senders: who may send to it; former: those whose REP is of record no more."""

    device: Device
    senders: tuple[Enrolment, ...]
    former: tuple[str, ...]


def provision(
    conn: Conn,
    me: Principal,
    esiid: str,
    *,
    eui64: str,
    code: str,
    kind: str,
    name: str,
    settings: Settings,
    group: int = 0,
) -> int:
    """Let a device join the network of a meter; its number. What becomes of it is its state.

    code: the install code as it is printed; it is not kept. Raises `BadInstallCode` and `BadInput` for what was
    entered, `Conflict` for a device that is somewhere already or a meter that holds no more, `Denied` and `NotFound`.
    """
    reach = access.reach(conn, me, PROVISION, settings=settings, target=f"usage point {esiid[-4:]}")
    point = directory.usage_point(conn, reach, esiid=esiid)
    address = parse_address(eui64)
    key = install_code.link_key(install_code.parse(code))
    _check_words(kind, name, group)
    grant = _grant(conn, reach, me, point, address)
    _check_room(conn, reach, point, address)
    now_s = settings.clock.now_s()
    fresh = replace(
        _requested(point, address, kind, now_s),
        name=name.strip() or kind,
        device_group=group,
        asked_by=str(me)[:128],
        customer_id=_tenant(conn, reach, point, now_s),
        authorization_id=grant,
    )
    number = store.add_device(conn, fresh, sealing.seal(settings, key, _purpose(point.id, address)))
    if access.sends_to_enrolled(me):
        store.add_enrolment(conn, store.device(conn, reach, number), access.provider(me), now_s)
    note(conn, me, PROVISION, f"device {number}", reach.rule, settings, {"kind": kind})
    return number


def link_key(conn: Conn, device: Device, settings: Settings) -> bytes:
    """The link key of a device that has not joined yet, for its head end alone."""
    sealed = store.sealed_key(conn, device.usage_point_id, device.number)
    if sealed is None:
        raise Conflict("The key of this device is gone: it has joined, or left.")
    return sealing.unseal(settings, sealed, _purpose(device.usage_point_id, device.eui64))


def remove(conn: Conn, me: Principal, number: int, *, settings: Settings) -> None:
    """Let a device leave its meter's network; one that is over already stays as it is.

    A company removes those alone that are enrolled with it.
    """
    reach = access.reach(conn, me, PROVISION, settings=settings, target=f"device {number}")
    found = store.device(conn, reach, number)
    if access.sends_to_enrolled(me):
        mine = store.enrolled_with(conn, reach, access.provider(me))
        if (found.usage_point_id, number) not in mine:
            raise Denied(detail=f"device {number} is not enrolled with {me}", status=reach.refusal)
    begin_leaving(conn, found, "asked", settings.clock.now_s())
    note(conn, me, "device:remove", f"device {number}", reach.rule, settings, {})


def begin_leaving(conn: Conn, device: Device, why: str, now_s: int) -> None:
    """Let a device leave, and forget its key at once. why: asked, agreement or move-out."""
    if device.state in {store.LEAVING, *store.OVER}:
        return
    change = {"state": store.LEAVING, "state_s": now_s, "sealed_key": None, "removed_for": why, "tries": 0}
    store.change_device(conn, device.usage_point_id, device.number, **change, due_s=now_s)


def enrol(conn: Conn, me: Principal, number: int, provider: str, *, settings: Settings) -> None:
    """Let a REP or third party (rep/7, third_party/3) send to a device of one's own."""
    reach = access.reach(conn, me, "load-control:opt-out", settings=settings, target=f"device {number}")
    if not re.fullmatch(r"(rep|third_party)/[1-9][0-9]{0,17}", provider):
        raise BadInput("A provider is a REP or a third party.")
    store.add_enrolment(conn, store.device(conn, reach, number), provider, settings.clock.now_s())
    note(conn, me, "device:enrol", f"device {number}", reach.rule, settings, {"provider": provider})


def end_service(conn: Conn, me: Principal, number: int, provider: str, *, settings: Settings) -> None:
    """Let a provider send to a device of one's own no more."""
    reach = access.reach(conn, me, "load-control:opt-out", settings=settings, target=f"device {number}")
    found = store.device(conn, reach, number)
    store.end_enrolment(conn, found, provider, str(me), settings.clock.now_s())
    note(conn, me, "device:end-service", f"device {number}", reach.rule, settings, {"provider": provider})


def listed(conn: Conn, me: Principal, esiid: str, *, settings: Settings) -> list[Listed]:
    """The devices of a meter, who may send to them, and which of these served the customer before a switch."""
    reach = access.reach(conn, me, SEE, settings=settings, target=f"usage point {esiid[-4:]}")
    point = directory.usage_point(conn, reach, esiid=esiid)
    today = zone(point.utility.zone).day_of(settings.clock.now_s())
    serving = {
        f"rep/{span.of_id}"
        for span in directory.reps_of_record(conn, reach, point.id)
        if span.from_day <= today < span.until_day
    }
    enrolled = [each for each in store.enrolments(conn, reach, [point.id]) if each.until_s is None]
    found = []
    for device in store.devices(conn, reach, [point.id]):
        senders = tuple(each for each in enrolled if each.device_number == device.number)
        former = {each.provider for each in senders if each.provider.startswith("rep/")} - serving
        found.append(Listed(device, senders, tuple(sorted(former))))
    return found


def parse_address(text: str) -> str:
    """An EUI-64 as it is printed; `BadInput` says what it looks like."""
    found = re.sub(r"[\s:.-]", "", text).upper()
    if not _EUI64.fullmatch(found):
        raise BadInput("The address of a device (EUI-64 or MAC) has 16 digits and letters from A to F.")
    return found


def head_end_name(dialect: Mapping[str, object]) -> str:
    """The name of the head end that a utility's meters hang at; "" for none."""
    return str(dialect.get("head_end") or "")


def limits_of(dialect: Mapping[str, object]) -> gateway.Limits:
    """What the network of a utility takes; the plain limits where this process does not speak with it."""
    known = gateway.connected().get(head_end_name(dialect))
    return known.limits if known else gateway.Limits()


def note(
    conn: Conn, me: Principal, action: str, target: str, rule: str, settings: Settings, detail: Mapping[str, object]
) -> None:
    """Write an act into the audit, in the transaction that it is done in."""
    at_s = settings.clock.now_s()
    audit.record(conn, at_s=at_s, actor=str(me), action=action, target=target, rule=rule, allowed=True, detail=detail)


def _requested(point: UsagePoint, address: str, kind: str, now_s: int) -> Device:
    """A device of a kind that shall join at a usage point."""
    known = KINDS[kind]
    return Device(
        usage_point_id=point.id,
        number=0,
        utility_id=point.utility_id,
        eui64=address,
        kind=kind,
        name=kind,
        device_class=int(known.device_class),
        device_group=0,
        clusters=known.clusters,
        state=store.REQUESTED,
        state_s=now_s,
        failure="",
        asked_by="",
        customer_id=0,
        authorization_id=0,
        made_s=now_s,
        contact_s=None,
        tries=0,
        due_s=now_s,
        removed_for="",
    )


def _check_words(kind: str, name: str, group: int) -> None:
    if kind not in KINDS:
        raise BadInput(f"A device is one of: {', '.join(KINDS)}.")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise BadInput(f"The name of a device has {LONGEST_NAME} characters at most.")
    if not 0 <= group <= 255:
        raise BadInput("The group of a device is a number from 0 (every group) to 255.")


def _grant(conn: Conn, reach: Reach, me: Principal, point: UsagePoint, address: str) -> int:
    """By which grant a device may join; 0 where none is needed."""
    if not access.names_devices(me):
        return 0
    named = store.named_in_agreements(conn, reach, me.id, point.id)
    if address not in named:
        raise Denied(detail=f"no grant to {me} names this device", status=reach.refusal)
    return named[address]


def _check_room(conn: Conn, reach: Reach, point: UsagePoint, address: str) -> None:
    if not head_end_name(point.utility.dialect):
        raise BadInput("This meter has no network for devices at home.")
    if store.joined_elsewhere(conn, address):
        raise Conflict("A device with this address is joined already, or on its way.")
    most = limits_of(point.utility.dialect).devices_a_meter
    there = [each for each in store.devices(conn, reach, [point.id]) if each.state in {*store.LIVING, store.LEAVING}]
    if len(there) >= most:
        raise Conflict(f"This meter holds {most} devices at most; remove one first.")


def _tenant(conn: Conn, reach: Reach, point: UsagePoint, now_s: int) -> int:
    today = zone(point.utility.zone).day_of(now_s)
    lived = directory.tenancies(conn, reach, point.id)
    return next((span.of_id for span in lived if span.from_day <= today < span.until_day), 0)


def _purpose(usage_point_id: int, eui64: str) -> str:
    return f"link key/{usage_point_id}/{eui64}"
