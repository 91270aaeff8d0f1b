"""How many bits an identifier can carry, as TC011 counts them."""

from __future__ import annotations

import pytest

from conformance.checks.fb_13_security import LEAST_BITS, PERSONAL, bits


@pytest.mark.parametrize(
    "text",
    ["9b6c7066e2f1", "991554130330806", "aZ3_kq9B", "cd4c1e92-eb88-5ad7-baeb-9a9c8de98f90"],
    ids=["12 hexadecimal", "15 decimal", "8 of base64", "a UUID"],
)
def test_these_are_enough(text: str) -> None:
    assert bits(text) >= LEAST_BITS


@pytest.mark.parametrize("text", ["1", "100023", "12345678901234", "9b6c7066e2f", "abc"], ids=str)
def test_these_are_too_few(text: str) -> None:
    assert bits(text) < LEAST_BITS


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("https://dc.example/RetailCustomer/ada@example.org", "an e-mail address"),
        ("https://dc.example/RetailCustomer/ada%40example.org", "an e-mail address"),
        ("call (555) 010-0199", "a phone number"),
        ("1200 North Main Street", "a street address"),
        ("Account 100023441", "an account"),
        ("https://dc.example/Customer/account-100023441", "an account"),
    ],
    ids=["e-mail", "encoded e-mail", "phone", "street", "account", "account in a path"],
)
def test_what_is_personal_is_seen(text: str, what: str) -> None:
    assert PERSONAL[what].search(text)


@pytest.mark.parametrize(
    "text",
    [
        "Front Electric Meter",
        "Hourly Wh delivered",
        "https://dc.example/espi/1_1/resource/Subscription/9b6c7066e2f1/UsagePoint/48c2a0195527",
        "urn:uuid:cd4c1e92-eb88-5ad7-baeb-9a9c8de98f90",
        "CustomerAccount/485734958221",
        "2024-03-10",
    ],
    ids=["title", "another title", "address", "id", "a path of the standard", "date"],
)
def test_what_is_not_personal_is_let_be(text: str) -> None:
    assert [what for what, pattern in PERSONAL.items() if pattern.search(text)] == []


def test_digits_beside_letters_are_hexadecimal_ones() -> None:
    assert bits("078762898758") < LEAST_BITS
    assert bits("078762898758", "078762898758" + "41a8234bcfc8") >= LEAST_BITS
