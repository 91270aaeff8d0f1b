"""Joining and leaving, who may let a device do so, and how its key is kept."""

from __future__ import annotations

import json
import stat
from dataclasses import replace

import pytest

from espi.config import Settings
from espi.errors import BadInput, Conflict, Denied, NotFound
from espi.han import devices, install_code, sealing
from espi.han.install_code import BadInstallCode
from espi.han.simulated import display, thermostat
from espi.store import devices as known
from espi.store import directory, grants
from espi.store.tables import METADATA
from tests import factories
from tests.factories import TODAY
from tests.unit.han.conftest import CODE, Home

EUI64 = "00124B0000000001"
OTHER = install_code.with_check(bytes.fromhex("1122334455667788"))


def test_the_states_on_the_way_in_are_gone_through_and_the_key_is_forgotten(home: Home) -> None:
    number = home.ask_to_join(thermostat(EUI64, CODE, group=7))
    seen = [home.device(number).state]
    for _ in range(120):
        home.run(10, 10)
        if home.device(number).state != seen[-1]:
            seen.append(home.device(number).state)
    assert seen[0] == known.REQUESTED
    assert seen[-1] == known.ACTIVE_STATE
    assert [state for state in (*known.COMING, known.ACTIVE_STATE) if state in seen] == seen
    assert known.sealed_key(home.conn, home.point, number) is None
    assert home.device(number).device_group == 7, "the device has said so itself"


def test_nothing_that_is_kept_or_audited_holds_the_code_or_its_key(home: Home) -> None:
    home.ask_to_join(display(EUI64, CODE))
    key = install_code.link_key(CODE)
    kept = []
    for table in METADATA.sorted_tables:
        kept += [repr(tuple(row)) for row in home.conn.execute(table.select())]
    text = "".join(kept).upper()
    for secret in (CODE, CODE[:-2], key):
        assert secret.hex().upper() not in text
        assert repr(secret)[2:-1].upper() not in text


@pytest.mark.parametrize(
    ("changed", "failure"),
    [
        ({"code": OTHER}, "key-establishment-failed"),
        ({"code": CODE[:-1] + b"\0"}, "bad-install-code"),
    ],
)
def test_a_device_whose_own_code_is_another_does_not_get_in(
    home: Home, changed: dict[str, bytes], failure: str
) -> None:
    number = home.ask_to_join(display(EUI64, CODE))
    home.network.meters[home.esiid].at_home[EUI64].code = changed["code"]
    home.run(900)
    found = home.device(number)
    assert (found.state, found.failure) == (known.FAILED, failure)
    assert known.sealed_key(home.conn, home.point, number) is None


def test_a_device_that_never_comes_and_a_meter_that_is_silent(home: Home) -> None:
    number = home.ask_to_join(display(EUI64, CODE))
    home.network.meters[home.esiid].at_home.clear()
    home.run(home.network.limits.join_window_s + 600, 300)
    assert (home.device(number).state, home.device(number).failure) == (known.FAILED, "join-timeout")
    home.network.meters[home.esiid].unreachable = True
    number = home.ask_to_join(display(EUI64, CODE))
    home.run(900)
    assert (home.device(number).state, home.device(number).failure) == (known.FAILED, "meter-unreachable")


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("code", "83FED3407A939739C552", BadInstallCode),
        ("eui64", "00124B", BadInput),
        ("kind", "toaster", BadInput),
        ("name", "n" * 65, BadInput),
        ("group", 256, BadInput),
    ],
)
def test_what_is_entered_is_checked(home: Home, field: str, value: object, error: type[Exception]) -> None:
    given = {"eui64": EUI64, "code": CODE.hex(), "kind": "display", "name": "Hall", "group": 0, field: value}
    with pytest.raises(error) as refused:
        devices.provision(home.conn, home.ada, home.esiid, settings=home.settings, **given)  # type: ignore[arg-type]
    assert "83FED3407A93" not in str(refused.value)


def test_a_meter_holds_what_its_network_says_and_a_device_is_at_one_meter(home: Home) -> None:
    for number in range(home.network.limits.devices_a_meter):
        home.ask_to_join(display(f"{number:016X}", CODE))
    with pytest.raises(Conflict, match="devices at most"):
        home.ask_to_join(display("FF" * 8, CODE))
    esiid, _, bob = home.add_home("Bob")
    with pytest.raises(Conflict, match="joined already"):
        home.ask_to_join(display(f"{0:016X}", CODE), bob, esiid)


def test_nobody_lets_a_device_join_at_anothers(home: Home) -> None:
    _, _, bob = home.add_home("Bob")
    with pytest.raises(NotFound):
        home.ask_to_join(display(EUI64, CODE), bob)
    with pytest.raises(Denied):
        home.ask_to_join(display(EUI64, CODE), home.sunny)
    with pytest.raises(Denied):
        home.ask_to_join(display(EUI64, CODE), home.tdsp)


def test_an_agreement_lets_the_one_device_join_that_it_names_and_its_end_removes_it(home: Home) -> None:
    grant = home.agree(eui64=EUI64)
    with pytest.raises(Denied):
        home.ask_to_join(display("00124B00000000FF", CODE), home.sunny)
    number = home.join(display(EUI64, CODE), home.sunny)
    assert home.device(number).state == known.ACTIVE_STATE
    grants.set_authorization_status(home.conn, grant, grants.REVOKED, now_s=home.now_s(), ended_by="customer")
    home.run(60)
    assert home.device(number).state == known.LEAVING, "within a minute"
    home.run(600)
    assert (home.device(number).state, home.device(number).removed_for) == (known.LEFT, "agreement")


