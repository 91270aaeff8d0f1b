"""What the kit takes from its configuration, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.client import settings
from conformance.client.settings import Step, Unusable

WHOLE = """
dataCustodianResourceEndpoint = "https://custodian.example/DataCustodian/espi/1_1/resource"
client_id = "third_party"
client_secret = { env = "KIT_SECRET" }
registration_access_token_client_id = "REGISTRATION_third_party"
scope = "FB=4_5_15;IntervalDuration=3600;BlockDuration=monthly;HistoryLength=13"
certDataScopeFBs = "FB=1_4_5_15"

[listener]
port = 8081

[waits]
old_code_s = 360

[claims]
blocks = [1, 3, 4]

[operator]
notify = ["ssh", "custodian", "notify {uri}"]

[[browser.log_in]]
page = "/login"
fill = { j_username = "alice", j_password = "secret-of-alice" }

[[browser.consent]]
page = "/oauth/authorize"
choose = { meter = ["1", "2"], answer = "yes" }
press = "Authorize"
"""


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KIT_SECRET", "from-the-environment")
    path = tmp_path / "kit.toml"
    path.write_text(WHOLE, "utf-8")
    return path


def test_keys_of_the_harness_and_our_own_tables_are_read(written: Path) -> None:
    found = settings.load(written)
    assert found.origin == "https://custodian.example"
    assert found.client_secret == "from-the-environment"
    assert found.registration_client_id == "REGISTRATION_third_party"
    assert found.certified_blocks == "FB=1_4_5_15"
    assert (found.listener.port, found.waits.old_code_s, found.waits.notification_s) == (8081, 360, 100)
    assert found.claims.blocks == (1, 3, 4)
    assert found.operator == {"notify": ("ssh", "custodian", "notify {uri}")}
    assert found.browser.scripts["consent"] == (
        Step("/oauth/authorize", choose={"meter": ("1", "2"), "answer": "yes"}, press="Authorize"),
    )


def test_who_writes_no_script_does_the_browser_by_hand(written: Path) -> None:
    assert settings.from_table({}).browser.by_hand
    assert not settings.load(written).browser.by_hand


def test_secrets_are_known_as_such(written: Path) -> None:
    assert set(settings.load(written).secrets) == {"from-the-environment", "secret-of-alice"}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"scopes": "FB=1"}, "Unknown key scopes"),
        ({"listener": {"ports": 1}}, r"Unknown key listener\.ports"),
        ({"browser": {"consent": [{"pages": "x"}]}}, r"Unknown key browser\.consent\.pages"),
        ({"waits": {"answer_s": "60"}}, r"waits\.answer_s should be a whole number, and is '60'"),
        ({"waits": {"answer_s": True}}, r"waits\.answer_s should be a whole number"),
        ({"claims": {"blocks": [1, "2"]}}, r"claims\.blocks should be a whole number, and is '2'"),
        ({"claims": [1]}, "claims should be a table"),
        ({"operator": {"notify": "now"}}, r"operator\.notify should be a list"),
        ({"client_secret": {"env": "NOT_SET_ANYWHERE"}}, "NOT_SET_ANYWHERE, which is not set"),
    ],
)
def test_a_mistake_is_named_with_its_place(table: dict[str, object], message: str) -> None:
    with pytest.raises(Unusable, match=message):
        settings.from_table(table)


def test_a_file_that_is_missing_or_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "kit.toml").write_text("client_id = ", "utf-8")
    with pytest.raises(Unusable, match=r"kit\.toml: Invalid value"):
        settings.load(tmp_path / "kit.toml")
    with pytest.raises(Unusable, match=r"none\.toml: No such file"):
        settings.load(tmp_path / "none.toml")
