"""Which readings are in force when a day was received more than once (Smart Meter Texas, replacement rules).

An actual reading beats an estimate, an estimate beats a gap, and between equals the one sent later wins. The answer
does not depend on the order of arrival; only between two sent at the same second does the later arrival win.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from espi.day import ABSENT, ESTIMATED_QUALITIES, Codes, Values, pack_codes, pack_values, unpack_codes, unpack_values

Kind = TypeVar("Kind", bound=np.generic)

ACTUAL, ESTIMATED, MISSING = 2, 1, 0

_NO_EXTRAS = (None, None, None, None)

_RANKS = np.full(256, ACTUAL, np.uint8)
_RANKS[list(ESTIMATED_QUALITIES)] = ESTIMATED
_RANKS[ABSENT] = MISSING


class Content(NamedTuple):
    """What a day of readings says, packed; equal contents are equal bytes."""

    start_s: int
    interval_s: int
    length: int
    packed: bytes
    quality: bytes
    costs: bytes | None = None
    tou: bytes | None = None
    tier: bytes | None = None
    cpp: bytes | None = None


class Received(NamedTuple):
    """A day as it once came in."""

    content: Content
    sent_s: int


class Totals(NamedTuple):
    """The sum of the readings present, and how many are estimates and gaps."""

    total: int
    estimated: int
    absent: int


def totals(content: Content) -> Totals:
    """What a content adds up to."""
    values = unpack_values(content.packed, content.length)
    ranks = _RANKS[unpack_codes(content.quality, content.length)]
    present = ranks != MISSING
    return Totals(int(values[present].sum()), int((ranks == ESTIMATED).sum()), int((~present).sum()))


def merge(received: Sequence[Received]) -> Content:
    """The content in force out of all that were received, given in order of arrival.

    Days of another start or spacing cannot be mixed: the one without estimates and gaps wins, then the one sent later.
    """
    if len({item.content[:3] for item in received}) == 1:
        return _mix(received)
    groups: dict[tuple[int, int, int], list[tuple[int, Received]]] = {}
    for arrival, item in enumerate(received):
        groups.setdefault(item.content[:3], []).append((arrival, item))
    best: tuple[bool, int, int] | None = None
    chosen = received[0].content
    for group in groups.values():
        content = _mix([item for _, item in group])
        found = totals(content)
        merit = (
            found.estimated == 0 and found.absent == 0,
            max(item.sent_s for _, item in group),
            max(arrival for arrival, _ in group),
        )
        if best is None or merit > best:
            best, chosen = merit, content
    return chosen


def _mix(received: Sequence[Received]) -> Content:
    contents = [item.content for item in sorted(received, key=lambda item: item.sent_s)]
    if len(contents) == 1 or _beats_all(contents):
        return contents[-1]
    count = contents[0].length
    codes = np.stack([unpack_codes(content.quality, count) for content in contents])
    ranks = _RANKS[codes]
    best, winner = ranks[0].copy(), np.zeros(count, np.intp)
    for number in range(1, len(contents)):
        takes = ranks[number] >= best
        best[takes] = ranks[number][takes]
        winner[takes] = number
    values = np.stack([unpack_values(content.packed, count) for content in contents])
    return Content(
        *contents[0][:3],
        packed=pack_values(_pick(values, winner)),
        quality=pack_codes(_pick(codes, winner)),
        costs=_mix_values([content.costs for content in contents], winner),
        tou=_mix_codes([content.tou for content in contents], winner),
        tier=_mix_codes([content.tier for content in contents], winner),
        cpp=_mix_codes([content.cpp for content in contents], winner),
    )


def _beats_all(contents: Sequence[Content]) -> bool:
    """Whether the last sent wins whole, which needs no unpacking: all actual, and nothing but readings anywhere."""
    quality = contents[-1].quality
    plain = len(quality) == 1 and _RANKS[quality[0]] == ACTUAL
    return plain and all(content[5:] == _NO_EXTRAS for content in contents)


def _pick(rows: npt.NDArray[Kind], winner: npt.NDArray[np.intp]) -> npt.NDArray[Kind]:
    picked: npt.NDArray[Kind] = rows[winner, np.arange(winner.size)]
    return picked


def _mix_values(packed: Sequence[bytes | None], winner: npt.NDArray[np.intp]) -> bytes | None:
    if not any(packed):
        return None
    none: Values = np.zeros(winner.size, np.int64)
    return pack_values(_pick(np.stack([unpack_values(it, winner.size) if it else none for it in packed]), winner))


def _mix_codes(packed: Sequence[bytes | None], winner: npt.NDArray[np.intp]) -> bytes | None:
    if not any(packed):
        return None
    none: Codes = np.zeros(winner.size, np.uint8)
    return pack_codes(_pick(np.stack([unpack_codes(it, winner.size) if it else none for it in packed]), winner))