def test_a_rep_removes_what_is_enrolled_with_it_and_nothing_else(home: Home) -> None:
    own, adas = home.join(display(EUI64, CODE), home.rep), home.join(display("0" * 16, CODE))
    with pytest.raises(Denied):
        devices.remove(home.conn, home.rep, adas, settings=home.settings)
    devices.remove(home.conn, home.rep, own, settings=home.settings)
    home.run(600)
    assert [home.device(each).state for each in (own, adas)] == [known.LEFT, known.ACTIVE_STATE]


def test_who_moves_out_leaves_no_device(home: Home) -> None:
    number = home.join(display(EUI64, CODE))
    directory.move_out(home.conn, home.point, TODAY)
    home.run(900)
    assert (home.device(number).state, home.device(number).removed_for) == (known.LEFT, "move-out")
    with pytest.raises(NotFound):
        devices.listed(home.conn, home.ada, home.esiid, settings=home.settings)


def test_a_removal_that_does_not_get_through_is_tried_again_and_told_in_the_end(home: Home) -> None:
    first, second = home.join(display(EUI64, CODE)), home.join(display("0" * 16, CODE))
    meter = home.network.meters[home.esiid]
    meter.unreachable = True
    devices.remove(home.conn, home.ada, first, settings=home.settings)
    home.run(1800)
    assert home.device(first).state == known.LEAVING
    meter.unreachable = False
    home.run(3600, 300)
    assert home.device(first).state == known.LEFT
    meter.unreachable = True
    devices.remove(home.conn, home.ada, second, settings=home.settings)
    home.run(5 * 3600, 600)
    assert (home.device(second).state, home.device(second).failure) == (known.NOT_LEFT, "meter-unreachable")


def test_a_device_that_is_silent_for_a_day_is_lost_until_it_is_heard_again(home: Home) -> None:
    number = home.join(display(EUI64, CODE))
    home.network.switch_off(home.esiid, EUI64)
    home.run(26 * 3600, 3600)
    assert home.device(number).state == known.LOST
    home.network.switch_on(home.esiid, EUI64)
    home.run(7 * 3600, 1800)
    assert home.device(number).state == known.ACTIVE_STATE


def test_the_customer_sees_who_sends_ends_a_service_and_is_told_of_a_rep_that_was(home: Home) -> None:
    number = home.join(thermostat(EUI64, CODE), home.rep)
    (shown,) = devices.listed(home.conn, home.ada, home.esiid, settings=home.settings)
    assert [each.provider for each in shown.senders] == [f"rep/{home.rep.id}"]
    assert shown.former == ()
    directory.switch_rep(home.conn, home.point, factories.rep(home.conn, "Next"), TODAY)
    (shown,) = devices.listed(home.conn, home.ada, home.esiid, settings=home.settings)
    assert shown.former == (f"rep/{home.rep.id}",)
    devices.end_service(home.conn, home.ada, number, f"rep/{home.rep.id}", settings=home.settings)
    (shown,) = devices.listed(home.conn, home.ada, home.esiid, settings=home.settings)
    assert shown.senders == ()
    with pytest.raises(NotFound):
        devices.end_service(home.conn, home.ada, number, f"rep/{home.rep.id}", settings=home.settings)


def test_without_a_network_there_is_nothing_to_join(home: Home) -> None:
    other = factories.utility(home.conn, "Coastal Wires", "957877905")
    point = factories.usage_point(home.conn, other, esiid="10089010000000001")
    tenant = factories.tenant(home.conn, point, TODAY - 10)
    with pytest.raises(BadInput, match="no network"):
        devices.provision(
            home.conn,
            replace(home.ada, id=tenant),
            "10089010000000001",
            eui64=EUI64,
            code=CODE.hex(),
            kind="display",
            name="",
            settings=home.settings,
        )


def test_what_is_sealed_opens_for_its_purpose_alone(settings: Settings) -> None:
    sealed = sealing.seal(settings, b"secret key", "a")
    assert sealing.unseal(settings, sealed, "a") == b"secret key"
    assert b"secret" not in sealed
    assert sealing.seal(settings, b"secret key", "a") != sealed
    for wrong, what_for in ((sealed, "b"), (sealed[:-1] + b"x", "a"), (b"none" + sealed[4:], "a"), (b"", "a")):
        with pytest.raises(sealing.NotOpened):
            sealing.unseal(settings, wrong, what_for)


def test_a_new_key_seals_and_the_old_one_still_opens(settings: Settings) -> None:
    old = sealing.seal(settings, b"secret key", "a")
    sealing.add_key(settings)
    new = sealing.seal(settings, b"secret key", "a")
    assert old[:4] != new[:4]
    assert sealing.unseal(settings, old, "a") == sealing.unseal(settings, new, "a")
    path = settings.home / sealing.FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(json.loads(path.read_text())) == 2


def test_the_ring_may_lie_elsewhere(settings: Settings) -> None:
    elsewhere = settings.home / "shared" / "ring"
    sealing.seal(replace(settings, device_keys=str(elsewhere)), b"secret key", "a")
    assert elsewhere.exists()
    assert not (settings.home / sealing.FILE_NAME).exists()
