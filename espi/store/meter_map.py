"""The usage points of a utility as intake looks them up: by ESIID, with the channels that LSE files can have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import and_, func, select, text

from espi.day import GENERATION, LOAD
from espi.store.database import Conn
from espi.store.tables import channel, usage_point

CHUNK = 500
LOADS, GENERATES = 1, 2
"""What a usage point has, as bits: the channels of load and generation."""

_BITS = {LOAD: LOADS, GENERATION: GENERATES}

_LONGEST = 64
_PACKED_POINTS = f"""
SELECT string_agg(int8send(id) || convert_to(rpad(esiid, {_LONGEST}), 'SQL_ASCII'), ''::bytea ORDER BY id) FROM (
    SELECT id, esiid FROM usage_point
    WHERE utility_id = :utility_id AND id > :after_id AND octet_length(esiid) = length(esiid) ORDER BY id LIMIT :most
) AS points
"""  # noqa: S608 - a number of ours
_PACKED_OWNERS = """
SELECT string_agg(int4send(usage_point_id), ''::bytea) FROM channel
WHERE usage_point_id BETWEEN :first_id AND :last_id AND number = :number
"""
"""PostgreSQL gives many rows as one value ten times as fast as one by one, and nothing has to be unpacked."""


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
    esiids, ids = _points_after(conn, utility_id, after_id, limit)
    bits = np.zeros(ids.size, np.uint8)
    if ids.size:
        for number, bit in _BITS.items():
            bits[np.isin(ids, _having(conn, number, int(ids[0]), int(ids[-1])))] |= bit
    return Meters(esiids, ids, bits)


def _points_after(
    conn: Conn, utility_id: int, after_id: int, limit: int
) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.int64]]:
    if conn.dialect.name == "postgresql":
        asked = {"utility_id": utility_id, "after_id": after_id, "most": limit}
        packed = conn.scalar(text(_PACKED_POINTS), asked) or b""
        rows = np.frombuffer(packed, np.dtype([("id", ">i8"), ("esiid", np.uint8, (_LONGEST,))]))
        letters = np.where(rows["esiid"] == ord(" "), 0, rows["esiid"]).astype(np.uint8)
        width = max(1, int((letters != 0).any(axis=0).sum()))
        narrow = np.ascontiguousarray(letters[:, :width])
        return narrow.view(f"S{width}").reshape(len(rows)), rows["id"].astype(np.int64)
    points = usage_point.c
    query = select(points.esiid, points.id).where(points.utility_id == utility_id, points.id > after_id)
    found = conn.execute(query.order_by(points.id).limit(limit)).fetchall()
    return _ascii([row[0] for row in found]), np.array([row[1] for row in found], np.int64)


def _having(conn: Conn, number: int, first_id: int, last_id: int) -> npt.NDArray[np.int64]:
    """The usage points between two ids, both included, that have a channel."""
    if conn.dialect.name == "postgresql":
        asked = {"number": number, "first_id": first_id, "last_id": last_id}
        return np.frombuffer(conn.scalar(text(_PACKED_OWNERS), asked) or b"", ">i4").astype(np.int64)
    mine = channel.c.usage_point_id.between(first_id, last_id), channel.c.number == number
    return np.array(conn.scalars(select(channel.c.usage_point_id).where(*mine)).all(), np.int64)


def meter_count(conn: Conn, utility_id: int) -> int:
    """About how many usage points a utility has: not more than there are ids."""
    return int(conn.scalar(select(func.max(usage_point.c.id)).where(usage_point.c.utility_id == utility_id)) or 0)


def _ascii(esiids: list[str]) -> npt.NDArray[np.bytes_]:
    return np.array([esiid.encode("ascii", "replace") for esiid in esiids], np.bytes_)
