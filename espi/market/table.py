"""Every operation of the JSON interface, in one table."""

from __future__ import annotations

from itertools import chain

from espi.market import (
    applications,
    authorizations,
    changes,
    completeness,
    events,
    invitations,
    jobs,
    readings,
    reports,
    status,
    usage_points,
)

OPERATIONS = tuple(
    chain.from_iterable(
        each.OPERATIONS
        for each in (
            status,
            changes,
            events,
            jobs,
            authorizations,
            invitations,
            usage_points,
            readings,
            completeness,
            reports,
            applications,
        )
    )
)
"""The routes, the checks and the description (`/api/v1/openapi.json`) are made of it."""
