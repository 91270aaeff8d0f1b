"""Every handler of this layer, for whoever works on jobs."""

from __future__ import annotations

from espi.delivery import (
    alerts,
    bulk,
    bulk_request,
    expiring,
    mail,
    news,
    nightly,
    notify,
    publishing,
    recovering,
    rep_counts,
)
from espi.jobs import HANDLERS

MODULES = (alerts, bulk, bulk_request, expiring, mail, news, nightly, notify, publishing, recovering, rep_counts)
"""They register their handlers as they are imported."""


def kinds() -> tuple[str, ...]:
    """The kinds of jobs that are done in this process."""
    return tuple(sorted(HANDLERS))
