"""The first schema."""

from __future__ import annotations

from espi.store.migrations.first import (
    accounts,
    alerts,
    change_requests,
    companies,
    completeness,
    consent,
    delivery,
    desk,
    devices,
    directory,
    holdings,
    holds,
    market,
    market_counts,
    months,
    on_demand,
    party_files,
    readings,
    record,
    served,
    tours,
    uploads,
    vee,
)

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    directory.make()
    readings.make()
    months.make()
    holds.make()
    holdings.make()
    vee.make()
    market.make()
    completeness.make()
    record.make()
    accounts.make()
    consent.make()
    delivery.make()
    alerts.make()
    on_demand.make()
    desk.make()
    devices.make()
    market_counts.make()
    change_requests.make()
    served.make()
    tours.make()
    companies.make()
    uploads.make()
    party_files.make()
