"""Parts the blocks of a piece among the fast LSE readers: by their lengths to `lse_alike`, the others to `lse_grid`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from espi.day import Column
from espi.formats import lse
from espi.intake.check import Rules
from espi.intake.cut import Blocks
from espi.intake.lse_alike import Texts, alike
from espi.intake.lse_grid import Rest, columns

_HEADER = lse.HEADER_CODES[0].encode("ascii")
_LINE_OF_HEADER = b"\n" + _HEADER
_LINE = np.frombuffer(_LINE_OF_HEADER, np.uint8)
_NO_LINES = np.empty((0, _LINE.size), np.uint8)
LONG_RUN = 64


class Found(NamedTuple):
    """What a piece has: plain blocks, and the stretches that are none, each by row."""

    blocks: list[Blocks]
    rest: list[Rest]


def by_shape(text: bytes, row: int, rules: Rules, fewest_alike: int) -> tuple[Found, int]:
    """Read a piece, and tell how many rows it has.

    text: whole lines, each ending with a line feed; row: the number of the first. fewest_alike: how many blocks of a
    shape are worth a template.
    """
    bounds = np.array([*_starts(text), len(text)])
    if bounds.size <= fewest_alike:
        blocks, rest, count = columns(text, row, rules)
        return Found([blocks], rest), count
    before = text.count(b"\n", 0, int(bounds[0]))
    rows = np.zeros(bounds.size - 1, np.int64)
    others = np.ones(rows.size, bool)
    groups = []
    for places, texts in _of_one_length(text, bounds, fewest_alike):
        for group in alike(texts, rules, fewest_alike):
            its = places[group.places]
            rows[its], others[its] = group.rows, False
            groups.append((its, group.blocks))
    left = _Joined(text, bounds, np.flatnonzero(others))
    rows[left.places] = left.rows
    starts = np.cumsum(rows) - rows + row + before
    found = left.read(starts, rules)
    stray = [Rest(0, int(bounds[0]), row)] if before else []
    mine = [replace(blocks, row=starts[its]) for its, blocks in groups]
    return Found([*mine, *found.blocks], stray + found.rest), int(rows.sum()) + before


def _starts(text: bytes) -> list[int]:
    """Where blocks begin. What lies between two may be several blocks, if that is as long as the block before."""
    at = 0 if text.startswith(_HEADER) else text.find(_LINE_OF_HEADER) + 1 or len(text)
    found: list[int] = []
    while at < len(text):
        length = (text.find(_LINE_OF_HEADER, at) + 1 or len(text)) - at
        run = _run(text, at, length)
        found += range(at, at + run * length, length)
        at += run * length
    return found


def _run(text: bytes, start: int, length: int) -> int:
    """How many blocks of one length follow each other: the first, and each that ends where another begins."""
    found = 1
    while text.startswith(_LINE_OF_HEADER, start + (found + 1) * length - 1):
        found += 1
        if found == LONG_RUN:
            more = max((len(text) - start) // length - found - 1, 0)
            at = start + (found + 1) * length - 1
            lines = np.ndarray((more, len(_LINE_OF_HEADER)), np.uint8, text, at, (length, 1)) if more else _NO_LINES
            others = np.flatnonzero((lines != _LINE).any(axis=1))
            return found + (int(others[0]) if others.size else more)
    return found


def _of_one_length(text: bytes, bounds: Column, fewest: int) -> Iterator[tuple[Column, Texts]]:
    """The blocks of each length that so many have: which they are, and their bytes, a block a row."""
    lengths = np.diff(bounds)
    for length, count in zip(*map(np.ndarray.tolist, np.unique(lengths, return_counts=True)), strict=True):
        if count < fewest:
            continue
        places = np.flatnonzero(lengths == length)
        if places[-1] - places[0] == count - 1:
            yield places, np.frombuffer(text, np.uint8, count * length, bounds[places[0]]).reshape(count, length)
        else:
            every = np.ndarray((len(text) - length + 1,), f"V{length}", text, 0, (1,))
            yield places, every[bounds[places]].view(np.uint8).reshape(count, length)


class _Joined:
    """Some blocks of a piece, written one after the other. places: which they are; rows: how many each has."""

    def __init__(self, text: bytes, bounds: Column, places: Column) -> None:
        self.places = places
        ends = zip(bounds[places].tolist(), bounds[places + 1].tolist(), strict=True)
        parts = [text[start:stop] for start, stop in ends]
        self.rows = np.array([part.count(b"\n") for part in parts], np.int64)
        self._at = bounds[places]
        self._bytes = np.array([len(part) for part in parts], np.int64)
        self._text = b"".join(parts)

    def read(self, starts: Column, rules: Rules) -> Found:
        """Read them. starts: the first row of every block of the piece."""
        if not self.places.size:
            return Found([], [])
        blocks, rest, _ = columns(self._text, 0, rules)
        rows, begins = np.cumsum(self.rows) - self.rows, np.cumsum(self._bytes) - self._bytes
        first = starts[self.places]
        found = []
        for start, stop, row in rest:
            part = int(np.searchsorted(begins, start, "right")) - 1
            at = int(self._at[part] + start - begins[part])
            found.append(Rest(at, at + stop - start, int(first[part] + row - rows[part])))
        parts = np.searchsorted(rows, blocks.row, "right") - 1
        return Found([replace(blocks, row=first[parts] + blocks.row - rows[parts])], found)
