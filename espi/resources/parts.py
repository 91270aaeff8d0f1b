"""Structures that several energy resources are built of, and what every resource inherits."""

from __future__ import annotations

from espi.resources import simple
from espi.resources.declare import UNBOUNDED, Field, Struct

ONE = (1, 1)
"""Exactly one."""
ANY_NUMBER = (0, UNBOUNDED)
"""None, one or more."""
SOME = (1, UNBOUNDED)
"""One or more."""

MONEY = "10⁻⁵ currency"
"""The unit of every ESPI amount: a dollar is 100000."""

BATCH_ITEM_INFO = Struct(
    "BatchItemInfo",
    (
        Field("name", simple.HEX_BINARY_16, "What tells the item from the others of its batch."),
        Field("operation", simple.CRUD_OPERATION, "What is to be done, or was done, with the item."),
        Field("statusCode", simple.STATUS_CODE, "How it went, as an HTTP status."),
        Field("statusReason", simple.STRING_256, "Why it went so."),
    ),
    "What became of one item of a batch.",
)

IDENTIFIED = (Field("batchItemInfo", BATCH_ITEM_INFO, "Where the resource stands in a batch that carries it."),)
"""What every energy resource has before its own elements."""

DATE_TIME_INTERVAL = Struct(
    "DateTimeInterval",
    (
        Field("duration", simple.UINT32, "How long it lasts.", ONE, unit="s"),
        Field("start", simple.TIME, "When it begins.", ONE, unit="s"),
    ),
    "A span of time.",
)

SUMMARY_MEASUREMENT = Struct(
    "SummaryMeasurement",
    (
        Field("powerOfTenMultiplier", simple.UNIT_MULTIPLIER_KIND, "The power of ten the value is multiplied by."),
        Field("timeStamp", simple.TIME, "When it was measured.", unit="s"),
        Field("uom", simple.UNIT_SYMBOL_KIND, "What the value counts."),
        Field("value", simple.INT48, "The quantity, negative where more went out than came in.", unit="uom"),
        Field("readingTypeRef", simple.ANY_URI, "The address of a ReadingType that says more.", since="1.1"),
    ),
    "One quantity with its unit.",
)

TARIFF_RIDER_REF = Struct(
    "TariffRiderRef",
    (
        Field("riderType", simple.STRING_256, "The rider's name.", ONE),
        Field("enrollmentStatus", simple.ENROLLMENT_STATUS, "Whether the customer is enrolled.", ONE),
        Field("effectiveDate", simple.TIME, "Since when.", ONE, unit="s"),
    ),
    "A rider on the base tariff.",
)

TARIFF_RIDER_REFS = Struct(
    "TariffRiderRefs",
    (Field("tariffRiderRef", TARIFF_RIDER_REF, "A rider.", SOME),),
    "The riders on a base tariff.",
)
