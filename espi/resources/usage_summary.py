"""UsageSummary: what was used and billed in a billing period, and its older form ElectricPowerUsageSummary."""

from __future__ import annotations

from espi.resources import simple
from espi.resources.declare import Field, Resource, Struct, register
from espi.resources.function_blocks import FB_03, FB_15, FB_16, FB_26, FB_27, FB_28, FB_32, FB_37
from espi.resources.parts import (
    ANY_NUMBER,
    DATE_TIME_INTERVAL,
    IDENTIFIED,
    MONEY,
    ONE,
    SUMMARY_MEASUREMENT,
    TARIFF_RIDER_REFS,
)

LINE_ITEM = Struct(
    "LineItem",
    (
        Field("amount", simple.INT48, "What it costs.", unit=MONEY),
        Field("rounding", simple.INT48, "What rounding added or took.", unit=MONEY),
        Field("dateTime", simple.TIME, "The date it belongs to.", unit="s"),
        Field("note", simple.STRING_256, "The text on the bill.", ONE),
        Field("measurement", SUMMARY_MEASUREMENT, "The quantity that is charged.", since="1.1"),
        Field("itemKind", simple.ITEM_KIND, "What sort of charge or credit it is.", ONE, since="1.1"),
        Field("unitCost", simple.INT48, "The price of one unit.", unit=MONEY, since="1.1"),
        Field("itemPeriod", DATE_TIME_INTERVAL, "The part of the period it is for.", since="1.1"),
    ),
    "A line of a bill.",
)

BILLING_CHARGE_SOURCE = Struct(
    "BillingChargeSource",
    (Field("agencyName", simple.STRING_256, "Its name."),),
    "Who charges the bill.",
)

_SUMMARY = (
    *IDENTIFIED,
    Field("billingPeriod", DATE_TIME_INTERVAL, "The period billed."),
    Field("billLastPeriod", simple.INT48, "The bill of that period.", unit=MONEY),
    Field("billToDate", simple.INT48, "The bill that has run up since.", unit=MONEY),
    Field("costAdditionalLastPeriod", simple.INT48, "Charges that the intervals' costs leave out.", unit=MONEY),
    Field("costAdditionalDetailLastPeriod", LINE_ITEM, "Those charges line by line.", ANY_NUMBER, since="1.1"),
    Field("currency", simple.CURRENCY, "The currency of the amounts."),
    Field("overallConsumptionLastPeriod", SUMMARY_MEASUREMENT, "What was used in the period billed.", since="1.1"),
    Field("currentBillingPeriodOverAllConsumption", SUMMARY_MEASUREMENT, "What was used since the period ended."),
    Field("currentDayLastYearNetConsumption", SUMMARY_MEASUREMENT, "The balance of this weekday a year ago."),
    Field("currentDayNetConsumption", SUMMARY_MEASUREMENT, "The balance of the status day."),
    Field("currentDayOverallConsumption", SUMMARY_MEASUREMENT, "What was used on the status day."),
    Field("peakDemand", SUMMARY_MEASUREMENT, "The highest demand of the present period."),
    Field(
        "previousDayLastYearOverallConsumption", SUMMARY_MEASUREMENT, "What was used a year before the previous day."
    ),
    Field("previousDayNetConsumption", SUMMARY_MEASUREMENT, "The balance of the previous day."),
    Field("previousDayOverallConsumption", SUMMARY_MEASUREMENT, "What was used on the previous day."),
    Field("qualityOfReading", simple.QUALITY_OF_READING, "How far the quantities can be trusted."),
    Field("ratchetDemand", SUMMARY_MEASUREMENT, "The earlier peak that still counts for the bill."),
    Field("ratchetDemandPeriod", DATE_TIME_INTERVAL, "The period in which it counts."),
    Field("statusTimeStamp", simple.TIME, "The time the summary speaks of.", ONE, unit="s"),
    Field("commodity", simple.COMMODITY_KIND, "What was measured.", since="1.1"),
)

USAGE_SUMMARY = register(
    Resource(
        "UsageSummary",
        Struct(
            "UsageSummary",
            (
                *_SUMMARY,
                Field("tariffProfile", simple.STRING_256, "The tariff's name or address."),
                Field("readCycle", simple.STRING_256, "The code of the day of reading."),
                Field("tariffRiderRefs", TARIFF_RIDER_REFS, "Riders on the tariff."),
                Field("billingChargeSource", BILLING_CHARGE_SOURCE, "Who charges the bill."),
            ),
        ),
        "What was used in a billing period, and what it cost.",
        param="usage_summary_id",
        under=("UsagePoint",),
        back=("UsagePoint",),
        blocks=(FB_03, FB_15, FB_16, FB_26, FB_27, FB_28, FB_32, FB_37),
        aliases=("ElectricPowerUsageSummary",),
    )
)

ELECTRIC_POWER_USAGE_SUMMARY = register(
    Resource(
        "ElectricPowerUsageSummary",
        Struct("ElectricPowerUsageSummary", _SUMMARY),
        "The older form of UsageSummary. It is read and its address answers, but it is not written any more.",
        param="electric_power_usage_summary_id",
        under=("UsagePoint",),
        back=("UsagePoint",),
        blocks=(FB_15,),
        deprecated="UsageSummary",
    )
)
