"""Units and scales: that they fit what is measured, and give quantities that a metered service can have."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from conformance import codes
from conformance.document import ESPI, Document, Entry
from conformance.naming import called, counted, here, short, whole
from conformance.quantities import (
    COMMODITIES_OF_SERVICE,
    COST_UNIT,
    CURRENCIES_LIKE_THE_DOLLAR,
    ELECTRICITY,
    EMISSIONS,
    GAS,
    LARGEST,
    LARGEST_AN_HOUR,
    NOT_OF_COMMODITY,
    PRICES,
    SECONDS_OF_PERIOD,
    TEMPERATURE,
    TEMPERATURES,
    UNITS_OF_KIND,
    WATER,
    plain,
    scaled,
)
from conformance.series import Series, all_series
from conformance.suite import Finding, Omit, at, file_check

HOUR_S = 3600
SUMMARIES = ("UsageSummary", "ElectricPowerUsageSummary")
HIGH_VOLTAGE = frozenset({"2", "26"})
"""Commodities of customers so large that no bound is put on them."""
NOT_OF_KIND = {
    **dict.fromkeys(ELECTRICITY, frozenset({"58", "155"})),
    **dict.fromkeys(GAS, frozenset({"4", "15", "38", "54"})),
    **dict.fromkeys(WATER, frozenset({"4", "12", "15", "37", "38", "54"})),
}
"""Kinds of measurement that a commodity does not have."""


def code(entry: Entry, path: str) -> str:
    """A number of the entry as the lists write it; empty where there is none."""
    found = whole(entry.facts.get(path))
    return "" if found is None else str(found)


def unit(number: str) -> str:
    """A unit for a person: `72 (Wh)`."""
    return f"{number} ({codes.UNIT[number]})" if number in codes.UNIT else number


def _types(document: Document) -> Iterator[Entry]:
    found = document.of("ReadingType", namespace=ESPI)
    if not found:
        raise Omit("There is no ReadingType in it.")
    yield from found


@file_check("UNI001")
def unit_measures_the_kind(document: Document) -> Iterator[Finding]:
    """Energy in Wh, power in W, volume in cubic feet, temperature in kelvin."""
    for entry in _types(document):
        kind, uom = code(entry, "kind"), code(entry, "uom")
        units = UNITS_OF_KIND.get(kind)
        if units and uom and uom != "0" and uom not in units:
            message = (
                f"{called(entry)} has kind {kind} ({codes.KIND[kind]}) and uom {unit(uom)}, which does not measure"
                f" that; units of {codes.KIND[kind]} are"
                f" {', '.join(unit(number) for number in sorted(units, key=int)[:6])}."
            )
            yield Finding(message, here(entry))


@file_check("UNI002")
def unit_is_of_the_commodity(document: Document) -> Iterator[Finding]:
    """No electricity in cubic feet, no water in watt hours."""
    for entry in _types(document):
        commodity, kind, uom = code(entry, "commodity"), code(entry, "kind"), code(entry, "uom")
        if kind == TEMPERATURE:
            continue
        name = codes.COMMODITY.get(commodity, commodity)
        if uom in NOT_OF_COMMODITY.get(commodity, ()):
            message = (
                f"{called(entry)} has commodity {commodity} ({name}) and uom {unit(uom)}: {name} is not measured in"
                " that."
            )
            yield Finding(message, here(entry))
        elif kind in NOT_OF_KIND.get(commodity, ()):
            message = (
                f"{called(entry)} has commodity {commodity} ({name}) and kind {kind} ({codes.KIND[kind]}), which it has"
                " not."
            )
            yield Finding(message, here(entry))


@file_check("UNI003")
def commodity_is_that_of_the_service(document: Document) -> Iterator[Finding]:
    """A gas meter's readings are of gas, and so is its bill."""
    for series in all_series(document):
        if series.reading_type and series.usage_point and code(series.reading_type, "kind") != TEMPERATURE:
            yield from _strange_commodity(series.reading_type, series.usage_point, str(series))
    points = {point.self: point for point in document.of("UsagePoint", namespace=ESPI)}
    for summary in document.of(*SUMMARIES, namespace=ESPI):
        point = next((points[href] for href in summary.related if href in points), None)
        if point:
            yield from _strange_commodity(summary, point, called(summary))


def _strange_commodity(entry: Entry, point: Entry, what: str) -> Iterator[Finding]:
    commodity, service = code(entry, "commodity"), code(point, "ServiceCategory/kind")
    known = COMMODITIES_OF_SERVICE.get(service)
    if commodity and known and commodity not in known and commodity not in EMISSIONS:
        message = (
            f"{what} has commodity {commodity} ({codes.COMMODITY.get(commodity, 'unknown')}), but its usage point's"
            f" service is {service} ({codes.SERVICE[service]})."
        )
        yield Finding(message, (at(entry.line), at(point.line)))


