"""Who may send what to which device, how often, and what displaces what."""

from __future__ import annotations

from decimal import Decimal

import pytest

from espi.access import Principal
from espi.errors import BadInput, Conflict, Denied, NotFound
from espi.han import devices, load_control, messages, prices, sending
from espi.han.fields import BadFrame
from espi.han.load_control import Relief
from espi.han.sending import Wanted
from espi.han.sep1 import Criticality, DeviceClass
from espi.han.simulated import car_charger, display, thermostat
from espi.store import grants
from espi.store import home_commands as store
from tests.unit.han.conftest import CODE, Home

EUI64 = "00124B0000000001"


def event(home: Home, criticality: int = 3, minutes: int = 60, start_s: int = 0, duty_cycle: int = 50) -> Wanted:
    relief = Relief(duty_cycle=duty_cycle)
    return load_control.event(relief, minutes=minutes, criticality=criticality, settings=home.settings, start_s=start_s)


def send(home: Home, me: Principal, wanted: Wanted, **given: object) -> store.Command:
    return sending.send(home.conn, me, wanted, [home.point], settings=home.settings, **given)  # type: ignore[arg-type]


def text(home: Home, words: str = "Hello", *, confirm: bool = False) -> Wanted:
    return messages.text(words, confirm=confirm, settings=home.settings)


def price(home: Home, amount: str = "0.10") -> Wanted:
    return prices.price(Decimal(amount), provider_id=1, settings=home.settings)


def test_a_rep_sends_to_what_is_enrolled_with_it_and_texts_reach_the_others_too(home: Home) -> None:
    own, adas = home.join(thermostat(EUI64, CODE), home.rep), home.join(display("0" * 16, CODE))
    assert set(home.states(send(home, home.rep, event(home)))) == {own}
    plan = sending.preview(home.conn, home.rep, text(home), [home.point], settings=home.settings)
    assert {each.number for each in plan.chosen} == {own, adas}
    assert [each.number for each in plan.others] == [adas]
    devices.end_service(home.conn, home.ada, own, f"rep/{home.rep.id}", settings=home.settings)
    with pytest.raises(Conflict, match="no device"):
        send(home, home.rep, text(home))


def test_a_third_party_needs_services_in_its_grant_and_the_device_enrolled(home: Home) -> None:
    number = home.join(thermostat(EUI64, CODE))
    with pytest.raises(Conflict, match="no device"):
        send(home, home.sunny, text(home))
    grant = home.agree(services=True)
    with pytest.raises(Conflict, match="no device"):
        send(home, home.sunny, text(home))
    devices.enrol(home.conn, home.ada, number, f"third_party/{home.sunny.id}", settings=home.settings)
    sent = send(home, home.sunny, event(home))
    home.run(900)
    assert home.states(sent) == {number: store.STARTED}
    grants.set_authorization_status(home.conn, grant, grants.REVOKED, now_s=home.now_s(), ended_by="customer")
    with pytest.raises(Conflict, match="no device"):
        send(home, home.sunny, text(home))
    home.run(1200)
    assert home.states(sent) == {number: store.CANCELLED}, "what it still ran has ended with the grant"


def test_a_customer_sends_texts_to_his_own_and_nobody_elses(home: Home) -> None:
    number = home.join(display(EUI64, CODE))
    assert set(home.states(send(home, home.ada, text(home)))) == {number}
    _, _, bob = home.add_home("Bob")
    with pytest.raises(Conflict, match="no device"):
        send(home, bob, text(home))
    for wanted in (price(home), event(home)):
        with pytest.raises(Denied):
            send(home, home.ada, wanted)


@pytest.mark.parametrize("criticality", [7, 8, 9])
def test_emergencies_are_the_utilitys_alone_and_nobody_opts_out(home: Home, criticality: int) -> None:
    number = home.join(thermostat(EUI64, CODE), home.rep)
    for me in (home.rep, home.sunny, home.ada):
        with pytest.raises(Denied):
            send(home, me, event(home, criticality))
    sent = send(home, home.tdsp, event(home, criticality))
    home.run(900)
    with pytest.raises(Conflict, match="emergency"):
        load_control.opt_out(home.conn, home.ada, sent.path_id, number, settings=home.settings)
    with pytest.raises(Conflict, match="emergency"):
        send(home, home.rep, event(home))
    assert home.states(sent) == {number: store.STARTED}


def test_cancelling_everything_is_the_utilitys_too(home: Home) -> None:
    number = home.join(thermostat(EUI64, CODE), home.rep)
    sent = send(home, home.rep, event(home))
    home.run(900)
    everything = load_control.cancel_all(settings=home.settings, randomise=False)
    with pytest.raises(Denied):
        send(home, home.rep, everything)
    ended = send(home, home.tdsp, everything)
    home.run(900)
    assert home.states(sent) == {number: store.CANCELLED}
    assert home.states(ended) == {number: store.COMPLETED}


