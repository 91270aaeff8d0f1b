"""What each channel of each point measured, month by month, and what kind of reading it is (ESPI ReadingType)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from espi.clock import QUARTER_HOUR_S, month_start
from espi.day import ACTUAL_QUALITY, ESTIMATED_QUALITY, GENERATION, LOAD, Codes, DayBlock, Values
from espi.demo import shapes
from espi.demo.period import Period
from espi.demo.roster import Point
from espi.demo.shapes import Month
from espi.store.channels import reading_type_for_lse

HOUR_S = 3600
NET = 10
REAL_POWER, APPARENT_POWER, REACTIVE_POWER = 11, 12, 13
TEMPERATURE = 20
VOLUME = 10

ESTIMATED_DAYS = range(9, 14)
"""The days of a month, counted from 0, that the meters with bad reception send late."""

CENTS_A_KWH = (9, 14, 31)
"""The time-of-use price: night and weekend (bucket 1), day (2), late afternoon (3)."""


@dataclass(frozen=True, eq=False)
class Measure:
    """One channel: its number, its ReadingType and how its values of a month come about.

    by_file: whether the utility sends it in LSE files; what LSE has no words for is put into the store directly.
    adds_up: whether a sum of its values means something, so that it has daily and monthly values.
    """

    number: int
    title: str
    reading_type: dict[str, Any]
    values: Callable[[str, Month], Values]
    interval_s: int = QUARTER_HOUR_S
    by_file: bool = False
    priced: bool = False
    adds_up: bool = True


def _reading_type(**elements: Any) -> dict[str, Any]:
    usual = {"accumulationBehaviour": 4, "currency": 840, "dataQualifier": 12, "defaultQuality": ACTUAL_QUALITY}
    return {**usual, "flowDirection": 1, "powerOfTenMultiplier": 0, "timeAttribute": 0, **elements}


def _power(kind: int, uom: int) -> dict[str, Any]:
    electric = {"commodity": 1, "phase": 224, "intervalLength": QUARTER_HOUR_S, "measuringPeriod": 2}
    return _reading_type(accumulationBehaviour=12, kind=kind, uom=uom, **electric)


def _hourly(**elements: Any) -> dict[str, Any]:
    return _reading_type(intervalLength=HOUR_S, measuringPeriod=7, **elements)


def _surplus(name: str, month: Month) -> Values:
    return shapes.sunshine(name, month) - shapes.home(name, month)


def _delivered(name: str, month: Month) -> Values:
    return np.clip(-_surplus(name, month), 0, None)


def _received(name: str, month: Month) -> Values:
    return np.clip(_surplus(name, month), 0, None)


def _of_powers(which: int) -> Callable[[str, Month], Values]:
    return lambda name, month: shapes.powers(shapes.firm(name, month), name, month)[which]


LOAD_TYPE = reading_type_for_lse(LOAD)
HOME = Measure(LOAD, "Electricity used", LOAD_TYPE, shapes.home, by_file=True)
FIRM = Measure(LOAD, "Electricity used", LOAD_TYPE, shapes.firm, by_file=True)
PRICED = Measure(LOAD, "Electricity used, with its price", LOAD_TYPE, shapes.home, priced=True)
DELIVERED = Measure(LOAD, "Electricity delivered", LOAD_TYPE, _delivered, by_file=True)
RECEIVED = Measure(GENERATION, "Electricity given back", reading_type_for_lse(GENERATION), _received, by_file=True)
NETTED = Measure(NET, "Delivered less given back", LOAD_TYPE | {"flowDirection": 4}, lambda n, m: -_surplus(n, m))
POWERS = (
    Measure(REAL_POWER, "Demand", _power(37, 38), _of_powers(0), adds_up=False),
    Measure(APPARENT_POWER, "Apparent power", _power(12, 61), _of_powers(1), adds_up=False),
    Measure(REACTIVE_POWER, "Reactive power", _power(12, 63), _of_powers(2), adds_up=False),
)
AIR = Measure(
    TEMPERATURE,
    "Outdoor temperature",
    _hourly(accumulationBehaviour=12, commodity=0, flowDirection=0, kind=46, powerOfTenMultiplier=-1, uom=6),
    lambda _name, month: shapes.kelvins(month),
    interval_s=HOUR_S,
    adds_up=False,
)
GAS = Measure(
    VOLUME,
    "Gas used",
    _hourly(commodity=7, kind=12, powerOfTenMultiplier=-3, uom=169),
    shapes.gas,
    interval_s=HOUR_S,
)
WATER = Measure(
    VOLUME,
    "Water used",
    _hourly(commodity=9, kind=58, powerOfTenMultiplier=-1, uom=128),
    shapes.water,
    interval_s=HOUR_S,
)

MEASURES: dict[str, tuple[Measure, ...]] = {
    "residential": (HOME,),
    "time-of-use": (PRICED,),
    "solar": (DELIVERED, RECEIVED),
    "solar-net": (DELIVERED, RECEIVED, NETTED),
    "commercial": (FIRM,),
    "demand": (FIRM, *POWERS),
    "temperature": (HOME, AIR),
    "gas": (GAS,),
    "water": (WATER,),
}


@lru_cache(maxsize=4096)
def _month(measure: Measure, name: str, month: Month) -> Mapping[int, Values]:
    values = measure.values(name, month)
    values.setflags(write=False)
    return dict(month.split(values))


def day_values(point: Point, measure: Measure, period: Period, day: int) -> Values:
    """What was measured on one day."""
    return _month(measure, point.esiid, Month(period.zone, month_start(day), measure.interval_s))[day]


def day_costs(measure: Measure, period: Period, day: int, values: Values) -> Values | None:
    """What each interval of a day cost, in hundred-thousandths of a dollar, where that is known."""
    return values * _PRICES[_buckets(period, day, values.size)] if measure.priced else None


def is_estimated(point: Point, period: Period, day: int) -> bool:
    """Whether the first file that has this day has estimates for it."""
    return point.estimated and (day - month_start(day) in ESTIMATED_DAYS or day == period.until_day - 1)


def block(
    point_id: int, point: Point, measure: Measure, period: Period, day: int, *, estimated: bool = False, sent_s: int = 0
) -> DayBlock:
    """A day's readings as the store takes them. An estimate is the day's mean, as nothing better is known."""
    values = day_values(point, measure, period, day)
    if estimated:
        values = np.full(values.size, int(values.sum()) // values.size, np.int64)
    quality = ESTIMATED_QUALITY if estimated else ACTUAL_QUALITY
    return DayBlock(
        usage_point_id=point_id,
        channel=measure.number,
        day=day,
        start_s=period.zone.day_start_s(day),
        interval_s=measure.interval_s,
        values=values,
        qualities=np.full(values.size, quality, np.uint8),
        sent_s=sent_s,
        costs=day_costs(measure, period, day, values),
        tou=_buckets(period, day, values.size) + np.uint8(1) if measure.priced else None,
    )


_PRICES = np.array(CENTS_A_KWH, np.int64)
"""A cent a kWh is a hundred-thousandth of a dollar a Wh."""


def _buckets(period: Period, day: int, count: int) -> Codes:
    """The time-of-use bucket of each interval less one, by the clock on the wall."""
    start_s, step_s = period.zone.day_start_s(day), period.zone.day_length_s(day) // count
    hours = np.array([period.zone.local(start_s + step_s * index).hour for index in range(count)])
    weekend = (day + 3) % 7 >= 5
    late = (hours >= 15) & (hours < 20)
    return np.where(weekend | (hours < 7) | (hours >= 22), 0, np.where(late, 2, 1)).astype(np.uint8)
