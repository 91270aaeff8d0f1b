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

_PACKED_POINTS = """
SELECT string_agg(int8send(id), ''::bytea), convert_to(string_agg(esiid, chr(10)), 'UTF8') FROM (
    SELECT id, esiid FROM usage_point
    WHERE utility_id = :utility_id AND id > :after_id AND strpos(esiid, chr(10)) = 0 ORDER BY id LIMIT :most
) AS points
"""
_PACKED_OWNERS = """
SELECT string_agg(int4send(usage_point_id), ''::bytea) FILTER (WHERE number = :load),
    string_agg(int4send(usage_point_id), ''::bytea) FILTER (WHERE number = :generation)
FROM channel WHERE usage_point_id BETWEEN :first_id AND :last_id AND number IN (:load, :generation)
"""
"""PostgreSQL gives many rows as one value ten times as fast as one by one, and nothing has to be unpacked."""
_ALONE = "SET LOCAL max_parallel_workers_per_gather = 0"
"""A page takes less time than it takes to start processes that help with it."""


class Meters(NamedTuple):
    """Usage points as columns. channels: `LOADS` and `GENERATES`, as each has them."""

    esiid: npt.NDArray[np.bytes_]
    id: npt.NDArray[np.int64]
    channels: npt.NDArray[np.uint8]

    @classmethod
    def joined(cls, parts: Sequence[Meters]) -> Meters:
        """Those of all parts, of which there is at least one."""
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))


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
    if conn.dialect.name == "postgresql":
        return _packed_after(conn, utility_id, after_id, limit)
    points = usage_point.c
    query = select(points.esiid, points.id).where(points.utility_id == utility_id, points.id > after_id)
    found = conn.execute(query.order_by(points.id).limit(limit)).fetchall()
    ids = np.array([row[1] for row in found], np.int64)
    owners = [_having(conn, number, ids) for number in _BITS]
    return Meters(_ascii([row[0] for row in found]), ids, _bits(ids, owners))


def _packed_after(conn: Conn, utility_id: int, after_id: int, limit: int) -> Meters:
    conn.execute(text(_ALONE))
    asked = {"utility_id": utility_id, "after_id": after_id, "most": limit}
    packed, lines = conn.execute(text(_PACKED_POINTS), asked).one()
    ids = np.frombuffer(packed or b"", ">i8").astype(np.int64)
    if not ids.size:
        return Meters(_ascii([]), ids, np.zeros(0, np.uint8))
    between = {"first_id": int(ids[0]), "last_id": int(ids[-1]), "load": LOAD, "generation": GENERATION}
    owners = conn.execute(text(_PACKED_OWNERS), between).one()
    return Meters(
        _esiids(lines, ids.size),
        ids,
        _bits(ids, [np.frombuffer(some or b"", ">i4").astype(np.int64) for some in owners]),
    )


def _esiids(lines: bytes, count: int) -> npt.NDArray[np.bytes_]:
    """So many lines of text, which mostly are as long as the first; one that is not ASCII is nobody's anyhow."""
    width = (lines + b"\n").index(b"\n")
    sheet = np.frombuffer(lines + b"\n", np.uint8)
    if width and sheet.size == count * (width + 1):
        sheet = sheet.reshape(count, width + 1)
        if (sheet[:, width] == ord("\n")).all():
            return np.ascontiguousarray(sheet[:, :width]).view(f"S{width}").reshape(count)
    return np.array(lines.split(b"\n"), np.bytes_)


def _bits(ids: npt.NDArray[np.int64], owners: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.uint8]:
    """The channels of usage points. owners: those that have each of `_BITS`."""
    bits = np.zeros(ids.size, np.uint8)
    for bit, having in zip(_BITS.values(), owners, strict=True):
        bits[np.isin(ids, having)] |= bit
    return bits


def _having(conn: Conn, number: int, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The usage points between the first and the last of some, both included, that have a channel."""
    if not ids.size:
        return ids
    mine = channel.c.usage_point_id.between(int(ids[0]), int(ids[-1])), channel.c.number == number
    return np.array(conn.scalars(select(channel.c.usage_point_id).where(*mine)).all(), np.int64)


def meter_count(conn: Conn, utility_id: int) -> int:
    """About how many usage points a utility has: not more than there are ids."""
    return int(conn.scalar(select(func.max(usage_point.c.id)).where(usage_point.c.utility_id == utility_id)) or 0)


def _ascii(esiids: list[str]) -> npt.NDArray[np.bytes_]:
    return np.array([esiid.encode("ascii", "replace") for esiid in esiids], np.bytes_)
