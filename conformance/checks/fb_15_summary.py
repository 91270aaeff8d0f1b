"""Function blocks 15, 16, 27 and 28: usage summaries, under their new name or the old ElectricPowerUsageSummary.

Every summary of the feed is asked, whichever blocks it was meant for.
"""

from __future__ import annotations

from conformance.data_rules import SUMMARY, USAGE_POINT, envelope, feed_has, has_elements, has_parts, leads_to

feed_has("D083", SUMMARY)
envelope(
    SUMMARY,
    identifier="D082", title="D084", published="D101", updated="D102", own="D085", up="D087", unique="D086",
)  # fmt: skip
leads_to("D088", SUMMARY, "up", USAGE_POINT, "related")
has_elements(
    SUMMARY,
    {
        "D089": "billingPeriod/duration",
        "D090": "billingPeriod/start",
        "D081": "overallConsumptionLastPeriod",
        "D099": "qualityOfReading",
        "D100": "statusTimeStamp",
        # 16: cost
        "D091": "billLastPeriod",
        "D093": "costAdditionalLastPeriod",
        "D094": "currency",
        # 27: demands and the day before
        "D103": "ratchetDemand",
        "D108": "ratchetDemand/powerOfTenMultiplier ratchetDemand/uom",
        "D104": "ratchetDemandPeriod",
        "D109": "ratchetDemandPeriod/duration ratchetDemandPeriod/start",
        "D105": "peakDemand",
        "D110": "peakDemand/powerOfTenMultiplier peakDemand/uom",
        "D106": "currentDayOverallConsumption/powerOfTenMultiplier",
        "D111": "currentDayOverallConsumption/powerOfTenMultiplier currentDayOverallConsumption/uom",
        "D107": "previousDayOverallConsumption/powerOfTenMultiplier",
        "D112": "previousDayOverallConsumption/powerOfTenMultiplier previousDayOverallConsumption/uom",
        # 28: the current billing period
        "D092": "billToDate",
    },
)
has_parts(
    SUMMARY,
    "currentBillingPeriodOverAllConsumption",
    {"D095": "powerOfTenMultiplier", "D096": "timeStamp", "D097": "uom", "D098": "value"},
)
