"""Hours made of shorter intervals: values added up, qualities merged; 23 or 25 of them where the clock changes."""

from __future__ import annotations

from typing import Final

import numpy as np

from espi.day import (
    ABSENT,
    ESTIMATED_QUALITIES,
    ESTIMATED_QUALITY,
    Codes,
    PackedDay,
    Values,
    pack_codes,
    pack_values,
    unpack_codes,
    unpack_values,
)
from espi.resources.codes import Quality

HOUR_S: Final = 3600

_ESTIMATES: Final = np.array(sorted(ESTIMATED_QUALITIES), np.uint8)


def fits(interval_s: int) -> bool:
    """Whether so many seconds go into an hour several times."""
    return 0 < interval_s < HOUR_S and HOUR_S % interval_s == 0


def by_the_hour(day: PackedDay) -> PackedDay:
    """The day with a reading an hour; one of hours or longer intervals stays as it is.

    A missing part makes an hour questionable (10), for its value is less than the truth; only estimates make an
    estimate (8), other mixtures are mixed (13). An hour of which nothing is known is absent.
    """
    if not fits(day.interval_s):
        return day
    parts = HOUR_S // day.interval_s
    hours = -(-day.count // parts)
    values = _hours(unpack_values(day.packed, day.count), parts, 0)
    if len(day.quality) == 1 and day.count % parts == 0:
        quality = day.quality
    else:
        quality = pack_codes(_merged(_codes(day, day.quality, parts, ABSENT)))
    return day._replace(
        interval_s=HOUR_S,
        count=hours,
        packed=pack_values(values.sum(axis=1)),
        quality=quality,
        costs=None if day.costs is None else pack_values(_hours(unpack_values(day.costs, day.count), parts, 0).sum(1)),
        tou=_uniform(day, day.tou, parts),
        tier=_uniform(day, day.tier, parts),
        cpp=_uniform(day, day.cpp, parts),
    )


def _hours(values: Values, parts: int, filling: int) -> Values:
    missing = -len(values) % parts
    if missing:
        values = np.concatenate([values, np.full(missing, filling, values.dtype)])
    return values.reshape(-1, parts)


def _codes(day: PackedDay, packed: bytes, parts: int, filling: int) -> Codes:
    codes = unpack_codes(packed, day.count)
    missing = -day.count % parts
    return np.concatenate([codes, np.full(missing, filling, np.uint8)]).reshape(-1, parts)


def _merged(parts: Codes) -> Codes:
    """One quality an hour of those of its parts."""
    absent = parts == ABSENT
    estimated = np.isin(parts, _ESTIMATES)
    found = np.full(len(parts), int(Quality.MIXED), np.uint8)
    found[estimated.all(axis=1)] = ESTIMATED_QUALITY
    found[absent.any(axis=1)] = int(Quality.QUESTIONABLE)
    same = (parts == parts[:, :1]).all(axis=1)
    found[same] = parts[same, 0]
    return found


def _uniform(day: PackedDay, packed: bytes | None, parts: int) -> bytes | None:
    """Bucket numbers by the hour, if no hour has more than one."""
    if packed is None or day.count % parts:
        return None
    codes = unpack_codes(packed, day.count).reshape(-1, parts)
    return pack_codes(codes[:, 0].copy()) if (codes == codes[:, :1]).all() else None
