"""The units of amounts as people and files name them."""

from __future__ import annotations

NAMES = {72: ("kWh", 3), 169: ("therm", 0), 42: ("m³", 0), 119: ("ft³", 0), 128: ("gal", 0), 132: ("Btu", 0)}
"""ESPI unit (uom) to the unit's name and the power of ten between the two."""


def thousandths(value: int, uom: int, power_of_ten: int) -> int:
    """An amount in thousandths of the unit that people use, half rounded up."""
    exponent = power_of_ten - NAMES.get(uom, ("", 0))[1] + 3
    if exponent >= 0:
        return value * int(10**exponent)
    grain = int(10**-exponent)
    return (2 * value + grain) // (2 * grain)


def amount(thousandths: int, uom: int, power_of_ten: int) -> int:
    """The other way round: what a number of thousandths is in a channel's own unit, half rounded up."""
    exponent = NAMES.get(uom, ("", 0))[1] - 3 - power_of_ten
    if exponent >= 0:
        return thousandths * int(10**exponent)
    grain = int(10**-exponent)
    return (2 * thousandths + grain) // (2 * grain)
