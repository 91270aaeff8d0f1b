"""Amounts, times and days as people read them. English and the Spanish of the United States write numbers alike."""

from __future__ import annotations

import datetime as dt

from babel.dates import format_date, format_skeleton

from espi.clock import Zone, day_date
from espi.portal.language import LOCALES, chosen

THOUSAND = 1000
HALVES = {"en": ("AM", "PM"), "es": ("a.\N{NO-BREAK SPACE}m.", "p.\N{NO-BREAK SPACE}m.")}
"""What follows an hour before noon and after it."""


def amount(thousandths: int, places: int = 3) -> str:
    """Thousandths of a unit as a decimal number with a few places, half rounded up: 12345 is 12.345."""
    grain = 10 ** (3 - places)
    rounded = (abs(thousandths) * 2 + grain) // (2 * grain) * grain
    whole, rest = divmod(rounded, THOUSAND)
    sign = "-" if thousandths < 0 and rounded else ""
    return f"{sign}{whole:,}" + (f".{rest:03d}"[: places + 1] if places else "")


def axis_amount(thousandths: int, step: int) -> str:
    """A number beside the axis, with no more places than lines `step` apart need."""
    if not thousandths:
        return "0"
    places = next((few for few in range(3) if step % 10 ** (3 - few) == 0), 3)
    return amount(thousandths, places)


def money(hundred_thousandths: int) -> str:
    """An amount of dollars, to the cent: 1234500 is $12.35."""
    return ("-$" if hundred_thousandths < 0 else "$") + amount(abs(hundred_thousandths) // 100, 2)


def time_of_day(zone: Zone, instant: int, *, named: bool = False) -> str:
    """A wall-clock time such as 7:15 PM; `named` adds the zone's letters, for the hour that comes twice."""
    local = zone.local(instant)
    halves = HALVES[chosen()]
    text = f"{local.hour % 12 or 12}:{local.minute:02d}\N{NO-BREAK SPACE}{halves[local.hour >= 12]}"
    return f"{text} {local.tzname()}" if named else text


def hour(local: dt.datetime) -> str:
    """An hour on the axis: 6 AM, 6 a. m."""
    halves = HALVES[chosen()]
    return f"{local.hour % 12 or 12}\N{NO-BREAK SPACE}{halves[local.hour >= 12]}"


def day(number: int, form: str = "long") -> str:
    """A day in words. form: full, long, medium or a pattern of Unicode's (`MMM d`)."""
    return format_date(day_date(number), form, locale=LOCALES[chosen()])


def heading(number: int, form: str) -> str:
    """A day in words at the head of something, so with a capital letter."""
    text = day(number, form)
    return text[0].upper() + text[1:]


def month(number: int, *, inside: bool = False) -> str:
    """The month that a day is in: July 2014. inside: it stands within a sentence, where Spanish has no capital."""
    text = format_date(day_date(number), "MMMM y" if chosen() == "en" else "MMMM 'de' y", locale=LOCALES[chosen()])
    return text if inside else text[0].upper() + text[1:]


def iso(number: int) -> str:
    """A day as date fields want it: 2014-07-02."""
    return day_date(number).isoformat()


def skeleton(number: int, form: str) -> str:
    """A day by the parts to show (Unicode's skeletons: `MMMEd` is Tue, Jul 1), in the language's own order."""
    return format_skeleton(form, day_date(number), locale=LOCALES[chosen()])
