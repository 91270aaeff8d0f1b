"""Links: what the kit says of addresses that are built wrongly, written differently, or lead nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.outcome import Outcome
from tests.conformance.made_feeds import (
    CUSTOMER,
    ENDPOINT,
    GRANT,
    LOCAL,
    POINT,
    READING,
    TYPE,
    Made,
    Usage,
    elements,
    feed,
    messages,
    resource,
    result,
)

RULES = [f"LNK{number:03d}" for number in range(1, 13)] + ["EU_FB01_DE_012", "EU_FB15_DE_007"]
BILL = f"{POINT}/UsageSummary/2c77d41fa3b8"
SUMMARY = Made("UsageSummary", BILL, resource("UsageSummary", elements({"statusTimeStamp": "1709272800"})), (POINT,))
QUALITY = Made(
    "ElectricPowerQualitySummary",
    f"{POINT}/ElectricPowerQualitySummary/2c77d41fa3b8",
    "<espi:ElectricPowerQualitySummary/>",
)


def test_links_as_they_should_be() -> None:
    usage = Usage(more=[SUMMARY, QUALITY], related=[f"{POINT}/UsageSummary", f"{POINT}/ElectricPowerQualitySummary"])
    assert [found for rule in RULES for found in messages(usage.xml(), rule)] == []


def test_a_download_nests_in_a_customer_instead_of_a_grant() -> None:
    content = Usage().xml().replace(b"/Subscription/", b"/RetailCustomer/")
    assert [found for rule in RULES for found in messages(content, rule)] == []


@pytest.mark.parametrize(
    ("kind", "change", "rule", "said"),
    [
        ("UsagePoint", {"self": f"{GRANT}/UsagePoint"}, "LNK001", "ends in UsagePoint/ and an identifier"),
        ("UsagePoint", {"self": f"{POINT}/"}, "LNK001", "ends in UsagePoint/ and an identifier"),
        ("UsagePoint", {"up": f"{GRANT}/UsagePoint/"}, "LNK002", "without an identifier or slash"),
        ("UsagePoint", {"up": POINT}, "LNK002", "without an identifier or slash"),
        ("UsagePoint", {"up": f"{ENDPOINT}/UsagePoint"}, "LNK003", "it is in another collection"),
        (
            "UsagePoint",
            {"up": f"{GRANT.replace('.example', '.example:443')}/UsagePoint"},
            "LNK003",
            "how they are written",
        ),
        ("MeterReading", {"self": f"{GRANT}/MeterReading/401efb2d64c8"}, "LNK004", "UsagePoint/{id}/MeterReading/{id}"),
        ("ReadingType", {"self": f"{GRANT}/ReadingType/419d0ee3f1ad"}, "LNK005", "…/resource/ReadingType/{id}"),
        ("UsagePoint", {"related": [LOCAL]}, "EU_FB01_DE_012", "has no related link to its MeterReadings"),
        ("UsagePoint", {"related": [READING, LOCAL]}, "EU_FB01_DE_012", "has no related link to its MeterReadings"),
        ("UsageSummary", {"related": []}, "EU_FB15_DE_007", "related links to 0 UsagePoints"),
        ("UsagePoint", {"related": ["/UsagePoint/1/MeterReading"]}, "LNK008", "write the whole address"),
        ("ReadingType", {"self": TYPE.replace("https", "http")}, "LNK008", "beginning with https"),
        ("ReadingType", {"self": TYPE.replace(".example", ".example:443")}, "LNK009", "write one of them throughout"),
        ("ReadingType", {"types": False}, "LNK010", "2 links without type; for example espi-entry/ReadingType"),
        ("ReadingType", {"self": TYPE.replace("espi/1_1/resource", "data")}, "LNK012", "contain /espi/1_1/resource/"),
    ],
)
def test_a_link_that_is_built_wrongly(kind: str, change: dict[str, object], rule: str, said: str) -> None:
    content = Usage(more=[SUMMARY], change={kind: change}).xml()
    (found,) = messages(content, rule)
    assert said in found


def test_a_power_quality_summary_that_nobody_links_to() -> None:
    (found,) = messages(Usage(more=[QUALITY]).xml(), "LNK007")
    assert "readers do not find it" in found
    assert result(Usage().xml(), "LNK007").outcome is Outcome.OMIT


@pytest.mark.parametrize(
    ("href", "said"),
    [
        (
            f"{POINT}/UsageSummary/",
            f"the address in the feed is {POINT}/UsageSummary: links are compared letter by letter",
        ),
        (f"{GRANT}/UsagePoint/ffffffffffff/UsageSummary", "nothing in the feed has that address"),
    ],
)
def test_a_related_link_that_leads_nowhere(href: str, said: str) -> None:
    content = Usage(more=[SUMMARY], change={"UsageSummary": {"related": [POINT, href]}}).xml()
    (found,) = messages(content, "LNK006")
    assert said in found


def test_related_links_to_what_the_feed_has_none_of_are_no_fault() -> None:
    assert messages(Usage(related=[f"{POINT}/UsageSummary"]).xml(), "LNK006") == []


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("espi-entry/ReadingType", "espi-feed/ReadingType", "its type is espi-entry/ReadingType"),
        ("espi-feed/MeterReading", "application/atom+xml", "its type is espi-feed/MeterReading"),
    ],
)
def test_a_type_that_says_something_else(right: str, wrong: str, said: str) -> None:
    content = Usage().xml().replace(f'type="{right}"'.encode(), f'type="{wrong}"'.encode(), 1)
    (found,) = messages(content, "LNK011")
    assert said in found


def test_links_of_a_customer_have_types_of_their_own() -> None:
    customer = Made("Customer", CUSTOMER, "<cust:Customer/>", (f"{CUSTOMER}/CustomerAccount",), prefix="cust")
    assert messages(feed([customer]), "LNK011") == []
    (found, *_) = messages(feed([replace(customer, prefix="espi", content="<cust:Customer/>")]), "LNK011")
    assert "its type is cust-entry/Customer" in found


@pytest.mark.parametrize("href", ["http://[::1", "https://", "//", "://", "%", " ", "urn:uuid:1", "https://a b/c?x#y"])
def test_whatever_is_given_as_an_address_can_be_judged(href: str) -> None:
    content = Usage(change={"UsagePoint": {"self": href, "up": href, "related": [href]}}).xml()
    for rule in RULES:
        messages(content, rule)


def test_links_to_pages_may_lead_anywhere() -> None:
    links = f'{Usage.links}<link rel="alternate" href="http://www.custodian.example/usage"/>'
    content = Usage(links=links).xml()
    assert [found for rule in RULES for found in messages(content, rule)] == []
