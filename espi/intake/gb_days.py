"""The readings of a Green Button series to day blocks.

A day block is evenly spaced. Readings of a day that do not fit into one (another length, or a second one for the same
time, as files in the field have) go to a further lane: a block of the same day for a channel of its own. None is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from espi.clock import Zone
from espi.day import ABSENT, Codes, DayBlock, Values

UNSTATED_QUALITY = 16
"""ESPI QualityOfReading "other": what a reading has of which neither it nor its ReadingType says anything."""

LANES = 4
END_S = 253_370_764_800  # the year 9999
MOST_S = 1 << 31
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

    def slot_for(self, reading: Reading) -> int | None:
        """The free slot that a reading fits into."""
        slot, off = divmod(reading.start_s - self.first_s, self.duration_s)
        fits = self.duration_s == reading.duration_s and not off and 0 <= slot < MOST_SLOTS
        return slot if fits and slot not in self.slots else None


def readings(blocks: Iterable[tuple[dict[str, Any], int]], reading_type: dict[str, Any]) -> tuple[list[Reading], int]:
    """Every reading of a series' IntervalBlocks, given as row and time of update, each once.

    Also, how many are of no use: without a value, or at no time or of no length that a day block can have.
    """
    found: dict[tuple[int, int, int], Reading] = {}
    useless = 0
    for row, sent_s in blocks:
        next_s = row.get("interval", {}).get("start")
        for reading in row.get("IntervalReading", ()):
            made = _reading(reading, next_s, row.get("interval", {}).get("duration"), reading_type, sent_s)
            if made is None:
                useless += 1
            else:
                next_s = made.start_s + made.duration_s
                found[made[:3]] = made
    return list(found.values()), useless


def _reading(
    row: dict[str, Any], next_s: int | None, block_s: int | None, reading_type: dict[str, Any], sent_s: int
) -> Reading | None:
    period, value = row.get("timePeriod", {}), row.get("value")
    start_s = period.get("start", next_s)
    duration_s = period.get("duration") or reading_type.get("intervalLength") or block_s or 1
    if value is None or start_s is None or not (0 <= start_s < END_S and 0 < duration_s < MOST_S):
        return None
    stated = [item["quality"] for item in row.get("ReadingQuality", ()) if "quality" in item]
    quality = stated[0] if stated else reading_type.get("defaultQuality", UNSTATED_QUALITY)
    cost, tou, tier, cpp = (row.get(name) for name in ("cost", "tou", "consumptionTier", "cpp"))
    return Reading(start_s, duration_s, int(value), int(quality), cost, tou, tier, cpp, sent_s)


def day_blocks(
    found: Iterable[Reading], zone: Zone, usage_point_id: int, channel: int
) -> tuple[list[tuple[int, DayBlock]], int]:
    """The blocks of a series, each with the number of its lane, which is added to the channel's number.

    Also, how many readings found no place in `LANES` lanes.
    """
    days: dict[int, list[Reading]] = {}
    for reading in found:
        days.setdefault(zone.day_of(reading.start_s), []).append(reading)
    blocks: list[tuple[int, DayBlock]] = []
    crowded = 0
    for day, of_day in sorted(days.items()):
        lanes, left_over = _lanes(of_day)
        crowded += left_over
        blocks += [(number, _block(lane, usage_point_id, channel + number, day)) for number, lane in enumerate(lanes)]
    return blocks, crowded


def _lanes(of_day: list[Reading]) -> tuple[list[Lane], int]:
    usual_s = Counter(reading.duration_s for reading in of_day).most_common(1)[0][0]
    lanes: list[Lane] = []
    left_over = 0
    for reading in sorted(of_day, key=lambda reading: (reading.duration_s != usual_s, reading.start_s)):
        fitting = next((lane for lane in lanes if lane.slot_for(reading) is not None), None)
        if fitting is None and len(lanes) < LANES:
            fitting = Lane(reading.duration_s, reading.start_s, {})
            lanes.append(fitting)
        slot = fitting.slot_for(reading) if fitting else None
        if fitting and slot is not None:
            fitting.slots[slot] = reading
        else:
            left_over += 1
    return lanes, left_over


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
