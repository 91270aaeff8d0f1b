from __future__ import annotations

import socket
from dataclasses import replace
from typing import Any

import pytest

from espi.config import Settings
from espi.delivery.address import check_uri, resolve
from espi.errors import BadInput

PUBLIC = "203.0.114.7"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The names that are known, and their addresses; a literal address stands for itself."""
    known: dict[str, list[str]] = {"third.example": [PUBLIC, "2a00:1450::7"]}

    def lookup(host: str, port: int, **_named: Any) -> list[tuple[Any, ...]]:
        if host not in known and not host.replace(".", "").replace(":", "").replace("f", "0").isalnum():
            raise OSError("unknown")
        return [(socket.AF_INET, 1, 6, "", (address, port)) for address in known.get(host, [host])]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return known


def test_an_address_of_the_public_internet_over_tls_is_fine(settings: Settings, names: dict[str, list[str]]) -> None:
    check_uri("https://third.example/notify?x=1", settings)
    target = resolve("https://third.example:8443/notify?x=1", settings)
    assert (target.host, target.port, target.path) == ("third.example", 8443, "/notify?x=1")
    assert target.addresses == (PUBLIC, "2a00:1450::7")
    assert resolve("https://third.example", settings).path == "/"


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("http://third.example/", "https"),
        ("ftp://third.example/", "https"),
        ("//third.example/", "https"),
        ("https:///notify", "no host"),
        ("https://user@third.example/", "user name"),
        ("https://user:word@third.example/", "user name"),
        ("https://third.example/#part", "fragment"),
        ("https://third.example/#", "fragment"),
        ("https://third.example:99999/", "understood"),
        ("https://third.example:x/", "understood"),
        ("https://third.example/a b", "characters"),
        ("https://third.example\\@10.0.0.1/", "characters"),
        ("https://third.example/\r\nX: y", "characters"),
        ("https://third.example/" + "a" * 2048, "too long"),
        ("https://[::1/", "understood"),
    ],
)
def test_what_is_no_proper_address_is_refused(
    settings: Settings, names: dict[str, list[str]], uri: str, says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        check_uri(uri, settings)
    if says != "https" or "http://" not in uri:
        with pytest.raises(BadInput):
            check_uri(uri, replace(settings, notify_private=True))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",  # noqa: S104 - it is refused
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:203.0.114.7",
        "2002:0a00:0001::",
        "2001:0:a:b::1",
        "64:ff9b::a00:1",
        "2001:db8::1",
    ],
)
def test_a_name_that_leads_into_a_private_network_is_refused(
    settings: Settings, names: dict[str, list[str]], address: str
) -> None:
    names["inside.example"] = [PUBLIC, address]
    for ask in (check_uri, resolve):
        with pytest.raises(BadInput) as refusal:
            ask("https://inside.example/", settings)
        assert refusal.value.public == "The address leads into a private network."


def test_an_unknown_host_is_refused(settings: Settings, names: dict[str, list[str]]) -> None:
    with pytest.raises(BadInput) as refusal:
        check_uri("https://no-such.example/", settings)
    assert refusal.value.public == "The host of the address cannot be found."


def test_demonstrations_may_call_their_own_machine(settings: Settings) -> None:
    ours = replace(settings, notify_private=True)
    check_uri("http://localhost:5000/notify", ours)
    check_uri("https://127.0.0.1:5000/notify", ours)
    assert resolve("http://127.0.0.1:5000/", ours).addresses == ("127.0.0.1",)
    with pytest.raises(BadInput, match="https"):
        check_uri("http://third.example/", ours)
