"""Imports every declaration, so that `espi.resources.declare.REGISTRY` is full once this module is loaded."""

from __future__ import annotations

from espi.resources import (
    interval_block,
    local_time_parameters,
    meter_reading,
    power_quality_summary,
    reading_type,
    usage_point,
    usage_summary,
)
from espi.resources.declare import REGISTRY

__all__ = [
    "REGISTRY",
    "interval_block",
    "local_time_parameters",
    "meter_reading",
    "power_quality_summary",
    "reading_type",
    "usage_point",
    "usage_summary",
]
