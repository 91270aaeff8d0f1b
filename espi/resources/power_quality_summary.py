"""ElectricPowerQualitySummary: how good the supply was in a span of time."""

from __future__ import annotations

from espi.resources import simple
from espi.resources.declare import Field, Resource, Struct, register
from espi.resources.function_blocks import FB_03, FB_17, FB_32
from espi.resources.parts import DATE_TIME_INTERVAL, IDENTIFIED, ONE

POWER_QUALITY_SUMMARY = register(
    Resource(
        "ElectricPowerQualitySummary",
        Struct(
            "ElectricPowerQualitySummary",
            (
                *IDENTIFIED,
                Field("flickerPlt", simple.INT48, "Flicker over two hours.", unit="0.01 V"),
                Field("flickerPst", simple.INT48, "Flicker over ten minutes.", unit="0.01 V"),
                Field("harmonicVoltage", simple.INT48, "Voltage of the harmonics."),
                Field("longInterruptions", simple.INT48, "Long interruptions.", unit="count"),
                Field("mainsVoltage", simple.INT48, "Mains signalling voltage.", unit="µV"),
                Field("measurementProtocol", simple.UINT8, "0 IEEE 1519-2009, 1 EN 50160."),
                Field("powerFrequency", simple.INT48, "Frequency.", unit="µHz"),
                Field("rapidVoltageChanges", simple.INT48, "Rapid changes of voltage.", unit="count"),
                Field("shortInterruptions", simple.INT48, "Short interruptions.", unit="count"),
                Field("summaryInterval", DATE_TIME_INTERVAL, "The span summarised.", ONE),
                Field("supplyVoltageDips", simple.INT48, "Dips.", unit="count"),
                Field("supplyVoltageImbalance", simple.INT48, "Imbalances.", unit="count"),
                Field("supplyVoltageVariations", simple.INT48, "Variations.", unit="count"),
                Field("tempOvervoltage", simple.INT48, "Temporary overvoltages.", unit="count"),
            ),
        ),
        "How good the supply of electricity was in a span of time.",
        param="electric_power_quality_summary_id",
        under=("UsagePoint",),
        back=("UsagePoint",),
        blocks=(FB_03, FB_17, FB_32),
    )
)
