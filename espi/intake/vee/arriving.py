"""The rules that need only the day, over the blocks of a batch that have just become the ones in force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from espi.day import LOAD
from espi.intake.cut import Cut
from espi.intake.vee.checks import Found, day_checks
from espi.intake.vee.grid import grids
from espi.intake.vee.rules import DAY_RULES
from espi.intake.vee.thresholds import Thresholds
from espi.store.database import Conn
from espi.store.readings import PutResult
from espi.store.vee import Result, put_results


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
    put_results(conn, list(day_results(days, thresholds, now_s)), again=again, rules=DAY_RULES)


def day_results(days: PackedDays, thresholds: Thresholds, now_s: int) -> Iterator[Result]:
    """What the rules that need only the day find."""
    loads = np.array(days.channel) == LOAD
    for rows, grid in grids(days.packed, days.quality, days.count):
        places = rows.tolist()
        for found in day_checks(grid, thresholds, zeros=loads[rows]):
            for row, bits in _bits(found):
                at = places[row]
                key = days.day[at], days.usage_point_id[at], days.channel[at]
                yield Result(*key, int(found.check), *bits, now_s)


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
