"""Personal data: found where they must not be, and nothing found in what only looks like them."""

from __future__ import annotations

import pytest

from conformance import personal
from conformance.outcome import Outcome
from tests.conformance.made_feeds import (
    CUSTOMER,
    ENDPOINT,
    GRANT,
    POINT,
    READING,
    Made,
    Usage,
    elements,
    feed,
    messages,
    resource,
    result,
)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("jane.doe@mail.example", "an e-mail address (j…@…ple)"),
        ("jane%40mail.example", "an e-mail address"),
        ("call (512) 555-0123", "a phone number (…23)"),
        ("+1 512-555-0123", "a phone number"),
        ("12 Maple Street", "a postal address (… Street)"),
        ("20000 SOMEPLACE ST", "a postal address"),
        ("1402B North Oak Hill Dr", "a postal address"),
        ("Account 55512", "the number of an account or meter (…12)"),
        ("ESIID: 10443720001234567", "the number of an account or meter (…67)"),
        ("Service 10443720001234567", "the number of an account or meter"),
    ],
)
def test_what_names_a_person_is_found_and_hidden(text: str, what: str) -> None:
    (found,) = personal.kinds(text)
    assert found.startswith(what)


@pytest.mark.parametrize(
    "text",
    [
        "15 Minute Interval Data",
        "Delivered, 15 minutes",
        "2024-03-10",
        "20240310-20240311",
        "20240310123000",
        "1710050400",
        "1710050400000",
        "200 Amp CT",
        "2024 Summer DR Event",
        "Hourly Wh @ 60 Hz",
        "Energy Delivered (kWh)",
        "123456789012-34",
        "urn:uuid:bfee0b78-7600-5554-8000-122226569123",
        "Meter reading 15",
        "R-1 tariff 512-555",
        "GreenButton 48c2a0195527 20240101-20240131",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert personal.kinds(text) == []


def test_a_good_feed_names_nobody() -> None:
    rules = ("PII001", "PII002", "PII003")
    name = "GreenButton_48c2a0195527_20240101-20240131.xml"
    assert [found for rule in rules for found in messages(Usage().xml(), rule, name=name)] == []


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        (Usage(title="Usage of jane@mail.example"), "The feed's title holds an e-mail address"),
        (Usage(change={"UsagePoint": {"title": "12 Maple Street"}}), "a title with a postal address (… Street)"),
        (Usage(change={"MeterReading": {"self": f"{POINT}/MeterReading/jane@mail.example"}}), "an e-mail address"),
    ],
    ids=["feed", "title", "address"],
)
def test_titles_and_addresses_that_name_a_person(usage: Usage, said: str) -> None:
    (found,) = messages(usage.xml(), "PII001")
    assert said in found
    assert "Maple" not in found
    assert "jane" not in found


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("4284792", True),
        ("10443720001234567", True),
        ("123456789012", False),
        ("412736501928374", False),
        ("1710050400", False),
        ("01", False),
    ],
    ids=[
        "seven digits",
        "seventeen digits",
        "hexadecimal without a letter",
        "decimal digits of 48 bits",
        "a time",
        "too short",
    ],
)
def test_usage_points_that_are_named_by_a_number(name: str, wrong: bool) -> None:
    content = Usage().xml().replace(POINT.encode(), f"{GRANT}/UsagePoint/{name}".encode())
    assert ["by digits alone" in found for found in messages(content, "PII001")] == [True] * wrong


def test_texts_within_usage_data_that_name_a_person() -> None:
    remark = {"ServiceCategory/kind": "0", "serviceDeliveryRemark": "ring at 12 Maple Street, 512-555-0123"}
    found = messages(Usage(point=remark).xml(), "PII002")
    assert ["in serviceDeliveryRemark" in message for message in found] == [True, True]
    own = f"{ENDPOINT}/ApplicationInformation/7c8a3cac7855"
    contact = resource("ApplicationInformation", elements({"contacts": "desk@thirdparty.example"}))
    assert messages(feed([Made("ApplicationInformation", own, contact)]), "PII002") == []


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("usage_5551234567.xml", True), ("jane@mail.example.xml", True), ("GreenButton_20240101-20240131.xml", False)],
)
def test_file_names_that_name_a_person(name: str, wrong: bool) -> None:
    assert bool(messages(Usage().xml(), "PII003", name=name)) is wrong


def customer(facts: dict[str, str], href: str = CUSTOMER, kind: str = "Customer") -> bytes:
    return feed([Made(kind, href, resource(kind, elements(facts, "cust"), "cust"), prefix="cust")])


def test_customer_data_with_a_login() -> None:
    assert (
        "Organisation/electronicAddress/password"
        in messages(customer({"Organisation/electronicAddress/password": "secret"}), "PII004")[0]
    )
    assert messages(customer({"Organisation/electronicAddress/email1": "jane@mail.example"}), "PII004") == []
    assert result(Usage().xml(), "PII004").outcome is Outcome.OMIT


def test_customer_data_at_an_address_that_tells() -> None:
    account = f"{CUSTOMER}/CustomerAccount/AC-5551"
    (found,) = messages(customer({"accountId": "AC-5551"}, account, "CustomerAccount"), "PII005")
    assert "the customer's accountId (…51)" in found
    assert messages(customer({"accountId": "AC-5551"}, CUSTOMER, "CustomerAccount"), "PII005") == []


def test_usage_and_customer_data_in_one_feed() -> None:
    mixed = feed([*Usage().entries(), Made("Customer", CUSTOMER, "<cust:Customer/>", prefix="cust")])
    assert "mixes energy usage (UsagePoint" in messages(mixed, "ENV007")[0]
    assert messages(Usage().xml(), "ENV007") == []
    assert READING.encode() in mixed
