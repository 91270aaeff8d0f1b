"""Devices at home: a display, a thermostat, a water heater, a car charger. They take frames and answer with frames."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from espi.han import frames, sep1
from espi.han.fields import NOW, BadFrame
from espi.han.sep1 import Cluster, DeviceClass
from espi.han.simulated.loads import AIR_CONDITIONING, CHARGING, CYCLE_MIN, HOT_WATER, MINUTE_S, Load
from espi.han.simulated.obeying import Obeying

Sent = tuple[int, bytes]
"""A frame that a device sends, and its cluster."""


@dataclass
class Shown:
    """A text that a display shows. until_s: until when. confirmed: whether somebody pressed the button."""

    message_id: int
    text: str
    importance: int
    until_s: int
    confirm_s: int | None = None


@dataclass
class Appliance:
    """A device. code: its install code with check bytes. clusters: what it understands. load: what it draws.

    reads_after_s: how long somebody takes to confirm a text; None where nobody looks.
    """

    eui64: str
    code: bytes
    kind: str
    clusters: frozenset[Cluster]
    obeying: Obeying
    load: Load
    reads_after_s: int | None = 30
    price: sep1.PublishPrice | None = None
    shown: Shown | None = None
    seen: set[tuple[int, int]] = field(default_factory=set)
    waiting: list[tuple[int, int]] = field(default_factory=list)
    _sequence: int = 0

    def receive(self, cluster: int, data: bytes, now_s: int) -> list[Sent]:
        """Take a frame; what the device answers. What it cannot read it says is malformed."""
        try:
            found = frames.decode(cluster, data)
        except BadFrame:
            return [self._default(cluster, data[2] if len(data) > 2 else 0, frames.MALFORMED)]
        if found.cluster not in self.clusters:
            return [self._default(cluster, found.header.command, frames.UNSUPPORTED_COMMAND)]
        return [*self._answer(found.header, cluster), *self._do(found.body, now_s)]

    def act(self, now_s: int) -> list[Sent]:
        """Do what is due by now; what the device says of it."""
        said = self._events(self.obeying.act(now_s))
        due = [(at_s, message) for at_s, message in self.waiting if at_s <= now_s]
        self.waiting = [one for one in self.waiting if one not in due]
        for at_s, message in due:
            said.append(self._sent(Cluster.MESSAGING, sep1.MessageConfirmation(message, at_s)))
        return said

    @property
    def due_s(self) -> int | None:
        """When it has something to do next."""
        times = [at_s for at_s, _ in self.waiting]
        if (event_s := self.obeying.due_s) is not None:
            times.append(event_s)
        return min(times, default=None)

    def opt_out(self, event_id: int, now_s: int) -> list[Sent]:
        """Somebody at home wants no more of an event."""
        return self._events(self.obeying.opt_out(event_id, now_s))

    def opt_in(self, event_id: int, now_s: int) -> list[Sent]:
        """Somebody at home takes part again."""
        return self._events(self.obeying.opt_in(event_id, now_s))

    def watts(self, at_s: int) -> int:
        """What it draws in the minute of an instant."""
        return self.load.watts(at_s, self.obeying.obeys(at_s))

    def attributes(self) -> bytes:
        """A report of what the profile lets a device say of itself for load control."""
        early, late = self.obeying.randomise_min
        values = (self.obeying.group, early, late, self.obeying.device_class)
        body = frames.ReportAttributes(
            tuple(
                frames.value_of(frames.attribute(Cluster.LOAD_CONTROL, number, at_server=False), value)
                for number, value in enumerate(values)
            )
        )
        return frames.encode_global(body, self._next(), from_server=False, quiet=True)

    def _do(self, body: Any, now_s: int) -> list[Sent]:
        match body:
            case sep1.LoadControlEvent():
                return self._events(self.obeying.take(body, now_s))
            case sep1.CancelLoadControlEvent():
                return self._events(self.obeying.cancel(body, now_s))
            case sep1.CancelAllLoadControlEvents():
                return self._events(self.obeying.cancel_all(body, now_s))
            case sep1.DisplayMessage():
                self._show(body, now_s)
            case sep1.CancelMessage():
                if self.shown is not None and self.shown.message_id == body.message_id:
                    self.shown = None
                self.waiting = [one for one in self.waiting if one[1] != body.message_id]
            case sep1.PublishPrice():
                if self.price is None or body.event_id > self.price.event_id:
                    self.price = body
            case _:
                pass
        return []

    def _show(self, body: sep1.DisplayMessage, now_s: int) -> None:
        if (Cluster.MESSAGING, body.message_id) in self.seen:
            return
        self.seen.add((Cluster.MESSAGING, body.message_id))
        begin_s = max(now_s, body.start_s) if body.start_s != NOW else now_s
        until_s = begin_s + body.duration_min * MINUTE_S
        self.shown = Shown(body.message_id, body.text, body.importance, until_s)
        if body.confirm and self.reads_after_s is not None and begin_s + self.reads_after_s <= until_s:
            self.waiting.append((begin_s + self.reads_after_s, body.message_id))

    def _events(self, reports: list[sep1.ReportEventStatus]) -> list[Sent]:
        return [self._sent(Cluster.LOAD_CONTROL, report) for report in reports]

    def _answer(self, header: frames.Header, cluster: int) -> list[Sent]:
        return [] if header.quiet else [self._default(cluster, header.command, frames.SUCCESS)]

    def _default(self, cluster: int, command: int, status: int) -> Sent:
        body = frames.DefaultResponse(command, status)
        return cluster, frames.encode_global(body, self._next(), from_server=False, quiet=True)

    def _sent(self, cluster: Cluster, body: Any) -> Sent:
        return int(cluster), frames.encode(body, self._next())

    def _next(self) -> int:
        self._sequence = (self._sequence + 1) % 256
        return self._sequence


def display(eui64: str, code: bytes, *, reads_after_s: int | None = 30) -> Appliance:
    """An in-home display: texts and prices."""
    clusters = frozenset({Cluster.MESSAGING, Cluster.PRICE})
    return _made(eui64, code, "display", clusters, 0, Load(3, (100,) * 24, cycles=False), reads_after_s=reads_after_s)


def thermostat(eui64: str, code: bytes, *, group: int = 0) -> Appliance:
    """A thermostat that runs an air conditioner of 3.5 kW."""
    clusters = frozenset({Cluster.LOAD_CONTROL, Cluster.PRICE, Cluster.MESSAGING})
    load = Load(3500, AIR_CONDITIONING, cycles=True, phase_min=int(eui64[-2:], 16) % CYCLE_MIN)
    return _made(eui64, code, "thermostat", clusters, DeviceClass.HVAC, load, group=group)


def water_heater(eui64: str, code: bytes, *, group: int = 0) -> Appliance:
    """A water heater of 4.5 kW."""
    load = Load(4500, HOT_WATER, cycles=True, phase_min=int(eui64[-2:], 16) % CYCLE_MIN)
    clusters = frozenset({Cluster.LOAD_CONTROL})
    return _made(eui64, code, "water heater", clusters, DeviceClass.WATER_HEATER, load, group=group)


def car_charger(eui64: str, code: bytes, *, group: int = 0) -> Appliance:
    """A charger of 7.2 kW, whose car stands at home from the evening on."""
    load = Load(7200, CHARGING, cycles=False)
    clusters = frozenset({Cluster.LOAD_CONTROL, Cluster.PRICE})
    return _made(eui64, code, "car charger", clusters, DeviceClass.ELECTRIC_VEHICLE, load, group=group)


def _made(
    eui64: str,
    code: bytes,
    kind: str,
    clusters: frozenset[Cluster],
    device_class: int,
    load: Load,
    *,
    group: int = 0,
    reads_after_s: int | None = 30,
) -> Appliance:
    obeying = Obeying(int(device_class), group, (5, 5), random.Random(eui64))
    return Appliance(eui64, code, kind, clusters, obeying, load, reads_after_s)
