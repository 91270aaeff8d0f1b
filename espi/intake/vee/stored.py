"""What the store knows of a meter, as the rules and estimators want it: days, midnight registers, the meter itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from espi.clock import QUARTER_HOUR_S, Zone
from espi.day import GENERATION
from espi.intake.vee.premise import Event, Happening, Premise
from espi.intake.vee.series import Day
from espi.store import channels, market_events, parties, readings
from espi.store.channels import REGISTER, Channel
from espi.store.database import Conn

if TYPE_CHECKING:
    from espi.store.reach import Reach

VOLTS = Decimal(240)
_TRANSFORMERS = ("currentTransformersRatio", "potentialTransformersRatio")

MIDNIGHT_S = QUARTER_HOUR_S // 2
"""A read so near midnight is one of midnight."""


def days_of(
    conn: Conn, reach: Reach, usage_point_id: int, channel: int, from_day: int, until_day: int
) -> dict[int, Day]:
    """The days within reach that are made of quarter hours, with gaps where readings are missing."""
    found = readings.blocks(conn, reach, usage_point_id, channel, from_day, until_day)
    return {block.day: (block.values, block.qualities) for block in found if block.interval_s == QUARTER_HOUR_S}


def premise_of(
    conn: Conn, reach: Reach, usage_point_id: int, channel: int, from_day: int, until_day: int, zone: Zone
) -> Premise:
    """The registers of the midnights from a day on, the one that ends the last day included, and the last meter.

    What befell it on those days goes with it.
    """
    known = {each.number: each for each in channels.channels(conn, reach, usage_point_id)}
    register = known.get(REGISTER + channel)
    registers: dict[int, int] = {}
    if register is not None:
        exponent = exponent_of(register)
        for read in readings.register_reads(conn, reach, usage_point_id, register.number, from_day, until_day + 1):
            if abs(read.read_s - zone.day_start_s(read.day)) <= MIDNIGHT_S and exponent >= 0:
                registers[read.day] = int(read.value) * 10**exponent
    meters = [
        each
        for each in parties.meters(conn, reach, usage_point_id)
        if each.from_day <= until_day and from_day <= each.until_day
    ]
    hung = [meter for meter in meters if meter.from_day < until_day and from_day < meter.until_day]
    span_s = zone.day_start_s(from_day), zone.day_start_s(until_day)
    told = market_events.happenings(conn, reach, *span_s, usage_point_id, usage_point_id)
    attributes = hung[-1].attributes if hung else {}
    generates = attributes.get("DGChannel") if channel == GENERATION else None
    return Premise(
        registers=registers,
        multiplier=multiplier_of(attributes),
        maximum_wh=maximum_wh_of(attributes),
        exchanges=frozenset(meter.from_day for meter in meters[1:]),
        generates=None if generates is None else bool(generates),
        events=tuple(
            Event(Happening(each.kind), each.from_s, each.until_s, each.seconds)
            for each in told.get(usage_point_id, ())
        ),
    )


def multiplier_of(attributes: Mapping[str, object]) -> int:
    """A meter's multiplier of kWh as a whole number, 1 where its record holds none."""
    given = attributes.get("KWHMeterMultiplier", 1)
    if not isinstance(given, int | float | str):
        return 1
    try:
        return max(1, round(Decimal(str(given))))
    except (InvalidOperation, OverflowError, ValueError):
        return 1


def maximum_wh_of(attributes: Mapping[str, object]) -> int:
    """Wh that a meter can pass in a quarter hour: class in amperes x volts x phases / 4 x transformers; 0: not known.

    The names are those of Smart Meter Texas' meter records; meterVoltage, which has none there, is 240 if not given.
    """
    amperes = _number(attributes.get("meterClass"))
    if not amperes:
        return 0
    volts = _number(attributes.get("meterVoltage")) or VOLTS
    phases = _number(attributes.get("meterPhases")) or 1
    ratios = [_number(attributes.get(name)) or 1 for name in _TRANSFORMERS]
    return int(amperes * volts * phases * ratios[0] * ratios[1] / 4)


def _number(given: object) -> Decimal:
    """The first number in what a record says (`CL200`, `40:1`); 0 if there is none."""
    found = re.search(r"\d{1,9}(\.\d{1,9})?", str(given))
    return Decimal(found[0]) if found else Decimal(0)


def exponent_of(channel: Channel) -> int:
    """The power of ten that a channel's values are in."""
    return int(channel.reading_type.content.get("powerOfTenMultiplier", 0))
