"""Entries of many usage points at once: what the writer says of one stand-in, with the places where they differ.

The stand-in's ids, times and values are telling texts. Where they stand in what was written for it, the texts of others
of the same length go; so whoever writes the entries stays the only one who knows how they look.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from espi.atom.block_form import block_form
from espi.atom.grid import value_texts

TELLING_VALUE = 55_555
"""What every value of a stand-in is; no other number of its entries may have these digits before the closing tag."""

Bytes = npt.NDArray[np.uint8]


class Values(NamedTuple):
    """Evenly spaced values. begin: of the first one's digits. stride: between two, in bytes. readings: how many."""

    begin: int
    stride: int
    readings: int


class Stencil:
    """A text with slots for texts of fixed lengths, and columns of values with their closing tags."""

    def __init__(self, text: bytes, slots: Mapping[str, bytes], counts: Sequence[int]) -> None:
        """text: what was written for the stand-in. slots: its telling texts by name. counts: of values, by column.

        `ValueError` if a telling text is missing, two of them overlap, or the values are not where they should be.
        """
        self.text = text
        self.places = {name: _places(text, telling) for name, telling in slots.items()}
        self.widths = {name: len(telling) for name, telling in slots.items()}
        self.columns = _columns(text, counts)
        if missing := [name for name, places in self.places.items() if not places]:
            raise ValueError(f"{', '.join(missing)} cannot be told from the text")

    def filled(self, texts: Mapping[str, Bytes], values: Sequence[npt.NDArray[np.intp]]) -> npt.NDArray[np.uint8]:
        """A row a usage point. texts: by slot, a row each. values: by column, a row each; each value below 65,536."""
        rows = len(next(iter(texts.values())))
        sheet = np.empty((rows, len(self.text)), np.uint8)
        sheet[:] = np.frombuffer(self.text, np.uint8)
        for name, text in texts.items():
            width = self.widths[name]
            for place in self.places[name]:
                sheet[:, place : place + width] = text
        pieces, ends = value_texts()
        for column, found in zip(self.columns, values, strict=True):
            for part, begin in ((pieces, column.begin), (ends, column.begin + pieces.itemsize)):
                shape, strides = (rows, column.readings), (len(self.text), column.stride)
                np.ndarray(shape, part.dtype, sheet.data, begin, strides)[:] = part[found]
        return sheet


def _places(text: bytes, telling: bytes) -> list[int]:
    places, place = [], text.find(telling)
    while place >= 0:
        places.append(place)
        place = text.find(telling, place + len(telling))
    return places


def _columns(text: bytes, counts: Sequence[int]) -> list[Values]:
    places = _places(text, block_form().value_text(TELLING_VALUE))
    if len(places) != sum(counts):
        raise ValueError(f"{len(places)} values stand in the text, not {sum(counts)}")
    columns, begin = [], 0
    for count in counts:
        own = places[begin : begin + count]
        steps = {later - sooner for sooner, later in itertools.pairwise(own)}
        if len(steps) > 1:
            raise ValueError("values are not evenly spaced")
        columns.append(Values(own[0], steps.pop() if steps else len(text), count))
        begin += count
    return columns
