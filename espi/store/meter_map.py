"""The usage points of a utility as intake looks them up: by ESIID, with the channels that LSE files can have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import and_, func, select

from espi.day import GENERATION, LOAD
from espi.store.database import Conn
from espi.store.tables import channel, usage_point

CHUNK = 500
LOADS, GENERATES = 1, 2
"""What a usage point has, as bits: the channels of load and generation."""

_BITS = {LOAD: LOADS, GENERATION: GENERATES}


class Meters(NamedTuple):
    """Usage points as columns. channels: `LOADS` and `GENERATES`, as each has them."""

    esiid: npt.NDArray[np.bytes_]
    id: npt.NDArray[np.int64]
    channels: npt.NDArray[np.uint8]


def meters_by_esiid(conn: Conn, utility_id: int, esiids: Sequence[str]) -> Meters:
    """The usage points of some ESIIDs of a utility, for intake; unknown ones are missing."""
    points = usage_point.c
    both = and_(channel.c.usage_point_id == points.id, channel.c.number.in_(_BITS))
    query = select(points.esiid, points.id, channel.c.number).select_from(usage_point.outerjoin(channel, both))
    found: dict[str, tuple[int, int]] = {}
    for start in range(0, len(esiids), CHUNK):
        some = points.esiid.in_(list(esiids[start : start + CHUNK]))
        for esiid, key, number in conn.execute(query.where(points.utility_id == utility_id, some)).fetchall():
            found[esiid] = key, found.get(esiid, (0, 0))[1] | _BITS.get(number, 0)
    ids = [key for key, _ in found.values()]
    bits = [bits for _, bits in found.values()]
    return Meters(_ascii(list(found)), np.array(ids, np.int64), np.array(bits, np.uint8))


def meters_after(conn: Conn, utility_id: int, after_id: int, limit: int) -> Meters:
    """The next usage points of a utility beyond an id, not more than so many, for an intake that keeps all."""
    points = usage_point.c
    query = select(points.esiid, points.id).where(points.utility_id == utility_id, points.id > after_id)
    rows = conn.execute(query.order_by(points.id).limit(limit)).fetchall()
    if not rows:
        return Meters(_ascii([]), np.zeros(0, np.int64), np.zeros(0, np.uint8))
    esiids, ids = zip(*rows, strict=True)
    keys, bits = np.array(ids, np.int64), np.zeros(len(ids), np.uint8)
    number = channel.c.number
    mine = channel.c.usage_point_id.between(ids[0], ids[-1]), number.in_(_BITS)
    for of_number, bit in _BITS.items():
        having = conn.scalars(select(channel.c.usage_point_id).where(*mine, number == of_number)).all()
        bits[np.isin(keys, np.array(having, np.int64))] |= bit
    return Meters(_ascii(list(esiids)), keys, bits)


def meter_count(conn: Conn, utility_id: int) -> int:
    """About how many usage points a utility has: not more than there are ids."""
    return int(conn.scalar(select(func.max(usage_point.c.id)).where(usage_point.c.utility_id == utility_id)) or 0)


def _ascii(esiids: list[str]) -> npt.NDArray[np.bytes_]:
    return np.array([esiid.encode("ascii", "replace") for esiid in esiids], np.bytes_)
