"""A custodian that behaves well passes every server case."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import checks
from conformance.client.settings import Waits
from conformance.outcome import Outcome
from conformance.run import Result
from conformance.suite import SERVER_CHECKS
from tests import network
from tests.conformance.custodian import certificates as made
from tests.conformance.custodian.certificates import Certificates
from tests.conformance.custodian.faults import Fault, manners
from tests.conformance.custodian.faults_tls import WITH_OLD_SUITE, certificate
from tests.conformance.playing import failing, judged, pointed_at

pytestmark = pytest.mark.loopback

ELSEWHERE = {"OAD003i"}
"""Judged by a test of its own: it takes six minutes in earnest."""
AGAINST_EACH_OTHER = {"TC006"}
"""The published suite wants a suite of ciphers accepted that TLS004 wants refused."""
NOT_ASKED = {"BAT001", "BAT002", "BAT003", "BAT004", "OAU031"}
"""It answers at once, and demands no code challenge."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return made.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def results(certificates: Certificates) -> Iterator[dict[str, Result]]:
    """What came of judging it by everything, once."""
    checks.load()
    with network.loopback_allowed(), pointed_at(certificates, is_logged_in=False) as (server, _custodian):
        yield judged(server, set(SERVER_CHECKS) - ELSEWHERE)


def test_every_case_is_passed(results: dict[str, Result]) -> None:
    assert {name: why for name, why in failing(results).items() if name not in AGAINST_EACH_OTHER} == {}


def test_hardly_a_case_is_left_out(results: dict[str, Result]) -> None:
    assert {name for name, result in results.items() if result.outcome is Outcome.OMIT} == NOT_ASKED


def test_requests_are_shown_with_the_case_that_made_them(results: dict[str, Result]) -> None:
    assert [exchange.method for exchange in results["MGA002"].exchanges if exchange.step][-4:] == [
        "GET",
        "DELETE",
        "PUT",
        "GET",
    ]


def test_no_secret_is_in_what_is_kept(results: dict[str, Result]) -> None:
    kept = [exchange for result in results.values() for exchange in result.exchanges]
    texts = [f"{one.url} {one.request_headers} {one.request_body} {one.response_body}" for one in kept]
    assert not [text for text in texts if "secret-of-" in text or "green-button-of-ada" in text]


def test_suite_of_ciphers_that_the_older_suite_wants(certificates: Certificates) -> None:
    with pointed_at(certificates, WITH_OLD_SUITE) as (server, _custodian):
        assert set(failing(judged(server, {"TC006", "TLS004"}))) == {"TLS004"}
    with pointed_at(certificates) as (server, _custodian):
        assert set(failing(judged(server, {"TC006", "TLS004"}))) == {"TC006"}


def test_batches_that_come_later_are_waited_for(certificates: Certificates) -> None:
    slow = Fault("", "every batch comes later", begins=manners(prepares_batches=True))
    cases = {"BAT001", "BAT002", "BAT003", "BAT004", "BAT005", "FND005", "CERT004", "QRY001", "RBK001", "RBK005"}
    with pointed_at(certificates, slow) as (server, _custodian):
        found = judged(server, cases)
    assert {name: result.outcome for name, result in found.items()} == dict.fromkeys(cases, Outcome.PASS)


@pytest.mark.parametrize(("lives_s", "outcome"), [(0, Outcome.PASS), (1e9, Outcome.FAIL)], ids=["short", "long"])
def test_code_of_six_minutes(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, lives_s: float, outcome: Outcome
) -> None:
    lasting = Fault("OAD003i", "how long a code counts", begins=manners(code_lives_s=lives_s))
    with pointed_at(certificates, lasting, waits=Waits(old_code_s=361)) as (server, _custodian):
        monkeypatch.setattr(time, "sleep", lambda _seconds: None)
        found = judged(server, {"OAD003i"})
    assert found["OAD003i"].outcome is outcome


def test_nobody_to_ask_is_no_failure(certificates: Certificates, tmp_path: Path) -> None:
    """Without commands for the operator, what needs one is not judged."""
    with pointed_at(certificates, operator={}) as (server, _custodian):
        found = judged(server, {"PSH001", "PSH004", "PSH010", "SFTP001", "RBK001", "OAD016"})
    assert {result.outcome for result in found.values()} <= {Outcome.SKIP, Outcome.OMIT}


def test_call_sequence_of_the_certification_harness(certificates: Certificates) -> None:
    """Its own way of asking: parameters in the address, scopes agreed on first, everything refreshed at once."""
    cases = {"FND001", "FND005", "BLK014", "OAD005", "OAD012", "OAD013", "OAD015", "OAU046"}
    with pointed_at(certificates, is_logged_in=False, parameters_in_query=True) as (server, _custodian):
        assert failing(judged(server, cases)) == {}
        asked = [exchange.url for exchange in server.exchanges if "/oauth/token" in exchange.url]
    assert asked
    assert all("grant_type=" in url for url in asked)


def test_weak_key_is_seen(certificates: Certificates) -> None:
    weak = Fault("TC008", "the key has 1024 bits", secures=certificate("weak"))
    with pointed_at(certificates, weak) as (server, _custodian):
        assert set(failing(judged(server, {"TC003", "TC008", "TLS001"}))) == {"TC008"}
