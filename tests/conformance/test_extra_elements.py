"""Codes, and names of ESPI 1.x: what the kit says of those that nobody knows any more, or never did."""

from __future__ import annotations

import pytest

from conformance import codes
from conformance.outcome import Outcome
from espi.resources import codes as ours
from tests.conformance.made_feeds import (
    CUSTOMER,
    ELECTRICITY,
    ENDPOINT,
    JULY_S,
    POINT,
    TYPE,
    Made,
    Usage,
    block,
    elements,
    every,
    feed,
    messages,
    resource,
    result,
)

RULES = [f"ELM{number:03d}" for number in range(1, 12)] + [f"LEG{number:03d}" for number in range(1, 5)]
GRANT = f"{ENDPOINT}/Authorization/3a5e7f0192bd"
AUTHORIZATION = {
    "status": "1",
    "expires_at": "1709308800",
    "scope": "FB=1_4_5",
    "token_type": "Bearer",
    "resourceURI": f"{ENDPOINT}/Batch/Subscription/3492ad65d05a",
    "authorizationURI": GRANT,
}


QUALITY_3 = "<espi:ReadingQuality><espi:quality>3</espi:quality></espi:ReadingQuality>"
OF_QUALITY_3 = block(every(JULY_S, 4)).replace("<espi:timePeriod>", f"{QUALITY_3}<espi:timePeriod>")


def authorization(**change: str) -> bytes:
    facts = {name: text for name, text in {**AUTHORIZATION, **change}.items() if text}
    return feed([Made("Authorization", GRANT, resource("Authorization", elements(facts)))])


def customer(kind: str, facts: dict[str, str]) -> bytes:
    return feed([Made(kind, f"{CUSTOMER}", resource(kind, elements(facts, "cust"), "cust"), prefix="cust")])


def reading_type(**change: str) -> bytes:
    return Usage(type={**ELECTRICITY, **change}).xml()


def test_the_lists_of_codes_are_those_of_the_schema() -> None:
    pairs = [
        (codes.SERVICE, ours.SERVICE_KIND),
        (codes.ACCUMULATION, ours.ACCUMULATION_KIND),
        (codes.COMMODITY, ours.COMMODITY_KIND),
        (codes.QUALIFIER, ours.DATA_QUALIFIER_KIND),
        (codes.FLOW, ours.FLOW_DIRECTION_KIND),
        (codes.KIND, ours.MEASUREMENT_KIND),
        (codes.PERIOD, ours.TIME_PERIOD_OF_INTEREST),
        (codes.MEASURING, ours.TIME_ATTRIBUTE_KIND),
        (codes.PHASE, ours.PHASE_CODE_KIND),
        (codes.UNIT, ours.UNIT_SYMBOL_KIND),
        (codes.QUALITY, ours.QUALITY_OF_READING),
        (codes.ITEM, ours.ITEM_KIND),
        (codes.MULTIPLIERS, ours.UNIT_MULTIPLIER_KIND),
        (codes.WORDS["Customer/kind"], ours.CUSTOMER_KIND),
        (codes.WORDS["ServiceSupplier/kind"], ours.SUPPLIER_KIND),
        (codes.WORDS["CustomerAccount/notifications/methodKind"], ours.NOTIFICATION_METHOD_KIND),
        (codes.WORDS["Meter/MeterMultipliers/kind"], ours.METER_MULTIPLIER_KIND),
        (codes.WORDS["ProgramDateIdMappings/programDateIdMapping/programDateType"], ours.PROGRAM_DATE_KIND),
        (codes.WORDS["Statement/statementRef/mediaType"], ours.MEDIA_TYPE),
    ]
    assert [set(kit) ^ set(map(str, server)) for kit, server in pairs] == [set()] * len(pairs)
    assert set(map(str, ours.CURRENCY)) <= codes.CURRENCIES


@pytest.mark.parametrize("content", [Usage().xml(), authorization()], ids=["usage", "authorization"])
def test_a_good_document_has_nothing_to_say(content: bytes) -> None:
    assert [found for rule in RULES for found in messages(content, rule)] == []