@file_check("UNI004")
def multipliers_are_listed(document: Document) -> Iterator[Finding]:
    """Powers of ten that have a name: -3 milli, 0, 3 kilo, 6 mega."""
    for entry in document.entries:
        for path in entry.facts:
            if path.endswith("powerOfTenMultiplier"):
                for text in entry.every(path):
                    found = whole(text)
                    if found is not None and str(found) not in codes.MULTIPLIERS:
                        message = (
                            f"{called(entry)} has powerOfTenMultiplier {short(text)}; it is the exponent of ten, one of"
                            " -12, -9, -6, -3, -2, -1, 0, 1, 2, 3, 6, 9 and 12, and no factor."
                        )
                        yield Finding(message, here(entry, path=path))


@file_check("UNI006")
def quantities_are_possible(document: Document) -> Iterator[Finding]:
    """No household of a gigawatt: the multiplier or the unit is wrong then."""
    for series in all_series(document):
        message = _too_much(series) or _no_weather(series)
        if message:
            largest = max(series.blocks, key=lambda pair: abs(pair[1].most or 0))[1]
            yield Finding(message, (at(largest.line),))


def _extremes(series: Series) -> tuple[Fraction, Fraction] | None:
    """The least and the largest quantity of a series, in its unit."""
    values = [value for _, block in series.blocks for value in (block.least, block.most) if value is not None]
    if not values:
        return None
    multiplier = series.number("powerOfTenMultiplier") or 0
    return scaled(min(values), multiplier), scaled(max(values), multiplier)


def _too_much(series: Series) -> str:
    uom, found = series.fact("uom"), _extremes(series)
    if found is None or series.fact("commodity") in HIGH_VOLTAGE:
        return ""
    size = max(abs(found[0]), abs(found[1]))
    if uom in LARGEST and size > LARGEST[uom]:
        told = f"{plain(size)} {codes.UNIT[uom]}"
        return f"{series} has a value of {told}, more than any customer's power: {_scale(series)}."
    if uom in LARGEST_AN_HOUR and series.is_profile and series.interval_s:
        an_hour = size * HOUR_S / series.interval_s
        if an_hour > LARGEST_AN_HOUR[uom]:
            return (
                f"{series} has {plain(size)} {codes.UNIT[uom]} in {series.interval_s} s, which is {plain(an_hour)} an"
                f" hour, more than any customer takes: {_scale(series)}."
            )
    return ""


def _scale(series: Series) -> str:
    multiplier, uom = series.fact("powerOfTenMultiplier") or "missing", unit(series.fact("uom"))
    return f"powerOfTenMultiplier is {multiplier}, uom is {uom}; a value is multiplied by the power of ten"


def _no_weather(series: Series) -> str:
    uom, found = series.fact("uom"), _extremes(series)
    if series.fact("kind") != TEMPERATURE or uom not in TEMPERATURES or found is None:
        return ""
    coldest, hottest = TEMPERATURES[uom]
    if coldest <= found[0] and found[1] <= hottest:
        return ""
    return (
        f"{series} has temperatures from {plain(found[0])} to {plain(found[1])} {codes.UNIT[uom]}: no weather. Kelvin"
        f" counts from 273.15 at freezing point; {_scale(series)}."
    )


@file_check("UNI007")
def costs_are_hundred_thousandths(document: Document) -> Iterator[Finding]:
    """A cost is in 10⁻⁵ of the currency: not in cents, and not scaled by the multiplier of the values."""
    priced = [series for series in all_series(document) if any(block.cost_count for _, block in series.blocks)]
    if not priced:
        raise Omit("There are no costs in its readings.")
    for series in priced:
        price = _price(series)
        limits = PRICES.get(series.fact("uom"))
        if price is None or limits is None or series.fact("currency") not in CURRENCIES_LIKE_THE_DOLLAR:
            continue
        if not limits[0] <= price <= limits[1]:
            message = (
                f"{series} costs {plain(price)} of currency {series.fact('currency')} for one"
                f" {codes.UNIT[series.fact('uom')]} on average, which nobody charges. Costs are hundred-thousandths: 1"
                " dollar is 100000, 1 cent is 1000; the multiplier of the values does not apply to them."
            )
            yield Finding(message, (at(series.blocks[0][1].line),))


def _price(series: Series) -> Fraction | None:
    """What one unit costs on average, where every value has its cost; None where that tells nothing."""
    blocks = [block for _, block in series.blocks if block.cost_count == block.value_count]
    cost, values = sum(block.cost_total for block in blocks), sum(block.total for block in blocks)
    quantity = scaled(values, series.number("powerOfTenMultiplier") or 0)
    if cost <= 0 or quantity <= 0 or not series.is_profile:
        return None
    return cost * COST_UNIT / quantity


@file_check("UNI008")
def measuring_period_is_the_interval_length(document: Document) -> Iterator[Finding]:
    """Two ways to say how long an interval is, that must not differ."""
    for entry in _types(document):
        period, length_s = code(entry, "measuringPeriod"), whole(entry.facts.get("intervalLength"))
        named_s = SECONDS_OF_PERIOD.get(period)
        if named_s and length_s and named_s != length_s:
            message = (
                f"{called(entry)} has measuringPeriod {period} ({codes.MEASURING[period]}), which is"
                f" {counted(named_s, 'second')}, but intervalLength {length_s}."
            )
            yield Finding(message, here(entry))
