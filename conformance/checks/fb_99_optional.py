"""Function block 99: optional elements, which no certificate asks for."""

from __future__ import annotations

from conformance.data_rules import INTERVAL_BLOCK, READING_TYPE, USAGE_POINT, has_elements

has_elements(INTERVAL_BLOCK, {"D047": "IntervalReading/ReadingQuality/quality"})
has_elements(
    READING_TYPE,
    {
        "D057": "consumptionTier",
        "D059": "dataQualifier",
        "D060": "defaultQuality",
        "D066": "timeAttribute",
        "D067": "tou",
    },
)
has_elements(USAGE_POINT, {"D017": "roleFlags", "D005": "status"})
