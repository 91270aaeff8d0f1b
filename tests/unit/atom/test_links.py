from __future__ import annotations

import uuid

import pytest

from espi.atom.links import Hrefs, Link, block_path_id, block_uuid, certificate_link
from espi.resources.catalogue import REGISTRY

ENDPOINT = "https://dc.example.com/espi/1_1/resource"
HREFS = Hrefs(f"{ENDPOINT}/", "Subscription/9")
CHAIN = {"UsagePoint": 1, "MeterReading": 2, "IntervalBlock": 3}


def links(element: str, ids: dict[str, int], **options: object) -> list[tuple[str, str, str]]:
    found = HREFS.for_row(REGISTRY[element], ids, **options)  # type: ignore[arg-type]
    return [(link.rel, link.type, link.href.removeprefix(ENDPOINT)) for link in found]


def test_a_usage_point_links_to_its_time_and_to_the_collections_below() -> None:
    ids = {"UsagePoint": 1, "LocalTimeParameters": 7}
    assert links("UsagePoint", ids, children={"MeterReading"}) == [
        ("self", "espi-entry/UsagePoint", "/Subscription/9/UsagePoint/1"),
        ("up", "espi-feed/UsagePoint", "/Subscription/9/UsagePoint"),
        ("related", "espi-entry/LocalTimeParameters", "/LocalTimeParameters/7"),
        ("related", "espi-feed/MeterReading", "/Subscription/9/UsagePoint/1/MeterReading"),
    ]


def test_a_meter_reading_has_no_way_back_to_its_usage_point() -> None:
    targets = {kind for _, kind, _ in links("MeterReading", {**CHAIN, "ReadingType": 8})}
    assert targets == {
        "espi-entry/MeterReading",
        "espi-feed/MeterReading",
        "espi-entry/ReadingType",
        "espi-feed/IntervalBlock",
    }


def test_blocks_and_summaries_link_back() -> None:
    reading = "/Subscription/9/UsagePoint/1/MeterReading/2"
    assert links("IntervalBlock", CHAIN) == [
        ("self", "espi-entry/IntervalBlock", f"{reading}/IntervalBlock/3"),
        ("up", "espi-feed/IntervalBlock", f"{reading}/IntervalBlock"),
        ("related", "espi-entry/MeterReading", reading),
    ]
    assert links("UsageSummary", {"UsagePoint": 1, "UsageSummary": 5})[2] == (
        "related",
        "espi-entry/UsagePoint",
        "/Subscription/9/UsagePoint/1",
    )


def test_children_are_named_one_by_one_only_on_request() -> None:
    plain = links("UsagePoint", {"UsagePoint": 1})
    named = links("UsagePoint", {"UsagePoint": 1}, child_links={"MeterReading": [2, 3]})
    assert [link for link in named if link not in plain] == [
        ("related", "espi-entry/MeterReading", "/Subscription/9/UsagePoint/1/MeterReading/2"),
        ("related", "espi-entry/MeterReading", "/Subscription/9/UsagePoint/1/MeterReading/3"),
    ]


def test_what_one_entry_calls_up_another_calls_related() -> None:
    def targets(element: str, rel: str, ids: dict[str, int]) -> set[str]:
        return {href for found, _, href in links(element, ids) if found == rel}

    point, reading = {"UsagePoint": 1}, {"UsagePoint": 1, "MeterReading": 2, "ReadingType": 8}
    assert targets("MeterReading", "up", reading) <= targets("UsagePoint", "related", point)
    assert targets("IntervalBlock", "up", CHAIN) <= targets("MeterReading", "related", reading)
    assert targets("ReadingType", "self", {"ReadingType": 8}) <= targets("MeterReading", "related", reading)


def test_the_short_ways_agree_with_the_declared_paths() -> None:
    ids = {**CHAIN, "ReadingType": 8, "LocalTimeParameters": 7, "UsageSummary": 5, "ElectricPowerQualitySummary": 6}

    def member(element: str) -> str:
        return HREFS.member(REGISTRY[element], ids)

    assert HREFS.usage_points() == f"{ENDPOINT}/Subscription/9/UsagePoint"
    assert HREFS.usage_point(1) == member("UsagePoint")
    assert HREFS.meter_readings(1) == f"{member('UsagePoint')}/MeterReading"
    assert HREFS.meter_reading(1, 2) == member("MeterReading")
    assert HREFS.interval_blocks(1, 2) == f"{member('MeterReading')}/IntervalBlock"
    assert HREFS.interval_block(1, 2, 3) == member("IntervalBlock")
    assert HREFS.reading_type(8) == member("ReadingType") == f"{ENDPOINT}/ReadingType/8"
    assert HREFS.local_time(7) == member("LocalTimeParameters") == f"{ENDPOINT}/LocalTimeParameters/7"
    assert HREFS.usage_summary(1, 5) == member("UsageSummary")
    assert HREFS.power_quality(1, 6) == member("ElectricPowerQualitySummary")


def test_every_declared_resource_has_a_self_below_its_collection() -> None:
    ids = dict.fromkeys(REGISTRY, 1)
    for scope in ("Subscription/9", "RetailCustomer/9"):
        for resource in REGISTRY.values():
            own, up, *_ = Hrefs(ENDPOINT, scope).for_row(resource, ids)
            assert (own.rel, up.rel) == ("self", "up")
            assert own.href == f"{up.href}/1"


def test_customer_resources_are_typed_as_such() -> None:
    customer = Hrefs(ENDPOINT, "RetailCustomer/9")
    own, up, *_ = customer.for_row(REGISTRY["Customer"], {"Customer": 1})
    assert own == Link("self", f"{ENDPOINT}/RetailCustomer/9/Customer/1", "cust-entry/Customer")
    assert up.type == "cust-feed/Customer"


def test_the_feed_names_the_batch_it_is() -> None:
    assert HREFS.batch() == Link("self", f"{ENDPOINT}/Batch/Subscription/9", "espi-feed/Subscription")
    own = Hrefs(ENDPOINT, "RetailCustomer/9").batch()
    assert own == Link("self", f"{ENDPOINT}/Batch/RetailCustomer/9/UsagePoint", "espi-feed/UsagePoint")


def test_only_a_certified_custodian_links_to_its_certificate() -> None:
    assert certificate_link("") == ()
    (link,) = certificate_link("00000000-0000-5000-8000-000000000000")
    assert (link.rel, link.type) == ("related", "text/html")
    assert link.href.endswith("/certificate/00000000-0000-5000-8000-000000000000")


def test_a_missing_id_is_an_error_and_not_a_wrong_link() -> None:
    with pytest.raises(KeyError):
        HREFS.for_row(REGISTRY["UsageSummary"], {"UsageSummary": 5})
    with pytest.raises(KeyError):
        HREFS.for_row(REGISTRY["UsagePoint"], {})


def test_block_ids_are_the_channels_with_the_day_in_it() -> None:
    channel = "3030ac7c-9588-50c4-b8fa-c793d18f9157"
    assert block_uuid(channel, 16_071) == "3030ac7c-9588-50c4-b8fa-c79300003ec7"
    assert uuid.UUID(block_uuid(channel, 16_071)).version == 5
    assert block_path_id(123_456_789_012_345, 16_071) == 123_456_789_016_071
    with pytest.raises(ValueError, match="eight"):
        block_uuid(channel, -1)
    with pytest.raises(ValueError, match="five"):
        block_path_id(123_456_789_012_345, 100_000)
