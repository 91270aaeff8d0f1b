"""What the meters of the demonstration market measured: plausible and the same every time.

Each month of each series has random numbers of its own, so a month's values do not depend on when the market was
loaded. Values are whole numbers in the unit of the series; floats serve only to draw them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from espi.clock import QUARTER_HOUR_S, Zone, month_start, next_month
from espi.day import Values

Floats = npt.NDArray[np.float64]

SUMMER_PEAK_DAY = 200
"""The day of the year with the most heat."""


@dataclass(frozen=True)
class Month:
    """One month of a zone in equal intervals: which local day, hour and day of the year each is in."""

    zone: Zone
    first_day: int
    interval_s: int

    @property
    def days(self) -> range:
        """Its days."""
        return range(self.first_day, next_month(self.first_day))

    def counts(self) -> list[int]:
        """How many intervals each day has."""
        return [self.zone.day_length_s(day) // self.interval_s for day in self.days]

    def hours(self) -> Floats:
        """The local hour of each interval, as the sun sees it: time since midnight, stretched to 24 hours."""
        return np.concatenate([np.arange(count) * 24.0 / count for count in self.counts()])

    def years(self) -> Floats:
        """Where in the year each interval is, from 0 to 1, with 0 at the hottest."""
        day_of_year = np.repeat(np.array(self.days) % 365.25, self.counts())
        return ((day_of_year - SUMMER_PEAK_DAY) % 365.25) / 365.25

    def weekends(self) -> npt.NDArray[np.bool_]:
        """Whether each interval is on a Saturday or Sunday (day 0 was a Thursday)."""
        return np.repeat((np.array(self.days) + 3) % 7 >= 5, self.counts())

    def split(self, values: Values) -> Iterator[tuple[int, Values]]:
        """The values day by day."""
        yield from zip(self.days, np.split(values, np.cumsum(self.counts())[:-1]), strict=True)


def months(zone: Zone, from_day: int, until_day: int, interval_s: int = QUARTER_HOUR_S) -> Iterator[Month]:
    """The months that a span of days lies in."""
    day = month_start(from_day)
    while day < until_day:
        yield Month(zone, day, interval_s)
        day = next_month(day)


def randomness(name: str, month: Month) -> np.random.Generator:
    """The random numbers of one series in one month."""
    return np.random.default_rng([zlib.crc32(name.encode()), month.first_day])


@lru_cache(maxsize=64)
def outdoors(month: Month) -> Floats:
    """The air's temperature in degrees Celsius."""
    draw = randomness("weather", month)
    fronts = np.repeat(draw.normal(0, 3, len(month.days)), month.counts())
    season = 10 * np.cos(2 * np.pi * month.years())
    sun: Floats = 6 * np.cos(2 * np.pi * (month.hours() - 15.5) / 24)
    return 20 + season + sun + fronts


def home(name: str, month: Month) -> Values:
    """A home's energy in Wh: what is always on, mornings, evenings, cooling, heating, now and then an appliance."""
    size = 0.7 + zlib.crc32(name.encode()) % 1000 / 1000
    draw, hours, air = randomness(name, month), month.hours(), outdoors(month)
    habits = 60 + 90 * _hump(hours, 7.25, 1.2) + 190 * _hump(hours, 19.5, 2.4) + 40 * month.weekends()
    cooling = 55 * np.clip(air - 24, 0, None)
    heating = 22 * np.clip(12 - air, 0, None)
    appliances = draw.binomial(1, 0.03, hours.size) * draw.uniform(300, 900, hours.size)
    return _whole((habits + cooling + heating) * size * draw.uniform(0.75, 1.25, hours.size) + appliances)


def firm(name: str, month: Month) -> Values:
    """A firm's energy in Wh: opening hours on working days, cooling, a base load."""
    size = 3 + zlib.crc32(name.encode()) % 1000 / 100
    draw, hours, air = randomness(name, month), month.hours(), outdoors(month)
    is_open = (hours >= 7) & (hours < 19) & ~month.weekends()
    load = 400 + 1400 * is_open + 45 * np.clip(air - 22, 0, None)
    return _whole(load * size * draw.uniform(0.92, 1.08, hours.size))


def sunshine(name: str, month: Month) -> Values:
    """What the panels on a roof gave, in Wh."""
    draw, hours = randomness(f"{name}/sun", month), month.hours()
    peak = 750 + 550 * np.cos(2 * np.pi * month.years())
    clouds = np.repeat(draw.beta(4, 1.6, len(month.days)), month.counts())
    height = np.clip(np.cos(np.pi * (hours - 13.2) / (13 + np.cos(2 * np.pi * month.years()))), 0, None)
    height[np.abs(hours - 13.2) > 7] = 0
    return _whole(peak * clouds * height * draw.uniform(0.9, 1.05, hours.size))


def gas(name: str, month: Month) -> Values:
    """A home's gas in thousandths of a therm, hour by hour: cooking and heating."""
    draw, hours, air = randomness(name, month), month.hours(), outdoors(month)
    cooking = 12 * _hump(hours, 7, 1) + 25 * _hump(hours, 18.5, 1.3)
    return _whole((4 + cooking + 9 * np.clip(14 - air, 0, None)) * draw.uniform(0.8, 1.2, hours.size))


def water(name: str, month: Month) -> Values:
    """A home's water in tenths of a gallon, hour by hour, with the garden at dawn in the warm months."""
    draw, hours = randomness(name, month), month.hours()
    indoors = 90 * _hump(hours, 7, 1.2) + 70 * _hump(hours, 19, 2)
    garden = 260 * ((hours >= 4) & (hours < 6)) * np.clip(np.cos(2 * np.pi * month.years()), 0, None)
    return _whole((indoors * draw.binomial(1, 0.7, hours.size) + garden) * draw.uniform(0.6, 1.4, hours.size))


def kelvins(month: Month) -> Values:
    """The air's temperature in tenths of a kelvin."""
    return np.rint((outdoors(month) + 273.15) * 10).astype(np.int64)


def powers(energy: Values, name: str, month: Month) -> tuple[Values, Values, Values]:
    """Real (W), apparent (VA) and reactive power (VAr) at the end of each interval, of a firm with motors."""
    draw = randomness(f"{name}/powers", month)
    real = energy * (3600 // month.interval_s) * draw.uniform(0.95, 1.15, energy.size)
    angle = np.arccos(draw.uniform(0.82, 0.97, energy.size))
    return _whole(real), _whole(real / np.cos(angle)), _whole(real * np.tan(angle))


def _hump(hours: Floats, at: float, width: float) -> Floats:
    return np.exp(-(((hours - at) / width) ** 2) / 2)


def _whole(values: Floats) -> Values:
    return np.rint(np.clip(values, 0, None)).astype(np.int64)
