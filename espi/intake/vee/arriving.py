"""The rules that need only the day, over the blocks of a batch that have just become the ones in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from espi.day import LOAD, Column, DayColumns, Values
from espi.intake.vee.checks import Found, day_checks
from espi.intake.vee.grid import Grid, Rows, grids_of
from espi.intake.vee.rules import DAY_RULES
from espi.intake.vee.stored import maximum_wh_of
from espi.intake.vee.thresholds import Thresholds
from espi.store.database import Conn
from espi.store.readings import PutResult
from espi.store.vee import Result, meters_of, put_results

MaximaOf = Callable[[Sequence[tuple[int, int]]], Sequence[int]]
"""Tells of days (day, usage point) what the meter there can pass in an interval, in Wh; 0 where that is not known."""


class Keys(NamedTuple):
    """Whose days they are, as columns of equal length."""

    day: Column
    usage_point_id: Column
    channel: Column

    @classmethod
    def of(cls, day: Sequence[int], usage_point_id: Sequence[int], channel: Sequence[int]) -> Keys:
        """The same from sequences."""
        return cls(*(np.array(column, np.int64) for column in (day, usage_point_id, channel)))


def check_arrived(conn: Conn, days: DayColumns, result: PutResult, thresholds: Thresholds, now_s: int) -> None:
    """Look at the days that are in force as they came, and keep what the rules find.

    Those that were merged with what was there are looked at in the job after the file.
    """
    places = [*result.created, *result.replaced]
    if not places:
        return
    chosen = days if len(places) == len(days) else days.take(np.array(places, np.intp))
    changed = np.array([*result.replaced, *result.merged], np.intp)
    again = zip(*(column[changed].tolist() for column in (days.day, days.usage_point_id, days.channel)), strict=True)
    keys = Keys(chosen.day, chosen.usage_point_id, chosen.channel)
    found = day_results(keys, grids_of(chosen), thresholds, now_s, partial(maxima_of_meters, conn))
    put_results(conn, list(found), again=again, rules=DAY_RULES)


def day_results(
    keys: Keys, grids: Iterable[tuple[Rows, Grid]], thresholds: Thresholds, now_s: int, maxima_of: MaximaOf
) -> Iterator[Result]:
    """What the rules that need only the day find in days, given as grids with their places among all."""
    for rows, grid in grids:
        own = partial(_own_maxima, keys, rows, maxima_of)
        for found in day_checks(grid, thresholds, zeros=keys.channel[rows] == LOAD, own_maxima=own):
            for row, bits in _bits(found):
                at = rows[row]
                key = int(keys.day[at]), int(keys.usage_point_id[at]), int(keys.channel[at])
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


def _own_maxima(keys: Keys, places: Rows, maxima_of: MaximaOf, rows: Rows) -> Values:
    at = places[rows]
    pairs = zip(keys.day[at].tolist(), keys.usage_point_id[at].tolist(), strict=True)
    return np.array(maxima_of(list(pairs)), np.int64)


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
