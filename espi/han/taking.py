"""Reports of head ends, read: which target or device each is about, and what it makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from espi import log
from espi.han import folding, frames
from espi.han.fields import BadFrame
from espi.han.gateway import Report, ReportKind
from espi.han.sep1 import Cluster, MessageConfirmation, ReportEventStatus
from espi.store import devices as known
from espi.store import directory
from espi.store import home_commands as store
from espi.store.devices import Device
from espi.store.home_commands import Command, Target

if TYPE_CHECKING:
    from espi.store.database import Conn

HEARD_EVERY_S = 3600
"""When a device was heard of is noted this often at most."""

Key = tuple[int, int, int]
_JOINING: Mapping[ReportKind, str] = {
    ReportKind.KEY_SENT: known.KEY_SENT,
    ReportKind.JOIN_OPEN: known.JOIN_OPEN,
    ReportKind.JOINED: known.JOINED,
    ReportKind.KEY_ESTABLISHED: known.KEY_ESTABLISHED,
    ReportKind.ACTIVE: known.ACTIVE_STATE,
}
_ORDER = (*known.COMING, known.ACTIVE_STATE)


@dataclass
class Taken:
    """What reports make of targets and devices, to be written; what is kept of them; what registers show."""

    changed: dict[Key, Target] = field(default_factory=dict)
    of_devices: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    kept: list[dict[str, Any]] = field(default_factory=list)
    registers: list[Report] = field(default_factory=list)


@dataclass
class _Known:
    """What is there: usage points by ESIID, devices by address, open targets, and the commands that are asked for."""

    points: Mapping[str, int]
    devices: Mapping[tuple[int, str], Device]
    targets: dict[Key, Target]
    homes: Mapping[tuple[int, int], Sequence[Key]]
    commands: Mapping[int, Command]


@dataclass(frozen=True)
class _Read:
    """A report and what its frame says. command_id: what it is about; 0 for nothing that was sent."""

    report: Report
    point: int
    device: Device | None
    body: Any
    command_id: int


def take(conn: Conn, reports: Sequence[Report], utility_ids: Sequence[int], now_s: int) -> Taken:
    """Read reports of a network of these utilities, in their order."""
    points = _points(conn, reports, utility_ids)
    pairs = {(points[each.esiid], each.eui64) for each in reports if each.eui64 and each.esiid in points}
    there = known.by_address(conn, pairs)
    read = [one for one in (_read(each, points, there) for each in reports) if one is not None]
    about = {one.point for one in read if one.command_id}
    targets = store.open_targets(conn, about)
    commands = store.commands_by_id(conn, {command_id for _, command_id, _ in targets})
    homes: dict[tuple[int, int], list[Key]] = {}
    for key in targets:
        homes.setdefault(key[:2], []).append(key)
    here = _Known(points, there, targets, homes, commands)
    taken = Taken()
    for one in read:
        _take_one(one, here, taken, now_s)
    return taken


def _points(conn: Conn, reports: Iterable[Report], utility_ids: Sequence[int]) -> dict[str, int]:
    esiids = sorted({each.esiid for each in reports})
    found: dict[str, int] = {}
    for utility_id in utility_ids:
        found |= directory.usage_point_ids(conn, utility_id, esiids)
    return found


def _read(report: Report, points: Mapping[str, int], there: Mapping[tuple[int, str], Device]) -> _Read | None:
    point = points.get(report.esiid)
    if point is None:
        return None
    device = there.get((point, report.eui64))
    if report.kind is not ReportKind.FRAME:
        return _Read(report, point, device, None, _sent_as(report.correlation)[1])
    try:
        body = frames.decode(report.cluster, report.frame).body
    except BadFrame as err:
        log.warn(log.Event.BAD_FRAME, where=err.where, what=err.what)
        return _Read(report, point, device, None, 0)
    return _Read(report, point, device, body, _named(body))


def _named(body: Any) -> int:
    match body:
        case ReportEventStatus():
            return body.event_id
        case MessageConfirmation():
            return body.message_id
        case _:
            return 0


def _sent_as(correlation: str) -> tuple[str, int, int]:
    """What was sent under a correlation id: send or cancel, the command and the device (0: all of the home)."""
    what, _, rest = correlation.partition("/")
    if what not in {"send", "cancel"}:
        return "", 0, 0
    _, command_id, number = rest.split("/")
    return what, int(command_id), int(number)


def _take_one(one: _Read, here: _Known, taken: Taken, now_s: int) -> None:
    report = one.report
    if report.kind in {ReportKind.REGISTER, ReportKind.READ_FAILED}:
        taken.registers.append(report)
        return
    if one.command_id:
        for key in _keys(one, here):
            after = _after(here.targets[key], here.commands[key[1]], one)
            if after != here.targets[key]:
                here.targets[key] = taken.changed[key] = after
        taken.kept.append(_kept(one))
    if one.device is not None:
        _of_device(one, one.device, taken, now_s)


def _keys(one: _Read, here: _Known) -> Sequence[Key]:
    """Which open targets a report is about: that of the device, or all of a home where it names none."""
    if one.device is None:
        return () if one.report.eui64 else here.homes.get((one.point, one.command_id), ())
    key = one.point, one.command_id, one.device.number
    return (key,) if key in here.targets else ()


def _after(target: Target, command: Command, one: _Read) -> Target:
    report = one.report
    what = _sent_as(report.correlation)[0]
    match report.kind, one.body:
        case ReportKind.DELIVERED, _:
            step = folding.cancel_delivered if what == "cancel" else folding.delivered
            return step(target, command, report.at_s)
        case ReportKind.UNDELIVERED, _:
            return target if what == "cancel" else folding.undelivered(target, report.at_s, report.reason[:32])
        case ReportKind.FRAME, ReportEventStatus():
            return folding.reported(target, one.body.status, one.body.at_s or report.at_s)
        case ReportKind.FRAME, MessageConfirmation():
            return folding.confirmed(target, one.body.at_s or report.at_s)
        case _:
            return target


def _of_device(one: _Read, device: Device, taken: Taken, now_s: int) -> None:
    report = one.report
    key = device.usage_point_id, device.number
    before = taken.of_devices.get(key, {})
    state = before.get("state", device.state)
    change = _step(report, state)
    if isinstance(one.body, frames.ReportAttributes) and report.cluster == Cluster.LOAD_CONTROL:
        names = {0: "device_group", 3: "device_class"}
        change |= {names[each.attribute]: each.value for each in one.body.values if each.attribute in names}
    heard = report.kind in _HEARD
    last_s = before.get("contact_s", device.contact_s) or 0
    if heard and state in {*known.THERE, *known.COMING} and report.at_s >= last_s + HEARD_EVERY_S:
        change["contact_s"] = report.at_s
    if heard and state == known.LOST and report.at_s > now_s - HEARD_EVERY_S:
        change |= {"state": known.ACTIVE_STATE, "state_s": report.at_s}
    if change:
        taken.of_devices[key] = {**before, **change}


_HEARD = frozenset({ReportKind.JOINED, ReportKind.ACTIVE, ReportKind.DELIVERED, ReportKind.FRAME, ReportKind.CONTACT})


def _step(report: Report, state: str) -> dict[str, Any]:
    """What a report makes of the state of a device; nothing where it comes too late."""
    at = {"state_s": report.at_s, "due_s": None}
    if report.kind in _JOINING and state in known.COMING:
        wanted = _JOINING[report.kind]
        if _ORDER.index(wanted) > _ORDER.index(state):
            over = {**at, "sealed_key": None} if wanted == known.ACTIVE_STATE else {"state_s": report.at_s}
            return {"state": wanted, **over}
    if report.kind is ReportKind.JOIN_FAILED and state in known.COMING:
        return {"state": known.FAILED, "failure": report.reason[:32], "sealed_key": None, **at}
    if report.kind is ReportKind.REMOVED and state in {known.LEAVING, known.NOT_LEFT}:
        return {"state": known.LEFT, **at}
    return {}


def _kept(one: _Read) -> dict[str, Any]:
    report = one.report
    return {
        "usage_point_id": one.point,
        "number": report.number,
        "device_number": one.device.number if one.device else 0,
        "command_id": one.command_id,
        "kind": str(report.kind),
        "at_s": report.at_s,
        "frame": report.frame,
        "reason": report.reason[:32],
    }
