"""The simulated networks: real frames, randomised, superseded, opted out of, and loads that respond."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest

from espi.han import frames, install_code, sep1
from espi.han.fields import NOW
from espi.han.gateway import Joining, Leaving, NullGateway, Order, ReportKind
from espi.han.sep1 import Cluster, Criticality, DeviceClass, Status
from espi.han.simulated import (
    CELLULAR,
    MESH,
    NO_FAULTS,
    Appliance,
    Faults,
    Profile,
    SimulatedNetwork,
    car_charger,
    display,
    thermostat,
    water_heater,
)

NOON_S = 1_750_006_800  # 2025-06-15T17:00:00Z
ESIID = "10443720000000001"
EUI64 = "00124B0000000001"
CODE = install_code.with_check(bytes.fromhex("83FED3407A939738"))


@dataclass
class Bench:
    """A network with one meter, and a clock to turn."""

    profile: Profile
    faults: Faults = NO_FAULTS
    seed: int = 1

    def __post_init__(self) -> None:
        self.now_s = NOON_S
        self.network = SimulatedNetwork(self.profile, lambda: self.now_s, seed=self.seed, faults=self.faults)
        self.network.add_meter(ESIID, start_wh=1000)
        self.sent = 0

    def join(self, appliance: Appliance, key: bytes | None = None) -> str:
        self.network.place(ESIID, appliance)
        wanted = install_code.link_key(appliance.code) if key is None else key
        return self.network.provision(Joining(f"join/{appliance.eui64}", ESIID, appliance.eui64, wanted))

    def send(self, body: Any, eui64: str = "", until_s: int = 0) -> str:
        self.sent += 1
        command = frames.command_of(body)
        data = frames.encode(body, self.sent % 256)
        order = Order(f"order/{self.sent}", ESIID, eui64, command.cluster, data, until_s or self.now_s + 7200)
        return self.network.send([order])[0]

    def wait(self, seconds: int) -> None:
        self.now_s += seconds
        self.network.settle()

    def said(self, *kinds: ReportKind) -> list[str]:
        return [report.kind for report in self.network.reports(0, 10_000) if report.kind in kinds or not kinds]

    def statuses(self, event_id: int) -> list[Status]:
        """What a device did, in its own order: reports may overtake each other on their way."""
        found = []
        for report in self.network.reports(0, 10_000):
            if report.kind is ReportKind.FRAME and report.cluster == Cluster.LOAD_CONTROL:
                body = frames.decode(report.cluster, report.frame).body
                if isinstance(body, sep1.ReportEventStatus) and body.event_id == event_id:
                    found.append((body.at_s, Status(body.status)))
        return [status for _, status in sorted(found)]


@pytest.fixture(params=[CELLULAR, MESH], ids=lambda profile: profile.name)
def bench(request: pytest.FixtureRequest) -> Bench:
    return Bench(request.param)


def event(event_id: int = 1, **changed: Any) -> sep1.LoadControlEvent:
    given = {"device_class": 0xFFF, "group": 0, "start_s": NOW, "duration_min": 120, "criticality": 3, "duty_cycle": 20}
    return sep1.LoadControlEvent(event_id, **{**given, **changed})


def test_a_device_joins_and_its_steps_are_told_in_order(bench: Bench) -> None:
    bench.join(thermostat(EUI64, CODE))
    bench.wait(600)
    told = bench.said()
    assert told[:5] == ["key-sent", "join-open", "joined", "key-established", "active"]
    assert EUI64 in bench.network.meters[ESIID].joined


@pytest.mark.parametrize(
    ("appliance", "key", "reason"),
    [
        (thermostat(EUI64, CODE), bytes(16), "key-establishment-failed"),
        (thermostat(EUI64, CODE[:-1] + b"\0"), None, "bad-install-code"),
    ],
)
def test_a_key_that_does_not_fit_lets_nothing_in(
    bench: Bench, appliance: Appliance, key: bytes | None, reason: str
) -> None:
    bench.join(appliance, key)
    bench.wait(600)
    assert bench.network.reports(0, 10)[-1].reason == reason
    assert not bench.network.meters[ESIID].joined


def test_the_window_closes_where_no_device_comes(bench: Bench) -> None:
    bench.network.provision(Joining("join/x", ESIID, EUI64, bytes(16)))
    bench.wait(bench.network.limits.join_window_s - 1)
    assert bench.said()[-1] == "join-open"
    bench.wait(200)
    assert bench.network.reports(0, 10)[-1].reason == "join-timeout"


def test_a_meter_holds_so_many_devices_and_no_more(bench: Bench) -> None:
    most = bench.network.limits.devices_a_meter
    for number in range(most + 1):
        bench.join(display(f"{number:016X}", CODE))
        bench.wait(600)
    assert len(bench.network.meters[ESIID].joined) == most
    assert bench.network.reports(0, 10_000)[-1].reason == "device-limit"


def test_what_cannot_be_reached_says_so(bench: Bench) -> None:
    bench.network.meters[ESIID].unreachable = True
    bench.join(display(EUI64, CODE))
    bench.network.deprovision(Leaving("leave", ESIID, EUI64))
    bench.send(sep1.CancelMessage(1))
    bench.network.read_register("read", ESIID)
    bench.wait(300)
    assert sorted(bench.said()) == ["join-failed", "read-failed", "removal-failed", "undelivered"]
    assert {report.reason for report in bench.network.reports(0, 10)} == {"meter-unreachable"}


def test_a_text_is_shown_and_confirmed_and_a_cancelled_one_is_not(bench: Bench) -> None:
    shown = display(EUI64, CODE, reads_after_s=120)
    bench.join(shown)
    bench.wait(600)
    text = {"transmission": 0, "importance": 1, "enhanced": False, "confirm": True, "start_s": NOW, "duration_min": 60}
    bench.send(sep1.DisplayMessage(5, text="Peak from 3 to 5", **text))
    bench.wait(400)
    assert shown.shown is not None
    assert shown.shown.text == "Peak from 3 to 5"
    last = bench.network.reports(0, 10_000)[-1]
    assert frames.decode(last.cluster, last.frame).body.message_id == 5
    bench.send(sep1.DisplayMessage(6, text="Never read", **text))
    bench.wait(100)
    bench.send(sep1.CancelMessage(6))
    bench.wait(1000)
    assert shown.shown is None
    confirmed = [each for each in bench.network.reports(0, 10_000) if b"\x06\0\0\0" in each.frame]
    assert bench.profile is MESH or not confirmed


def test_a_price_reaches_every_device_that_has_the_cluster(bench: Bench) -> None:
    devices = [display("00000000000000A1", CODE), thermostat("00000000000000A2", CODE), water_heater("A3" * 8, CODE)]
    for each in devices:
        bench.join(each)
    bench.wait(600)
    tiers = {"trailing_digit": 3, "tier": 2, "tiers": 3, "register_tier": 1}
    bench.send(
        sep1.PublishPrice(
            1, b"PEAK", 9, NOON_S, 0, 840, **tiers, start_s=NOW, duration_min=sep1.UNTIL_CHANGED, price=185
        )
    )
    bench.wait(300)
    assert [each.price is not None for each in devices] == [True, True, False]
    assert bench.said(ReportKind.DELIVERED) == ["delivered", "delivered"]


def test_the_load_falls_for_an_event_and_comes_back(bench: Bench) -> None:
    for number, make in enumerate((thermostat, water_heater, car_charger), 1):
        bench.join(make(f"{number:016X}", CODE))
    bench.wait(600)
    meter = bench.network.meters[ESIID]
    bench.send(event(device_class=DeviceClass.HVAC, duty_cycle=10))
    bench.wait(3 * 3600)
    begin = NOON_S + 1200
    during, after = (meter.curve(at, at + 5400) for at in (begin, begin + 7800))
    assert sum(during) / len(during) < 0.55 * sum(after) / len(after)
    assert bench.statuses(1) == [Status.RECEIVED, Status.STARTED, Status.COMPLETED]


def test_starts_and_ends_are_randomised_within_what_the_device_may() -> None:
    starts = set()
    for number in range(30):
        bench = Bench(CELLULAR)
        device = thermostat(f"{number:016X}", CODE)
        bench.join(device)
        bench.wait(600)
        bench.send(event(start_s=NOON_S + 1800, randomise_start=True, randomise_end=True))
        bench.wait(4 * 3600)
        (obeyed,) = device.obeying.obeyed
        assert 0 <= obeyed.from_s - (NOON_S + 1800) <= 300
        assert obeyed.until_s is not None
        assert 0 <= obeyed.until_s - (NOON_S + 1800 + 7200) <= 300
        starts.add(obeyed.from_s)
    assert len(starts) > 15


def test_a_newer_event_supersedes_from_its_start_and_an_older_one_comes_too_late(bench: Bench) -> None:
    device = thermostat(EUI64, CODE)
    bench.join(device)
    bench.wait(600)
    bench.send(event(10))
    bench.wait(300)
    bench.send(event(11, start_s=bench.now_s + 1800, duration_min=30, duty_cycle=0))
    bench.wait(300)
    bench.send(event(9))
    bench.wait(3 * 3600)
    assert bench.statuses(10) == [Status.RECEIVED, Status.STARTED, Status.SUPERSEDED]
    assert bench.statuses(11) == [Status.RECEIVED, Status.STARTED, Status.COMPLETED]
    assert bench.statuses(9) == [Status.SUPERSEDED]
    first, second = device.obeying.obeyed
    assert first.until_s == second.from_s


def test_a_person_opts_out_and_in_but_not_of_an_emergency(bench: Bench) -> None:
    device = thermostat(EUI64, CODE)
    bench.join(device)
    bench.wait(600)
    bench.send(event(1))
    bench.wait(600)
    bench.network.opt_out(ESIID, EUI64, 1)
    bench.wait(600)
    bench.network.opt_in(ESIID, EUI64, 1)
    bench.wait(3 * 3600)
    bench.send(event(2))
    bench.wait(600)
    bench.network.opt_out(ESIID, EUI64, 2)
    bench.wait(3 * 3600)
    bench.send(event(3, criticality=Criticality.EMERGENCY))
    bench.wait(600)
    bench.network.opt_out(ESIID, EUI64, 3)
    bench.wait(3 * 3600)
    partly = [Status.RECEIVED, Status.STARTED, Status.OPTED_OUT]
    assert bench.statuses(1) == [*partly, Status.OPTED_IN, Status.PARTLY_OPTED_IN]
    assert bench.statuses(2) == [*partly, Status.PARTLY_OPTED_OUT]
    assert bench.statuses(3) == [Status.RECEIVED, Status.STARTED, Status.COMPLETED]


def test_events_are_cancelled_one_by_one_and_all_at_once(bench: Bench) -> None:
    bench.join(thermostat(EUI64, CODE))
    bench.wait(600)
    for number in (1, 2, 3):
        bench.send(event(number, start_s=bench.now_s + number * 7200, duration_min=60))
    bench.wait(300)
    bench.send(sep1.CancelLoadControlEvent(1, 0xFFF, 0, randomise=False, effective_s=NOW))
    bench.send(sep1.CancelLoadControlEvent(77, 0xFFF, 0, randomise=False, effective_s=NOW))
    bench.wait(300)
    bench.send(sep1.CancelAllLoadControlEvents(randomise=False))
    bench.wait(300)
    assert [bench.statuses(number)[-1] for number in (1, 2, 3)] == [Status.CANCELLED] * 3
    assert bench.statuses(77) == [Status.REJECTED_UNDEFINED]


def test_other_groups_and_classes_are_not_meant(bench: Bench) -> None:
    bench.join(thermostat(EUI64, CODE, group=4))
    bench.wait(600)
    bench.send(event(1, group=5))
    bench.send(event(2, device_class=DeviceClass.POOL_PUMP))
    bench.send(event(3, group=4))
    bench.wait(600)
    assert [bench.statuses(number) != [] for number in (1, 2, 3)] == [False, False, True]


def test_what_is_off_gets_its_frame_when_it_is_on_again_or_never(bench: Bench) -> None:
    bench.join(thermostat(EUI64, CODE))
    bench.wait(600)
    bench.network.switch_off(ESIID, EUI64)
    bench.send(event(1), EUI64)
    bench.wait(1800)
    assert bench.said(ReportKind.DELIVERED, ReportKind.UNDELIVERED) == []
    bench.network.switch_on(ESIID, EUI64)
    bench.wait(3 * 3600)
    assert bench.statuses(1)[-1] is Status.COMPLETED
    bench.network.switch_off(ESIID, EUI64)
    bench.send(event(2), EUI64)
    bench.wait(3 * 3600)
    assert bench.network.reports(0, 10_000)[-1].reason == "device-off"


def test_the_same_request_twice_is_one_and_a_repeated_frame_is_obeyed_once() -> None:
    bench = Bench(CELLULAR, Faults(repeated=100))
    device = thermostat(EUI64, CODE)
    bench.join(device)
    bench.wait(600)
    bench.send(event(1), EUI64)
    bench.sent -= 1
    bench.send(event(1), EUI64)
    bench.wait(3 * 3600)
    assert len(device.obeying.obeyed) == 1
    assert bench.said(ReportKind.DELIVERED) == ["delivered", "delivered"]


def test_a_register_is_read_after_it_was_asked_and_grows(bench: Bench) -> None:
    bench.network.read_register("first", ESIID)
    bench.wait(3600)
    bench.network.read_register("second", ESIID)
    bench.wait(300)
    first, second = (report.register for report in bench.network.reports(0, 10))
    assert first is not None
    assert second is not None
    assert NOON_S <= first.read_s < NOON_S + 120
    assert 1000 <= first.value < second.value < 3000


def test_the_same_seed_tells_the_same_story_and_another_one_another() -> None:
    stories = []
    for seed in (1, 1, 2):
        bench = Bench(MESH, Faults(lost=20, repeated=20, late=20), seed)
        for number in range(3):
            bench.join(thermostat(f"{number:016X}", CODE))
        bench.wait(4000)
        bench.send(event(1, randomise_start=True))
        bench.wait(4 * 3600)
        stories.append([(report.kind, report.at_s, report.eui64) for report in bench.network.reports(0, 10_000)])
    assert stories[0] == stories[1] != stories[2]


def test_networks_differ_in_when_they_send() -> None:
    took = {}
    for profile in (CELLULAR, MESH):
        bench = Bench(profile)
        bench.join(display(EUI64, CODE))
        bench.wait(1200)
        bench.send(sep1.CancelMessage(1))
        bench.wait(600)
        (delivered,) = (each for each in bench.network.reports(0, 100) if each.kind is ReportKind.DELIVERED)
        took[profile.name] = delivered.at_s - (NOON_S + 1200)
    assert took["cellular"] <= 8 < took["mesh"]


def test_what_has_not_left_can_be_taken_back() -> None:
    bench = Bench(MESH)
    bench.join(display(EUI64, CODE))
    bench.wait(1210)
    correlation = bench.send(sep1.CancelMessage(1))
    assert bench.network.cancel(correlation)
    bench.wait(600)
    assert bench.said(ReportKind.DELIVERED, ReportKind.UNDELIVERED) == []
    assert not bench.network.cancel(correlation)


def test_devices_say_of_noise_that_it_is_malformed() -> None:
    device, chance = thermostat(EUI64, CODE), random.Random(1)  # noqa: S311 - it guards nothing
    for _ in range(500):
        for cluster, frame in device.receive(Cluster.LOAD_CONTROL, chance.randbytes(chance.randrange(40)), NOON_S):
            frames.decode(cluster, frame)


def test_without_a_network_everything_fails_at_once() -> None:
    gateway = NullGateway()
    gateway.provision(Joining("a", ESIID, EUI64, bytes(16)))
    gateway.send([Order("b", ESIID, EUI64, Cluster.PRICE, b"", 0)])
    gateway.read_register("c", ESIID)
    gateway.deprovision(Leaving("d", ESIID, EUI64))
    assert not gateway.cancel("b")
    assert [(each.correlation, str(each.kind)) for each in gateway.reports(0, 9)] == [
        ("a", "join-failed"),
        ("b", "undelivered"),
        ("c", "read-failed"),
        ("d", "removed"),
    ]


def test_a_key_is_not_in_what_is_printed_of_a_request() -> None:
    assert "secret" not in repr(Joining("a", ESIID, EUI64, b"secretsecretsecr"))
