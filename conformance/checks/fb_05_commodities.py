"""Function blocks 5 to 12 and 29: what is measured, shown by a suitable ReadingType.

Numbers are compared as XPath does, so that ` 04 ` is 4.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.data_rules import (
    INTERVAL_BLOCK,
    METER_READING,
    READING_TYPE,
    Wanted,
    fact_is,
    has_elements,
    has_type,
    is_type,
    nearest,
)
from conformance.document import Document
from conformance.naming import called, here
from conformance.suite import Finding, file_check

ELECTRICITY, GAS, WATER = 0, 1, 2
"""ServiceCategory/kind."""

ENERGY: Wanted = {"accumulationBehaviour": 4, "commodity": 1, "flowDirection": 1, "kind": 12, "uom": 72}
GAS_ENERGY: Wanted = {"accumulationBehaviour": 4, "commodity": 7, "flowDirection": 1, "kind": 12, "uom": (31, 132, 169)}
GAS_VOLUME: Wanted = {"kind": 58, "uom": (42, 119)}
WATER_VOLUME: Wanted = {
    "accumulationBehaviour": 4, "commodity": 9, "flowDirection": 1, "kind": 58, "uom": (128, 119, 42),
}  # fmt: skip

has_type("D071", "demand in watts", accumulationBehaviour=12, commodity=1, flowDirection=1, kind=37, uom=38)
has_type("D072", "demand in volt-amperes", accumulationBehaviour=12, commodity=1, flowDirection=1, kind=12, uom=61)
has_type("D073", "reactive demand", accumulationBehaviour=12, commodity=1, flowDirection=1, kind=12, uom=63)
has_type("D074", "net energy", accumulationBehaviour=4, commodity=1, flowDirection=4, kind=12, uom=72)
has_type("D076", "received energy", accumulationBehaviour=4, commodity=1, flowDirection=19, kind=12, uom=72)
has_type("D077", "register values of energy", accumulationBehaviour=1, commodity=1, flowDirection=1, kind=12, uom=72)
has_type("D147", "temperature in kelvin", kind=46, uom=6)

has_elements(INTERVAL_BLOCK, {"D043": "IntervalReading/cost"})
has_elements(READING_TYPE, {"D058": "currency"})


def _measured(document: Document, service: int, what: str, *choices: Wanted) -> Iterator[Finding]:
    """A ReadingType of one of the kinds, of a MeterReading, of a UsagePoint of the service, by their links."""
    if document.feed is None:
        return
    types = document.leading_to("self", *READING_TYPE.names)
    points = document.leading_to("related", "UsagePoint")
    for meter_reading in METER_READING.entries(document):
        fits = any(
            is_type(entry, wanted)
            for href in meter_reading.related
            for entry in types.get(href, ())
            for wanted in choices
        )
        if fits and any(
            fact_is(entry, "UsagePoint", "ServiceCategory/kind", service)
            for href in meter_reading.hrefs("up")
            for entry in points.get(href, ())
        ):
            return
    message = f"No UsagePoint of ServiceCategory {service} has a MeterReading whose ReadingType is {what}."
    yield Finding(message + nearest(document, choices[0]))


@file_check("D078")
def electricity_is_measured(document: Document) -> Iterator[Finding]:
    """Delivered energy in watt-hours at a usage point of electricity."""
    yield from _measured(document, ELECTRICITY, "delivered energy in watt-hours", ENERGY)


@file_check("D079")
def gas_is_measured(document: Document) -> Iterator[Finding]:
    """Gas as energy, or as a volume, at a usage point of gas.

    As the condition is written, only the branch for energy looks at accumulation, commodity and direction: `or` binds
    less than `and`. Any volume in cubic metres or cubic feet will do.
    """
    yield from _measured(document, GAS, "gas by energy or volume", GAS_ENERGY, GAS_VOLUME)


@file_check("D080")
def water_is_measured(document: Document) -> Iterator[Finding]:
    """A volume of water at a usage point of water."""
    yield from _measured(document, WATER, "a volume of water", WATER_VOLUME)


@file_check("D064")
def electric_type_has_phase(document: Document) -> Iterator[Finding]:
    """Asked of every ReadingType of commodity 1, also of those no function block needs."""
    for entry in document.lacking("phase", "ReadingType"):
        if fact_is(entry, "ReadingType", "commodity", 1):
            yield Finding(f"{called(entry)} is of electricity (commodity 1) and has no <phase>.", here(entry))
