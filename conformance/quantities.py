"""Units and what they measure: which go with which kind, commodity and service, and how large a value can be."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

VOLUMES = frozenset({"42", "119", "120", "128", "130", "134", "156", "157", "166", "167"})
FLOWS = frozenset({"45", "82", "123", "125", "126", "127", "129", "131", "137", "138", "139"})
HEATS = frozenset({"31", "132", "169"})
"""Joule, BTU, therm."""
ELECTRIC = frozenset({"5", "29", "30", "61", "63", "65", "71", "73", "106"})
"""Of electricity alone: ampere, volt, ohm, VA, VAr, power factor, VAh, VArh, Ah."""

UNITS_OF_KIND: Mapping[str, frozenset[str]] = {
    "3": frozenset({"80"}),
    "4": frozenset({"5"}),
    "5": frozenset({"9", "10"}),
    "8": frozenset({"38", "61", "63", "72", "71", "73", "133", *VOLUMES, *FLOWS}),
    "12": frozenset({"61", "63", "71", "72", "73", "101", "107", "163", "164", *HEATS}),
    "15": frozenset({"33"}),
    "37": frozenset({"38", "61", "63", "100", "133", "161", "162"}),
    "38": frozenset({"0", "65", "153"}),
    "46": frozenset({"6", "23"}),
    "54": frozenset({"29"}),
    "55": frozenset({"9", "10"}),
    "58": VOLUMES,
    "155": FLOWS,
}
"""The units of a kind of measurement; kinds that are not here may have any.

Apparent and reactive power (VA, VAr) go with energy too, since block 6 itself asks for them so.
"""

ELECTRICITY = frozenset({"1", "2", "26"})
GAS = frozenset({"7", "8"})
WATER = frozenset({"9", "11", "14"})
TEMPERATURE = "46"

NOT_OF_COMMODITY: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(ELECTRICITY, VOLUMES | FLOWS | {"169"}),
    **dict.fromkeys(GAS, ELECTRIC),
    **dict.fromkeys(WATER, ELECTRIC | HEATS | {"38", "72", "133"}),
}
"""Units that cannot measure a commodity."""

COMMODITIES_OF_SERVICE: Mapping[str, frozenset[str]] = {
    "0": frozenset({"0", *ELECTRICITY}),
    "1": frozenset({"0", *GAS}),
    "2": frozenset({"0", *WATER}),
    "4": frozenset({"0", "10", "12", "13"}),
    "5": frozenset({"0", "25"}),
    "6": frozenset({"0", "11"}),
    "8": frozenset({"0", "23"}),
    "9": frozenset({"0", "24"}),
}
"""The commodities of a usage point's service: electricity, gas, water, heat, refuse, sewerage, television, internet."""
EMISSIONS = frozenset(map(str, range(15, 23)))
"""Commodities that any service may come with."""

SECONDS_OF_PERIOD: Mapping[str, int] = {
    "1": 600,
    "2": 900,
    "3": 60,
    "4": 86_400,
    "5": 1800,
    "6": 300,
    "7": 3600,
    "10": 120,
    "14": 180,
    "31": 1200,
    "50": 3600,
    "51": 1800,
    "52": 1200,
    "53": 900,
    "54": 600,
    "55": 300,
    "56": 60,
}
"""What a measuringPeriod lasts; rolling blocks have no one length."""

LARGEST_AN_HOUR: Mapping[str, int] = {
    "31": 360_000_000_000,
    "42": 100_000,
    "71": 100_000_000,
    "72": 100_000_000,
    "73": 100_000_000,
    "119": 3_500_000,
    "128": 26_000_000,
    "132": 10_000_000_000,
    "134": 100_000_000,
    "169": 100_000,
}
"""More than any customer metered at the usual voltage takes in an hour, in the unit: 100 MWh, 100,000 m3 or therm."""

LARGEST: Mapping[str, int] = {"38": 100_000_000, "61": 100_000_000, "63": 100_000_000}
"""More than any such customer's power: 100 MW."""

PRICES: Mapping[str, tuple[Fraction, Fraction]] = {
    "72": (Fraction(5, 1_000_000), Fraction(12, 1000)),
    "169": (Fraction(2, 100), Fraction(30)),
    "42": (Fraction(2, 100), Fraction(100)),
    "119": (Fraction(5, 10_000), Fraction(3)),
    "128": (Fraction(1, 10_000), Fraction(1)),
}
"""Least and most that one unit (Wh, therm, m3, ft3, US gallon) costs on average, in the currencies below."""
CURRENCIES_LIKE_THE_DOLLAR = frozenset({"36", "124", "826", "840", "978"})
"""Australian, Canadian, US dollar, pound and euro: of which one buys about as much."""
COST_UNIT = Fraction(1, 100_000)
"""Costs are in hundred-thousandths of the currency, whatever the multiplier of the values."""

TEMPERATURES: Mapping[str, tuple[int, int]] = {"6": (180, 340), "23": (-95, 65)}
"""Colder and hotter than any weather, in kelvin and in °C."""

MOST_POWERS = 30


def scaled(value: int, multiplier: int) -> Fraction:
    """The quantity in its unit: value times 10 to the multiplier, exactly."""
    power = max(-MOST_POWERS, min(MOST_POWERS, multiplier))
    return Fraction(value) * Fraction(10) ** power


def plain(quantity: Fraction) -> str:
    """A quantity for a person: three digits and a power of ten where it is large or small."""
    if quantity.denominator == 1 and abs(quantity) < 1_000_000:
        return str(quantity.numerator)
    return f"{float(quantity):.3g}"
