"""Which meter-days a file has had already, in eight bytes each, so that a whole state's file fits in memory."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.int64]


class Seen:
    """A growing set of keys by their 64-bit hashes, which are keyed anew in each process.

    Two keys out of seven million agree by chance about once in a million files.
    """

    def __init__(self) -> None:
        self._runs: list[Hashes] = []

    def add(self, keys: Iterable[Hashable]) -> list[bool]:
        """Put keys in; which of them were there before, or earlier among these."""
        hashes = np.array([hash(key) for key in keys], np.int64)
        distinct, first = np.unique(hashes, return_index=True)
        before = np.ones(hashes.size, bool)
        before[first] = False
        for run in self._runs:
            at = np.minimum(np.searchsorted(run, hashes), run.size - 1)
            before |= run[at] == hashes
        if distinct.size:
            self._keep(distinct)
        return before.tolist()

    def _keep(self, run: Hashes) -> None:
        """Runs stay sorted and at least double in size from last to first, so there are few of them."""
        while self._runs and self._runs[-1].size < 2 * run.size:
            run = np.union1d(self._runs.pop(), run)
        self._runs.append(run)
