"""The run against our own server: its preset, its exit status and the line that it writes into README.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clients import conformance_run
from clients.conformance_run import PRESET, Custodian, badge, put_badge, status
from conformance.client import settings as kit_settings
from conformance.outcome import Outcome
from conformance.report.whole import Report
from conformance.requirements import requirement
from conformance.run import Result
from conformance.verdict import Verdict

REQUIRED, OTHER_REQUIRED, OPTIONAL = "FND001", "FND002", "TC006"
CLIENT = {
    f"{kind}client_{what}": f"{kind}{what}" for kind in ("", "registration_", "admin_") for what in ("id", "secret")
}


def report(**outcomes: Outcome) -> Report:
    results = tuple(Result(requirement(name), outcome) for name, outcome in outcomes.items())
    return Report((Verdict("market", "server", results),), 0)


def test_the_preset_names_every_variable_that_the_run_fills_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    facts = {
        "customers": [{"login": "tom", "password": "tom-green-button", "number": 1, "usage_points": []}],
        "base": "https://localhost:8443",
        "tokens": {
            "data_custodian_access_token": "d",
            "upload_access_token": "u",
            "customerResourceURI": "https://localhost:8443/espi/1_1/resource/Batch/RetailCustomer/7",
        },
    }
    offline = {"authorizationURI": "https://localhost/espi/1_1/resource/Authorization/9", "access_token": "o"}
    values = Custodian("https://localhost:1", tmp_path, facts).told(CLIENT, offline)
    text = PRESET.read_text("utf-8")
    assert set(re.findall(r'env = "(\w+)"', text)) == set(values)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings = kit_settings.load(PRESET)
    assert settings.offline_authorization_id == "9"
    assert settings.upload_resource_uri == "https://localhost:1/espi/1_1/resource/Batch/RetailCustomer/7/UsagePoint"
    assert settings.resource_endpoint.startswith(conformance_run.PRESET_SITE)
    assert settings.listener.port == conformance_run.PRESET_PORT
    assert {"consent", "deny", "revoke", "log_in"} <= set(settings.browser.scripts)
    assert conformance_run.NAME in text


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ({REQUIRED: Outcome.PASS, OPTIONAL: Outcome.FAIL}, 0),
        ({REQUIRED: Outcome.PASS, OTHER_REQUIRED: Outcome.FAIL}, 1),
        ({REQUIRED: Outcome.PASS, OTHER_REQUIRED: Outcome.SKIP}, 1),
        ({REQUIRED: Outcome.PASS, OTHER_REQUIRED: Outcome.ERROR}, 2),
        ({REQUIRED: Outcome.OMIT}, 2),
    ],
    ids=["all hold", "one fails", "one was not tried", "the kit broke", "nothing applies"],
)
def test_the_exit_status_tells_what_is_required(outcomes: dict[str, Outcome], expected: int) -> None:
    assert status(report(**outcomes)) == expected


def test_the_badge_counts_what_is_required_and_applies() -> None:
    good = badge(report(FND001=Outcome.PASS, FND002=Outcome.PASS, FND003=Outcome.OMIT, TC006=Outcome.FAIL))
    assert "2%20of%202%20required-brightgreen" in good
    bad = badge(report(FND001=Outcome.PASS, FND002=Outcome.SKIP))
    assert "1%20of%202%20required-red" in bad


def test_the_badge_takes_its_place_in_the_readme(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(conformance_run, "ROOT", tmp_path)
    readme = tmp_path / "README.md"
    readme.write_text("# Project\n\n[![Conformance](https://old)](docs/conformance.md)\n\nWords.\n", "utf-8")
    found = report(FND001=Outcome.PASS)
    for _ in range(2):
        put_badge(found)
        assert readme.read_text("utf-8") == f"# Project\n\n{badge(found)}\n\nWords.\n"
