"""The worker between the store and the head ends: it carries out what is queued and takes in what is reported.

One turn with a network is one transaction, with the place in its stream: a report is taken in once. What is sent bears
an id made of its key, so a turn that is done again after a crash sends nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from espi.clock import DAY_S
from espi.config import Settings
from espi.han import devices, folding, sending
from espi.han.gateway import HeadEnd, Joining, Leaving, Order, Report
from espi.han.sep1 import Cluster
from espi.han.taking import Taken, take
from espi.store import devices as known
from espi.store import directory
from espi.store import home_commands as store
from espi.store.devices import Device
from espi.store.home_commands import Command, Pending, Target

if TYPE_CHECKING:
    from espi.store.database import Conn

MOST = 5000
"""So many reports, orders or devices are seen to in one turn."""

TAKERS: list[Callable[[Conn, Report], None]] = []
"""Who wants what is read of registers: called in the turn that takes it in."""

_CLUSTERS = {
    store.TEXT: Cluster.MESSAGING,
    store.PRICE: Cluster.PRICE,
    store.LOAD_CONTROL: Cluster.LOAD_CONTROL,
    store.CANCEL_ALL: Cluster.LOAD_CONTROL,
}


@dataclass(frozen=True)
class Turn:
    """What a turn did: reports taken in, targets sent, devices seen to."""

    reports: int
    sent: int
    devices: int

    @property
    def full(self) -> bool:
        """Whether there may be more at once."""
        return max(self.reports, self.sent, self.devices) >= MOST


def utility_ids(conn: Conn, head_end: HeadEnd) -> list[int]:
    """The utilities whose meters hang at a head end."""
    return [each.id for each in directory.utilities(conn) if devices.head_end_name(each.dialect) == head_end.name]


def turn(conn: Conn, head_end: HeadEnd, settings: Settings) -> Turn:
    """Take in what a head end has said, then tell it what is queued."""
    ids = utility_ids(conn, head_end)
    if not ids:
        return Turn(0, 0, 0)
    now_s = settings.clock.now_s()
    taken = take_in(conn, head_end, ids, now_s)
    seen_to = see_to_devices(conn, head_end, ids, settings)
    return Turn(taken, send_pending(conn, head_end, ids, now_s), seen_to)


def take_in(conn: Conn, head_end: HeadEnd, ids: Sequence[int], now_s: int) -> int:
    """Take in the next reports of a network; how many."""
    seen = store.seen(conn, head_end.name)
    reports = head_end.reports(seen, MOST)
    if not reports:
        return 0
    taken = take(conn, reports, ids, now_s)
    _put(conn, taken)
    for report in taken.registers:
        for taker in TAKERS:
            taker(conn, report)
    store.put_seen(conn, head_end.name, reports[-1].number)
    return len(reports)


def see_to_devices(conn: Conn, head_end: HeadEnd, ids: Sequence[int], settings: Settings) -> int:
    """Tell a head end which devices shall join and leave; how many."""
    now_s = settings.clock.now_s()
    due = known.due(conn, ids, now_s, MOST)
    for device, esiid in due:
        if device.state == known.LEAVING:
            _leave(conn, head_end, device, esiid, now_s)
        elif device.state == known.REQUESTED and not device.tries:
            _join(conn, head_end, device, esiid, settings)
        elif device.state in known.COMING:
            _fail(conn, device, "join-timeout", now_s)
        else:
            known.change_device(conn, device.usage_point_id, device.number, due_s=None)
    return len(due)


def send_pending(conn: Conn, head_end: HeadEnd, ids: Sequence[int], now_s: int) -> int:
    """Give a head end what is queued, as much as it takes; of how many targets."""
    found = store.pending(conn, ids, min(MOST, head_end.limits.orders))
    commands = store.commands_by_id(conn, (each.target.command_id for each in found))
    orders: list[Order] = []
    changed: list[Target] = []
    for _, group in groupby(found, key=lambda each: _correlation(each, commands[each.target.command_id])):
        some = list(group)
        command = commands[some[0].target.command_id]
        order = _order(head_end, some[0], command)
        if order is None:
            changed += [folding.closed(each.target, _ended(each.target), now_s) for each in some]
        else:
            orders.append(order)
            changed += [folding.sent(each.target, now_s) for each in some]
    if orders:
        head_end.send(orders)
    store.put_targets(conn, changed)
    return len(found)


def end_overdue(conn: Conn, settings: Settings) -> int:
    """End what should have ended by itself; how many targets."""
    now_s = settings.clock.now_s()
    late = store.overdue(conn, now_s, MOST)
    store.put_targets(conn, [folding.overdue(each, now_s) for each in late])
    return len(late)


def sweep(conn: Conn, settings: Settings) -> int:
    """Let go what has lost its ground: devices of who moved out or ended a grant, what such a grant still runs."""
    now_s = settings.clock.now_s()
    gone = known.forsaken(conn, now_s, MOST)
    for device, why in gone:
        devices.begin_leaving(conn, device, why, now_s)
    orphans = store.orphaned(conn, now_s, MOST)
    ended = [each for each in (sending.cancelled(target, now_s) for target in orphans) if each is not None]
    store.put_targets(conn, ended)
    known.set_lost(conn, now_s - devices.SILENT_S, now_s)
    return len(gone) + len(ended) + end_overdue(conn, settings)


def _put(conn: Conn, taken: Taken) -> None:
    store.put_targets(conn, list(taken.changed.values()))
    store.add_reports(conn, taken.kept)
    for (usage_point_id, number), values in taken.of_devices.items():
        known.change_device(conn, usage_point_id, number, **values)


def _join(conn: Conn, head_end: HeadEnd, device: Device, esiid: str, settings: Settings) -> None:
    key = devices.link_key(conn, device, settings)
    correlation = f"join/{device.usage_point_id}/{device.number}"
    head_end.provision(Joining(correlation, esiid, device.eui64, key))
    ends_s = settings.clock.now_s() + head_end.limits.join_window_s + 2 * head_end.limits.lag_s
    known.change_device(conn, device.usage_point_id, device.number, tries=1, due_s=ends_s)


def _leave(conn: Conn, head_end: HeadEnd, device: Device, esiid: str, now_s: int) -> None:
    """Ask once more, until it was asked often enough."""
    if device.tries >= devices.TRIES:
        change = {"state": known.NOT_LEFT, "state_s": now_s, "failure": "meter-unreachable", "due_s": None}
    else:
        correlation = f"leave/{device.usage_point_id}/{device.number}/{device.tries}"
        head_end.deprovision(Leaving(correlation, esiid, device.eui64))
        change = {"tries": device.tries + 1, "due_s": now_s + devices.RETRY_S}
    known.change_device(conn, device.usage_point_id, device.number, **change)


def _fail(conn: Conn, device: Device, failure: str, now_s: int) -> None:
    change = {"state": known.FAILED, "state_s": now_s, "failure": failure, "due_s": None, "sealed_key": None}
    known.change_device(conn, device.usage_point_id, device.number, **change)


def _broadcast(command: Command) -> bool:
    """Whether one frame goes to every device of a home that understands it."""
    return command.kind in {store.TEXT, store.PRICE}


def _correlation(each: Pending, command: Command) -> str:
    target = each.target
    what = "cancel" if target.pending == store.TO_CANCEL else "send"
    number = 0 if _broadcast(command) else target.device_number
    return f"{what}/{target.usage_point_id}/{target.command_id}/{number}"


def _order(head_end: HeadEnd, each: Pending, command: Command) -> Order | None:
    """What goes to the head end for a target; None where it was stopped before it left."""
    correlation = _correlation(each, command)
    cancels = each.target.pending == store.TO_CANCEL
    if cancels and head_end.cancel("send" + correlation.removeprefix("cancel")):
        return None
    frame = command.cancel_frame if cancels else command.frame
    eui64 = "" if _broadcast(command) else each.eui64
    until_s = max(command.until_s, each.target.cancel_s or 0) + (DAY_S if cancels else 0)
    return Order(correlation, each.esiid, eui64, _CLUSTERS[command.kind], frame or b"", until_s)


def _ended(target: Target) -> str:
    return store.OPTED_OUT if target.state == store.OPTED_OUT else store.CANCELLED