def test_what_would_be_displaced_is_shown_before_and_by_whom(home: Home) -> None:
    number = home.join(thermostat(EUI64, CODE), home.rep)
    first = send(home, home.rep, event(home))
    plan = sending.preview(home.conn, home.tdsp, event(home, 4), [home.point], settings=home.settings)
    assert [(each.device.number, each.command.path_id) for each in plan.displaced] == [(number, first.path_id)]
    assert plan.issuers == (f"rep/{home.rep.id}",)
    apart = event(home, start_s=home.now_s() + 3700)
    assert not sending.preview(home.conn, home.tdsp, apart, [home.point], settings=home.settings).displaced
    second = send(home, home.tdsp, event(home, 4))
    home.run(3 * 3600, 300)
    assert home.states(first) == {number: store.SUPERSEDED}
    assert home.states(second) == {number: store.COMPLETED}


def test_an_emergency_outranks_what_is_voluntary_and_the_sender_is_told(home: Home) -> None:
    home.join(thermostat(EUI64, CODE), home.rep)
    send(home, home.tdsp, event(home, Criticality.EMERGENCY))
    plan = sending.preview(home.conn, home.rep, event(home), [home.point], settings=home.settings)
    assert plan.chosen == ()
    assert [(each.why, each.by) for each in plan.refused] == [(sending.OUTRANKED, f"tdsp/{home.utility}")]
    assert sending.preview(home.conn, home.tdsp, event(home, 7), [home.point], settings=home.settings).displaced


def test_an_id_counts_once(home: Home) -> None:
    home.join(display(EUI64, CODE))
    send(home, home.tdsp, text(home), reference="a-1")
    with pytest.raises(Conflict, match="already"):
        send(home, home.tdsp, text(home), reference="a-1")
    send(home, home.tdsp, text(home), reference="a-2")
    send(home, home.ada, text(home), reference="a-1")
    assert len(home.targets()) == 3


def test_five_texts_a_day_to_a_home_of_each_provider(home: Home) -> None:
    home.join(display(EUI64, CODE))
    for _ in range(sending.TEXTS_A_DAY):
        send(home, home.tdsp, text(home))
    with pytest.raises(Conflict, match="as much of this as they may"):
        send(home, home.tdsp, text(home))
    send(home, home.ada, text(home))
    home.run(86_400, 7200)
    send(home, home.tdsp, text(home))


def test_prices_are_a_quarter_of_an_hour_apart(home: Home) -> None:
    home.join(display(EUI64, CODE))
    send(home, home.tdsp, price(home))
    home.run(840)
    with pytest.raises(Conflict, match="as much of this"):
        send(home, home.tdsp, price(home))
    home.run(60)
    send(home, home.tdsp, price(home))


def test_ten_events_a_day_to_a_device_whoever_sends(home: Home) -> None:
    home.join(thermostat(EUI64, CODE), home.rep)
    for number in range(sending.EVENTS_A_DAY):
        send(home, home.rep if number % 2 else home.tdsp, event(home, start_s=home.now_s() + 3600 * (number + 1)))
    with pytest.raises(Conflict, match="as much of this"):
        send(home, home.tdsp, event(home))


def test_those_at_their_limit_may_be_left_out(home: Home) -> None:
    first = home.join(thermostat(EUI64, CODE), home.rep)
    for _ in range(sending.EVENTS_A_DAY):
        send(home, home.tdsp, event(home))
    second = home.join(car_charger("0" * 16, CODE), home.rep)
    with pytest.raises(Conflict):
        send(home, home.tdsp, event(home))
    assert set(home.states(send(home, home.tdsp, event(home), skip_refused=True))) == {second} != {first}


def test_only_who_sent_it_takes_it_back_and_a_price_is_never(home: Home) -> None:
    number = home.join(thermostat(EUI64, CODE), home.rep)
    sent, priced = send(home, home.tdsp, event(home)), send(home, home.tdsp, price(home))
    with pytest.raises(Conflict, match="Only who has sent"):
        sending.cancel(home.conn, home.rep, sent.path_id, settings=home.settings)
    with pytest.raises(Conflict, match="cannot be taken back"):
        sending.cancel(home.conn, home.tdsp, priced.path_id, settings=home.settings)
    _, _, bob = home.add_home("Bob")
    with pytest.raises(NotFound):
        sending.cancel(home.conn, bob, sent.path_id, settings=home.settings)
    assert sending.cancel(home.conn, home.tdsp, sent.path_id, settings=home.settings) == 1
    assert home.states(sent) == {number: store.CANCELLED}, "it had not left yet"
    home.run(900)
    assert home.network.meters[home.esiid].joined[EUI64].obeying.obeyed == []


def test_a_text_that_is_taken_back_leaves_the_display(home: Home) -> None:
    shown = display(EUI64, CODE, reads_after_s=3000)
    number = home.join(shown)
    sent = send(home, home.tdsp, text(home, "Never mind", confirm=True))
    home.run(600)
    assert shown.shown is not None
    sending.cancel(home.conn, home.tdsp, sent.path_id, settings=home.settings)
    home.run(600)
    assert shown.shown is None
    assert home.states(sent) == {number: store.CANCELLED}


