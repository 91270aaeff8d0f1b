"""Server cases that ask several customers, and what they say where nobody comes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.client.settings import BrowserSettings, Waits
from conformance.outcome import Outcome
from tests.conformance.custodian import certificates as made
from tests.conformance.custodian.certificates import Certificates
from tests.conformance.playing import judged, pointed_at

pytestmark = pytest.mark.loopback

GAS = "FB=1_4_5_10"
"""The played custodian's customer has electricity alone."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return made.make(tmp_path_factory.mktemp("certificates"))


def _consents(certificates: Certificates, blocks: str) -> tuple[Outcome, int, list[str]]:
    """What comes of FND005 where one more customer can be asked: the outcome, how many agreed, what is told."""
    with pointed_at(certificates, certified_blocks=blocks) as (server, _custodian):
        scripts = dict(server.settings.browser.scripts)
        scripts["data_gas"] = (*scripts["log_in"], *scripts["consent"])
        browser = replace(server.settings.browser, scripts=scripts)
        server.settings = server.browser.settings = replace(server.settings, browser=browser)
        result = judged(server, {"FND005"})["FND005"]
        agreed = [one for one in server.listener.received if "code" in one.query]
    return result.outcome, len(agreed), [found.message for found in result.findings]


def test_another_customer_is_asked_only_for_blocks_that_the_first_lacks(certificates: Certificates) -> None:
    assert _consents(certificates, "FB=1_4_5") == (Outcome.PASS, 1, [])


def test_a_block_that_no_customer_has_is_told_by_its_rule(certificates: Certificates) -> None:
    outcome, agreed, told = _consents(certificates, GAS)
    assert (outcome, agreed) == (Outcome.FAIL, 2)
    assert len(told) == 1
    assert "D079 of block 10" in told[0]


def test_a_customer_who_does_not_come_in_time_is_waited_for_and_not_blamed_on_the_server(
    certificates: Certificates,
) -> None:
    by_hand = {"browser": BrowserSettings(by_hand=True), "waits": Waits(answer_s=5, person_s=0)}
    with pointed_at(certificates, **by_hand) as (server, _custodian):
        result = judged(server, {"OAD003c"})["OAD003c"]
    assert result.outcome is Outcome.WAIT
    assert "did not come back" in result.why