@pytest.mark.parametrize(
    ("content", "rule", "said"),
    [
        (reading_type(uom="300"), "ELM001", "uom 300, a code that the standard does not list"),
        (reading_type(flowDirection="6"), "ELM001", "flowDirection 6"),
        (reading_type(timeAttribute="99"), "ELM001", "timeAttribute 99"),
        (Usage(point={"ServiceCategory/kind": "77"}).xml(), "ELM001", "it knows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        (authorization(status="7"), "ELM001", "status 7"),
        (Usage([OF_QUALITY_3]).xml(), "ELM001", "readings of quality 3"),
        (customer("Customer", {"kind": "Residential"}), "ELM002", "the standard writes residential"),
        (customer("Customer", {"kind": "gold"}), "ELM002", "which the standard does not list"),
        (reading_type(currency="2"), "ELM003", "840 for the US dollar"),
        (reading_type(currency="USD"), "ELM003", "has the currency USD"),
        (Usage(type={"kind": "12", "uom": "72"}).xml(), "ELM004", "no commodity, no flowDirection"),
        (authorization(expires_at="3600"), "ELM005", "has expires_at 3600, a duration"),
        (authorization(authorizationURI=f"{GRANT}0"), "ELM006", "but the self link"),
        (authorization(resourceURI="http://custodian.example/1"), "ELM006", "it begins with https"),
        (authorization(accessToken="secret"), "ELM007", "has the element accessToken"),
        (authorization(thirdParty="acme"), "LEG002", "has thirdParty, an element of ESPI 1.0"),
        (reading_type(timeAttribute="7"), "LEG003", "timeAttribute 7 (sixtyMinute)"),
        (Usage().xml().replace(b'naesb.org/espi"', b'naesb.org/espi/1.1"'), "LEG004", "espi/1.1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(content: bytes, rule: str, said: str) -> None:
    assert said in messages(content, rule)[0]


def test_leading_zeros_and_spaces_are_no_other_code() -> None:
    assert messages(reading_type(uom=" 072 ", currency="0840"), "ELM001") == []
    assert messages(reading_type(currency="0840"), "ELM003") == []


def test_a_registration_names_itself() -> None:
    own = f"{ENDPOINT}/ApplicationInformation/7c8a3cac7855"
    facts = {"registration_client_uri": f"{own}/", "dataCustodianThirdPartyId": "x"}
    content = feed([Made("ApplicationInformation", own, resource("ApplicationInformation", elements(facts)))])
    assert "but the self link" in messages(content, "ELM008")[0]
    assert "today's name is client_id" in messages(content, "LEG002")[0]


def test_a_bucket_that_no_mapping_names() -> None:
    mapping = elements({"tOUorCPPorConsumptionTier": "tou", "code": "1", "name": "Night"})
    content = resource("ProgramIdMappings", resource("programIdMapping", mapping))
    named = Made("ProgramIdMappings", f"{ENDPOINT}/ProgramIdMappings/7c8a3cac7855", content)
    good = block(every(JULY_S, 4), more="<espi:tou>1</espi:tou><espi:cpp>0</espi:cpp>")
    bad = block(every(JULY_S, 4), more="<espi:tou>2</espi:tou>")
    assert messages(Usage([good], more=[named]).xml(), "ELM009") == []
    assert "tou 2, which no ProgramIdMappings name" in messages(Usage([bad], more=[named]).xml(), "ELM009")[0]
    assert result(Usage([bad]).xml(), "ELM009").outcome is Outcome.OMIT


def test_a_summary_measurement_of_an_unknown_reading_type() -> None:
    def summary(href: str) -> bytes:
        content = resource("UsageSummary", elements({"overallConsumptionLastPeriod/readingTypeRef": href}))
        return Usage(more=[Made("UsageSummary", f"{POINT}/UsageSummary/2c77d41fa3b8", content)]).xml()

    assert messages(summary(TYPE), "ELM010") == []
    assert "no ReadingType in the feed has that self link" in messages(summary(f"{TYPE}0"), "ELM010")[0]


def test_a_notification_names_whole_addresses() -> None:
    def notification(*addresses: str) -> bytes:
        inside = "".join(f"<espi:resources>{address}</espi:resources>" for address in addresses)
        return f'<espi:BatchList xmlns:espi="http://naesb.org/espi">{inside}</espi:BatchList>'.encode()

    good = notification(f"{ENDPOINT}/Batch/Subscription/1", "sftp://custodian.example/bulk")
    assert result(good, "ELM011").outcome is Outcome.PASS
    assert (
        "names /Batch/Subscription/1" in messages(notification(f"{ENDPOINT}/1", "/Batch/Subscription/1"), "ELM011")[0]
    )


def test_the_usage_summary_of_old() -> None:
    address = f"{POINT}/ElectricPowerUsageSummary/2c77d41fa3b8"
    old = Made("ElectricPowerUsageSummary", address, "<espi:ElectricPowerUsageSummary/>")
    assert "write UsageSummary" in messages(Usage(more=[old]).xml(), "LEG001")[0]


def test_an_element_of_a_namespace_that_was_made_up() -> None:
    extra = b'<x:extra xmlns:x="http://naesb.org/espi/extra"/></espi:UsagePoint>'
    content = Usage().xml().replace(b"</espi:UsagePoint>", extra)
    assert "http://naesb.org/espi/extra" in messages(content, "LEG004")[0]