def test_what_nobody_confirms_and_what_is_off_ends_too(home: Home) -> None:
    unread = home.join(display(EUI64, CODE, reads_after_s=None))
    off = home.join(thermostat("0" * 16, CODE))
    home.network.switch_off(home.esiid, "0" * 16)
    sent = send(home, home.tdsp, text(home, confirm=True))
    home.run(3 * 3600, 300)
    assert home.states(sent) == {unread: store.EXPIRED, off: store.FAILED}


def test_opting_out_before_it_has_left_is_over_at_once(home: Home) -> None:
    number = home.join(thermostat(EUI64, CODE))
    sent = send(home, home.tdsp, event(home, start_s=home.now_s() + 3600))
    load_control.opt_out(home.conn, home.ada, sent.path_id, number, settings=home.settings)
    assert home.states(sent) == {number: store.OPTED_OUT}
    with pytest.raises(Conflict, match="over"):
        load_control.opt_out(home.conn, home.ada, sent.path_id, number, settings=home.settings)
    home.run(3600, 300)
    assert home.network.meters[home.esiid].joined[EUI64].obeying.obeyed == []


def test_a_button_at_the_device_counts_as_much(home: Home) -> None:
    number = home.join(thermostat(EUI64, CODE))
    sent = send(home, home.tdsp, event(home))
    home.run(900)
    home.network.opt_out(home.esiid, EUI64, sent.id)
    home.run(900)
    assert home.states(sent) == {number: store.OPTED_OUT}
    home.network.opt_in(home.esiid, EUI64, sent.id)
    home.run(300)
    assert home.states(sent) == {number: store.STARTED}
    home.run(3 * 3600, 300)
    assert home.states(sent) == {number: store.COMPLETED}


def test_bytes_are_counted_not_characters(home: Home) -> None:
    home.join(display(EUI64, CODE))
    most = home.network.limits.text_bytes
    send(home, home.tdsp, text(home, "é" * (most // 2)))
    with pytest.raises(BadInput, match=f"these devices take {most}"):
        send(home, home.tdsp, text(home, "é" * (most // 2) + "!"))


@pytest.mark.parametrize("words", ["", "  \n", "bell \x07", "\ud800"])
def test_a_text_that_no_display_can_show_is_refused(home: Home, words: str) -> None:
    with pytest.raises(BadInput):
        text(home, words)


@pytest.mark.parametrize(
    ("amount", "value", "digit"),
    [("0.185", 185, 3), ("12", 12, 0), ("0", 0, 0), ("1e2", 100, 0), ("0.10", 1, 1), ("0.000001", 1, 6)],
)
def test_a_price_keeps_every_digit(amount: str, value: int, digit: int) -> None:
    assert prices.scaled(Decimal(amount)) == (value, digit)


@pytest.mark.parametrize("amount", ["-1", "NaN", "Infinity", "4294967296", "1e-16", "1.00000000001"])
def test_a_price_that_no_frame_can_hold_is_refused(amount: str) -> None:
    with pytest.raises(BadInput):
        prices.scaled(Decimal(amount))


def test_a_price_is_checked_before_it_is_written(home: Home) -> None:
    for given in ({"label": "THIRTEEN BYTES"}, {"tier": 3, "tiers": 2}, {"currency": 0}, {"minutes": 1441}):
        with pytest.raises(BadInput):
            prices.price(Decimal(1), provider_id=1, settings=home.settings, **given)  # type: ignore[arg-type]


def test_an_event_is_checked_before_it_is_written(home: Home) -> None:
    for minutes in (0, 1441):
        with pytest.raises(BadInput):
            event(home, minutes=minutes)
    with pytest.raises(BadFrame, match="criticality"):
        event(home, criticality=10)
    with pytest.raises(BadFrame, match="duty_cycle"):
        event(home, duty_cycle=101)
    home.join(thermostat(EUI64, CODE))
    for start_s in (home.now_s() - 1, home.now_s() + 31 * 86_400):
        with pytest.raises(BadInput):
            send(home, home.tdsp, event(home, start_s=start_s))


def test_other_classes_and_groups_are_not_sent_to(home: Home) -> None:
    cooling = home.join(thermostat(EUI64, CODE, group=3))
    charging = home.join(car_charger("0" * 16, CODE))
    relief = Relief(duty_cycle=0)
    given = {"minutes": 60, "criticality": 2, "settings": home.settings}
    of_class = load_control.event(relief, device_class=DeviceClass.ELECTRIC_VEHICLE, **given)
    of_group = load_control.event(relief, group=4, **given)
    assert set(home.states(send(home, home.tdsp, of_class))) == {charging}
    assert set(home.states(send(home, home.tdsp, of_group))) == {charging} != {cooling}
