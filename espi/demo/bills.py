"""Bills and power quality of the demonstration market, as ESPI has them (UsageSummary, ElectricPowerQualitySummary).

Money is in hundred-thousandths of a dollar. What the intervals cost and `costAdditionalLastPeriod` add up to
`billLastPeriod`; the line items add up to `costAdditionalLastPeriod`.
"""

from __future__ import annotations

from typing import Any

from espi.clock import DAY_S
from espi.day import ACTUAL_QUALITY, GENERATION, LOAD
from espi.demo import shapes
from espi.demo.measured import MEASURES, REAL_POWER, Measure, day_costs, day_values
from espi.demo.period import Period
from espi.demo.roster import Point

DOLLAR = 100_000
BASE_CHARGE = 995 * DOLLAR // 100
CENTS_DELIVERY, CENTS_ENERGY, CENTS_BUYBACK = 4, 8, 6
"""A kWh; a cent a kWh is one hundred-thousandth of a dollar a Wh."""
GAS_PRICE, WATER_PRICE = 110, 60
"""Hundred-thousandths of a dollar for a thousandth of a therm, and for a tenth of a gallon."""
TAX_PERCENT = 2
ENERGY_USAGE, DELIVERY, GENERATION_CREDIT, ADMINISTRATIVE, TAX = 3, 2, 6, 4, 5
"""ESPI ItemKind."""

Span = tuple[int, int]
"""From a day until another, which is not in it."""


def usage_summary(point: Point, period: Period, span: Span) -> dict[str, Any]:
    """The bill of a span of days."""
    measures = {measure.number: measure for measure in MEASURES[point.kind]}
    main = measures[LOAD] if LOAD in measures else next(iter(measures.values()))
    used, priced = _sum(point, main, period, span), _cost(point, main, period, span)
    given = _sum(point, measures[GENERATION], period, span) if GENERATION in measures else 0
    items = _items(point, period, span, used, given, intervals_priced=priced > 0)
    additional = sum(item["amount"] for item in items)
    start_s, end_s = (period.zone.day_start_s(day) for day in span)
    summary = {
        "billingPeriod": {"duration": end_s - start_s, "start": start_s},
        "billLastPeriod": priced + additional,
        "billToDate": 0,
        "costAdditionalLastPeriod": additional,
        "costAdditionalDetailLastPeriod": items,
        "currency": 840,
        "overallConsumptionLastPeriod": _measurement(main, used, end_s),
        "qualityOfReading": ACTUAL_QUALITY,
        "statusTimeStamp": end_s,
        "commodity": main.reading_type["commodity"],
        "readCycle": "21",
    }
    if REAL_POWER in measures:
        power = measures[REAL_POWER]
        peak = max(int(day_values(point, power, period, day).max()) for day in range(*span))
        summary["peakDemand"] = _measurement(power, peak, end_s)
        summary["ratchetDemand"] = _measurement(power, peak * 8 // 10, end_s)
        summary["ratchetDemandPeriod"] = {"duration": end_s - start_s, "start": start_s}
        summary |= _last_days(point, main, period, span[1])
    return summary


def _last_days(point: Point, main: Measure, period: Period, end_day: int) -> dict[str, Any]:
    """What was used on the last day of a bill, and on the day before."""
    names = ("currentDayOverallConsumption", "previousDayOverallConsumption")
    days = [(end_day - ago, name) for ago, name in enumerate(names, 1)]
    return {
        name: _measurement(main, _sum(point, main, period, (day, day + 1)), period.zone.day_start_s(day + 1))
        for day, name in days
    }


def power_quality(point: Point, period: Period, span: Span) -> dict[str, Any]:
    """What was seen of the voltage in a span of days. Units as the standard says: volts/100, µV, µHz, counts."""
    draw = shapes.randomness(f"{point.esiid}/quality", shapes.Month(period.zone, span[0], DAY_S))
    start_s, end_s = (period.zone.day_start_s(day) for day in span)
    return {
        "flickerPlt": int(draw.integers(10, 60)),
        "flickerPst": int(draw.integers(15, 80)),
        "harmonicVoltage": int(draw.integers(1, 4)),
        "longInterruptions": int(draw.integers(0, 2)),
        "mainsVoltage": 0,
        "measurementProtocol": 0,
        "powerFrequency": 60_000_000 + int(draw.integers(-20_000, 20_000)),
        "rapidVoltageChanges": int(draw.integers(0, 9)),
        "shortInterruptions": int(draw.integers(0, 4)),
        "summaryInterval": {"duration": end_s - start_s, "start": start_s},
        "supplyVoltageDips": int(draw.integers(0, 6)),
        "supplyVoltageImbalance": int(draw.integers(0, 2)),
        "supplyVoltageVariations": int(draw.integers(0, 5)),
        "tempOvervoltage": int(draw.integers(0, 2)),
    }


def _items(
    point: Point, period: Period, span: Span, used: int, given: int, *, intervals_priced: bool
) -> list[dict[str, Any]]:
    end_s = period.zone.day_start_s(span[1])
    charges = [("Customer charge", ADMINISTRATIVE, BASE_CHARGE)]
    if point.kind == "gas":
        charges.append(("Gas", ENERGY_USAGE, used * GAS_PRICE))
    elif point.kind == "water":
        charges.append(("Water", ENERGY_USAGE, used * WATER_PRICE))
    else:
        charges.append(("Delivery", DELIVERY, used * CENTS_DELIVERY))
        if not intervals_priced:
            charges.append(("Energy", ENERGY_USAGE, used * CENTS_ENERGY))
        if given:
            charges.append(("Surplus bought back", GENERATION_CREDIT, -given * CENTS_BUYBACK))
    tax = max(0, sum(amount for _, _, amount in charges)) * TAX_PERCENT // 100
    charges.append(("Tax", TAX, tax))
    return [{"amount": amount, "dateTime": end_s, "note": note, "itemKind": kind} for note, kind, amount in charges]


def _measurement(measure: Measure, value: int, at_s: int) -> dict[str, Any]:
    kind = measure.reading_type
    multiplier, uom = kind["powerOfTenMultiplier"], kind["uom"]
    return {"powerOfTenMultiplier": multiplier, "timeStamp": at_s, "uom": uom, "value": value}


def _sum(point: Point, measure: Measure, period: Period, span: Span) -> int:
    return sum(int(day_values(point, measure, period, day).sum()) for day in range(*span))


def _cost(point: Point, measure: Measure, period: Period, span: Span) -> int:
    by_day = (day_costs(measure, period, day, day_values(point, measure, period, day)) for day in range(*span))
    return sum(int(costs.sum()) for costs in by_day if costs is not None)
