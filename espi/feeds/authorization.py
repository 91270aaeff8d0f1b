"""Authorizations as Atom: what a client is allowed, without a word of the customer who allowed it (ESPI, 3.2).

`resource_uri`, `authorization_uri` and `customer_resource_uri` are the addresses that a token response gives too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from espi.atom import write
from espi.atom.links import Hrefs, certificate_link
from espi.clock import DAY_S, FOREVER, zone
from espi.resources.catalogue import REGISTRY

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.store.grants import Authorization

CUSTOMER, CLIENT, REGISTRATION, UPLOAD, CUSTODIAN = "customer", "client", "registration", "upload", "custodian"
ENDLESS_S = FOREVER * DAY_S
MOST_S = 2**32 - 1


@dataclass(frozen=True)
class Named:
    """What the addresses of an authorization are made of beside its own numbers.

    application: the path id of the third party's ApplicationInformation, 0 where there is none. zones: the time zone of
    the usage points that it covers.
    """

    application: int = 0
    zones: Mapping[int, str] | None = None


def bulk_id_of(authorization: Authorization, application: int) -> str:
    """The bulk feed of a client's own authorization: the one it names, else its application's, else a REP's own."""
    return authorization.bulk_id or str(application or authorization.subscription_path_id)


def resource_uri(authorization: Authorization, settings: Settings, application: int = 0) -> str:
    """What an access token of it opens."""
    paths = {
        CUSTOMER: f"Batch/Subscription/{authorization.subscription_path_id}",
        CLIENT: f"Batch/Bulk/{bulk_id_of(authorization, application)}",
        REGISTRATION: f"ApplicationInformation/{application}",
        UPLOAD: "Batch/RetailCustomer/**/UsagePoint",
        CUSTODIAN: "",
    }
    return f"{settings.resource_url}/{paths[authorization.kind]}"


def authorization_uri(authorization: Authorization, settings: Settings) -> str:
    """Where it is itself."""
    return f"{settings.resource_url}/Authorization/{authorization.path_id}"


def customer_resource_uri(authorization: Authorization, settings: Settings) -> str:
    """The personal resource that it opens; empty where the customer himself is not in it."""
    if authorization.personal_path_id is None:
        return ""
    return f"{settings.resource_url}/Batch/RetailCustomer/{authorization.personal_path_id}"


def authorization_row(authorization: Authorization, settings: Settings, named: Named) -> dict[str, Any]:
    """Its ESPI elements."""
    is_grant = authorization.kind == CUSTOMER
    row: dict[str, Any] = {
        "authorizedPeriod": _period(authorization.starts_s, authorization.ends_s),
        "status": authorization.status,
        "expires_at": authorization.token_ends_s,
        "grant_type": "authorization_code" if is_grant else "client_credentials",
        "scope": authorization.scope,
        "token_type": "Bearer",
        "resourceURI": resource_uri(authorization, settings, named.application),
        "authorizationURI": authorization_uri(authorization, settings),
    }
    if is_grant:
        row["publishedPeriod"] = _published(authorization, named.zones or {})
    if personal := customer_resource_uri(authorization, settings):
        row["customerResourceURI"] = personal
    return row


def authorization_entry(authorization: Authorization, settings: Settings, named: Named) -> bytes:
    """The Atom entry."""
    resource = REGISTRY["Authorization"]
    links = Hrefs(settings.resource_url, "").for_row(resource, {"Authorization": authorization.path_id})
    return write.entry(
        resource,
        authorization_row(authorization, settings, named),
        id=authorization.uuid,
        links=(*links, *certificate_link(settings.certificate_id)),
        title="Authorization",
        published_s=authorization.published_s,
        updated_s=authorization.updated_s,
    )


def _period(start_s: int, end_s: int) -> dict[str, int]:
    """A DateTimeInterval; a duration of 0 is for ever."""
    duration_s = end_s - start_s
    return {"start": start_s, "duration": 0 if duration_s > MOST_S else duration_s}


def _published(authorization: Authorization, zones: Mapping[int, str]) -> dict[str, int]:
    """From the first to the last instant of data that it opens; what comes later is bounded by its own end."""
    starts, ends = [authorization.starts_s], [authorization.starts_s]
    for usage_point_id, spans in authorization.usage_points.items():
        local = zone(zones.get(usage_point_id, "UTC"))
        for from_day, until_day in spans:
            starts.append(local.day_start_s(from_day))
            ends.append(authorization.ends_s if until_day >= FOREVER else local.day_start_s(until_day))
    return _period(min(starts), max(*ends, min(starts)))
