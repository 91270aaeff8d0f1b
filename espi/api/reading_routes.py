"""The addresses of readings, as `espi.api.routes` takes them into its table; made from the declarations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from flask import Response

from espi.api import entry
from espi.api.bulk import read_usage_points
from espi.api.endpoint import Asked, Endpoint
from espi.api.holder import ANY_POINT
from espi.api.reading import read_batch, read_collection
from espi.resources import declare
from espi.resources.catalogue import REGISTRY

SUBSCRIPTION, TYPES, UPLOADED = "subscription:read", "type:read", "upload:read"

Read = Callable[[Asked], Response]

_MEMBERS: dict[str, Read] = {
    "UsagePoint": entry.read_usage_point,
    "MeterReading": entry.read_meter_reading,
    "IntervalBlock": entry.read_interval_block,
    "UsageSummary": entry.read_usage_summary,
    "ElectricPowerUsageSummary": entry.read_usage_summary,
    "ElectricPowerQualitySummary": entry.read_power_quality,
}
_SHARED: dict[str, tuple[Read, Read]] = {
    "ReadingType": (entry.read_reading_types, entry.read_reading_type),
    "LocalTimeParameters": (entry.read_local_times, entry.read_local_time),
}


def _endpoints() -> Iterator[Endpoint]:
    """Collection and member of every resource, wherever its declaration says that it lies."""
    for element, member in _MEMBERS.items():
        resource = REGISTRY[element]
        collection: Read = partial(read_collection, "UsageSummary" if resource.deprecated else element)
        collection = read_usage_points if element == "UsagePoint" else collection
        for pattern in declare.paths(resource):
            of_member = pattern.endswith(f"<{resource.param}>")
            yield _endpoint(pattern, member if of_member else collection)
    for element, functions in _SHARED.items():
        for pattern, function in zip(declare.paths(REGISTRY[element]), functions, strict=True):
            yield Endpoint(("GET",), pattern, TYPES, function)


def _endpoint(pattern: str, function: Read) -> Endpoint:
    if pattern.startswith("/Subscription/"):
        return Endpoint(("GET",), pattern, SUBSCRIPTION, function, 403)
    return Endpoint(("GET",), pattern, ANY_POINT, function)


READINGS = (
    Endpoint(
        ("GET",), "/Batch/Subscription/<subscription_id>/UsagePoint/<usage_point_id>", SUBSCRIPTION, read_batch, 403
    ),
    Endpoint(("GET",), "/Batch/RetailCustomer/<retail_customer_id>/UsagePoint", UPLOADED, read_batch),
    *_endpoints(),
)
