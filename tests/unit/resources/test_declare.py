import pytest

from espi.resources.catalogue import REGISTRY
from espi.resources.customer import CUSTOMER as CUSTOMER_RESOURCE
from espi.resources.declare import CUSTOMER, ESPI, Resource, Struct, paths, register
from espi.resources.interval_block import INTERVAL_BLOCK, INTERVAL_READING
from espi.resources.usage_point import USAGE_POINT
from espi.resources.usage_summary import ELECTRIC_POWER_USAGE_SUMMARY, USAGE_SUMMARY


def test_a_usage_point_lies_at_the_root_under_a_subscription_and_under_a_retail_customer() -> None:
    assert list(paths(USAGE_POINT)) == [
        "/Subscription/<subscription_id>/UsagePoint",
        "/Subscription/<subscription_id>/UsagePoint/<usage_point_id>",
        "/RetailCustomer/<retail_customer_id>/UsagePoint",
        "/RetailCustomer/<retail_customer_id>/UsagePoint/<usage_point_id>",
        "/UsagePoint",
        "/UsagePoint/<usage_point_id>",
    ]


def test_the_second_resource_of_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="UsagePoint is declared twice"):
        register(Resource("UsagePoint", Struct("UsagePoint", ()), "Another.", "id"))
    assert REGISTRY["UsagePoint"] is USAGE_POINT


def test_a_structure_gives_its_elements_by_name() -> None:
    assert INTERVAL_BLOCK.struct["IntervalReading"].type is INTERVAL_READING
    assert INTERVAL_BLOCK.struct["IntervalReading"].repeats
    assert not INTERVAL_BLOCK.struct["interval"].repeats
    with pytest.raises(KeyError, match="IntervalBlock has no reading"):
        INTERVAL_BLOCK.struct["reading"]


def test_links_to_customer_data_are_told_apart_from_links_to_usage_data() -> None:
    assert (CUSTOMER_RESOURCE.namespace, CUSTOMER_RESOURCE.link_prefix) == (CUSTOMER, "cust")
    assert (USAGE_POINT.namespace, USAGE_POINT.link_prefix) == (ESPI, "espi")


def test_the_older_usage_summary_is_read_as_the_present_one() -> None:
    assert ELECTRIC_POWER_USAGE_SUMMARY.deprecated == USAGE_SUMMARY.element
    assert USAGE_SUMMARY.aliases == (ELECTRIC_POWER_USAGE_SUMMARY.element,)
    shared = ELECTRIC_POWER_USAGE_SUMMARY.struct.fields
    assert USAGE_SUMMARY.struct.fields[: len(shared)] == shared
