"""The rules that need only the day, over the blocks of a batch that have just become the ones in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from espi.day import LOAD, Values
from espi.intake.cut import Cut
from espi.intake.vee.checks import Found, day_checks
from espi.intake.vee.grid import Rows, grids
from espi.intake.vee.rules import DAY_RULES
from espi.intake.vee.stored import maximum_wh_of
from espi.intake.vee.thresholds import Thresholds
from espi.store.database import Conn
from espi.store.readings import PutResult
from espi.store.vee import Result, meters_of, put_results

MaximaOf = Callable[[Sequence[tuple[int, int]]], Sequence[int]]
"""Tells of days (day, usage point) what the meter there can pass in an interval, in Wh; 0 where that is not known."""


class PackedDays(NamedTuple):
    """Days as columns of equal length; values and qualities packed."""

    day: Sequence[int]
    usage_point_id: Sequence[int]
    channel: Sequence[int]
    count: Sequence[int]  # type: ignore[assignment]  # hides tuple.count, which nobody asks of columns
    packed: Sequence[bytes]
    quality: Sequence[bytes]


def check_arrived(
    conn: Conn,
    cuts: Sequence[Cut],
    points: dict[str, int],
    result: PutResult,
    thresholds: Thresholds,
    now_s: int,
) -> None:
    """Look at the blocks that are in force as they came, and keep what the rules find.

    Those that were merged with what was there are looked at in the job after the file.
    """
    places = [*result.created, *result.replaced]
    if not places:
        return
    chosen = cuts if len(places) == len(cuts) else [cuts[place] for place in places]
    _, esiid, channel, day, _, count, _, packed, quality, *_ = zip(*chosen, strict=True)
    days = PackedDays(day, [points[name] for name in esiid], channel, count, packed, quality)
    again = [
        (cut.day, points[cut.esiid], cut.channel) for cut in map(cuts.__getitem__, (*result.replaced, *result.merged))
    ]
    found = day_results(days, thresholds, now_s, partial(maxima_of_meters, conn))
    put_results(conn, list(found), again=again, rules=DAY_RULES)


def day_results(days: PackedDays, thresholds: Thresholds, now_s: int, maxima_of: MaximaOf) -> Iterator[Result]:
    """What the rules that need only the day find."""
    loads = np.array(days.channel) == LOAD
    for rows, grid in grids(days.packed, days.quality, days.count):
        places = rows.tolist()
        own = partial(_own_maxima, days, places, maxima_of)
        for found in day_checks(grid, thresholds, zeros=loads[rows], own_maxima=own):
            for row, bits in _bits(found):
                at = places[row]
                key = days.day[at], days.usage_point_id[at], days.channel[at]
                yield Result(*key, int(found.check), *bits, now_s)


def maxima_of_meters(conn: Conn, keys: Sequence[tuple[int, int]]) -> list[int]:
    """What the meters that hung at usage points on days (day, usage point) can pass in an interval; 0: not known."""
    meters = meters_of(conn, {usage_point_id for _, usage_point_id in keys})
    return [
        max(
            (maximum_wh_of(each.attributes) for each in meters.get(key, ()) if each.from_day <= day < each.until_day),
            default=0,
        )
        for day, key in keys
    ]


def _own_maxima(days: PackedDays, places: Sequence[int], maxima_of: MaximaOf, rows: Rows) -> Values:
    at = [places[row] for row in rows.tolist()]
    return np.array(maxima_of([(days.day[place], days.usage_point_id[place]) for place in at]), np.int64)


def _bits(found: Found) -> Iterable[tuple[int, tuple[int, bytes]]]:
    """Each row with how many intervals failed, and which."""
    if not found.rows.size:
        return ()
    counted = found.places.sum(axis=1).tolist()
    packed = np.packbits(found.places, axis=1)
    return zip(
        found.rows.tolist(),
        zip(counted, map(np.ndarray.tobytes, packed), strict=True),
        strict=True,
    )
