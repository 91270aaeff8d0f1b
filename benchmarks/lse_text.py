"""Seeded LSE text for measuring: a town's meters, each with one day of its own values, one per cent with estimates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from espi.clock import Zone, zone
from espi.day import ACTUAL_QUALITY, ESTIMATED_QUALITY, LOAD, DayBlock
from espi.formats import lse

CENTRAL: Zone = zone("America/Chicago")
FIRST_ESIID = 10_443_720_000_000_000


def blocks(
    meters: int, day: int, seed: int = 1, wide_every: int = 0, quality: int = ACTUAL_QUALITY
) -> Iterator[tuple[str, DayBlock]]:
    """One load block of a day for each of many meters. wide_every: each so-manieth is a firm's and passes 10 kWh."""
    random = np.random.default_rng(seed)
    count, start_s = CENTRAL.quarter_hours(day), CENTRAL.day_start_s(day)
    for meter in range(meters):
        values = random.gamma(2.0, 150.0 * random.lognormal(0, 0.4), count).astype(np.int64)
        if wide_every and meter % wide_every == wide_every - 1:
            values *= 40
        qualities = np.full(count, quality, np.uint8)
        if random.random() < 0.01:
            qualities[20:30] = ESTIMATED_QUALITY
        yield str(FIRST_ESIID + meter), DayBlock(0, LOAD, day, start_s, 900, values, qualities)


def text(
    meters: int, day: int, *, per_row: int, seed: int = 1, wide_every: int = 0, quality: int = ACTUAL_QUALITY
) -> bytes:
    """The LSE text of those blocks, sent at five the next morning."""
    sent_s = CENTRAL.day_start_s(day + 1) + 5 * 3600
    parts: list[bytes] = []
    for esiid, block in blocks(meters, day, seed, wide_every, quality):
        parts += lse.write(esiid, CENTRAL, [block], sent_s, per_row=per_row)
    return b"".join(parts)
