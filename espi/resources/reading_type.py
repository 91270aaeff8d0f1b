"""ReadingType: what the values of a series measure, in which unit, how and how often."""

from __future__ import annotations

from espi.resources import simple
from espi.resources.declare import Field, Resource, Struct, register
from espi.resources.function_blocks import FB_03, FB_04, FB_05, FB_32
from espi.resources.parts import IDENTIFIED

_FRACTION = (
    Field("numerator", simple.INTEGER, "Above the line."),
    Field("denominator", simple.ANY, "Below the line; the schema leaves its type open."),
)

READING_INTERHARMONIC = Struct("ReadingInterharmonic", _FRACTION, "The order of a harmonic, as a fraction.")
RATIONAL_NUMBER = Struct("RationalNumber", _FRACTION, "A fraction.")

READING_TYPE = register(
    Resource(
        "ReadingType",
        Struct(
            "ReadingType",
            (
                *IDENTIFIED,
                Field(
                    "accumulationBehaviour", simple.ACCUMULATION_KIND, "How the value grows from reading to reading."
                ),
                Field("commodity", simple.COMMODITY_KIND, "What is measured."),
                Field("consumptionTier", simple.INT16, "The tier, where the whole series is of one."),
                Field("currency", simple.CURRENCY, "The currency of the costs."),
                Field("dataQualifier", simple.DATA_QUALIFIER_KIND, "Which of the values in the interval it is."),
                Field("defaultQuality", simple.QUALITY_OF_READING, "The quality of readings that do not say theirs."),
                Field("flowDirection", simple.FLOW_DIRECTION_KIND, "To the customer, from him, or the balance."),
                Field("intervalLength", simple.UINT32, "How long a reading's interval is.", unit="s"),
                Field("kind", simple.MEASUREMENT_KIND, "The quantity: energy, power, volume."),
                Field("phase", simple.PHASE_CODE_KIND, "The phases it is measured on."),
                Field(
                    "powerOfTenMultiplier", simple.UNIT_MULTIPLIER_KIND, "The power of ten values are multiplied by."
                ),
                Field(
                    "timeAttribute",
                    simple.TIME_PERIOD_OF_INTEREST,
                    "The period the values are of. In 1.0 it held what measuringPeriod holds now.",
                ),
                Field("tou", simple.INT16, "The time-of-use bucket, where the whole series is of one."),
                Field("uom", simple.UNIT_SYMBOL_KIND, "What the values count."),
                Field("cpp", simple.INT16, "The critical-peak bucket, where the whole series is of one.", since="1.1"),
                Field("interharmonic", READING_INTERHARMONIC, "The harmonic measured.", since="1.1"),
                Field("measuringPeriod", simple.TIME_ATTRIBUTE_KIND, "How the interval is cut.", since="1.1"),
                Field("argument", RATIONAL_NUMBER, "A number that some kinds need besides.", since="1.1"),
            ),
        ),
        "What the values of a series measure: quantity, unit, direction, interval.",
        param="reading_type_id",
        blocks=(FB_03, FB_04, FB_05, FB_32),
    )
)
