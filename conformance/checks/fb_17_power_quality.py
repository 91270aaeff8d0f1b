"""Function block 17: summaries of the quality of electric power."""

from __future__ import annotations

from conformance.data_rules import QUALITY_SUMMARY, envelope, feed_has, has_elements

feed_has("D126", QUALITY_SUMMARY)
envelope(
    QUALITY_SUMMARY,
    identifier="D128", title="D127", published="D131", updated="D132", own="D129", up="D130", unique="D133",
)  # fmt: skip
has_elements(
    QUALITY_SUMMARY,
    {
        "D113": "flickerPlt",
        "D114": "flickerPst",
        "D115": "harmonicVoltage",
        "D116": "longInterruptions",
        "D117": "mainsVoltage",
        "D118": "powerFrequency",
        "D119": "rapidVoltageChanges",
        "D120": "shortInterruptions",
        "D121": "summaryInterval",
        "D134": "summaryInterval/duration summaryInterval/start",
        "D122": "supplyVoltageDips",
        "D123": "supplyVoltageImbalance",
        "D124": "supplyVoltageVariations",
        "D125": "tempOvervoltage",
    },
)
