"""A simulated network of meters: what a head end does, by the clock, with faults as they are asked for."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterable, Sequence

from espi.han import frames, install_code
from espi.han.gateway import KWH_UOM, Joining, Leaving, Order, Register, Report, ReportKind
from espi.han.sep1 import Cluster
from espi.han.simulated.appliances import Appliance, Sent
from espi.han.simulated.meter import SimulatedMeter
from espi.han.simulated.profiles import NO_FAULTS, Faults, Profile

JOINS_AFTER_S = (20, 300)
"""How long a device looks for a network that is open, at least and at most."""

CONTACT_S = 6 * 3600
UNREACHABLE, JOIN_TIMEOUT, BAD_CODE = "meter-unreachable", "join-timeout", "bad-install-code"
KEY_FAILED, DEVICE_LIMIT, NO_DEVICE, DEVICE_OFF = "key-establishment-failed", "device-limit", "no-device", "device-off"


class SimulatedNetwork:
    """A head end (`espi.han.gateway.HeadEnd`) and all that is behind it. now_s: the clock that it lives by."""

    def __init__(
        self, profile: Profile, now_s: Callable[[], int], *, seed: int = 1, faults: Faults = NO_FAULTS, name: str = ""
    ) -> None:
        self.name = name or profile.name
        self.limits = profile.limits
        self.faults = faults
        self.meters: dict[str, SimulatedMeter] = {}
        self._profile = profile
        self._clock = now_s
        self._chance = random.Random(f"{profile.name}/{seed}")
        self._at_s = now_s()
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._ties = itertools.count()
        self._said: list[Report] = []
        self._known: set[str] = set()
        self._waiting: dict[str, Order] = {}
        self._held: dict[str, list[Order]] = {}

    # ------------------------------------------------------------ what stands there

    def add_meter(self, esiid: str, start_wh: int = 0) -> SimulatedMeter:
        """Hang a meter; its register counts from now on."""
        made = self.meters[esiid] = SimulatedMeter(esiid, self._clock(), start_wh)
        return made

    def place(self, esiid: str, appliance: Appliance) -> Appliance:
        """Put a device into a home, where it looks for a network to join."""
        self.meters[esiid].at_home[appliance.eui64] = appliance
        return appliance

    def switch_off(self, esiid: str, eui64: str) -> None:
        """Pull a device's plug."""
        self.settle()
        self.meters[esiid].off.add(eui64)

    def switch_on(self, esiid: str, eui64: str) -> None:
        """Plug it in again: what was held for it is sent once more, if it is of use still."""
        self.settle()
        meter = self.meters[esiid]
        meter.off.discard(eui64)
        for order in self._held.pop(eui64, []):
            self._hop(meter, meter.joined.get(eui64), order)
        if eui64 in meter.joined:
            self._after(1, lambda: self._act(meter, meter.at_home[eui64]))

    def opt_out(self, esiid: str, eui64: str, event_id: int) -> None:
        """Somebody presses the button that ends an event on a device."""
        self.settle()
        meter = self.meters[esiid]
        self._speak(meter, meter.joined[eui64], meter.joined[eui64].opt_out(event_id, self._at_s))

    def opt_in(self, esiid: str, eui64: str, event_id: int) -> None:
        """Somebody takes part again."""
        self.settle()
        meter = self.meters[esiid]
        self._speak(meter, meter.joined[eui64], meter.joined[eui64].opt_in(event_id, self._at_s))

    def settle(self) -> None:
        """Do everything that is due by the clock."""
        now_s = self._clock()
        while self._due and self._due[0][0] <= now_s:
            at_s, _, what = heapq.heappop(self._due)
            self._at_s = max(self._at_s, at_s)
            what()
        self._at_s = max(self._at_s, now_s)

    # ------------------------------------------------------------ HeadEnd

    def provision(self, joining: Joining) -> str:
        """As `HeadEnd` has it."""
        if self._is_new(joining.correlation):
            self._to_meter(
                joining.esiid,
                lambda meter: self._open(meter, joining),
                lambda: self._join_failed(joining, UNREACHABLE),
            )
        return joining.correlation

    def deprovision(self, leaving: Leaving) -> str:
        """As `HeadEnd` has it."""
        if self._is_new(leaving.correlation):
            about = {"eui64": leaving.eui64, "correlation": leaving.correlation}

            def leave(meter: SimulatedMeter) -> None:
                meter.joined.pop(leaving.eui64, None)
                self._held.pop(leaving.eui64, None)
                self._say(ReportKind.REMOVED, leaving.esiid, **about)

            self._to_meter(
                leaving.esiid,
                leave,
                lambda: self._say(ReportKind.REMOVAL_FAILED, leaving.esiid, reason=UNREACHABLE, **about),
            )
        return leaving.correlation

    def send(self, orders: Sequence[Order]) -> list[str]:
        """As `HeadEnd` has it."""
        if len(orders) > self.limits.orders:
            raise ValueError(f"{self.name} takes {self.limits.orders} orders at once")
        for order in orders:
            if self._is_new(order.correlation):
                self._waiting[order.correlation] = order
                if not self._profile.batch_s:
                    self._leave([order.correlation])
        if self._waiting:
            self._plan_batch()
        return [order.correlation for order in orders]

    def cancel(self, correlation: str) -> bool:
        """As `HeadEnd` has it."""
        self.settle()
        return self._waiting.pop(correlation, None) is not None

    def read_register(self, correlation: str, esiid: str) -> str:
        """As `HeadEnd` has it."""
        if self._is_new(correlation):
            self._to_meter(
                esiid,
                lambda meter: self._read(meter, correlation),
                lambda: self._say(ReportKind.READ_FAILED, esiid, correlation=correlation, reason=UNREACHABLE),
            )
        return correlation

    def reports(self, after: int, limit: int) -> Sequence[Report]:
        """As `HeadEnd` has it."""
        self.settle()
        return self._said[after : after + limit]

    # ------------------------------------------------------------ joining

    def _open(self, meter: SimulatedMeter, joining: Joining) -> None:
        if len(meter.joined) >= self.limits.devices_a_meter and joining.eui64 not in meter.joined:
            self._join_failed(joining, DEVICE_LIMIT)
            return
        self._tell_joining(ReportKind.KEY_SENT, joining)
        self._tell_joining(ReportKind.JOIN_OPEN, joining)
        appliance = meter.at_home.get(joining.eui64)
        ends_s = self._at_s + self.limits.join_window_s
        looks_s = self._at_s + self._chance.randint(*JOINS_AFTER_S)
        if appliance is None or joining.eui64 in meter.off or self._is_lost():
            self._at(ends_s, lambda: self._join_failed(joining, JOIN_TIMEOUT))
            return
        self._at(looks_s, lambda: self._join(meter, appliance, joining))

    def _join(self, meter: SimulatedMeter, appliance: Appliance, joining: Joining) -> None:
        self._tell_joining(ReportKind.JOINED, joining)
        own, check = appliance.code[: -install_code.CHECK_BYTES], appliance.code
        if install_code.with_check(own) != check:
            self._join_failed(joining, BAD_CODE)
        elif install_code.link_key(appliance.code) != joining.link_key:
            self._join_failed(joining, KEY_FAILED)
        else:
            meter.joined[appliance.eui64] = appliance
            self._tell_joining(ReportKind.KEY_ESTABLISHED, joining)
            self._tell_joining(ReportKind.ACTIVE, joining)
            if appliance.obeying.device_class:
                self._speak(meter, appliance, [(int(Cluster.LOAD_CONTROL), appliance.attributes())])
            self._after(CONTACT_S, lambda: self._touch(meter, appliance))

    def _tell_joining(self, kind: ReportKind, joining: Joining) -> None:
        self._say(kind, joining.esiid, eui64=joining.eui64, correlation=joining.correlation)

    def _join_failed(self, joining: Joining, reason: str) -> None:
        about = {"eui64": joining.eui64, "correlation": joining.correlation}
        self._say(ReportKind.JOIN_FAILED, joining.esiid, reason=reason, **about)

    def _touch(self, meter: SimulatedMeter, appliance: Appliance) -> None:
        if appliance.eui64 not in meter.joined:
            return
        if appliance.eui64 not in meter.off:
            self._say(ReportKind.CONTACT, meter.esiid, eui64=appliance.eui64)
        self._after(CONTACT_S, lambda: self._touch(meter, appliance))

    # ------------------------------------------------------------ frames

    def _plan_batch(self) -> None:
        every = self._profile.batch_s
        self._at((self._at_s // every + 1) * every, self._send_batch)

    def _send_batch(self) -> None:
        self._leave(list(itertools.islice(self._waiting, self._profile.batch_most)))
        if self._waiting:
            self._plan_batch()

    def _leave(self, correlations: Iterable[str]) -> None:
        for correlation in correlations:
            order = self._waiting.pop(correlation)
            self._to_meter(order.esiid, self._arriving(order), self._undelivered(order, order.eui64, UNREACHABLE))

    def _arriving(self, order: Order) -> Callable[[SimulatedMeter], None]:
        return lambda meter: self._arrive(meter, order)

    def _undelivered(self, order: Order, eui64: str, reason: str) -> Callable[[], None]:
        about = {"eui64": eui64, "correlation": order.correlation, "reason": reason}
        return lambda: self._say(ReportKind.UNDELIVERED, order.esiid, **about)

    def _arrive(self, meter: SimulatedMeter, order: Order) -> None:
        targets = list(meter.targets(order.eui64, order.cluster))
        if not targets:
            self._undelivered(order, order.eui64, NO_DEVICE)()
        for appliance in targets:
            self._hop(meter, appliance, order)

    def _hop(self, meter: SimulatedMeter, appliance: Appliance | None, order: Order) -> None:
        """From the meter to a device: lost, repeated, late or held until the device is on again."""
        if appliance is None:
            return
        if appliance.eui64 in meter.off:
            self._held.setdefault(appliance.eui64, []).append(order)
            self._at(order.until_s, lambda: self._give_up(appliance.eui64, order))
            return
        if all(self._is_lost() for _ in range(self._profile.tries)):
            self._undelivered(order, appliance.eui64, DEVICE_OFF)()
            return
        for _ in range(2 if self._happens(self.faults.repeated) else 1):
            self._after(self._lateness() + 1, lambda: self._deliver(meter, appliance, order))

    def _give_up(self, eui64: str, order: Order) -> None:
        held = self._held.get(eui64, [])
        if order in held:
            held.remove(order)
            self._undelivered(order, eui64, DEVICE_OFF)()

    def _deliver(self, meter: SimulatedMeter, appliance: Appliance, order: Order) -> None:
        if appliance.eui64 in meter.off:
            self._hop(meter, appliance, order)
            return
        about = {"eui64": appliance.eui64, "correlation": order.correlation}
        self._say(ReportKind.DELIVERED, order.esiid, **about)
        self._speak(meter, appliance, appliance.receive(order.cluster, order.frame, self._at_s))

    def _act(self, meter: SimulatedMeter, appliance: Appliance) -> None:
        if appliance.eui64 in meter.off:
            return
        self._speak(meter, appliance, appliance.act(self._at_s))

    def _speak(self, meter: SimulatedMeter, appliance: Appliance, said: Iterable[Sent]) -> None:
        """What a device says, on its way to the head end."""
        for cluster, frame in said:
            if all(self._is_lost() for _ in range(self._profile.tries)):
                continue
            for _ in range(2 if self._happens(self.faults.repeated) else 1):
                self._after(self._latency() + self._lateness(), self._saying(meter, appliance, cluster, frame))
        if (due_s := appliance.due_s) is not None:
            self._at(max(due_s, self._at_s + 1), lambda: self._act(meter, appliance))

    def _saying(self, meter: SimulatedMeter, appliance: Appliance, cluster: int, frame: bytes) -> Callable[[], None]:
        about = {"eui64": appliance.eui64, "cluster": cluster, "frame": frame}
        return lambda: self._say(ReportKind.FRAME, meter.esiid, **about)

    # ------------------------------------------------------------ reading

    def _read(self, meter: SimulatedMeter, correlation: str) -> None:
        read_s, frame = self._at_s, meter.register_frame(self._at_s)
        shown = frames.decode(Cluster.METERING, frame).body.answers[0].value.value
        register = Register(shown, KWH_UOM, 0, read_s)
        about = {"correlation": correlation, "cluster": int(Cluster.METERING), "frame": frame, "register": register}
        self._after(self._latency(), lambda: self._say(ReportKind.REGISTER, meter.esiid, **about))

    # ------------------------------------------------------------ ways and chances

    def _to_meter(self, esiid: str, then: Callable[[SimulatedMeter], None], failed: Callable[[], None]) -> None:
        meter = self.meters.get(esiid)
        if meter is None or meter.unreachable or all(self._is_lost() for _ in range(self._profile.tries)):
            self._after(self._latency(), failed)
        else:
            self._after(self._latency() + self._lateness(), lambda: then(meter))

    def _is_new(self, correlation: str) -> bool:
        self.settle()
        known = correlation in self._known
        self._known.add(correlation)
        return not known

    def _is_lost(self) -> bool:
        return self._happens(self.faults.lost)

    def _happens(self, percent: int) -> bool:
        return self._chance.randrange(100) < percent

    def _latency(self) -> int:
        return self._chance.randint(*self._profile.latency_s)

    def _lateness(self) -> int:
        return self.faults.late_s if self._happens(self.faults.late) else 0

    def _after(self, seconds: int, what: Callable[[], None]) -> None:
        self._at(self._at_s + seconds, what)

    def _at(self, at_s: int, what: Callable[[], None]) -> None:
        heapq.heappush(self._due, (at_s, next(self._ties), what))

    def _say(self, kind: ReportKind, esiid: str, **facts: object) -> None:
        self._said.append(Report(len(self._said) + 1, kind, self._at_s, esiid, **facts))  # type: ignore[arg-type]
