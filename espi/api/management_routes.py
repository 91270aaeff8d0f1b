"""The addresses about clients, consents, bulk and customers, as `espi.api.routes` takes them into its table."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from espi.api import authorization_resource, bulk, management, person, registration_resource, service_status, upload
from espi.api.endpoint import Endpoint
from espi.resources.catalogue import REGISTRY
from espi.resources.declare import CUSTOMER, paths

_ONE_AUTHORIZATION = "/Authorization/<authorization_id>"
_ONE_REGISTRATION = "/ApplicationInformation/<application_information_id>"

STATUS = tuple(
    Endpoint(("GET",), path, "status:read", service_status.read_status)
    for path in ("/ReadServiceStatus", "/ServiceStatus")
)
AUTHORIZATIONS = (
    Endpoint(("GET",), "/Authorization", "authorization:read", authorization_resource.read_authorizations),
    Endpoint(("GET",), _ONE_AUTHORIZATION, "authorization:read", authorization_resource.read_authorization),
    Endpoint(("PUT",), _ONE_AUTHORIZATION, "authorization:change", authorization_resource.put_authorization, 403),
    Endpoint(("DELETE",), _ONE_AUTHORIZATION, "authorization:change", authorization_resource.delete_authorization, 403),
)
REGISTRATIONS = (
    Endpoint(("GET",), "/ApplicationInformation", "registration:read", registration_resource.read_registrations),
    Endpoint(("POST",), "/ApplicationInformation", "registration:change", registration_resource.add_registration),
    Endpoint(("GET",), _ONE_REGISTRATION, "registration:read", registration_resource.read_registration),
    Endpoint(("PUT",), _ONE_REGISTRATION, "registration:change", registration_resource.put_registration, 403),
    Endpoint(("DELETE",), _ONE_REGISTRATION, "registration:change", registration_resource.delete_registration, 403),
)


def _persons() -> Iterator[Endpoint]:
    """Every level below a retail customer, as collection and member."""
    for name, resource in REGISTRY.items():
        of_customer = paths(resource) if resource.namespace == CUSTOMER else ()
        for pattern in of_customer:
            if pattern.startswith("/RetailCustomer/"):
                read = person.read_collection if pattern.endswith(name) else person.read_member
                yield Endpoint(("GET",), pattern, "person:read", functools.partial(read, element=name))


PERSONS = (
    Endpoint(("GET",), "/Batch/RetailCustomer/<retail_customer_id>", "person:read", person.read_person),
    Endpoint(("GET",), "/RetailCustomer/<retail_customer_id>", "person:read", person.read_person),
    Endpoint(("GET",), "/Batch/BulkRetailCustomerInfo/<bulk_id>", "bulk-person:read", bulk.read_bulk_of_persons),
    *_persons(),
)
BATCHES = (
    Endpoint(("GET",), "/Batch/Bulk/<bulk_id>", "bulk:read", bulk.read_bulk),
    Endpoint(("GET",), "/Batch/Subscription/<subscription_id>", "subscription:read", bulk.read_subscription, 403),
)

UPLOADS = (
    Endpoint(
        ("POST",),
        "/Batch/RetailCustomer/<retail_customer_id>/UsagePoint",
        "usage:put",
        upload.receive,
        writes_itself=True,
    ),
    Endpoint(("POST",), "/Batch/Bulk/<bulk_id>", "directory:put", upload.receive, writes_itself=True),
)

_POINT = "/Subscription/<subscription_id>/UsagePoint/<usage_point_id>"
_READINGS = (
    Endpoint(("POST",), "/ReadingType", "type:put", management.add_reading_type),
    Endpoint(("POST",), "/UsagePoint", "directory:put", upload.receive, writes_itself=True),
    Endpoint(
        ("POST",), f"{_POINT}/MeterReading/<meter_reading_id>/IntervalBlock", "directory:put", management.put_block, 403
    ),
    Endpoint(("POST",), f"{_POINT}/UsageSummary", "directory:put", management.put_usage_summary, 403),
    Endpoint(("POST",), f"{_POINT}/ElectricPowerQualitySummary", "directory:put", management.put_power_quality, 403),
)

MANAGEMENT = (*_READINGS, *BATCHES, *UPLOADS, *PERSONS, *STATUS, *AUTHORIZATIONS, *REGISTRATIONS)
