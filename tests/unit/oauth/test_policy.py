from __future__ import annotations

import pytest

from espi.oauth.policy import CLASSIC, FAPI2, MODERN, POLICIES, Policy


def test_what_each_policy_demands() -> None:
    demands = {name: (row.pkce, row.pushed, row.bound, row.rotates) for name, row in POLICIES.items()}
    assert demands == {
        "classic": (False, False, False, True),
        "modern": (True, False, False, True),
        "fapi2": (True, True, True, False),
    }


def test_fapi_clients_have_no_secret() -> None:
    assert not any(method.startswith("client_secret") for method in FAPI2.methods)
    assert "client_secret_basic" in CLASSIC.methods & MODERN.methods


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.name)
def test_there_is_no_client_without_a_proof(policy: Policy) -> None:
    assert "none" not in policy.methods


def test_codes_count_for_less_than_six_minutes() -> None:
    assert all(policy.code_s < 360 for policy in POLICIES.values())
    assert FAPI2.code_s <= 60


def test_refresh_tokens_rotate_unless_they_are_bound() -> None:
    assert CLASSIC.rotates_with("")
    assert not MODERN.rotates_with("jkt:x")
    assert not FAPI2.rotates_with("x5t#S256:x")
