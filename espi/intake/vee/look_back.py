"""Many usage points' day held against their history, register and meter: V09, V10, V13, V15, V17 and others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from espi.clock import Zone
from espi.day import GENERATION, LOAD, Values, unpack_values
from espi.intake.vee import history
from espi.intake.vee.grid import Places
from espi.intake.vee.happened import results_of_happenings
from espi.intake.vee.local_days import like_days
from espi.intake.vee.rules import Check
from espi.intake.vee.stored import MIDNIGHT_S, multiplier_of
from espi.intake.vee.thresholds import Thresholds
from espi.store import market_events
from espi.store import vee as kept
from espi.store.database import Conn
from espi.store.vee import Arrived, PastDay, Result

if TYPE_CHECKING:
    from espi.store.reach import Reach

Key = tuple[int, int]
"""Usage point and channel."""


class LookBack:
    """A day of some usage points, in order of their ids, and what is known beside it.

    totals: Wh of each row's day. past: the days before by row. meters: attributes of those that hung there, by usage
    point. exchanged: where another meter came at either end of the day, so that two dials' reads say nothing.
    happenings: what befell meter and power. advances: Wh that the register moved, by usage point and channel.
    """

    def __init__(
        self, conn: Conn, reach: Reach, local: Zone, thresholds: Thresholds, day: int, rows: Sequence[Arrived]
    ) -> None:
        self.thresholds = thresholds
        self.day = day
        self.rows = rows
        self.like = like_days(day, thresholds.like_weeks, thresholds.holidays)
        self.totals: Values = np.array([row.total for row in rows], np.int64)
        ids = rows[0].usage_point_id, rows[-1].usage_point_id
        wanted = sorted({*self.like, *range(day - thresholds.estimated_days, day)})
        self.past: dict[Key, dict[int, PastDay]] = defaultdict(dict)
        for one in kept.history(conn, reach, wanted, *ids):
            self.past[one.usage_point_id, one.channel][one.day] = one
        self.meters = kept.meters_on(conn, reach, day, *ids)
        self.exchanged = market_events.exchanges(conn, reach, (day, day + 1), *ids)
        self.start_s = local.day_start_s(day)
        self.happenings = market_events.happenings(conn, reach, self.start_s, local.day_start_s(day + 1), *ids)
        self.advances = _advances(conn, reach, local, day, ids)
        self.copied = _copied(conn, reach, day, rows, self.past)

    def multiplier(self, usage_point_id: int) -> int:
        """Of the meter that hung there."""
        return multiplier_of(self._attributes(usage_point_id))

    def has_no_generation(self, usage_point_id: int) -> bool:
        """Whether the meter's record says that no generation is registered; a record that says nothing does not."""
        said = self._attributes(usage_point_id).get("DGChannel")
        return said is not None and not said

    def _attributes(self, usage_point_id: int) -> Mapping[str, Any]:
        known = self.meters.get(usage_point_id)
        return known[0] if known else {}


def results_of(back: LookBack, now_s: int) -> Iterator[Result]:
    """What the rules find."""
    flags = {
        Check.SUM: _sums(back),
        Check.HIGH_LOW: _high_low(back),
        Check.DUPLICATE: np.array([(row.usage_point_id, row.channel) in back.copied for row in back.rows], bool),
        Check.PROLONGED_ESTIMATION: _long_estimated(back),
    }
    for check, failed in flags.items():
        for at in np.flatnonzero(failed).tolist():
            row = back.rows[at]
            yield Result(back.day, row.usage_point_id, row.channel, int(check), 0, None, now_s)
    yield from _generation(back, now_s)
    yield from results_of_happenings(back, now_s)


def _sums(back: LookBack) -> Places:
    """V09, where the day has no gap and both midnights were read."""
    known = [
        (at, back.advances[row.usage_point_id, row.channel], back.multiplier(row.usage_point_id))
        for at, row in enumerate(back.rows)
        if (row.usage_point_id, row.channel) in back.advances
        and not row.absent
        and row.usage_point_id not in back.exchanged
    ]
    failed = np.zeros(len(back.rows), bool)
    if known:
        at, advances, multipliers = np.array(known, np.int64).T
        failed[at] = history.sum_differs(back.totals[at], advances, multipliers, back.thresholds)
    return failed


def _high_low(back: LookBack) -> Places:
    """V10, of load where the day has no gap; what the sun gives is not like what it gave."""
    shape = len(back.rows), len(back.like)
    totals, known = np.zeros(shape, np.int64), np.zeros(shape, bool)
    for at, row in enumerate(back.rows):
        mine = back.past.get((row.usage_point_id, row.channel), {})
        for place, day in enumerate(back.like):
            if day in mine and not mine[day].absent:
                totals[at, place], known[at, place] = mine[day].total, True
    whole = np.array([row.channel == LOAD and not row.absent for row in back.rows], bool)
    failed: Places = history.high_or_low(back.totals, totals, known, back.thresholds) & whole
    return failed


def _long_estimated(back: LookBack) -> Places:
    """V17."""
    before = range(back.day - 1, back.day - 1 - back.thresholds.estimated_days, -1)
    flags = np.zeros((len(back.rows), len(before) + 1), bool)
    flags[:, 0] = [row.estimated == row.count for row in back.rows]
    for at in np.flatnonzero(flags[:, 0]).tolist():
        mine = back.past.get((back.rows[at].usage_point_id, back.rows[at].channel), {})
        flags[at, 1:] = [day in mine and mine[day].estimated == mine[day].length for day in before]
    return history.long_estimated(flags, back.thresholds)


def _generation(back: LookBack, now_s: int) -> Iterator[Result]:
    """V13."""
    for row in back.rows:
        if row.channel == GENERATION and row.total and back.has_no_generation(row.usage_point_id):
            places = unpack_values(row.packed, row.count) != 0
            bits = int(places.sum()), np.packbits(places).tobytes()
            yield Result(back.day, row.usage_point_id, row.channel, int(Check.GENERATION_UNREGISTERED), *bits, now_s)


def _advances(conn: Conn, reach: Reach, local: Zone, day: int, ids: tuple[int, int]) -> dict[Key, int]:
    reads: dict[Key, dict[int, int]] = defaultdict(dict)
    for dial in kept.dials(conn, reach, (day, day + 1), *ids):
        if abs(dial.read_s - local.day_start_s(dial.day)) <= MIDNIGHT_S and dial.exponent >= 0:
            reads[dial.usage_point_id, dial.channel][dial.day] = dial.value * int(10**dial.exponent)
    return {key: of[day + 1] - of[day] for key, of in reads.items() if len(of) == 2}


def _copied(
    conn: Conn, reach: Reach, day: int, rows: Sequence[Arrived], past: Mapping[Key, Mapping[int, PastDay]]
) -> set[Key]:
    """V15: the rows whose values are those of a day before, bar zeros. Only days of the same sum are compared."""
    likely = [
        ((other.day, row.usage_point_id, row.channel), row)
        for row in rows
        if row.total
        for other in past.get((row.usage_point_id, row.channel), {}).values()
        if (other.total, other.length, other.day < day) == (row.total, row.count, True)
    ]
    packed = kept.packed_of(conn, reach, [key for key, _ in likely])
    return {(key[1], key[2]) for key, row in likely if packed.get(key) == row.packed}
