"""The readings of a Green Button series to day blocks.

A day block is evenly spaced. Readings of a day that do not fit into one (another length, or a second one for the same
time, as files in the field have) go to a further lane: a block of the same day for a channel of its own. None is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from espi.clock import Zone
from espi.day import ABSENT, Codes, DayBlock, Values

UNSTATED_QUALITY = 16
"""ESPI QualityOfReading "other": what a reading has of which neither it nor its ReadingType says anything."""

MOST_SLOTS = 90_000  # a reading a second on a day of 25 hours


class Reading(NamedTuple):
    """One IntervalReading: when, how long, what, and how good; None for what it does not say."""

    start_s: int
    duration_s: int
    value: int
    quality: int
    cost: int | None
    tou: int | None
    tier: int | None
    cpp: int | None
    sent_s: int


@dataclass
class Lane:
    """Readings of one day that are of one length and start at even distances, by slot."""

    duration_s: int
    first_s: int
    slots: dict[int, Reading]


def readings(blocks: Iterable[tuple[dict[str, Any], int]], reading_type: dict[str, Any]) -> Iterator[Reading]:
    """Every reading of a series' IntervalBlocks, as row and time of update; those without a value are left out."""
    usual_s = reading_type.get("intervalLength") or 0
    quality = reading_type.get("defaultQuality")
    for row, sent_s in blocks:
        next_s = row.get("interval", {}).get("start")
        for reading in row.get("IntervalReading", ()):
            period = reading.get("timePeriod", {})
            start_s = period.get("start", next_s)
            duration_s = period.get("duration") or usual_s or row.get("interval", {}).get("duration") or 1
            if start_s is None or reading.get("value") is None:
                continue
            next_s = start_s + duration_s
            stated = [item["quality"] for item in reading.get("ReadingQuality", ()) if "quality" in item]
            code = int(stated[0]) if stated else quality if quality is not None else UNSTATED_QUALITY
            cost, tou, tier, cpp = (reading.get(name) for name in ("cost", "tou", "consumptionTier", "cpp"))
            yield Reading(start_s, duration_s, int(reading["value"]), code, cost, tou, tier, cpp, sent_s)


def day_blocks(
    found: Iterable[Reading], zone: Zone, usage_point_id: int, channel: int
) -> Iterator[tuple[int, DayBlock]]:
    """The blocks of a series with the number of their lane, which is added to the channel's number."""
    days: dict[int, list[Reading]] = {}
    for reading in found:
        days.setdefault(zone.day_of(reading.start_s), []).append(reading)
    for day, of_day in sorted(days.items()):
        for number, lane in enumerate(_lanes(of_day)):
            yield number, _block(lane, usage_point_id, channel + number, day)


def _lanes(of_day: list[Reading]) -> list[Lane]:
    usual_s = Counter(reading.duration_s for reading in of_day).most_common(1)[0][0]
    ordered = sorted(of_day, key=lambda reading: (reading.duration_s != usual_s, reading.start_s))
    lanes: list[Lane] = []
    for reading in ordered:
        for lane in lanes:
            slot, off = divmod(reading.start_s - lane.first_s, lane.duration_s)
            if lane.duration_s == reading.duration_s and not off and 0 <= slot < MOST_SLOTS and slot not in lane.slots:
                lane.slots[slot] = reading
                break
        else:
            lanes.append(Lane(reading.duration_s, reading.start_s, {0: reading}))
    return lanes


def _block(lane: Lane, usage_point_id: int, channel: int, day: int) -> DayBlock:
    count = max(lane.slots) + 1
    values = np.zeros(count, np.int64)
    qualities = np.full(count, ABSENT, np.uint8)
    for slot, reading in lane.slots.items():
        values[slot] = reading.value
        qualities[slot] = reading.quality
    return DayBlock(
        usage_point_id=usage_point_id,
        channel=channel,
        day=day,
        start_s=lane.first_s,
        interval_s=lane.duration_s,
        values=values,
        qualities=qualities,
        sent_s=max(reading.sent_s for reading in lane.slots.values()),
        costs=_values(lane, count),
        tou=_codes(lane, count, "tou"),
        tier=_codes(lane, count, "tier"),
        cpp=_codes(lane, count, "cpp"),
    )


def _values(lane: Lane, count: int) -> Values | None:
    stated = {slot: reading.cost for slot, reading in lane.slots.items() if reading.cost is not None}
    if not stated:
        return None
    values = np.zeros(count, np.int64)
    values[list(stated)] = list(stated.values())
    return values


def _codes(lane: Lane, count: int, name: str) -> Codes | None:
    stated = {slot: code for slot, reading in lane.slots.items() if (code := getattr(reading, name)) is not None}
    if not stated:
        return None
    codes = np.zeros(count, np.uint8)
    codes[list(stated)] = [code & 0xFF for code in stated.values()]
    return codes
