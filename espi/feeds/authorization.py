"""Authorizations as Atom: what a client is allowed, without a word of the customer who allowed it (ESPI, 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from espi.atom import write
from espi.atom.links import Hrefs, certificate_link
from espi.clock import FOREVER, zone
from espi.resources.catalogue import REGISTRY

if TYPE_CHECKING:
    from espi.config import Settings
    from espi.store.grants import Authorization

CUSTOMER = "customer"
MOST_S = 2**32 - 1


def authorization_row(
    authorization: Authorization, addresses: Mapping[str, str], zones: Mapping[int, str]
) -> dict[str, Any]:
    """Its ESPI elements. addresses: as a token response has them. zones: of the usage points that it covers."""
    is_grant = authorization.kind == CUSTOMER
    row: dict[str, Any] = {
        "authorizedPeriod": _period(authorization.starts_s, authorization.ends_s),
        "status": authorization.status,
        "expires_at": authorization.token_ends_s,
        "grant_type": "authorization_code" if is_grant else "client_credentials",
        "scope": authorization.scope,
        "token_type": "Bearer",
        **addresses,
    }
    if is_grant:
        row["publishedPeriod"] = _published(authorization, zones)
    return row


def authorization_entry(authorization: Authorization, row: Mapping[str, Any], settings: Settings) -> bytes:
    """The entry of a feed."""
    return _written(write.entry, authorization, row, settings)


def authorization_document(authorization: Authorization, row: Mapping[str, Any], settings: Settings) -> bytes:
    """The entry as a document of its own."""
    return _written(write.document, authorization, row, settings)


def _written(
    write_it: Callable[..., bytes], authorization: Authorization, row: Mapping[str, Any], settings: Settings
) -> bytes:
    resource = REGISTRY["Authorization"]
    links = Hrefs(settings.resource_url, "").for_row(resource, {"Authorization": authorization.path_id})
    return write_it(
        resource,
        row,
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
    """From the first to the last instant of data that it opens; what is still to come ends with itself."""
    starts, ends = [], []
    for usage_point_id, spans in authorization.usage_points.items():
        local = zone(zones.get(usage_point_id, "UTC"))
        for from_day, until_day in spans:
            starts.append(local.day_start_s(from_day))
            ends.append(authorization.ends_s if until_day >= FOREVER else local.day_start_s(until_day))
    start_s = min(starts, default=authorization.starts_s)
    return _period(start_s, max([*ends, start_s]))
