"""Every address of the resource endpoint, in one table. Who reads the standard's list finds it here again.

Patterns of resources come from their declarations (`espi.resources.declare.paths`).
"""

from __future__ import annotations

from espi.api.endpoint import Endpoint
from espi.api.management_routes import MANAGEMENT
from espi.api.reading_routes import READINGS

ENDPOINTS: tuple[Endpoint, ...] = (*READINGS, *MANAGEMENT)
"""The table. Two endpoints may share a pattern if their methods differ."""
