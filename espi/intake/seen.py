"""Which meter-days a file has had already, in eight bytes each, so that a whole state's file fits in memory."""

from __future__ import annotations

import secrets

import numpy as np
import numpy.typing as npt

from espi.intake.cut import Blocks, Esiids

Hashes = npt.NDArray[np.uint64]

WORD = 8
_KEY, _ODD, _ODD_TOO = (np.uint64(secrets.randbits(64) | 1) for _ in range(3))
_SHIFTS = tuple(map(np.uint64, (32, 29, 32)))


class Seen:
    """A growing set of keys by their 64-bit hashes, which are keyed anew in each process.

    Two keys out of seven million agree by chance about once in a million files.
    """

    def __init__(self) -> None:
        self._runs: list[Hashes] = []

    def add(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Put keys in; which of them were there before, or earlier among these."""
        distinct, first = np.unique(hashes, return_index=True)
        before = np.ones(hashes.size, bool)
        before[first] = False
        new = np.ones(distinct.size, bool)
        for run in self._runs:
            at = np.minimum(np.searchsorted(run, distinct), run.size - 1)
            new &= run[at] != distinct
        before[first[~new]] = True
        if new.any():
            self._keep(distinct[new])
        return before

    def _keep(self, run: Hashes) -> None:
        """Runs stay sorted and at least double in size from last to first, so there are few of them."""
        while self._runs and self._runs[-1].size < 2 * run.size:
            run = np.concatenate([self._runs.pop(), run])
            run.sort()
        self._runs.append(run)


def keys_of(blocks: Blocks) -> Hashes:
    """Hashes of ESIID, channel and day."""
    days = blocks.days
    return _mixed(
        hashes_of(blocks.esiid) ^ (days.day.astype(np.uint64) << np.uint64(8) | days.channel.astype(np.uint64))
    )


def hashes_of(esiids: Esiids) -> Hashes:
    """Hashes of ESIIDs, however wide the array is that they stand in."""
    words = -(-esiids.itemsize // WORD)
    text = esiids.astype(f"S{words * WORD}").view(np.uint64).reshape(esiids.size, words)
    found = np.full(esiids.size, _KEY)
    for word in text.T:
        found = np.where(word, _mixed(found ^ word), found)
    return found


def _mixed(words: Hashes) -> Hashes:
    """Every bit of a word to every bit; different words stay different."""
    words = (words ^ (words >> _SHIFTS[0])) * _ODD
    words = (words ^ (words >> _SHIFTS[1])) * _ODD_TOO
    return words ^ (words >> _SHIFTS[2])
