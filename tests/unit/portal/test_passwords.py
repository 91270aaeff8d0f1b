from __future__ import annotations

import pytest

from espi.portal import devices, passwords


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("only eleven", "short"),
        ("x" * 129, "long"),
        ("password1234", "common"),
        ("P@ssw0rd1234!", "common"),
        ("passwordpassword", "common"),
        ("123456789012", "common"),
        ("098765432109", "common"),
        ("qwertyuiop12", "common"),
        ("abcdefghijklm", "common"),
        ("aaaaaaaaaaaa", "common"),
        ("abcabcabcabc", "common"),
        ("Texas2024Texas", "common"),
        ("houston-123456", "common"),
        ("correct horse battery staple", "common"),
        ("maria.garcia1", "personal"),
        ("Garcia--Maria", "personal"),
        ("blue tram over seven", ""),
        ("lantern-quilt-84", ""),
        ("una mesa azul canta", ""),
    ],
)
def test_what_guessers_try_first_is_refused_and_words_of_ones_own_are_taken(password: str, why: str) -> None:
    assert passwords.refusal(password, "maria.garcia@example.com", "Maria Garcia") == why


@pytest.mark.parametrize(
    ("agent", "where"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/131.0 Safari/537.36 Edg/131.0", ("Edge", "Windows")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18 Safari/604.1", ("Safari", "iPhone")),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/131.0 Mobile Safari/537.36", ("Chrome", "Android")),
        ("curl/8", ("", "")),
    ],
)
def test_a_browser_and_its_machine_are_known_by_their_names(agent: str, where: tuple[str, str]) -> None:
    assert (devices.browser(agent), devices.machine(agent)) == where


@pytest.mark.parametrize(
    ("address", "network", "said"),
    [
        ("203.0.113.77", "203.0.113.0/24", "203.0.113.…"),
        ("2001:db8:1:2345::9", "2001:db8:1:2300::/56", "2001:db8:1:2300::/56"),
        (None, "", ""),
    ],
)
def test_a_network_is_told_without_the_address(address: str | None, network: str, said: str) -> None:
    assert devices.network(address) == network
    assert devices.in_words(network) == said
