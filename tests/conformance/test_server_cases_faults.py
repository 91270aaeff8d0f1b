"""With each fault exactly one server case fails, and what cannot but fail with it."""

from __future__ import annotations

from collections import Counter

import pytest

from conformance import checks
from conformance.outcome import Outcome
from conformance.suite import SERVER_CHECKS
from tests.conformance.custodian import certificates as made
from tests.conformance.custodian.certificates import Certificates
from tests.conformance.custodian.every_fault import EVERY
from tests.conformance.custodian.faults import Fault
from tests.conformance.playing import judged, pointed_at, told

pytestmark = pytest.mark.loopback

checks.load()
ELSEWHERE = {"OAD003i", "TC006"}
"""Broken in the tests of the well-behaved custodian, which change more than an answer for them."""
SLOW = {"OAU018", "OAU019", "PSH004", "PSH011", "SFTP001", "OAD003i"}
"""Cases that wait; they are nobody's neighbours."""
NEVER_PASSED = {"TC006", "OAU031", "BAT001", "BAT002", "BAT003", "BAT004"}
NEIGHBOURS = 1
HURT = {Outcome.FAIL, Outcome.ERROR, Outcome.WAIT}
"""What must not happen to them; that a prerequisite does not hold any more can."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return made.make(tmp_path_factory.mktemp("certificates"))


def neighbours(fault: Fault) -> list[str]:
    """The nearest case of the same family that the fault should leave alone."""
    family = fault.case.rstrip("0123456789abcdefghi")
    like = [name for name in SERVER_CHECKS if name.startswith(family)]
    place = like.index(fault.case)
    by_distance = sorted(like, key=lambda name: abs(like.index(name) - place))
    excluded = {fault.case, *fault.also_fails, *SLOW, *(set() if family == "BAT" else NEVER_PASSED)}
    return [name for name in by_distance if name not in excluded][:NEIGHBOURS]


@pytest.mark.parametrize("fault", EVERY, ids=[fault.case for fault in EVERY])
def test_fault_breaks_its_case_and_no_other(certificates: Certificates, fault: Fault) -> None:
    beside = neighbours(fault)
    with pointed_at(certificates, fault) as (server, _custodian):
        results = judged(server, {fault.case, *beside, *fault.also_fails})
    assert results[fault.case].outcome is Outcome.FAIL, f"{fault.about}: {told(results[fault.case])}"
    assert [name for name in fault.also_fails if results[name].outcome in {Outcome.PASS, Outcome.OMIT}] == []
    hurt = {name: told(results[name]) for name in beside if results[name].outcome in HURT}
    assert hurt == {}
    assert all(found.message for found in results[fault.case].findings)


def test_every_server_case_has_a_fault_that_it_catches() -> None:
    assert {fault.case for fault in EVERY} | ELSEWHERE == set(SERVER_CHECKS)


def test_no_case_has_two_faults() -> None:
    assert [name for name, count in Counter(fault.case for fault in EVERY).items() if count > 1] == []


def test_what_fails_with_a_fault_is_known() -> None:
    assert {name for fault in EVERY for name in fault.also_fails} <= set(SERVER_CHECKS)
