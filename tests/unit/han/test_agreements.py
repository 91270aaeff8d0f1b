"""What a customer agrees to of devices, from the grant to the frame, and its end."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from espi import scope, sharing
from espi.errors import BadInput, Conflict, Denied
from espi.han import devices, messages, sending
from espi.han.simulated import display
from espi.sharing import Terms, granting
from espi.store import devices as known
from espi.store import grants, receipts
from tests.consent import SCOPE
from tests.unit.han.conftest import CODE, Home

EUI64 = "00124B0000000001"
DAY_S = 86_400


def _agree(home: Home, *, device: str = "", services: bool = False) -> grants.Authorization:
    """Ada agrees with Sunny, as on the consent page."""
    ends_s = home.now_s() + 90 * DAY_S
    terms = Terms(scope.parse(SCOPE), (home.point,), ends_s, device=device, services=services)
    sunny = grants.third_party(home.conn, home.sunny.id)
    return sharing.grant(home.conn, home.ada, sunny, terms, settings=home.settings)


def _text(home: Home) -> str:
    wanted = messages.text("Hello", settings=home.settings)
    sent = sending.send(home.conn, home.sunny, wanted, [home.point], settings=home.settings)
    home.run(900)
    return home.states(sent)[home.numbers[EUI64]]


def test_a_third_party_lets_in_what_was_agreed_to_and_sends_until_the_agreement_ends(home: Home) -> None:
    made = _agree(home, device=EUI64, services=True)
    number = home.join(display(EUI64, CODE), home.sunny)
    assert _text(home) not in {"queued", "failed"}
    granting.end(home.conn, made, "customer", settings=home.settings, actor=home.ada)
    with pytest.raises(Conflict, match="no device"):
        _text(home)
    home.run(900)
    assert (home.device(number).state, home.device(number).removed_for) == (known.LEFT, "agreement")


def test_services_alone_let_no_device_in_and_a_device_alone_lets_nothing_be_sent(home: Home) -> None:
    _agree(home, services=True)
    with pytest.raises(Denied):
        home.ask_to_join(display(EUI64, CODE), home.sunny)
    _agree(home, device=EUI64)
    home.join(display(EUI64, CODE), home.sunny)
    with pytest.raises(Conflict, match="no device"):
        _text(home)


def test_a_grant_that_says_nothing_of_devices_opens_nothing_of_them(home: Home) -> None:
    _agree(home)
    with pytest.raises(Denied):
        devices.listed(home.conn, home.sunny, home.esiid, settings=home.settings)


def test_the_receipt_says_what_was_agreed_of_devices(home: Home) -> None:
    made = _agree(home, device=EUI64, services=True)
    last = receipts.last_receipt(home.conn, made.id)
    assert last is not None
    body = json.loads(last.body)
    assert (body["device"], body["device_services"]) == (EUI64, True)


@pytest.mark.parametrize("address", ["00124b0000000001", "00124B00000001", "00:12:4B:00:00:00:00:01"])
def test_no_grant_names_what_is_no_address(home: Home, address: str) -> None:
    with pytest.raises(BadInput, match="16 digits"):
        _agree(home, device=address)


def test_what_is_agreed_of_devices_is_of_one_meter(home: Home) -> None:
    terms = Terms(scope.parse(SCOPE), (home.point, home.point + 1), home.now_s() + DAY_S, services=True)
    with pytest.raises(BadInput, match="one meter"):
        sharing.terms.check_devices(terms)
    sharing.terms.check_devices(replace(terms, services=False))
