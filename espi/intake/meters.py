"""Which usage point an ESIID is, for many at once: what a process has learned of a utility, and the database beside it.

What is kept is what is there, and usage points, their ESIIDs and channels stay: so it never goes stale. What is not
kept is asked of the database. A process that asks for a good part of a utility's meters reads them all, at about 35
bytes each, and from then on only those that have come.
"""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from espi.day import LOAD, Column
from espi.intake.cut import Blocks, Esiids
from espi.intake.seen import Hashes, hashes_of
from espi.store.database import Conn, Database
from espi.store.meter_map import GENERATES, LOADS, Meters, meter_count, meters_after, meters_by_esiid

WORTH_ALL = 20
"""All are read when blocks for one in so many of them have come."""
READ_AT_ONCE = 100_000


class Found(NamedTuple):
    """What usage points blocks are of, 0 for nobody's, and which blocks are of channels that those have."""

    usage_point_id: Column
    provisioned: npt.NDArray[np.bool_]


class KnownMeters:
    """The meters of one utility that a process knows."""

    def __init__(self, utility_id: int) -> None:
        self._utility_id = utility_id
        self._runs: list[_Run] = []
        self._asked = 0
        self._last_id: int | None = None

    def expect(self, conn: Conn, blocks: int) -> None:
        """Get ready for so many blocks: read all meters, or those that are new, if it is worth it."""
        self._asked += blocks
        if self._last_id is None and self._asked * WORTH_ALL < meter_count(conn, self._utility_id):
            return
        parts: list[Meters] = []
        while not parts or parts[-1].id.size == READ_AT_ONCE:
            some = meters_after(conn, self._utility_id, self._last_id or 0, READ_AT_ONCE)
            self._last_id = int(some.id[-1]) if some.id.size else self._last_id or 0
            parts.append(some)
        self.learn(Meters.joined(parts))

    def learn(self, meters: Meters) -> None:
        """Keep meters."""
        if not meters.id.size:
            return
        run = _Run.of(meters)
        while self._runs and self._runs[-1].hashes.size < 2 * run.hashes.size:
            run = self._runs.pop().with_other(run)
        self._runs.append(run)

    def find(self, conn: Conn, blocks: Blocks) -> Found:
        """The usage points of blocks; the database is asked for those that are not known."""
        esiids, load = blocks.esiid, blocks.days.channel == LOAD
        wanted = np.where(load, np.uint8(LOADS), np.uint8(GENERATES))
        ids, has = self.known(esiids)
        missing = np.flatnonzero((has & wanted) == 0)
        if missing.size:
            names = [esiid.decode("ascii") for esiid in np.unique(esiids[missing]).tolist()]
            answer = meters_by_esiid(conn, self._utility_id, names)
            self.learn(answer)
            if answer.id.size:
                order = np.argsort(answer.esiid)
                at = order[np.minimum(np.searchsorted(answer.esiid[order], esiids[missing]), order.size - 1)]
                there = answer.esiid[at] == esiids[missing]
                ids[missing[there]], has[missing[there]] = answer.id[at[there]], answer.channels[at[there]]
        return Found(ids, (has & wanted) != 0)

    def known(self, esiids: Esiids) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
        """What is known of ESIIDs without asking: ids, 0 for unknown ones, and their channels."""
        ids, has = np.zeros(esiids.size, np.int64), np.zeros(esiids.size, np.uint8)
        if self._runs:
            hashes = hashes_of(esiids)
            order = np.argsort(hashes)  # neighbours in the table are sought one after the other
            for run in self._runs:
                run.look_up(hashes, esiids, order, ids, has)
        return ids, has


class _Run(NamedTuple):
    """Meters by the hashes of their ESIIDs."""

    hashes: Hashes
    esiid: Esiids
    id: npt.NDArray[np.int32]
    channels: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, meters: Meters) -> _Run:
        """Meters in this order."""
        found = cls(hashes_of(meters.esiid), meters.esiid, meters.id.astype(np.int32), meters.channels)
        return found.take(np.argsort(found.hashes))

    def take(self, places: npt.NDArray[np.integer]) -> _Run:
        """A choice of them."""
        return _Run(self.hashes[places], self.esiid[places], self.id[places], self.channels[places])

    def with_other(self, other: _Run) -> _Run:
        """Both; what the other says of a meter that is in this one too is added to it."""
        hashes = np.concatenate([self.hashes, other.hashes])
        esiid = np.concatenate([self.esiid, other.esiid])
        ids, channels = np.concatenate([self.id, other.id]), np.concatenate([self.channels, other.channels])
        found = _Run(hashes, esiid, ids, channels).take(np.argsort(hashes, kind="stable"))
        again = np.zeros(hashes.size, bool)
        again[:-1] = (found.hashes[1:] == found.hashes[:-1]) & (found.esiid[1:] == found.esiid[:-1])
        found.channels[1:] |= np.where(again[:-1], found.channels[:-1], np.uint8(0))
        return found.take(np.flatnonzero(~again)) if again.any() else found

    def look_up(
        self,
        hashes: Hashes,
        esiids: Esiids,
        order: npt.NDArray[np.intp],
        ids: npt.NDArray[np.int64],
        has: npt.NDArray[np.uint8],
    ) -> None:
        """Add what this run knows of ESIIDs."""
        at = np.minimum(np.searchsorted(self.hashes, hashes[order]), self.hashes.size - 1)
        same = (self.hashes[at] == hashes[order]) & (self.esiid[at] == esiids[order])
        places, at = order[same], at[same]
        ids[places] = self.id[at]
        has[places] |= self.channels[at]


_OF_PROCESS: WeakKeyDictionary[Database, dict[int, KnownMeters]] = WeakKeyDictionary()


def known_meters(database: Database, utility_id: int) -> KnownMeters:
    """What this process knows of a utility's meters in a database."""
    return _OF_PROCESS.setdefault(database, {}).setdefault(utility_id, KnownMeters(utility_id))
