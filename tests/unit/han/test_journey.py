"""One journey, unchanged on both networks: join, text, price, an event opted out of and superseded, cancel, removal."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from espi.config import Settings
from espi.han import devices, load_control, messages, prices, sending
from espi.han.load_control import Relief
from espi.han.sep1 import DeviceClass, Importance
from espi.han.simulated import CELLULAR, MESH, Appliance, Faults, Profile, display, thermostat, water_heater
from espi.store import devices as known
from espi.store import home_commands as store
from espi.store.database import Conn
from tests.unit.han.conftest import CODE, Home, connected

if TYPE_CHECKING:
    from espi.access import Principal

HOUR_S = 3600


def test_the_whole_journey(each_home: Home) -> None:
    home = each_home
    shown, cooler, heater = (
        make(f"00124B000000000{number}", CODE) for number, make in enumerate((display, thermostat, water_heater), 1)
    )
    screen, cooling, heating = (home.join(each) for each in (shown, cooler, heater))
    assert {home.device(each).state for each in (screen, cooling, heating)} == {known.ACTIVE_STATE}
    for number in (cooling, heating):
        devices.enrol(home.conn, home.ada, number, f"rep/{home.rep.id}", settings=home.settings)
    _text_and_price(home, shown, screen, cooling)
    _events(home, cooler, cooling, heating)
    for number in (screen, cooling, heating):
        devices.remove(home.conn, home.ada, number, settings=home.settings)
    home.run(600)
    assert {home.device(each).state for each in (screen, cooling, heating)} == {known.LEFT}
    assert not home.network.meters[home.esiid].joined
    assert all(target.closed_s for target in home.targets())


def _text_and_price(home: Home, shown: Appliance, screen: int, cooling: int) -> None:
    text = messages.text("Peak from 3 to 5 pm", importance=Importance.HIGH, confirm=True, settings=home.settings)
    said = sending.send(home.conn, home.tdsp, text, [home.point], settings=home.settings)
    home.run(1200)
    assert home.states(said) == {screen: store.CONFIRMED, cooling: store.CONFIRMED}
    price = prices.price(Decimal("0.185"), label="PEAK", tier=2, tiers=3, provider_id=1, settings=home.settings)
    priced = sending.send(home.conn, home.tdsp, price, [home.point], settings=home.settings)
    home.run(1200)
    assert home.states(priced) == {screen: store.DELIVERED, cooling: store.DELIVERED}
    assert shown.price is not None
    assert (shown.price.price, shown.price.trailing_digit, shown.price.tier) == (185, 3, 2)


def _events(home: Home, cooler: Appliance, cooling: int, heating: int) -> None:
    wanted = load_control.event(Relief(duty_cycle=10), minutes=120, criticality=3, settings=home.settings)
    event = sending.send(home.conn, home.rep, wanted, [home.point], settings=home.settings, reference="june-15")
    home.run(HOUR_S)
    assert home.states(event) == {cooling: store.STARTED, heating: store.STARTED}
    minutes = range(home.now_s() - 2400, home.now_s(), 60)
    as_ever = sum(cooler.load.watts(at_s, None) for at_s in minutes)
    assert sum(map(cooler.watts, minutes)) < 0.3 * as_ever
    load_control.opt_out(home.conn, home.ada, event.path_id, heating, settings=home.settings)
    home.run(600)
    assert home.states(event) == {cooling: store.STARTED, heating: store.OPTED_OUT}

    sharper = load_control.event(
        Relief(duty_cycle=0), minutes=60, criticality=5, settings=home.settings, device_class=DeviceClass.HVAC
    )
    plan = sending.preview(home.conn, home.tdsp, sharper, [home.point], settings=home.settings)
    assert [(each.device.number, each.command.id) for each in plan.displaced] == [(cooling, event.id)]
    assert plan.issuers == (f"rep/{home.rep.id}",)
    newer = sending.send(home.conn, home.tdsp, sharper, [home.point], settings=home.settings)
    home.run(1200)
    assert home.states(event) == {cooling: store.SUPERSEDED, heating: store.OPTED_OUT}
    assert home.states(newer) == {cooling: store.STARTED}
    sending.cancel(home.conn, home.tdsp, newer.path_id, settings=home.settings)
    home.run(1800)
    assert home.states(newer) == {cooling: store.CANCELLED}
    minutes = range(home.now_s() - 600, home.now_s(), 60)
    assert sum(map(cooler.watts, minutes)) == sum(cooler.load.watts(at_s, None) for at_s in minutes)


@pytest.mark.parametrize("profile", [CELLULAR, MESH], ids=lambda profile: profile.name)
@pytest.mark.parametrize("seed", [1, 2])
def test_with_a_fifth_of_the_frames_at_fault_everything_ends_and_nothing_twice(
    conn: Conn, settings: Settings, profile: Profile, seed: int
) -> None:
    with connected(Home(conn, settings, profile, Faults(lost=20, repeated=20, late=20), seed)) as home:
        _faulty_day(home)


def _faulty_day(home: Home) -> None:
    places = [(home.esiid, home.point, home.ada), *(home.add_home(f"Neighbour {number}") for number in range(7))]
    appliances = []
    for number, (esiid, _, owner) in enumerate(places):
        for kind, make in enumerate((display, thermostat)):
            appliance = make(f"{number:08X}{kind:08X}", CODE)
            home.ask_to_join(appliance, owner, esiid)
            appliances.append((esiid, appliance))
    home.run(2 * HOUR_S, 120)
    points = [point for _, point, _ in places]
    _send_all(home, home.tdsp, points)
    home.run(900, 60)
    for esiid, appliance in appliances[1::4]:
        home.network.switch_off(esiid, appliance.eui64)
    home.run(10 * HOUR_S, 300)
    targets = home.targets()
    assert len(targets) >= 20
    assert [target for target in targets if target.closed_s is None or target.pending] == []
    assert len({target.state for target in targets}) >= 4, "the faults were felt"
    for _, appliance in appliances:
        events = [each.event.event_id for each in appliance.obeying.obeyed]
        assert len(events) == len(set(events)), "no device does the same twice"
    before = {target.key: target for target in targets}
    home.network.faults = Faults()
    home.run(2 * HOUR_S, 600)
    assert {target.key: target for target in home.targets()} == before, "what is over stays as it is"


def _send_all(home: Home, me: Principal, points: list[int]) -> None:
    now = home.settings
    text = messages.text("Hot afternoon", confirm=True, settings=now)
    price = prices.price(Decimal("0.2"), provider_id=1, settings=now)
    for wanted in (text, price):
        sending.send(home.conn, me, wanted, points, settings=now)
    first = load_control.event(Relief(duty_cycle=20), minutes=90, criticality=3, settings=now)
    sending.send(home.conn, me, first, points, settings=now)
    later = load_control.event(
        Relief(cooling_offset=20), minutes=60, criticality=4, settings=now, start_s=home.now_s() + 1800
    )
    taken_back = sending.send(home.conn, me, later, points, settings=now)
    home.run(300, 60)
    sending.cancel(home.conn, me, taken_back.path_id, settings=home.settings)
