"""MeterReading: one series of readings of a usage point; what it says is said by its links."""

from __future__ import annotations

from espi.resources.declare import Resource, Struct, register
from espi.resources.function_blocks import FB_03, FB_04, FB_32
from espi.resources.parts import IDENTIFIED

METER_READING = register(
    Resource(
        "MeterReading",
        Struct("MeterReading", IDENTIFIED),
        "One series of readings of a usage point. It holds nothing itself: its ReadingType says what is measured, its "
        "IntervalBlocks hold the values. It has no link back to its UsagePoint, because one widely used reader then "
        "takes exported energy for consumption.",
        param="meter_reading_id",
        under=("UsagePoint", ""),
        children=("IntervalBlock",),
        related=("ReadingType",),
        blocks=(FB_03, FB_04, FB_32),
    )
)
