"""Load control: events for devices, their end, and the customer's way out of them (SEP 1.0, DRLC cluster)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from espi import access
from espi.access import Principal
from espi.config import Settings
from espi.errors import BadInput, Conflict
from espi.han import devices, sending
from espi.han.fields import NOW
from espi.han.sending import Wanted
from espi.han.sep1 import (
    ALL_CLASSES,
    LONGEST_EVENT_MIN,
    MANDATORY,
    CancelAllLoadControlEvents,
    CancelLoadControlEvent,
    Cluster,
    LoadControlEvent,
)
from espi.store import home_commands as store

if TYPE_CHECKING:
    from espi.store.database import Conn

ACTION = "load-control:send"
MINUTE_S = 60
TENTHS, HUNDREDTHS = 10, 100
LATEST_CANCEL_MIN = 60


@dataclass(frozen=True)
class Relief:
    """What devices shall do. offsets: tenths of a degree Celsius. set points: hundredths. the others: per cent."""

    cooling_offset: int | None = None
    heating_offset: int | None = None
    cooling_set_point: int | None = None
    heating_set_point: int | None = None
    load_adjustment: int | None = None
    duty_cycle: int | None = None


def event(
    relief: Relief,
    *,
    minutes: int,
    criticality: int,
    settings: Settings,
    device_class: int = ALL_CLASSES,
    group: int = 0,
    start_s: int = NOW,
    randomise_start: bool = True,
    randomise_end: bool = True,
) -> Wanted:
    """An event of so many minutes for devices of classes and a group (0: all).

    `BadInput` says which value is out of bounds; nothing of it is left to be found when the frame is written.
    """
    if not 1 <= minutes <= LONGEST_EVENT_MIN:
        raise BadInput(f"An event lasts from 1 to {LONGEST_EVENT_MIN} minutes.")
    if not device_class:
        raise BadInput("Choose at least one class of devices.")
    values = LoadControlEvent(
        0,
        device_class,
        group,
        start_s,
        minutes,
        criticality,
        **asdict(relief),
        randomise_start=randomise_start,
        randomise_end=randomise_end,
    )
    sending.check_body(values)
    content = {name: getattr(values, name) for name in LoadControlEvent.__slots__ if name != "event_id"}
    return Wanted(
        store.LOAD_CONTROL,
        ACTION,
        Cluster.LOAD_CONTROL,
        start_s,
        (start_s or settings.clock.now_s()) + minutes * MINUTE_S,
        content,
        lambda event_id: replace(values, event_id=event_id),
        lambda event_id: CancelLoadControlEvent(
            event_id, device_class, group, randomise=randomise_end, effective_s=NOW
        ),
        critical=criticality,
        device_class=device_class,
        group=group,
    )


def cancel_all(*, settings: Settings, device_class: int = ALL_CLASSES, randomise: bool = True) -> Wanted:
    """The end of every event at devices, whoever sent it: the utility's alone, as an emergency is."""
    now_s = settings.clock.now_s()
    return Wanted(
        store.CANCEL_ALL,
        "load-control:emergency",
        Cluster.LOAD_CONTROL,
        NOW,
        now_s + LATEST_CANCEL_MIN * MINUTE_S,
        {"randomise": randomise},
        lambda _event_id: CancelAllLoadControlEvents(randomise),
        device_class=device_class,
    )


def opt_out(conn: Conn, me: Principal, path_id: int, number: int, *, settings: Settings) -> None:
    """Let a device of one's own follow an event no more. `Conflict` for an emergency, or what is over.

    On the wire the event is cancelled for this device; its sender sees that it was opted out of.
    """
    aim = f"device {number}"
    reach = access.reach(conn, me, "load-control:opt-out", settings=settings, target=aim)
    command = store.command(conn, reach, path_id)
    if command.kind != store.LOAD_CONTROL:
        raise Conflict("Only a load-control event can be opted out of.")
    if command.critical in MANDATORY:
        raise Conflict("This is an emergency of your utility; nobody can opt out of it.")
    found = [each for each in store.targets(conn, reach, command.id) if each.device_number == number]
    now_s = settings.clock.now_s()
    changed = sending.cancelled(found[0], now_s, store.OPTED_OUT) if found else None
    if changed is None:
        raise Conflict("This event is over for this device.")
    store.put_targets(conn, [changed._replace(state=store.OPTED_OUT, chosen_s=now_s)])
    sending.wake(conn, now_s)
    devices.note(conn, me, "load-control:opt-out", aim, reach.rule, settings, {"command": path_id})
