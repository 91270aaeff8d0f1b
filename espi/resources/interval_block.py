"""IntervalBlock: the readings of one series in one span of time."""

from __future__ import annotations

from espi.resources import simple
from espi.resources.declare import Field, Resource, Struct, register
from espi.resources.function_blocks import FB_03, FB_04, FB_12, FB_32, FB_37
from espi.resources.parts import ANY_NUMBER, DATE_TIME_INTERVAL, IDENTIFIED, MONEY, ONE

READING_QUALITY = Struct(
    "ReadingQuality",
    (Field("quality", simple.QUALITY_OF_READING, "How far the value can be trusted.", ONE),),
    "How far a value can be trusted, and why.",
)

INTERVAL_READING = Struct(
    "IntervalReading",
    (
        Field("cost", simple.INT48, "What the interval cost.", unit=MONEY),
        Field("ReadingQuality", READING_QUALITY, "Given where it is not the series' default.", ANY_NUMBER),
        Field("timePeriod", DATE_TIME_INTERVAL, "The interval."),
        Field("value", simple.INT48, "The value, in the unit and power of ten of the ReadingType.", unit="uom"),
        Field("consumptionTier", simple.INT16, "The tier the interval was charged in.", since="1.1"),
        Field("tou", simple.INT16, "The time-of-use bucket.", since="1.1"),
        Field("cpp", simple.INT16, "The critical-peak bucket, 0 for none.", since="1.1"),
    ),
    "One value.",
)

INTERVAL_BLOCK = register(
    Resource(
        "IntervalBlock",
        Struct(
            "IntervalBlock",
            (
                *IDENTIFIED,
                Field("interval", DATE_TIME_INTERVAL, "The span the readings lie in."),
                Field("IntervalReading", INTERVAL_READING, "The readings, earliest first.", ANY_NUMBER),
            ),
        ),
        "The readings of one series in one span of time; here always one local day, or one month of daily values.",
        param="interval_block_id",
        under=("MeterReading", ""),
        back=("MeterReading",),
        blocks=(FB_03, FB_04, FB_12, FB_32, FB_37),
    )
)
