"""Many usage points' day held against what befell their meters and their power: V04, V14 and V16 as results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from espi.clock import QUARTER_HOUR_S
from espi.day import unpack_values
from espi.intake.vee.grid import Places
from espi.intake.vee.premise import Happening
from espi.intake.vee.rules import Check
from espi.store.vee import Arrived, Result

if TYPE_CHECKING:
    from espi.intake.vee.look_back import LookBack
    from espi.store.market_events import Happening as Stored


def results_of_happenings(back: LookBack, now_s: int) -> Iterator[Result]:
    """What the rules find on the days of usage points that something befell."""
    for row in back.rows:
        if some := back.happenings.get(row.usage_point_id):
            for check, places in _found(back, row, some):
                if places.any():
                    bits = int(places.sum()), np.packbits(places).tobytes()
                    yield Result(back.day, row.usage_point_id, row.channel, int(check), *bits, now_s)


def _found(back: LookBack, row: Arrived, some: Iterable[Stored]) -> Iterator[tuple[Check, Places]]:
    by_kind: dict[str, Places] = {}
    for each in some:
        small = each.kind == Happening.DRIFT and abs(each.seconds) <= back.thresholds.clock_drift_s
        if not small:
            places = by_kind.setdefault(each.kind, np.zeros(row.count, bool))
            start, stop = each.from_s - back.start_s, each.until_s - back.start_s
            places[max(start // QUARTER_HOUR_S, 0) : max(-(-stop // QUARTER_HOUR_S), 0)] = True
    none = np.zeros(row.count, bool)
    yield Check.CLOCK_DRIFT, by_kind.get(Happening.DRIFT, none)
    if Happening.OFF in by_kind:
        used: Places = by_kind[Happening.OFF] & (unpack_values(row.packed, row.count) != 0)
        yield Check.USE_WHILE_OFF, used
    yield Check.TEST_OR_TAMPER, by_kind.get(Happening.TEST, none) | by_kind.get(Happening.TAMPER, none)
