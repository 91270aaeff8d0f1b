"""The addresses about clients, consents, bulk and customers, as `espi.api.routes` takes them into its table."""

from __future__ import annotations

from espi.api import authorization_resource, registration_resource, service_status
from espi.api.endpoint import Endpoint

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

MANAGEMENT = (*STATUS, *AUTHORIZATIONS, *REGISTRATIONS)
