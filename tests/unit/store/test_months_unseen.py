"""Whether days lie in rows of months makes no difference: to what is put, to what is read, to what changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espi.clock import DAY_S, month_start, next_month
from espi.store import as_of, changes, months, queue, readings, vee
from espi.store.database import Conn, Database
from tests import databases, factories
from tests.factories import NOW_S, TODAY

FIRST = month_start(TODAY - 200)
UNTIL = next_month(next_month(FIRST))
LONG_S = 40 * DAY_S

DAYS = st.integers(FIRST - 1, FIRST + 3) | st.integers(next_month(FIRST) - 2, next_month(FIRST) + 2)
PUTS = st.tuples(
    st.just("put"),
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from([4, 1]), DAYS), min_size=1, max_size=4),
    st.integers(0, 2),
    st.sampled_from([17, 8, 255]),
    st.booleans(),
)
COMPACTIONS = st.tuples(st.just("compact"), st.sampled_from([FIRST, next_month(FIRST)]))
STEPS = st.lists(PUTS | COMPACTIONS, min_size=2, max_size=8)


class World:
    """A database with two usage points, into which the same is put at the same times."""

    def __init__(self, database: Database) -> None:
        self.database, self.now_s = database, NOW_S
        with database.write() as conn:
            self.utility = factories.utility(conn)
            self.points = [
                factories.usage_point(conn, self.utility, channels=(4, 1), esiid=f"1044372000000{nth:04d}")
                for nth in range(2)
            ]

    def put(self, days: Any, wh: int, quality: int, *, costs: bool) -> None:
        self.now_s += LONG_S
        blocks = []
        for point, channel, day in days:
            one = factories.block(
                self.points[point], day, channel=channel, values=[wh] * 95 + [7], qualities=[quality] * 50 + [17] * 46
            )
            blocks.append(replace(one, sent_s=self.now_s, costs=np.arange(96) if costs else None))
        with self.database.write() as conn:
            file = queue.take_file(conn, f"file {self.now_s}", "ab" * 32, self.utility, "lse", self.now_s)
            readings.put_blocks(conn, blocks, file_id=file.id, now_s=self.now_s)
            queue.finish(conn, file.id, queue.LOADED, self.now_s, {}, {day for _, _, day in days})

    def compact(self, month: int) -> None:
        self.now_s += LONG_S
        months.compact_month(self.database, month, now_s=self.now_s)

    def seen(self) -> list[Any]:
        """All that anybody can read of it."""
        with self.database.read() as conn:
            return [_plain(found) for found in self._reads(conn)]

    def _reads(self, conn: Conn) -> Iterator[Any]:
        reach = factories.reach_of_utility(self.utility)
        part = factories.reach_of((self.points[0], FIRST + 1, FIRST + 3))
        span = FIRST - 5, UNTIL + 5
        for point in self.points:
            for channel in (4, 1):
                mine = conn, reach, point, channel
                yield list(readings.blocks(*mine, *span))
                yield list(readings.packed_blocks(*mine, *span))
                yield list(readings.packed_blocks(*mine, *span, updated=(NOW_S + 2 * LONG_S, NOW_S + 4 * LONG_S)))
                yield list(readings.day_totals(*mine, *span))
                yield [readings.versions(*mine, day) for day in (FIRST, FIRST + 1, next_month(FIRST))]
                yield list(as_of.packed_blocks(*mine, *span, NOW_S + 3 * LONG_S))
                yield list(as_of.stretches(*mine, *span, None))
            yield readings.newest(conn, reach, point, (4, 1), *span)
            yield readings.few_days(conn, reach, point, (4, 1), FIRST - 2, FIRST + 30)
        yield list(readings.blocks(conn, part, self.points[0], 4, *span))
        yield sorted(vee.history(conn, reach, range(*span), *self.points))
        keys = [(day, point, channel) for day in range(*span) for point in self.points for channel in (4, 1)]
        yield sorted(vee.packed_of(conn, reach, keys).items())
        yield changes.changes(conn, reach, 0, 3)
        yield changes.changes(conn, part, 0, 1000)


def _plain(found: Any) -> Any:
    """The same with lists for arrays, so that it can be compared."""
    if isinstance(found, np.ndarray):
        return found.tolist()
    if isinstance(found, list | tuple):
        return [_plain(each) for each in found]
    if isinstance(found, dict):
        return {key: _plain(each) for key, each in found.items()}
    names = getattr(found, "__dataclass_fields__", None)
    return [_plain(getattr(found, name)) for name in names] if names else found


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The homes of two databases that are emptied for each example."""
    return [tmp_path_factory.mktemp(name) for name in ("closing", "open")]


@settings(max_examples=6, deadline=None)
@given(steps=STEPS, few=st.sampled_from([0, changes.FEW]))
def test_nobody_can_tell(folders: list[Path], steps: list[Any], few: int) -> None:
    worlds = [World(databases.empty(folder)) for folder in folders]
    for step in steps:
        for closing, world in zip((True, False), worlds, strict=True):
            if step[0] == "put":
                world.put(*step[1:4], costs=step[4])
            elif closing:
                world.compact(step[1])
            else:
                world.now_s += LONG_S
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes, "FEW", few)
        assert worlds[0].seen() == worlds[1].seen()
    for world in worlds:
        world.database.close()
