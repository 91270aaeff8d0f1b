"""Blocks and events of meters nobody knew: they load by themselves when the meter has become known.

What is loaded at one time counts as a file of its own that came in then, so that those who follow changes see it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from espi.clock import QUARTER_HOUR_S, Zone, zone
from espi.day import DayBlock, PackedDay
from espi.intake.market.parked import put_parked
from espi.store import directory, queue
from espi.store.channels import channel_numbers
from espi.store.database import Conn
from espi.store.queue import ParkedBlock
from espi.store.readings import put_blocks

NAME, KIND = "parked blocks", "parked"


def load_parked(conn: Conn, utility: directory.Utility, *, now_s: int, esiids: Iterable[str] = ()) -> int:
    """Load what is parked for usage points of a utility that exist now, and tell how many blocks that was.

    esiids: only these; without any, whatever is parked. A block whose channel the usage point has not got stays parked.
    """
    put_parked(conn, utility, now_s=now_s)
    waiting = list(esiids) or queue.parked_esiids(conn, utility.id)
    known = directory.usage_point_ids(conn, utility.id, waiting) if waiting else {}
    channels = channel_numbers(conn, known.values()) if known else {}
    found = {}
    for esiid, usage_point_id in known.items():
        numbers = channels.get(usage_point_id, set())
        found[usage_point_id] = [row for row in queue.parked(conn, utility.id, esiid) if row.channel in numbers]
    if not any(found.values()):
        return 0
    file = _file(conn, utility, found.values(), now_s)
    changed: set[int] = set()
    local = zone(utility.zone)
    for usage_point_id, rows in found.items():
        days = [_block(row, usage_point_id, local) for row in rows]
        result = put_blocks(conn, days, file_id=file.id, now_s=now_s)
        changed |= {rows[place].day for place in (*result.created, *result.replaced, *result.merged)}
        queue.unpark(conn, rows)
    loaded = sum(map(len, found.values()))
    counts = {"blocks": loaded, "of": sorted({row.file_id for rows in found.values() for row in rows})}
    queue.finish(conn, file.id, queue.LOADED, now_s, counts, changed)
    return loaded


def _file(conn: Conn, utility: directory.Utility, found: Iterable[list[ParkedBlock]], now_s: int) -> queue.ReceivedFile:
    """A file that stands for what is loaded now; its digest is of the places of the blocks, which are loaded once."""
    places = sorted((row.file_id, row.row_number) for rows in found for row in rows)
    digest = hashlib.sha256(repr(places).encode()).hexdigest()
    return queue.take_file(conn, NAME, digest, utility.id, KIND, now_s)


def _block(row: ParkedBlock, usage_point_id: int, local: Zone) -> DayBlock:
    start_s = local.day_start_s(row.day)
    day = PackedDay(row.day, start_s, QUARTER_HOUR_S, row.count, row.packed, row.quality)
    return replace(day.block(usage_point_id, row.channel), sent_s=row.sent_s)
