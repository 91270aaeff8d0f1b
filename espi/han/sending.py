"""What all that is sent to devices has in common: who it reaches, what is refused, what it displaces, its queueing.

The conflict rule: of two load-control events that overlap at a device the later sent one displaces the other from its
start on; an emergency of the utility is displaced by an emergency alone. Texts and prices reach every device of the
home that understands them, whoever enrolled it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from espi import access
from espi.access import Principal
from espi.config import Settings
from espi.errors import BadInput, Conflict
from espi.han import devices, frames
from espi.han.sep1 import MANDATORY, Cluster
from espi.store import devices as known
from espi.store import directory
from espi.store import home_commands as store
from espi.store import jobs as outbox
from espi.store.devices import Device
from espi.store.home_commands import Command, Target
from espi.store.turns import take_turn

if TYPE_CHECKING:
    from espi.store.database import Conn
    from espi.store.reach import Reach

CARRY = "han.carry"
DAY_S = 86_400
TEXTS_A_DAY = 5
PRICES_APART_S = 900
EVENTS_A_DAY = 10
LONGEST_AHEAD_S = 30 * DAY_S
RANDOMISE_S = 3600
"""So much later than it was to an event may end that a device ends by chance."""

LIMIT, OUTRANKED = "limit", "outranked"


@dataclass(frozen=True)
class Wanted:
    """What shall be sent. kind, action: of the store and of the gate. body, cancelling: by the event id.

    start_s, until_s: when it counts. device_class, group: of load control, whom it is for.
    """

    kind: str
    action: str
    cluster: Cluster
    start_s: int
    until_s: int
    content: Mapping[str, Any]
    body: Callable[[int], Any]
    cancelling: Callable[[int], Any] | None = None
    critical: int = 0
    confirms: bool = False
    text_bytes: int = 0
    device_class: int = 0
    group: int = 0


@dataclass(frozen=True)
class Displaced:
    """An event that another takes the place of, at a device."""

    device: Device
    command: Command


@dataclass(frozen=True)
class Refused:
    """A device that cannot be sent this. why: `LIMIT`, or `OUTRANKED` by an emergency (by: in whose name)."""

    device: Device
    why: str
    by: str = ""


@dataclass(frozen=True)
class Plan:
    """What would happen: which devices get it, what it displaces, which are refused, whose else it reaches."""

    chosen: tuple[Device, ...]
    displaced: tuple[Displaced, ...]
    refused: tuple[Refused, ...]
    others: tuple[Device, ...]

    @property
    def issuers(self) -> tuple[str, ...]:
        """In whose names what is displaced was sent."""
        return tuple(sorted({each.command.provider for each in self.displaced}))


def preview(conn: Conn, me: Principal, wanted: Wanted, usage_point_ids: Sequence[int], *, settings: Settings) -> Plan:
    """What would happen if this were sent to the devices of usage points, shown before it is.

    Raises `Denied` where the gate refuses it, `BadInput` for what cannot be sent at all.
    """
    reach = _reach(conn, me, wanted, settings)
    return _plan(conn, reach, me, wanted, usage_point_ids, settings)


def send(
    conn: Conn,
    me: Principal,
    wanted: Wanted,
    usage_point_ids: Sequence[int],
    *,
    settings: Settings,
    reference: str = "",
    skip_refused: bool = False,
) -> Command:
    """Queue something for the devices of usage points. reference: the sender's own id for it, used once only.

    Raises as `preview` does, and `Conflict` where a device is refused (unless these are to be skipped), where none is
    left, or where the reference was used before.
    """
    reach = _reach(conn, me, wanted, settings)
    take_turn(conn)
    plan = _plan(conn, reach, me, wanted, usage_point_ids, settings)
    if plan.refused and not skip_refused:
        raise Conflict(_told(plan.refused))
    if not plan.chosen:
        raise Conflict("There is no device here that this can be sent to.")
    made = _command(conn, me, wanted, reference, settings)
    _queue(conn, made, plan.chosen, settings)
    detail = {"devices": len(plan.chosen), "displaces": list(plan.issuers), "frame": made.frame.hex()}
    devices.note(conn, me, wanted.action, f"command {made.path_id}", reach.rule, settings, detail)
    return made


def cancel(conn: Conn, me: Principal, path_id: int, *, settings: Settings) -> int:
    """Take back what one sent; at how many devices. What has not left is over at once, the others get a frame.

    `Conflict` where another sent it, or it cannot be taken back.
    """
    reach = access.reach(conn, me, devices.SEE, settings=settings, target=f"command {path_id}")
    found = store.command(conn, reach, path_id)
    if found.provider != access.provider(me):
        raise Conflict("Only who has sent it can take it back.")
    if found.cancel_frame is None:
        raise Conflict("This cannot be taken back; send what shall count instead.")
    now_s = settings.clock.now_s()
    store.set_cancelled(conn, found.id, now_s)
    targets = store.targets(conn, reach, found.id)
    changed = [each for each in (cancelled(target, now_s) for target in targets) if each is not None]
    store.put_targets(conn, changed)
    wake(conn, now_s)
    devices.note(conn, me, "command:cancel", f"command {path_id}", reach.rule, settings, {"devices": len(changed)})
    return len(changed)


def cancelled(target: Target, now_s: int, state: str = store.CANCELLED) -> Target | None:
    """A target whose command is to end; None where it is over. What was never sent is over at once."""
    if target.closed_s is not None:
        return None
    if target.state == store.QUEUED:
        return target._replace(state=state, closed_s=now_s, pending=store.NOTHING, cancel_s=now_s, deadline_s=None)
    return target._replace(cancel_s=now_s, pending=store.TO_CANCEL)


def wake(conn: Conn, now_s: int) -> None:
    """Let the worker carry what is queued."""
    outbox.wake_job(conn, CARRY, CARRY, {}, now_s=now_s)


def check_body(body: Any) -> None:
    """Raise `BadFrame`, which is a `BadInput`, for what no frame can hold."""
    frames.encode(body, 0)


def check_times(start_s: int, until_s: int, now_s: int) -> None:
    """Raise `BadInput` for what begins in the past, ends before now or begins too far ahead."""
    if start_s and start_s < now_s:
        raise BadInput("It cannot begin in the past; leave the start out for at once.")
    if until_s <= now_s:
        raise BadInput("It would be over before it begins.")
    if start_s > now_s + LONGEST_AHEAD_S:
        raise BadInput("It can begin 30 days from now at the latest.")


def _reach(conn: Conn, me: Principal, wanted: Wanted, settings: Settings) -> Reach:
    if wanted.critical in MANDATORY:
        access.reach(conn, me, "load-control:emergency", settings=settings, target=wanted.kind)
    check_times(wanted.start_s, wanted.until_s, settings.clock.now_s())
    return access.reach(conn, me, wanted.action, settings=settings, target=wanted.kind)


def _plan(
    conn: Conn, reach: Reach, me: Principal, wanted: Wanted, usage_point_ids: Sequence[int], settings: Settings
) -> Plan:
    able = [each for each in known.devices(conn, reach, usage_point_ids) if _understands(each, wanted)]
    mine, others = _enrolled(conn, reach, me, wanted, able)
    _check_text(conn, wanted, mine)
    refused = _over_limit(conn, reach, me, wanted, mine, settings)
    displaced: list[Displaced] = []
    if wanted.kind == store.LOAD_CONTROL:
        _conflicts(conn, reach, wanted, mine, refused, displaced, settings)
    chosen = tuple(each for each in mine if each.number not in refused)
    kept = tuple(each for each in displaced if each.device.number not in refused)
    return Plan(chosen, kept, tuple(refused.values()), others)


def _understands(device: Device, wanted: Wanted) -> bool:
    if device.state not in known.THERE or not device.clusters & devices.BITS[wanted.cluster]:
        return False
    if wanted.kind not in {store.LOAD_CONTROL, store.CANCEL_ALL}:
        return True
    meant = not wanted.group or not device.device_group or wanted.group == device.device_group
    return meant and bool(device.device_class & wanted.device_class)


def _enrolled(
    conn: Conn, reach: Reach, me: Principal, wanted: Wanted, able: Sequence[Device]
) -> tuple[list[Device], tuple[Device, ...]]:
    """The devices that one may send to, and those of others that are reached with them."""
    if not access.sends_to_enrolled(me):
        return list(able), ()
    enrolled = known.enrolled_with(conn, reach, access.provider(me))
    mine = [each for each in able if (each.usage_point_id, each.number) in enrolled]
    if wanted.kind not in {store.TEXT, store.PRICE}:
        return mine, ()
    homes = {each.usage_point_id for each in mine}
    reached = [each for each in able if each.usage_point_id in homes]
    numbers = {each.number for each in mine}
    return reached, tuple(each for each in reached if each.number not in numbers)


def _check_text(conn: Conn, wanted: Wanted, chosen: Sequence[Device]) -> None:
    if not wanted.text_bytes:
        return
    dialects = {each.id: each.dialect for each in directory.utilities(conn)}
    for utility_id in {each.utility_id for each in chosen}:
        most = devices.limits_of(dialects[utility_id]).text_bytes
        if wanted.text_bytes > most:
            raise BadInput(f"The text has {wanted.text_bytes} bytes; these devices take {most}.")


def _over_limit(
    conn: Conn, reach: Reach, me: Principal, wanted: Wanted, chosen: Sequence[Device], settings: Settings
) -> dict[int, Refused]:
    if wanted.kind == store.CANCEL_ALL:
        return {}
    now_s = settings.clock.now_s()
    since_s = now_s - (PRICES_APART_S if wanted.kind == store.PRICE else DAY_S)
    points = sorted({each.usage_point_id for each in chosen})
    sent = store.sent_since(conn, reach, points, wanted.kind, since_s)
    used: Counter[int] = Counter()
    if wanted.kind == store.LOAD_CONTROL:
        used.update(target.device_number for target, _ in sent)
        over = {each.number for each in chosen if used[each.number] >= EVENTS_A_DAY}
    else:
        own = access.provider(me)
        homes = Counter(point for point, _ in {(t.usage_point_id, c.id) for t, c in sent if c.provider == own})
        most = 1 if wanted.kind == store.PRICE else TEXTS_A_DAY
        over = {each.number for each in chosen if homes[each.usage_point_id] >= most}
    return {each.number: Refused(each, LIMIT) for each in chosen if each.number in over}


def _conflicts(
    conn: Conn,
    reach: Reach,
    wanted: Wanted,
    chosen: Sequence[Device],
    refused: dict[int, Refused],
    displaced: list[Displaced],
    settings: Settings,
) -> None:
    begin_s = wanted.start_s or settings.clock.now_s()
    by_number = {each.number: each for each in chosen}
    points = sorted({each.usage_point_id for each in chosen})
    for target, command in store.overlapping(conn, reach, points, begin_s, wanted.until_s):
        device = by_number.get(target.device_number)
        if device is None or target.cancel_s is not None:
            continue
        if command.critical in MANDATORY and wanted.critical not in MANDATORY:
            refused[device.number] = Refused(device, OUTRANKED, command.provider)
        else:
            displaced.append(Displaced(device, command))


def _command(conn: Conn, me: Principal, wanted: Wanted, reference: str, settings: Settings) -> Command:
    event_id, now_s = store.new_id(conn), settings.clock.now_s()
    cancelling = wanted.cancelling(event_id) if wanted.cancelling else None
    made = Command(
        id=event_id,
        path_id=0,
        kind=wanted.kind,
        provider=access.provider(me),
        sender=str(me)[:128],
        reference=_checked_reference(reference),
        content=dict(wanted.content),
        frame=frames.encode(wanted.body(event_id), event_id % 256),
        cancel_frame=frames.encode(cancelling, (event_id + 1) % 256) if cancelling is not None else None,
        critical=wanted.critical,
        confirms=wanted.confirms,
        made_s=now_s,
        start_s=wanted.start_s or now_s,
        until_s=wanted.until_s,
        cancelled_s=None,
    )
    return replace(made, path_id=store.add_command(conn, made))


def _checked_reference(reference: str) -> str | None:
    if len(reference) > 64 or not reference.isprintable():
        raise BadInput("The id of what is sent has 64 characters at most.")
    return reference or None


def _queue(conn: Conn, made: Command, chosen: Sequence[Device], settings: Settings) -> None:
    lags = {each.id: devices.limits_of(each.dialect).lag_s for each in directory.utilities(conn)}
    shift = RANDOMISE_S if made.kind == store.LOAD_CONTROL else 0
    deadlines = {utility_id: made.until_s + shift + 2 * lag_s for utility_id, lag_s in lags.items()}
    store.add_targets(conn, (store.queued(each, made.id, deadlines[each.utility_id]) for each in chosen))
    wake(conn, settings.clock.now_s())


def _told(refused: Sequence[Refused]) -> str:
    why = Counter(each.why for each in refused)
    parts = []
    if why[LIMIT]:
        parts.append(f"{why[LIMIT]} devices have had as much of this as they may")
    if why[OUTRANKED]:
        parts.append(f"{why[OUTRANKED]} devices follow an emergency of their utility")
    return f"{', and '.join(parts)}. Leave them out, or send it to the others alone."
